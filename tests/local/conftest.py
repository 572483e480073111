from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import LocalCloud, Options

STANDINS = Path(__file__).parent / "standins"
STANDIN_OPTIONS = {"code": (STANDINS,), "conversation_handler": "front.handler", "reply_handler": "back.handler"}


@pytest.fixture(scope="session")
def _shared_plain() -> Iterator[LocalCloud]:
    with LocalCloud(Options(**STANDIN_OPTIONS, language="en")) as cloud:
        yield cloud


@pytest.fixture
def plain(_shared_plain: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud that runs the stand-in functions of this folder."""
    yield _shared_plain
    _shared_plain.reset()
