"""Walking circles of sites and places."""
