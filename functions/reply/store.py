"""Conversation documents on the bucket: a folder each, normally one file in it.

Each save writes one new file that holds the whole document and then removes the files it had read. Loading lists the
folder, reads what is there and merges. A crash in between leaves a superset that merges to the same thing.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from reply.bucket import Bucket, path_part
from reply.conversation import Document, from_json, merge, to_json, trimmed
from shared.clock import Clock
from shared.errors import StoreUnavailable
from shared.log import Log

LISTINGS = 3
"""How often a folder is listed when files vanish while they are read."""

YOUNG_MS = 60_000
"""An unreadable file of ours younger than this (ms) may still be on its way: it is left alone for now."""

_OURS = re.compile(r"(\d{13})-[0-9a-f]{16}\.json")
_ASIDE = ".set-aside"


@dataclass(frozen=True)
class ConversationKey:
    """What a context belongs to. `member` is empty where a whole group shares one."""

    robot: str
    conversation: str
    member: str

    def folder(self) -> tuple[str, ...]:
        """Path parts below the mount."""
        member = path_part(self.member) if self.member else "=group"
        return ("conversations", path_part(self.robot), path_part(self.conversation), member)


@dataclass(frozen=True)
class Opened:
    """A document as loaded, and the files it came from."""

    document: Document
    files: frozenset[str]


class Store:
    """Loads and saves conversation documents. `rounds` is how many answered turns a prompt may want."""

    def __init__(self, bucket: Bucket, clock: Clock, log: Log, rounds: int) -> None:
        self._bucket = bucket
        self._clock = clock
        self._log = log
        self._rounds = rounds

    def load(self, key: ConversationKey, known: Opened | None = None) -> Opened:
        """The merged document; with `known`, what is already in hand is merged in (a listing may be stale).

        Raises StoreUnavailable when the folder or a file in it cannot be read.
        """
        folder = key.folder()
        document = known.document if known else Document()
        files = known.files if known else frozenset()
        for _ in range(LISTINGS):
            vanished = False
            for name in self._bucket.names(folder):
                if name in files or name.endswith(_ASIDE):
                    continue
                content = self._bucket.read(folder, name)
                if content is None:
                    vanished = True
                    continue
                found = self._parsed(folder, name, content)
                if found is not None:
                    document, files = merge(document, found), files | {name}
            if not vanished:
                break
        return Opened(document, files)

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
        return Opened(document, frozenset(left | {name}))

    def _removed(self, folder: tuple[str, ...], name: str) -> bool:
        try:
            self._bucket.remove(folder, name)
        except StoreUnavailable as problem:
            self._log.warning("leftover_file", file=name, problem=str(problem))
            return False
        return True

    def _parsed(self, folder: tuple[str, ...], name: str, content: bytes) -> Document | None:
        try:
            return from_json(content)
        except ValueError as problem:
            ours = _OURS.fullmatch(name)
            if ours and self._clock.now() * 1000 - int(ours[1]) < YOUNG_MS:
                self._log.warning("unreadable_file_young", file=name, bytes=len(content))
            else:
                self._set_aside(folder, name, content, problem)
            return None

    def _set_aside(self, folder: tuple[str, ...], name: str, content: bytes, problem: ValueError) -> None:
        """Keep the content under another name, out of the way of every later load."""
        self._log.error(
            "unreadable_file_set_aside",
            file=name,
            bytes=len(content),
            problem=str(problem),
            remedy="the conversation goes on without it; look at the file ending in .set-aside",
        )
        try:
            self._bucket.write_new(folder, f"{name}-{secrets.token_hex(4)}{_ASIDE}", content)
            self._bucket.remove(folder, name)
        except StoreUnavailable as unavailable:
            self._log.warning("set_aside_failed", file=name, problem=str(unavailable))
