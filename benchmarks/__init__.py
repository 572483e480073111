"""Measurements of what is shipped, each beside its comparison: `make bench`."""
