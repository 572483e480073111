"""The event function: think, answer, remember."""
