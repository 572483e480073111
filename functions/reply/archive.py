"""Reading what is on record of somebody: who there is, and what they asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reply.bucket import path_part
from reply.places import Owner
from reply.records import OPEN, Records, shows_others
from shared.folding import plain

MOST_RECORDS = 2000
"""Records read for one export; the latest are kept."""

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of questions and answers (UTF-8) in one export: as text, quoted and sent they take several times as much."""


class OutOfTime(Exception):
    """There is more on record than can be read in time."""


@dataclass(frozen=True)
class Person:
    """Somebody on record: `part` is the folder's name, `last` the latest day within those asked for."""

    part: str
    id: str
    name: str
    last: str


@dataclass(frozen=True)
class Kept:
    """One message on record; `at` is when it was written (ms). Texts are "" where they are not kept."""

    at: int
    group: bool
    outcome: str
    tokens: int
    question: str = ""
    answer: str = ""

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        return sum(len(text.encode("utf-8", "surrogatepass")) for text in (self.question, self.answer))


@dataclass(frozen=True)
class Found:
    """A person's records, oldest first; `cut` says that there are earlier ones."""

    kept: tuple[Kept, ...]
    cut: bool


class Archive:
    """A robot's records of some days (yyyy-mm-dd, both included). Every method raises StoreUnavailable.

    `in_time` is asked before each access: a mount may take a tenth of a second for one.
    """

    def __init__(
        self,
        records: Records,
        owner: Owner,
        first: str,
        last: str,
        in_time: Callable[[], bool],
        most: int = MOST_RECORDS,
    ) -> None:
        self._records = records
        self._owner = owner
        self._in_time = in_time
        self._most = most
        self._days = [day for day in reversed(records.kept_days(owner)) if first <= day <= last]

    def people(self, wanted: str, *, by_name: bool) -> list[Person]:
        """The one with this id, else, `by_name`, all whose name it is. Raises OutOfTime."""
        latest = self._latest()
        part = path_part(wanted)
        if part in latest:
            return [self._person(part, latest[part])]
        if not by_name:
            return []
        everybody = (self._person(part, day) for part, day in latest.items())
        return [person for person in everybody if _folded(person.name) == _folded(wanted)]

    def of(self, person: Person) -> Found:
        """What somebody asked, as far as it can be read in time."""
        kept: list[Kept] = []
        left = MOST_BYTES
        for day in self._days:
            if not self._in_time():
                return _found(kept, cut=True)
            for entry in self._records.of(self._owner, day, person.part, make=False):
                if entry.outcome == OPEN:
                    continue
                if len(kept) >= self._most or not self._in_time():
                    return _found(kept, cut=True)
                content = self._records.read(entry)
                if content is None:
                    continue
                one = _kept(content, entry.outcome, entry.tokens)
                left -= one.size
                if left < 0:
                    return _found(kept, cut=True)
                kept.append(one)
        return _found(kept, cut=False)

    def _latest(self) -> dict[str, str]:
        latest: dict[str, str] = {}
        for day in self._days:
            self._hurry()
            for part in self._records.people(self._owner, day):
                latest.setdefault(part, day)
        return latest

    def _person(self, part: str, day: str) -> Person:
        self._hurry()
        named = self._records.named(part, self._records.of(self._owner, day, part, make=False))
        return Person(part, named.id, named.name, day)

    def _hurry(self) -> None:
        if not self._in_time():
            raise OutOfTime


def _found(kept: list[Kept], *, cut: bool) -> Found:
    return Found(tuple(sorted(kept, key=lambda one: one.at)), cut)


def _kept(content: Mapping[str, object], outcome: str, tokens: int) -> Kept:
    at, question, answer = content.get("created_at"), content.get("question"), content.get("answer")
    # A command's answer may be somebody else's export, whatever became of it: it is not handed on.
    shown = not (outcome == "command" or shows_others(content))
    return Kept(
        at=at if isinstance(at, int) else 0,
        group=content.get("group") is True,
        outcome=outcome,
        tokens=tokens,
        question=question if shown and isinstance(question, str) else "",
        answer=answer if shown and isinstance(answer, str) else "",
    )


def _folded(text: str) -> str:
    return plain(text).strip()
