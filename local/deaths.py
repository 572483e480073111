"""Deaths of function instances that somebody asked for: of which message's runs, and when in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Death:
    """The instance that works on `message` (the id of a `Sent`) is killed (SIGKILL).

    With `stops` it stops at the step instead (SIGSTOP): it neither goes on nor ends, until FC's time-out ends it.

    Runs of one `function` that were invoked in one way (`how`, as in `Invocation`; "" is any) are counted from 0, and
    those in `runs` meet it: just `side` ("before" or "after") the `step`, a label and a number, or `after` so many real
    seconds. With `cold` they are run in a new instance, so that connections are made again.
    """

    message: str
    function: str
    how: str = ""
    step: tuple[str, int] = ("", 0)
    side: str = "before"
    after: float | None = None
    runs: frozenset[int] = frozenset({0})
    cold: bool = False
    stops: bool = False
    seen: int = field(default=0, init=False)

    def meets(self, message: str, function: str, how: str) -> bool:
        """Whether the run that begins now meets it; counts the run."""
        if (message, function) != (self.message, self.function) or self.how not in ("", how):
            return False
        self.seen += 1
        return self.seen - 1 in self.runs

    def at_step(self) -> Mapping[str, Any] | None:
        """What the instance is asked for; None when it is killed from outside."""
        if self.after is not None:
            return None
        label, number = self.step
        return {"label": label, "number": number, "side": self.side, "stops": self.stops}
