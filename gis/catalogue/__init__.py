"""Lists a city edits, and the place this database holds."""
