"""An answer in the form in which it is shown, whatever becomes of laying it out.

Every run lays a saved answer out anew: one that made that fail, or take for ever, would never be shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from reply import markdown
from reply.parts import Layout, Part, showable, slices, split
from shared.log import Log
from shared.message import Message
from shared.wording import Wording

LONGEST_S = 10.0
"""Seconds that laying out may take: an answer in as many parts as there can be takes one, on half a core."""

_Made = TypeVar("_Made")


class OutOfTime(Exception):
    """Laying out has taken all the time it may."""


class LaidOut:
    """The text of an answer and its title. `as_it_is` once it could not be laid out: it is plain text then, in slices.

    `seconds` is what each step may take. `is_markdown` says what the text is.
    """

    def __init__(self, message: Message, text: str, words: Wording, log: Log, *, plain: bool, seconds: float) -> None:
        self._log = log
        self._seconds = min(LONGEST_S, seconds)
        self.as_it_is = False
        self.is_markdown = not plain
        self.text, self.title = text, words.answer_title
        nothing = words.failed_empty.format(request_id=message.request_id)

        def laid_out() -> tuple[str, str]:
            shown = showable(markdown.clean(text))
            if markdown.is_blank(shown):
                log.warning("answer_blank", problem="nothing is left of the answer once marks are taken away")
                shown = nothing
            return shown if plain else markdown.prepared(shown), markdown.title_of(shown, words)

        self.text, self.title = self._tried(laid_out, lambda: (text if text.strip() else nothing, self.title))

    def parts(self, layout: Layout, first: int = 1) -> tuple[Part, ...]:
        """The text in parts."""
        if self.as_it_is:
            return slices(self.text, layout, first=first)
        return self._tried(
            lambda: split(self.text, layout, first=first), lambda: slices(self.text, layout, first=first)
        )

    def _tried(self, work: Callable[[], _Made], instead: Callable[[], _Made]) -> _Made:
        try:
            with _within(self._seconds):
                return work()
        except Exception as problem:  # noqa: BLE001 - whatever it is, the person must be shown what was saved for them
            self._log.error("layout_failed", problem=type(problem).__name__)
            self.as_it_is, self.is_markdown = True, False
            return instead()


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime when what is inside takes longer, also inside one regular expression, which no thread can.

    Python runs signal handlers in the main thread only, where FC calls a handler: elsewhere there is no limit.
    """
    import signal  # paid for when something is shown, not while the question waits

    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise OutOfTime

    handler = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, max(0.1, seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)
