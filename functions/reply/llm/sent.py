"""Knowing when a request is on its way: from then on this process only waits, and can do something else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any


class FirstSent:
    """A hook for requests that calls `meanwhile` once, in a thread of its own, when the first one has been sent."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile: Callable[[], None] | None = meanwhile

    def __call__(self, request: Any) -> None:
        """Watch a request of the HTTP client (https://www.encode.io/httpcore/extensions/#trace)."""
        if self._meanwhile is not None:
            request.extensions = {**request.extensions, "trace": self._traced}

    def _traced(self, event: str, _: object) -> None:
        if event.endswith(".send_request_body.complete"):
            meanwhile, self._meanwhile = self._meanwhile, None
            if meanwhile is not None:
                with suppress(RuntimeError):  # no more threads in this instance: then it is done when it is needed
                    Thread(target=meanwhile, name="meanwhile", daemon=True).start()
