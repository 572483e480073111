"""Finds what is stored of a person, in the order in which it must go.

What says which turns are theirs goes last: a run that was interrupted can be repeated.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from forgetting import ForgetError
from forgetting.person import Person
from forgetting.places import Place
from reply.bucket import path_part
from reply.conversation import PERSONA, Document, Turn, from_json, to_json
from reply.journal import renamed, used_by
from reply.places import days
from reply.records import shows_others
from reply.sheets import from_json as sheet_from_json
from reply.sheets import to_json as sheet_to_json
from reply.tallies import from_json as tallies_from_json
from reply.tallies import to_json as tallies_to_json

SHARED = "=group"
"""The folder's name where all members of a group share one context."""

LINES_WITH_NAME = 3
"""Of an export, at its beginning."""


@dataclass(frozen=True)
class Change:
    """One stored thing that must go; with `content` it is written anew, under `anew` ("" = the same key)."""

    key: str
    why: str = ""
    content: bytes | None = None
    anew: str = ""

    @property
    def line(self) -> str:
        """As it is shown."""
        what = "remove " if self.content is None else "rewrite"
        return f"{what}  {self.key}" + (f"  ({self.why})" if self.why else "")


@dataclass(frozen=True)
class Search:
    """What is looked for, where. `mount` is the mounted folder of the bucket, "" or with a slash at its end.

    `now_ms` names files that are written anew; `whole_groups` removes shared contexts instead of rewriting them.
    """

    place: Place
    person: Person
    now_ms: int
    mount: str = ""
    whole_groups: bool = False
    notes: list[str] = field(default_factory=list)
    _theirs: set[str] = field(default_factory=set)
    _others: set[str] = field(default_factory=set)

    def changes(self) -> list[Change]:
        """Everything to be done, in order; `notes` has what only somebody who looks can decide. Raises ForgetError."""
        records = list(self._records())
        conversations = list(self._conversations())
        shared = [change for change in conversations if f"/{SHARED}/" in change.key]
        own = [change for change in conversations if f"/{SHARED}/" not in change.key]
        account = [*self._rollups(), *self._account()]
        return [*shared, *account, *self._exports(), *self._claims(), *own, *records]

    def _records(self) -> Iterator[Change]:
        for key, parts in self._below("records/"):
            # Earlier versions kept those of all robots together.
            person = 2 if days(parts[1:2]) else 3
            if len(parts) <= person:
                continue
            if parts[person] == self.person.part:
                self._theirs.add(parts[-1].partition(".")[0])
                yield Change(key)
                continue
            self._others.add(parts[-1].partition(".")[0])
            if key.endswith(".json"):
                yield from self._command(key)

    def _command(self, key: str) -> Iterator[Change]:
        """An administrator's command about them: its answer goes, that it was given stays.

        The command's name decides, not what became of it; of an earlier version's record its having no question.
        """
        content = self._content(key)
        try:
            record = json.loads(content)
            if shows_others(record) and self.person.in_text(str(record.get("answer", ""))):
                content = json.dumps({**record, "answer": ""}, ensure_ascii=False).encode("utf-8", "replace")
                yield Change(key, "an administrator's command showed them", content)
        except (ValueError, AttributeError, TypeError, RecursionError):
            if content:  # an empty one is of a function that could not write it
                self.notes.append(f"{key} cannot be read; it may show them: look at it")

    def _account(self) -> Iterator[Change]:
        for key, parts in self._below("account/"):
            if len(parts) < 5 or key.endswith("/"):
                continue
            name = parts[-1]
            if used_by(name) == self.person.part or (".open." in name and name.partition(".")[0] in self._theirs):
                yield Change(key)
            elif parts[3] == "earlier" and name.endswith(".json"):
                yield from self._tallied(key, f"{name.partition('.')[0]}.{secrets.token_hex(8)}.json")
            elif name.startswith("~") and name.endswith(".json"):
                yield from self._sheet(key, name)

    def _sheet(self, key: str, name: str) -> Iterator[Change]:
        try:
            sheet = sheet_from_json(self._content(key))
        except ValueError:
            self.notes.append(f"{key} cannot be read; it may have their line: look at it")
            return
        if self.person.part in sheet.people or any(self.person.part in day for day in sheet.recent.values()):
            anew = f"{key.rpartition('/')[0]}/{renamed(name)}"
            yield Change(key, "their line of the month", sheet_to_json(sheet.without(self.person.part)), anew)

    def _conversations(self) -> Iterator[Change]:
        for key, parts in self._below("conversations/"):
            if len(parts) < 4:
                # A chat without an id of its own is named after who wrote in it.
                if parts[-1] == path_part(f"with {self.person.id}"):
                    yield Change(key)
                continue
            if parts[3] == self.person.part:
                self._theirs.update(_turns(self._content(key)))
                yield Change(key)
            elif not key.endswith("/"):
                yield from self._of_others(key, shared=parts[3] == SHARED)

    def _of_others(self, key: str, *, shared: bool) -> Iterator[Change]:
        try:
            document = from_json(self._content(key))
        except ValueError:
            if shared and self.whole_groups:
                yield Change(key, "cannot be read")
            elif shared:
                self.notes.append(f"{key} cannot be read; it may hold their words: look at it, or use --whole-groups")
            return
        kept = self._without(document) if shared else _silenced(document, self.person)
        unknown = sum(self._unknown(turn) for turn in document.turns.values()) if shared else 0
        if unknown and not self.whole_groups:
            self.notes.append(
                f"{key} has {unknown} turn(s) of which nothing says whose they are: look at it, or use --whole-groups"
            )
        persona = shared and self._persona_of_nobody(document)
        if persona and not self.whole_groups:
            self.notes.append(
                f"{key} has a persona of which nothing says who gave it: look at it, or use --whole-groups"
            )
        if kept == document and not ((unknown or persona) and self.whole_groups):
            return
        if shared and self.whole_groups:
            yield Change(key, "a context that all members share")
            return
        changed = sum(kept.turns.get(name) != turn for name, turn in document.turns.items())
        name = f"{self.now_ms:013d}-{secrets.token_hex(8)}.json"
        why = f"{changed} of {len(document.turns)} turns"
        yield Change(key, why, to_json(kept), f"{key.rpartition('/')[0]}/{name}")

    def _without(self, document: Document) -> Document:
        """A group's document without what they asked and were answered, and without a persona they gave."""
        turns = {name: turn for name, turn in document.turns.items() if not self._asked(turn)}
        removed = document.turns.keys() - turns.keys()
        theirs = removed | self._theirs
        values = {
            name: value
            for name, value in document.values.items()
            if name != PERSONA or not (value.by == self.person.id or value.id in theirs)
        }
        return Document(turns, values)

    def _persona_of_nobody(self, document: Document) -> bool:
        persona = document.values.get(PERSONA)
        if persona is None or not persona.content or persona.by or persona.id in self._theirs | self._others:
            return False
        turn = document.turns.get(persona.id)
        return not (turn and turn.by)

    def _asked(self, turn: Turn) -> bool:
        return turn.by == self.person.id or turn.id in self._theirs

    def _unknown(self, turn: Turn) -> bool:
        return bool(turn.question and not turn.by and turn.id not in self._theirs and turn.id not in self._others)

    def _rollups(self) -> Iterator[Change]:
        for key, _ in self._below("rollups/"):
            if not key.endswith("/"):
                yield from self._tallied(key, f"{self.now_ms:013d}-{secrets.token_hex(8)}.json")

    def _tallied(self, key: str, anew: str) -> Iterator[Change]:
        try:
            people = dict(tallies_from_json(self._content(key)))
        except ValueError:
            self.notes.append(f"{key} cannot be read: remove it, it is counted again from the records")
            return
        if people.pop(self.person.part, None):
            yield Change(key, "their line of the day", tallies_to_json(people), f"{key.rpartition('/')[0]}/{anew}")

    def _exports(self) -> Iterator[Change]:
        for key in self.place.keys("exports/"):
            head = self._content(key).decode("utf-8", "replace").splitlines()[:LINES_WITH_NAME]
            if any(self.person.in_text(line) for line in head):
                yield Change(key, "an export of what they asked")

    def _claims(self) -> Iterator[Change]:
        for key in self.place.keys("claims/"):
            if key.partition("/")[2] in self._theirs:
                yield Change(key)

    def _below(self, prefix: str) -> Iterator[tuple[str, list[str]]]:
        for key in self.place.keys(self.mount + prefix):
            yield key, key.removeprefix(self.mount).rstrip("/").split("/")

    def _content(self, key: str) -> bytes:
        return b"" if key.endswith("/") else self.place.read(key) or b""


def _turns(content: bytes) -> set[str]:
    try:
        return set(from_json(content).turns)
    except ValueError:
        return set()


def _silenced(document: Document, person: Person) -> Document:
    """Somebody else's document without the answers of commands that showed this person."""
    turns = {
        name: replace(turn, answer="") if not turn.question and person.in_text(turn.answer) else turn
        for name, turn in document.turns.items()
    }
    return Document(turns, document.values)


def carry_out(place: Place, changes: list[Change]) -> list[str]:
    """Do it all, writing anew before removing; returns a sentence for each change that failed."""
    failed = []
    for change in changes:
        try:
            if change.content is not None:
                place.write(change.anew or change.key, change.content)
            if change.content is None or change.anew:
                place.remove(change.key)
        except ForgetError as reason:
            failed.append(str(reason))
    return failed
