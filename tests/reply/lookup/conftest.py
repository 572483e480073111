import pytest

from .kit import Made, make


@pytest.fixture(scope="session")
def authority() -> Made:
    """The one that the tests trust."""
    return make("测试根证书", authority=True, days=(-1000, 1000))
