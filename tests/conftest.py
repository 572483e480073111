"""The local cloud as a fixture: see the docstring of `local.cloud`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local.cloud import LocalCloud, Options
from local.loopback import hold

hold()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thorough`: feed every function every text of tests/linearity, up to the longest; takes an hour."""
    parser.addoption("--thorough", action="store_true", help="feed all that takes text all shapes at all sizes")


@pytest.fixture(scope="session")
def _shared_cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(_shared_cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud with default settings, shared by all tests and emptied after each; people and chats are made per test."""
    yield _shared_cloud
    _shared_cloud.reset()


@pytest.fixture
def new_cloud() -> Iterator[Callable[..., LocalCloud]]:
    """Start a cloud of its own: lower-case names are `Options`, upper-case names settings of both functions."""
    with ExitStack() as stack:

        def start(**changes: object) -> LocalCloud:
            settings = {name: value for name, value in changes.items() if name.isupper()}
            options = {name: value for name, value in changes.items() if not name.isupper()}
            return stack.enter_context(LocalCloud(Options(settings=settings, **options)))

        yield start
