"""What `make doctor` looks at: one module for each group of checks, and what they have in common."""


class DoctorError(Exception):
    """Nothing can be examined; the text is one sentence for whoever ran the doctor."""
