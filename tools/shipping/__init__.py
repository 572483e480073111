"""What `tools/build.py` is made of: from pins to two packages Function Compute can run. Standard library only."""


class ShippingError(Exception):
    """A package cannot be made. The message is one sentence for the deployer: what was found and what to do."""
