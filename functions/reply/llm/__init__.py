"""Models: each asks one kind of provider."""
