"""Which functions take text: found in the source, by their annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import shared

FUNCTIONS = Path(shared.__file__).parents[1]
"""The code that is fed: what Python imports, which may be a copy that was broken on purpose."""

_TEXT = ("str", "bytes")
_TEXTS = {"str", "bytes", "bytes | str", "str | bytes", "str | None", "bytes | None"}


@dataclass(frozen=True)
class Taking:
    """A function or method that takes text.

    `name` is as in "reply/markdown.py: clean" or "reply/parts.py: _Cutter.fits". `alone` are the parameters that are a
    text each; `plain` says that all that must be given are such, and nothing has to be made before it can be called.
    """

    name: str
    alone: tuple[str, ...]
    plain: bool

    @property
    def module(self) -> str:
        """To be imported."""
        return self.name.partition(".py:")[0].replace("/", ".").removesuffix(".__init__")

    @property
    def function(self) -> str:
        """Its name within the module."""
        return self.name.partition(": ")[2]


def taking_text(folder: Path = FUNCTIONS) -> list[Taking]:
    """Every function and method below `folder` that has a parameter with `str` or `bytes` in its annotation."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, function, nested in _functions(tree, "", False):
            parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
            if any(p.annotation and _has_text(p.annotation) for p in parameters) and not _is_only_a_promise(function):
                alone = tuple(p.arg for p in parameters if p.annotation and ast.unparse(p.annotation) in _TEXTS)
                place = path.relative_to(folder).as_posix()
                found.append(Taking(f"{place}: {name}", alone, not nested and _only_texts(function, alone)))
    return found


def _functions(node: ast.AST, within: str, nested: bool) -> Iterator[tuple[str, ast.FunctionDef, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield within + child.name, child, nested
            yield from _functions(child, f"{within}{child.name}.", True)
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{within}{child.name}.", True)
        else:
            yield from _functions(child, within, nested)


def _is_only_a_promise(function: ast.FunctionDef) -> bool:
    """Whether it is a protocol's: it says what is wanted, and does nothing."""
    return all(isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in function.body)


def _has_text(annotation: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in _TEXT)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and any(t in node.value for t in _TEXT))
        for node in ast.walk(annotation)
    )


def _only_texts(function: ast.FunctionDef, alone: tuple[str, ...]) -> bool:
    """Whether it can be called with nothing but texts, the rest being left out."""
    arguments = function.args
    in_order = [*arguments.posonlyargs, *arguments.args]
    needed = in_order[: len(in_order) - len(arguments.defaults)]
    needed += [p for p, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]
    return bool(alone) and all(p.arg in alone for p in needed)
