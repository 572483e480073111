"""A model whose package is imported in the background, while the bucket is being read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from reply.services import Answer, ChatMessage, Model


class LazyModel:
    """Starts to load a model at once, and waits for it when it is asked."""

    def __init__(self, load: Callable[[], Model]) -> None:
        loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load-model")
        self._loading = loader.submit(load)
        loader.shutdown(wait=False)

    def ask(self, prompt: Sequence[ChatMessage], seconds: float) -> Answer:
        """As the model itself; the first call also waits for the import."""
        return self._loading.result().ask(prompt, seconds)
