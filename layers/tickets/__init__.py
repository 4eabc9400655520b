"""Matters at places, from the first report to closure."""
