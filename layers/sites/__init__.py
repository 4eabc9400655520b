"""Places where residents are served."""
