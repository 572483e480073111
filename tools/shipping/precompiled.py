"""What Python compiles out of text at every start, compiled beforehand (`shipping.beforehand` writes it).

Bytecode holds modules, but not what they compile when they run: regular expressions, the methods of dataclasses and
named tuples, the types that annotations name. That is a quarter of `reply`'s cold start. Here a text that was seen
before is replaced by what the compilers themselves would make of it; any other goes to them as always, and so does
every text when the file is another Python's.
"""

# No `from __future__ import annotations`: the builtins would lend it to the texts they are called with from here.

import builtins
import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER

TYPE_CHECKING = False
if TYPE_CHECKING:  # not typing's: in `conversation` nobody else imports that
    from typing import Any

NAME = "compiled.bin"


class Texts:
    """Codes by text, for one of the compilers. Each method is as the builtin of its name, called with `globals`."""

    def __init__(self, codes: "dict[str, bytes]") -> None:
        self._codes = codes

    def compile(self, text: "Any", file: str, mode: str, *more: "Any", **options: "Any") -> "Any":
        """The code of an expression; a known one has no file's name."""
        if file == "<string>" and mode == "eval" and not more and not options:
            known = self._known(text)
            if known is not text:
                return known
        return builtins.compile(text, file, mode, *more, **options)

    def exec(self, text: "Any", *names: "Any") -> None:
        """Run statements."""
        builtins.exec(self._known(text), *names)  # noqa: S102 - the caller's own text

    def eval(self, text: "Any", *names: "Any") -> "Any":
        """An expression's value."""
        return builtins.eval(self._known(text), *names)  # noqa: S307 - the caller's own text

    def _known(self, text: "Any") -> "Any":
        """The code of `text`, or `text` itself."""
        made = self._codes.get(text) if isinstance(text, str) else None
        return text if made is None else marshal.loads(made)  # noqa: S302 - of our own package


class Patterns:
    """Regular expressions by pattern and flags; `compiler` is Python's own."""

    def __init__(self, made: "dict[tuple[str | bytes, int], tuple[Any, ...]]", compiler: "Any") -> None:
        self._made = made
        self._compiler = compiler

    def compile(self, pattern: "Any", flags: int = 0) -> "Any":
        """As of re's own compiler."""
        made = self._made.get((pattern, flags)) if isinstance(pattern, (str, bytes)) else None
        if made is None:
            return self._compiler(pattern, flags)
        import _sre  # type: ignore[import-not-found]  # not in typeshed: re's own engine

        return _sre.compile(pattern, *made)


def form() -> "list[Any]":
    """What must be equal where texts are compiled and where they are run: forms of bytecode and of patterns."""
    import _sre

    return [MAGIC_NUMBER, _sre.MAGIC, _sre.CODESIZE, sys.byteorder]


def install(entry: str) -> None:
    """Ask the file beside `entry` first. Does nothing when it cannot be used: a start then takes longer, no more."""
    try:
        with open(os.path.join(os.path.dirname(os.path.abspath(entry)), NAME), "rb") as file:
            made_for, patterns, tuples, classes, types = marshal.loads(file.read())  # noqa: S302 - of our own package
    except (OSError, EOFError, ValueError, TypeError):
        return
    if made_for != form():
        return
    import collections

    # In this order: what each of them imports is compiled with what came before.
    vars(collections)["eval"] = Texts(tuples).eval
    import re

    compiler: Any = sys.modules.get("re._compiler") or sys.modules.get("sre_compile")
    if re and compiler:
        compiler.compile = Patterns(patterns, compiler.compile).compile
    if types:
        import typing

        vars(typing)["compile"] = Texts(types).compile
    if classes:
        import dataclasses

        vars(dataclasses)["exec"] = Texts(classes).exec
