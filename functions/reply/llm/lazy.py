"""A model whose package is imported in the background, while the bucket is being read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from reply.services import Answer, Balance, ChatMessage, Model
from shared.clock import Clock
from shared.errors import BalanceUnknown, ModelFailed, ModelFailure


class LazyModel:
    """Starts to load a model at once, and waits for it when it is asked."""

    def __init__(self, load: Callable[[], Model], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._loaded = threading.Event()
        self._model: Model | None = None
        self._problem: Exception | None = None
        threading.Thread(target=self._run, name="load-model", daemon=True).start()

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        """As the model itself; waiting for the import is part of `seconds`. Raises what loading raised."""
        ends = self._clock.now() + seconds
        if not self._clock.wait(self._loaded, seconds):
            raise ModelFailed(ModelFailure.TIMEOUT, why="the model's package was not loaded in time")
        if self._model is None:
            raise self._problem or RuntimeError("nothing was loaded")
        return self._model.ask(prompt, ends - self._clock.now())

    def balance(self, seconds: float) -> Sequence[Balance]:
        """As the model itself; waiting for the import is part of `seconds`. Raises what loading raised."""
        ends = self._clock.now() + seconds
        if not self._clock.wait(self._loaded, seconds):
            raise BalanceUnknown("the model's package was not loaded in time", offered=True)
        if self._model is None:
            raise self._problem or RuntimeError("nothing was loaded")
        return self._model.balance(ends - self._clock.now())

    def _run(self) -> None:
        try:
            self._model = self._load()
        except Exception as problem:  # noqa: BLE001 - it is raised to whoever asks, who can explain it
            self._problem = problem
        self._loaded.set()
