"""What `make forget` does: where things are stored, what of it is about a person, and what is done about each."""


class ForgetError(Exception):
    """It cannot be done; the text is one sentence: what was found, what was wanted, what to do."""
