"""A `reply` that does nothing: only the acknowledging function is measured."""


def handler(event: bytes, context: object) -> str:
    """Be done."""
    return "ok"
