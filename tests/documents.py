"""Just enough of a Markdown reader to hold documents against the code: headings, tables, code, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

Row = tuple[str, ...]

_FENCED = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_COMMENT = re.compile(r"(^|\s+)#\s.*$", re.MULTILINE)


def code_in(text: str) -> tuple[str, ...]:
    """What stands between backquotes."""
    return tuple(re.findall(r"`([^`]+)`", text))


def anchor_of(heading: str) -> str:
    """The anchor GitHub gives a heading: lower case, punctuation dropped, blanks become hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@dataclass(frozen=True)
class Document:
    """One Markdown file, or a section of one."""

    path: Path
    text: str

    @classmethod
    def at(cls, name: str) -> Document:
        """The file of that name below the project's root."""
        return cls(ROOT / name, (ROOT / name).read_text(encoding="utf-8"))

    @cached_property
    def prose(self) -> str:
        """The text without fenced blocks."""
        return _FENCED.sub("", self.text)

    @property
    def headings(self) -> tuple[tuple[int, str], ...]:
        """Level and text of each heading."""
        return tuple((len(level), text) for level, text in _HEADING.findall(self.prose))

    @property
    def anchors(self) -> frozenset[str]:
        """Every heading's anchor."""
        return frozenset(anchor_of(text) for _, text in self.headings)

    @property
    def links(self) -> tuple[str, ...]:
        """Targets of links and images."""
        return tuple(_LINK.findall(re.sub(r"`[^`\n]*`", "", self.prose)))

    @property
    def tables(self) -> tuple[tuple[Row, ...], ...]:
        """Each table's rows of cells, without its header."""
        found = re.findall(r"(?:^\|.*\|\n)+", self.prose + "\n", re.MULTILINE)
        return tuple(tuple(_cells(line) for line in table.splitlines()[2:]) for table in found)

    def fenced(self, language: str) -> tuple[str, ...]:
        """The fenced blocks of that language."""
        return tuple(body for name, body in _FENCED.findall(self.text) if name == language)

    @property
    def commands(self) -> tuple[str, ...]:
        """The lines of all `sh` blocks, without comments and blanks around them."""
        lines = "".join(_COMMENT.sub("", block) for block in self.fenced("sh")).splitlines()
        return tuple(line.strip() for line in lines if line.strip())

    def section(self, heading: str) -> Document:
        """What stands under that heading, up to the next one of its level. Raises KeyError."""
        # A comment in a fenced block looks like a heading: blocks are blotted out, so that places stay the same.
        blotted = _FENCED.sub(lambda block: re.sub(r"[^\n]", ".", block[0]), self.text)
        for match in _HEADING.finditer(blotted):
            if match[2] == heading:
                following = re.compile(rf"^#{{1,{len(match[1])}}} ", re.MULTILINE).search(blotted, match.end())
                return Document(self.path, self.text[match.end() : following.start() if following else None])
        raise KeyError(f"{self.path.name} has no heading {heading!r}")


def _cells(line: str) -> Row:
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1])
