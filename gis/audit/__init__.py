"""Who did or read what; append-only."""
