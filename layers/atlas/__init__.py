"""The map page, its tiles and its figures."""
