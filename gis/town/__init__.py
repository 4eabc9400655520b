"""Makes the sample town and empty places."""
