"""Exported conversations: where they are put, and for how long a link to one opens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.settings import SettingsReader, read_admin_export


@dataclass(frozen=True)
class ExportSettings:
    """Whether administrators may export what others asked, and how long a link to an export opens (s)."""

    allowed: bool = False
    link_seconds: int = 900

    @classmethod
    def read(cls, reader: SettingsReader) -> ExportSettings:
        """Read ADMIN_EXPORT and EXPORT_LINK_SECONDS."""
        return cls(
            allowed=read_admin_export(reader),
            link_seconds=reader.whole("EXPORT_LINK_SECONDS", 900, low=60, high=86400),
        )


class Shelf(Protocol):
    """A bucket that signs links: reply.oss.Oss. Both methods raise StoreUnavailable."""

    def put(self, key: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Put an object; `headers` are what it is served with."""
        ...

    def link(self, key: str, seconds: int) -> str:
        """A link that opens it for anybody, for so long."""
        ...


@dataclass(frozen=True)
class Exports:
    """What exporting is given. Without a `shelf` there are no links, and exports are answered as text."""

    settings: ExportSettings = ExportSettings()
    shelf: Shelf | None = None
    texts_kept: bool = True

    def published(self, content: str, day: str) -> str:
        """A link to this Markdown text, under a name that nobody can guess. Raises StoreUnavailable.

        The header makes browsers save it: what people wrote is never shown as a page of the bucket's address.
        """
        if self.shelf is None:
            return ""
        key = f"exports/{day}/{secrets.token_urlsafe(32)}.md"
        headers = {"Content-Type": "text/markdown; charset=utf-8", "Content-Disposition": "attachment"}
        self.shelf.put(key, content.encode("utf-8", "replace"), headers)
        return self.shelf.link(key, self.settings.link_seconds)
