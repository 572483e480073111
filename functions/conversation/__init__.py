"""The HTTP function: verify, answer at once or hand over, acknowledge; standard library only."""
