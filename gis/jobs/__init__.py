"""Long work in processes of its own: queued in the database, with progress, cancelling, a second run after a crash."""
