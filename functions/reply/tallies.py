"""What people have used in a day, and the file that keeps it once the day is over. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import reduce

VERSION = 1


@dataclass(frozen=True)
class Tally:
    """Answered questions and tokens of one person; `name` as DingTalk gave it, `id` the staff or sender id."""

    questions: int = 0
    tokens: int = 0
    name: str = ""
    id: str = ""

    def __add__(self, other: Tally) -> Tally:
        """Both together, with the newer name, which is the other's."""
        return Tally(
            self.questions + other.questions, self.tokens + other.tokens, other.name or self.name, other.id or self.id
        )


Tallies = Mapping[str, Tally]
"""Tallies of several people, each by its path part."""


def total(tallies: Tallies) -> Tally:
    """What they have used in all; nobody's name."""
    summed = sum(tallies.values(), Tally())
    return Tally(summed.questions, summed.tokens)


def added(days: Iterable[Tallies]) -> dict[str, Tally]:
    """What each has used over several days, which are in order."""
    people: dict[str, Tally] = {}
    for day in days:
        for person, tally in day.items():
            people[person] = people.get(person, Tally()) + tally
    return people


def merged(versions: Iterable[Tallies]) -> Tallies:
    """One day, from several counts of it: records only come, so the higher number is the later one."""
    return reduce(_merged, versions, {})


def _merged(one: Tallies, other: Tallies) -> Tallies:
    return {person: _higher(one.get(person), other.get(person)) for person in {**one, **other}}


def _higher(one: Tally | None, other: Tally | None) -> Tally:
    one, other = one or Tally(), other or Tally()
    # Not by which is longer or newer, which nobody knows here, but the same whoever merges.
    name, identity = max((one.name, one.id), (other.name, other.id))
    return Tally(max(one.questions, other.questions), max(one.tokens, other.tokens), name, identity)


def to_json(tallies: Tallies) -> bytes:
    """The file of a day."""
    people = {person: asdict(tally) for person, tally in tallies.items()}
    return json.dumps({"v": VERSION, "people": people}, sort_keys=True).encode("ascii")


def from_json(data: bytes) -> Tallies:
    """Read what `to_json` wrote. Raises ValueError for anything else."""
    try:
        loaded = json.loads(data)
        if loaded["v"] != VERSION:
            raise ValueError(f"version {loaded['v']} is not {VERSION}")
        return {person: _tally(**fields) for person, fields in loaded["people"].items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"not a day's tallies: {type(problem).__name__}") from None


def _tally(questions: object, tokens: object, name: object, id: object) -> Tally:
    if not (type(questions) is int and type(tokens) is int and isinstance(name, str) and isinstance(id, str)):
        raise TypeError("a field of another type")
    return Tally(questions, tokens, name, id)
