"""How the proof is run: seed, share and code, and the settings that are scaled down so that it ends within the hour."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.cloud import LocalCloud, Options
from local.fc import AsyncRules
from local.functions import CODE

SCALE: Mapping[str, str] = {
    "a function's sleep of 1 s": "0.01 s (back-off, pacing, waiting); 1 s for events run twice in `duplicates`, `soak`",
    "FC's pause before a retry": "0.02 s, then 0.04 s",
    "FC's time-out of reply": "180 s of the instance's clock, as shipped, unless a part says otherwise",
    "DingTalk's redelivery": "at once, or with the clock moved on, instead of after 60 s",
}
"""What runs faster than on the real platforms, printed with every result."""

SAMPLED: Mapping[str, str] = {
    "crash": "every step that tracing finds; the moments of the random kills are drawn by the seed",
    "isolation": "who waits how long before the next word is drawn by the seed",
    "bucket_faults": "every operation, of those that look alike the first 4; of each fault at each operation, one kill,"
    " at a point and in attempts that the seed draws",
    "ingress": "the generated requests are drawn by the seed; of each thousand, 8 invocations are run by `reply`",
    "soak": "who says what and which faults are met is drawn by the seed",
}
"""What is drawn even where everything is tried (share 1), by part; the other parts try all their cases."""

RULES = AsyncRules(retries=2, retry_delay=0.02)


@dataclass(frozen=True)
class Plan:
    """One run of a part.

    `seed` makes every random choice; `share` (above 0, up to 1) is how much of the whole is tried, chosen by the seed;
    `code` is what is tried, another folder for a build that was broken on purpose; `only` is what the names of cases
    must contain, "" for any: one case that was found to fail, or what a broken build must fail. It is a regular
    expression where no case of a part has it word for word.
    """

    seed: int = 1
    share: float = 1.0
    code: tuple[Path, ...] = (CODE,)
    only: str = ""

    def random(self, name: str) -> random.Random:
        """Random choices of a part, the same for the same seed."""
        return random.Random(f"{self.seed}:{name}")  # noqa: S311  # choices of what to try, not secrets

    def sample(self, name: str, cases: list[Case]) -> list[Case]:
        """The cases to try, in their order: all, or a share of at least one, chosen by the seed."""
        cases = self._asked_for(cases)
        if self.share >= 1 or not cases:
            return cases
        count = max(1, round(len(cases) * self.share))
        chosen = set(self.random(name).sample(range(len(cases)), count))
        return [case for number, case in enumerate(cases) if number in chosen]

    def _asked_for(self, cases: list[Case]) -> list[Case]:
        named = [case for case in cases if self.only in case.name]
        if named:
            return named
        try:
            return [case for case in cases if re.search(self.only, case.name)]
        except re.error:
            return []

    def cloud(self, **changes: object) -> LocalCloud:
        """A cloud that is not started yet, as this plan wants it.

        Upper-case names are settings of both functions (None removes a default), others are fields of `Options`.
        """
        settings = {name: value for name, value in changes.items() if name.isupper()}
        options: dict[str, object] = {"pace": 0.01, "rules": RULES, "code": self.code, "watch_files": True}
        options |= {name: value for name, value in changes.items() if not name.isupper()}
        return LocalCloud(Options(settings=settings, **options))  # type: ignore[arg-type]  # fields by name, as given


@dataclass(frozen=True)
class Case:
    """One thing to try. `name` is unique within its part, and is what a violation is reported under."""

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
