"""A sheet: what some people have used in a month so far, by day and by person. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reply.journal import Used
from reply.tallies import Tallies, Tally

VERSION = 1

RECENT_DAYS = 2
"""Days of which it is kept who used what; of earlier ones only sums."""


@dataclass(frozen=True)
class DayTotal:
    """Answered questions and tokens of a day, and by how many people."""

    questions: int = 0
    tokens: int = 0
    people: int = 0

    def __add__(self, other: DayTotal) -> DayTotal:
        """Both together, of different people."""
        return DayTotal(self.questions + other.questions, self.tokens + other.tokens, self.people + other.people)


@dataclass(frozen=True)
class Sheet:
    """`closed` days have sums, `recent` ones have each person's questions and tokens; `people` have their month."""

    closed: Mapping[str, DayTotal] = field(default_factory=dict)
    recent: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    people: Mapping[str, tuple[int, int, str]] = field(default_factory=dict)

    def with_used(self, new: Iterable[Used]) -> Sheet:
        """With what these messages have cost, the newest name for each person."""
        recent = {day: dict(people) for day, people in self.recent.items()}
        closed, people = dict(self.closed), dict(self.people)
        for one in sorted(new, key=lambda used: (used.at, used.turn_id)):
            questions, tokens, nick = people.get(one.person, (0, 0, ""))
            people[one.person] = (questions + one.questions, tokens + one.tokens, one.nick or nick)
            if one.day in closed:
                closed[one.day] += DayTotal(one.questions, one.tokens)
                continue
            of_day = recent.setdefault(one.day, {})
            questions, tokens = of_day.get(one.person, (0, 0))
            of_day[one.person] = (questions + one.questions, tokens + one.tokens)
        return Sheet(closed, recent, people)

    def shortened(self) -> Sheet:
        """With sums instead of people for all but the last RECENT_DAYS days."""
        over = sorted(self.recent)[:-RECENT_DAYS]
        return Sheet(
            {**self.closed, **{day: _summed(self.recent[day]) for day in over}},
            {day: people for day, people in self.recent.items() if day not in over},
            self.people,
        )

    def totals(self) -> dict[str, DayTotal]:
        """Each day's sums."""
        return {**self.closed, **{day: _summed(people) for day, people in self.recent.items()}}

    def without(self, person: str) -> Sheet:
        """Without a person's lines; the sums of the days stay."""
        recent, closed = {}, dict(self.closed)
        for day, people in self.recent.items():
            if person in people:
                # Sums cannot be taken apart again: a day of which they are kept is closed.
                closed[day] = _summed(people)
            else:
                recent[day] = people
        return Sheet(closed, recent, {name: line for name, line in self.people.items() if name != person})


def _summed(people: Mapping[str, tuple[int, int]]) -> DayTotal:
    return DayTotal(sum(q for q, _ in people.values()), sum(t for _, t in people.values()), len(people))


def of_tallies(day: str, tallies: Tallies) -> Sheet:
    """A sheet of one day that was counted otherwise."""
    people = {person: (tally.questions, tally.tokens, tally.name) for person, tally in tallies.items()}
    return Sheet({}, {day: {person: (q, t) for person, (q, t, _) in people.items()}}, people)


def to_json(sheet: Sheet) -> bytes:
    """The file of a sheet."""
    closed = {day: [total.questions, total.tokens, total.people] for day, total in sheet.closed.items()}
    content = {"v": VERSION, "closed": closed, "recent": sheet.recent, "people": sheet.people}
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")


def from_json(data: bytes) -> Sheet:
    """Read what `to_json` wrote. Raises ValueError for anything else."""
    try:
        loaded = json.loads(data)
        if loaded["v"] != VERSION:
            raise ValueError(f"version {loaded['v']} is not {VERSION}")
        closed = {day: DayTotal(*_whole(total, 3)) for day, total in loaded["closed"].items()}
        recent = {
            day: {person: _pair(line) for person, line in people.items()} for day, people in loaded["recent"].items()
        }
        return Sheet(closed, recent, {person: _line(line) for person, line in loaded["people"].items()})
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"not a sheet: {type(problem).__name__}") from None


def _whole(numbers: list[int], count: int) -> list[int]:
    if len(numbers) != count or any(type(number) is not int for number in numbers):
        raise TypeError("numbers of another form")
    return numbers


def _pair(line: list[int]) -> tuple[int, int]:
    questions, tokens = line
    if type(questions) is not int or type(tokens) is not int:
        raise TypeError("numbers of another form")
    return questions, tokens


def _line(line: tuple[int, int, str]) -> tuple[int, int, str]:
    questions, tokens, nick = line
    if type(questions) is not int or type(tokens) is not int or not isinstance(nick, str):
        raise TypeError("a line of another form")
    return questions, tokens, nick


def tally(line: tuple[int, int, str], identity: str) -> Tally:
    """A person's line as a tally."""
    return Tally(line[0], line[1], line[2], identity)
