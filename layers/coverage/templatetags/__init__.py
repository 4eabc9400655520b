"""Words of this app in templates."""
