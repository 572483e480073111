"""A model that loads in the background: asked early it waits, within its time; a broken one is told."""

from __future__ import annotations

import threading

import pytest

from reply.llm.lazy import LazyModel
from reply.services import ChatMessage
from shared.errors import ModelFailed, ModelFailure
from tests.reply.kit import FakeClock, FakeModel

ASKED = [ChatMessage("user", "hi")]


def test_waits_for_the_import() -> None:
    """The first question waits until the model is there."""
    gate = threading.Event()

    def load() -> FakeModel:
        assert gate.wait(20)
        return FakeModel()

    model = LazyModel(load, FakeClock())
    gate.set()
    assert model.ask(ASKED, 5).text == "echo: hi"


def test_loading_too_long_is_a_time_out() -> None:
    """Waiting is part of the time a question has."""
    gate, clock = threading.Event(), FakeClock()

    def load() -> FakeModel:
        gate.wait(20)
        return FakeModel()

    model = LazyModel(load, clock)
    clock.alarm.set()
    with pytest.raises(ModelFailed) as failed:
        model.ask(ASKED, 5)
    assert failed.value.reason is ModelFailure.TIMEOUT
    gate.set()


def test_what_is_left_is_the_models() -> None:
    """The model gets the time that loading did not take."""
    inner, clock = FakeModel(), FakeClock()

    def load() -> FakeModel:
        clock.time += 2
        return inner

    model = LazyModel(load, clock)
    model.ask(ASKED, 5)
    assert inner.seconds[0] <= 5


def test_a_broken_package_is_told() -> None:
    """What loading raised is raised to whoever asks."""

    def load() -> FakeModel:
        raise ImportError("no module named openai")

    with pytest.raises(ImportError, match="openai"):
        LazyModel(load, FakeClock()).ask(ASKED, 5)
