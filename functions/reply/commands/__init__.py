"""Chat commands that need storage: one module each."""
