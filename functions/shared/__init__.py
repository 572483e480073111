"""The vocabulary both functions speak; standard library only."""
