"""Where tickets concentrate more than chance explains."""
