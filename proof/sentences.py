"""Which of the functions' own sentences a message of the robot contains, in either language."""

from __future__ import annotations

import re
import sys
from functools import cache

from local.functions import CODE
from local.messages import Shown

sys.path.insert(0, str(CODE))
from shared.wording import Wording, wording


def says(shown: Shown, *prefixes: str) -> bool:
    """Whether it contains a sentence whose name (in `Wording`) begins with one of these."""
    return any(pattern.search(shown.text) for pattern in _patterns(prefixes))


@cache
def _patterns(prefixes: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Every sentence, in both languages, whose name begins so, as a pattern of what people read."""
    found = []
    for language in (wording("zh"), wording("en")):
        for name in Wording.__dataclass_fields__:
            if name.startswith(prefixes):
                pieces = re.split(r"\{[^}]*\}", getattr(language, name))
                found.append(re.compile(".*".join(map(re.escape, pieces)), re.DOTALL))
    return tuple(found)
