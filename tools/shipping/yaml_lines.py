"""YAML as people write it by hand: every key and value with its line, and every value as the text that stands there.

Text, because `012` is a staff id and not ten, and `on` is a word. Needs PyYAML, which only a deployer with a settings
file needs: that of the Python that runs, else the one in the project's .venv, whose Python part runs on any version.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from shipping import ShippingError

if TYPE_CHECKING:
    from yaml.nodes import Node

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file: what was found, what was wanted, what to do; `line` counts from 1."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.sentence}"


@dataclass(frozen=True)
class Entry:
    """One `key: value`. The value is text, a list of texts, or None when it is neither; empty when there is none."""

    key: str
    line: int
    value: str | tuple[str, ...] | None


class Unreadable(Exception):
    """A file that is no YAML of the wanted form; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def composed(path: Path) -> Node | None:
    """The file's top node; None when there is nothing in it. Raises Unreadable, or ShippingError without PyYAML."""
    yaml = _yaml(path.name)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(Problem(path.name, 1, f"byte {error.start} is not UTF-8; save the file as UTF-8")) from None
    try:
        node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "it is no YAML"
        sentence = f"{what}; put text with special characters in double quotes, and indent with blanks"
        raise Unreadable(Problem(path.name, mark.line + 1 if mark else 1, sentence)) from None
    return node


def entries(node: Node) -> Iterator[Entry]:
    """What stands in a mapping, in its order; nothing when it is none."""
    for key, value in node.value if kind_of(node) == "mapping" else ():
        yield Entry(str(key.value), key.start_mark.line + 1, _value(value))


def kind_of(node: Node) -> str:
    """What a node is: "scalar", "sequence" or "mapping"."""
    return str(getattr(node, "id", ""))


def line_of(node: Node) -> int:
    """Where a node begins."""
    return int(node.start_mark.line) + 1


def _value(node: Node) -> str | tuple[str, ...] | None:
    if kind_of(node) == "scalar":
        return _text(node)
    if kind_of(node) == "sequence" and all(kind_of(item) == "scalar" for item in node.value):
        return tuple(_text(item) for item in node.value)
    return None


def _text(node: Node) -> str:
    return "" if node.tag == "tag:yaml.org,2002:null" else str(node.value)


def _yaml(file: str) -> ModuleType:
    try:
        import yaml
    except ImportError:
        sys.path += [str(path) for path in ROOT.glob(".venv/[Ll]ib*/**/site-packages")]
        try:
            import yaml
        except ImportError:
            raise ShippingError(
                f"{file} cannot be read without PyYAML; run `make build` once, or `{sys.executable} -m pip install "
                "pyyaml`"
            ) from None
    return yaml
