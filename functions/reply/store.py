"""Conversation documents on the bucket: a folder each, normally one file in it.

Each save writes one new file that holds the whole document and then removes the files it had read. Loading lists the
folder, reads what is there and merges. A crash in between leaves a superset that merges to the same thing. Only names
of ours are read; what cannot be read is never removed, and looked at once more for a day, since a mount can fail to
give what is stored.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace

from reply.bucket import LARGEST, Bucket, path_part
from reply.conversation import DAY_MS, INHERITED, Document, Value, from_json, merge, to_json, trimmed
from shared.clock import Clock
from shared.errors import BUCKET, StoreUnavailable
from shared.log import Log

LISTINGS = 3
"""How often a folder is listed when files vanish while they are read."""

READINGS = 2
"""How often a file is read when it holds no document."""

YOUNG_MS = 60_000
"""An unreadable file of ours younger than this (ms) may still be on its way: it is left alone for now."""

SECOND_LOOKS_MS = DAY_MS
"""How long (ms) a file that was set aside is looked at again: it may have been the mount that was at fault."""

_OURS = re.compile(r"([0-9]{13})-[0-9a-f]{16}\.json")
_ASIDE = re.compile(r"[0-9]{13}-[0-9a-f]{16}\.json\.([0-9]{13})\.set-aside")


@dataclass(frozen=True)
class ConversationKey:
    """What a context belongs to. `member` is empty where a whole group shares one.

    `before` is the id that the robot had until it was given the one it has, "" where there was none.
    """

    robot: str
    conversation: str
    member: str
    before: str = ""

    def folder(self) -> tuple[str, ...]:
        """Path parts below the mount."""
        member = path_part(self.member) if self.member else "=group"
        return ("conversations", path_part(self.robot), path_part(self.conversation), member)

    def inherited(self) -> ConversationKey | None:
        """The same context under the robot's id of before."""
        return replace(self, robot=self.before, before="") if self.before else None


@dataclass(frozen=True)
class Opened:
    """A document as loaded, and the files it came from. `problem` says why something may be missing, "" when not.

    `cause` is what that comes of, for the log: the bucket, or the name of the file that holds no document.
    `contested` are the ids of turns that more than one run has been seen to work on.
    `inherited` are files that came from the folder of the robot's id of before.
    """

    document: Document
    files: frozenset[str]
    problem: str = ""
    contested: frozenset[str] = frozenset()
    cause: str = BUCKET
    inherited: frozenset[str] = frozenset()


class Store:
    """Loads and saves conversation documents. `rounds` is how many answered turns a prompt may want."""

    def __init__(self, bucket: Bucket, clock: Clock, log: Log, rounds: int) -> None:
        self._bucket = bucket
        self._clock = clock
        self._log = log
        self._rounds = rounds

    def load(self, key: ConversationKey, known: Opened | None = None) -> Opened:
        """The merged document; with `known`, what is already in hand is merged in (a listing may be stale).

        Raises StoreUnavailable when the folder cannot be listed.
        """
        folder = key.folder()
        opened = known or Opened(Document(), frozenset())
        for _ in range(LISTINGS):
            opened, vanished = self._listed(folder, replace(opened, problem="", cause=BUCKET))
            if not vanished:
                return self._with_inherited(key, opened)
        return replace(opened, problem=opened.problem or f"files were listed and gone, {LISTINGS} times in a row")

    def _with_inherited(self, key: ConversationKey, opened: Opened) -> Opened:
        """With what was remembered before the robot had its id, until a document says that this is in it."""
        before = key.inherited()
        if before is None or INHERITED in opened.document.values:
            return opened
        folder = before.folder()
        if not self._bucket.kept(folder):
            return opened
        found = Opened(Document(), frozenset())
        for _ in range(LISTINGS):
            found, vanished = self._listed(folder, replace(found, problem=""))
            if not vanished:
                break
        document = merge(opened.document, found.document)
        if not found.problem:
            document = document.with_value(INHERITED, Value(0, "", key.before))
        if found.problem and not opened.problem:
            opened = replace(opened, problem=found.problem, cause=found.cause)
        return replace(opened, document=document, inherited=opened.inherited | found.files)

    def _listed(self, folder: tuple[str, ...], opened: Opened) -> tuple[Opened, bool]:
        """With what the folder has now, and whether a file vanished meanwhile."""
        document, files, problem, vanished = opened.document, opened.files, opened.problem, False
        contested, cause = opened.contested, BUCKET
        for name in self._bucket.names(folder):
            if name in files or not self._wanted(name):
                continue
            try:
                found = self._read(folder, name)
            except FileNotFoundError:
                vanished = True
            except (StoreUnavailable, ValueError) as unreadable:
                # What could be read is used; nothing is removed that was not.
                if str(unreadable) and not problem:
                    problem, cause = str(unreadable), name if isinstance(unreadable, ValueError) else BUCKET
            else:
                contested |= document.contested(found)
                document, files = merge(document, found), files | {name}
        return replace(
            opened, document=document, files=files, problem=problem, contested=contested, cause=cause
        ), vanished

    def save(self, key: ConversationKey, opened: Opened) -> Opened:
        """Write the document under a new name, then remove the files it came from.

        Raises StoreUnavailable when it is not saved; what could not be removed is left for the next save.
        """
        now_ms = int(self._clock.now() * 1000)
        document = trimmed(opened.document, self._rounds, now_ms)
        folder = key.folder()
        name = f"{now_ms:013d}-{secrets.token_hex(8)}.json"
        self._bucket.write_new(folder, name, to_json(document))
        left = {old for old in opened.files if not self._removed(folder, old)}
        if before := key.inherited():
            for old in opened.inherited:
                self._removed(before.folder(), old)
        return Opened(document, frozenset(left | {name}), contested=opened.contested)

    def _removed(self, folder: tuple[str, ...], name: str) -> bool:
        try:
            self._bucket.remove(folder, name)
        except StoreUnavailable as problem:
            self._log.warning("leftover_file", file=name, problem=str(problem))
            return False
        return True

    def _wanted(self, name: str) -> bool:
        """Whether a file may be one of ours: other programs' files are left alone, and not even read."""
        aside = _ASIDE.fullmatch(name)
        if aside:
            return self._clock.now() * 1000 - int(aside[1]) < SECOND_LOOKS_MS
        return _OURS.fullmatch(name) is not None

    def _read(self, folder: tuple[str, ...], name: str) -> Document:
        """A file's document. Raises FileNotFoundError, StoreUnavailable, or ValueError when it holds none.

        The ValueError says nothing where nothing is missing, as far as anybody can know.
        """
        problem, size = ValueError(), 0
        for _ in range(READINGS):
            content = self._bucket.read(folder, name)
            if content is None:
                raise FileNotFoundError(name)
            size = len(content)
            try:
                if size > LARGEST:
                    raise ValueError(f"more than {LARGEST} bytes")
                return from_json(content)
            except ValueError as found:
                problem = found
        self._note_unreadable(folder, name, size, problem)
        # Whoever could not upload a file left an empty one and told its person; of one set aside it was told before.
        raise problem if size and _OURS.fullmatch(name) else ValueError()

    def _note_unreadable(self, folder: tuple[str, ...], name: str, size: int, problem: ValueError) -> None:
        written = _OURS.fullmatch(name)
        if written is None:
            return  # set aside, and said so, before
        now_ms = int(self._clock.now() * 1000)
        if now_ms - int(written[1]) < YOUNG_MS:
            self._log.warning("unreadable_file_young", file=name, bytes=size)
            return
        self._log.error("unreadable_file_set_aside", cause=name, file=name, bytes=size, problem=str(problem))
        try:
            # Renamed, not written anew: what was read may not be what is stored.
            self._bucket.rename(folder, name, f"{name}.{now_ms:013d}.set-aside")
        except StoreUnavailable as unavailable:
            self._log.warning("set_aside_failed", file=name, problem=str(unavailable))
