"""The journal of a month: names of files that say what was used, what is open, and what is settled. Pure.

In one folder per shard of people, so that one listing tells all that is new:

    <turn id>.open.<asked at>.<reserved>                                        a question that can cost so much
    <turn id>.used.<at>.<yyyymmdd>.<questions>.<tokens>.<person>.<name>         what a message has cost
    ~<until>.<tokens>.<random>.json                                             the sheet of all that is earlier

A message is noted as used before it is no longer noted as open, and a sheet is written before what it holds is removed:
whoever lists in the order of names misses nothing. What is used counts where no sheet ends later.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SHARDS = 16
LONGEST_NAME = 240
"""Characters of a file's name; what a person is called is cut so that it fits."""

LAPSED_MS = 3 * 3600 * 1000
"""An open question is given up after so long (ms): FC gives up on a message after 90 minutes."""

_PERSON = r"[A-Za-z0-9_=~-]{1,120}"
_USED = re.compile(
    rf"([0-9a-f]{{32}})\.used\.(\d{{13}})\.(\d{{8}})\.([01])\.(\d{{1,15}})\.({_PERSON})\.([A-Za-z0-9_-]*)"
)
_OPEN = re.compile(r"([0-9a-f]{32})\.open\.(\d{13})\.(\d{1,15})")
_SHEET = re.compile(r"~(\d{13})\.(\d{1,18})\.[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class Used:
    """What one message has cost: `at` is when that was noted (ms), `day` the one it is booked on."""

    turn_id: str
    at: int
    day: str
    questions: int
    tokens: int
    person: str
    nick: str = ""

    @property
    def file(self) -> str:
        """The name of its file."""
        head = f"{self.turn_id}.used.{self.at:013d}.{self.day.replace('-', '')}"
        head = f"{head}.{self.questions}.{self.tokens}.{self.person}."
        room = (LONGEST_NAME - len(head)) // 4 * 3
        cut = self.nick.encode("utf-8", "replace")[: max(0, room)].decode("utf-8", "ignore")
        return head + binascii.b2a_base64(cut.encode(), newline=False).decode().translate(_TO_NAME).rstrip("=")


_TO_NAME = str.maketrans("+/", "-_")
_FROM_NAME = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class Listed:
    """One listing of a shard: `until` (ms) and `settled` tokens of its newest sheet, and what is newer than that.

    `new` are the names of what is used, and `new_tokens` their sum; `open` has the tokens that each open question can
    cost, by its id. `sheets` are the newest first; `done` are files whose content is in the newest sheet, and notes of
    questions that were given up.
    """

    sheets: tuple[str, ...] = ()
    until: int = 0
    settled: int = 0
    new: tuple[str, ...] = ()
    new_tokens: int = 0
    open: Mapping[str, int] = field(default_factory=dict)
    done: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """All that was used."""
        return self.settled + self.new_tokens

    @property
    def used(self) -> tuple[Used, ...]:
        """What is used and newer than the newest sheet: more than who counts tokens has to look at."""
        return tuple(_used(found) for found in map(_USED.fullmatch, self.new) if found)


def shard_of(person: str) -> str:
    """The shard of a person (as a path part)."""
    return f"{hashlib.sha256(person.encode()).digest()[0] % SHARDS:02}"


def shards() -> list[str]:
    """All of them."""
    return [f"{number:02}" for number in range(SHARDS)]


def open_file(turn_id: str, at: int, reserved: int) -> str:
    """The note that a message asked at `at` (ms) can cost so many tokens."""
    return f"{turn_id}.open.{max(0, at):013d}.{reserved}"


def sheet_file(until: int, tokens: int) -> str:
    """A new name for a sheet."""
    return f"~{until:013d}.{tokens}.{secrets.token_hex(8)}.json"


def renamed(sheet: str) -> str:
    """A new name for a sheet that says the same."""
    found = _SHEET.fullmatch(sheet)
    return sheet_file(int(found[1]), int(found[2])) if found else sheet


def used_by(name: str) -> str:
    """Whose usage a file of the journal notes (as a path part), "" where it is none."""
    found = _USED.fullmatch(name)
    return found[6] if found else ""


def listed(names: Iterable[str], now: int) -> Listed:
    """Read a listing; names of others are not ours. `now` is in ms."""
    sheets: list[tuple[int, int, str]] = []
    notes: list[tuple[str, int, int, str]] = []
    used: list[tuple[str, int, int, str]] = []
    for name in names:
        if found := _USED.fullmatch(name):
            used.append((found[1], int(found[2]), int(found[5]), name))
        elif found := _OPEN.fullmatch(name):
            notes.append((found[1], int(found[2]), int(found[3]), name))
        elif found := _SHEET.fullmatch(name):
            sheets.append((int(found[1]), int(found[2]), name))
    sheets.sort(reverse=True)
    until, settled, _ = sheets[0] if sheets else (0, 0, "")
    counted = {turn_id for turn_id, at, _, _ in used if at < until}
    new: dict[str, tuple[int, int, str]] = {}
    for turn_id, at, tokens, name in used:
        # One that was noted twice counts once, with the higher number.
        if turn_id not in counted and (tokens, at, name) > new.get(turn_id, (-1, 0, "")):
            new[turn_id] = (tokens, at, name)
    still: dict[str, int] = {}
    for turn_id, at, reserved, _ in notes:
        if now - at <= LAPSED_MS and turn_id not in new and turn_id not in counted:
            still[turn_id] = max(reserved, still.get(turn_id, 0))
    done = [name for _, at, _, name in used if at < until]
    done += [name for _, at, _, name in notes if now - at > LAPSED_MS]
    return Listed(
        sheets=tuple(name for *_, name in sheets),
        until=until,
        settled=settled,
        new=tuple(name for *_, name in new.values()),
        new_tokens=sum(tokens for tokens, _, _ in new.values()),
        open=still,
        done=tuple(done),
    )


def _used(found: re.Match[str]) -> Used:
    day = f"{found[3][:4]}-{found[3][4:6]}-{found[3][6:]}"
    return Used(found[1], int(found[2]), day, int(found[4]), int(found[5]), found[6], _nick(found[7]))


def _nick(encoded: str) -> str:
    try:
        padded = encoded.translate(_FROM_NAME) + "=" * (-len(encoded) % 4)
        return binascii.a2b_base64(padded).decode("utf-8", "replace")
    except binascii.Error:
        return ""
