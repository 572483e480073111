"""A small cloud on loopback: what surrounds the two functions, for newcomers and for tests. Never deployed."""
