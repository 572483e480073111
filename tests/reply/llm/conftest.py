"""A scripted server, and models that ask it."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from reply.llm.chat import ChatModel
from reply.llm.settings import ChatSettings
from shared.log import Log
from tests.reply.kit import FakeClock
from tests.reply.llm.server import PATIENCE, ScriptedServer

KEY = "sk-first-key-0123456789"


@dataclass
class Setup:
    """A model, and what it was given."""

    server: ScriptedServer
    clock: FakeClock = field(default_factory=FakeClock)
    lines: io.StringIO = field(default_factory=io.StringIO)
    models: list[ChatModel] = field(default_factory=list)

    def model(
        self, *, meanwhile: Callable[[], None] = lambda: None, log_text: bool = False, **changes: object
    ) -> ChatModel:
        settings = {"keys": (KEY,), "base_url": self.server.url, "model": "m-asked", **changes}
        log = Log(level=logging.DEBUG, stream=self.lines, with_texts=log_text)
        model = ChatModel(ChatSettings(**settings), log, self.clock, meanwhile=meanwhile, random_share=lambda: 0.0)  # type: ignore[arg-type] # named by the test
        self.models.append(model)
        return model

    @property
    def log(self) -> str:
        return self.lines.getvalue()


def threads_end() -> None:
    """Wait until no thread of a call is left; they must end by themselves."""
    for thread in threading.enumerate():
        if thread.name == "model-call":
            thread.join(PATIENCE / 4)
            assert not thread.is_alive(), "a thread that was left behind did not end"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted
    threads_end()


@pytest.fixture
def setup(server: ScriptedServer) -> Iterator[Setup]:
    made = Setup(server)
    yield made
    for model in made.models:
        model.close()
