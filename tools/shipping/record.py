"""Import modules of a package, and print what Python compiled out of text meanwhile; run by the Python it is for.

`python record.py FOLDER MODULE…`. It imports as little as it can itself, in the order of `shipping.precompiled`: what
is imported before one listens is not heard.
"""

# No `from __future__ import annotations`, and no typing: as in `shipping.precompiled`.

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LOCALE = 4
"""re.LOCALE: such a pattern means something else elsewhere."""

heard: "dict[str, set[Any]]" = {"patterns": set(), "tuples": set(), "classes": set(), "types": set()}


def listening(kind: str, call: "Callable[..., Any]") -> "Callable[..., Any]":
    """A builtin that also notes its text."""

    def listen(text: "Any", *more: "Any") -> "Any":
        if isinstance(text, str):
            heard[kind].add(text)
        return call(text, *more)

    return listen


def listen() -> None:
    """Note from here on what is compiled."""
    import collections

    vars(collections)["eval"] = listening("tuples", builtins.eval)
    import re

    compiler: Any = sys.modules.get("re._compiler") or sys.modules.get("sre_compile")
    known = compiler.compile

    def compiling(pattern: "Any", flags: int = 0) -> "re.Pattern[Any]":
        made: re.Pattern[Any] = known(pattern, flags)
        if not made.flags & _LOCALE and isinstance(pattern, (str, bytes)):
            heard["patterns"].add((pattern, int(flags)))
        return made

    compiler.compile = compiling
    import typing

    vars(typing)["compile"] = listening("types", builtins.compile)
    import dataclasses

    vars(dataclasses)["exec"] = listening("classes", builtins.exec)


def main(folder: str, *modules: str) -> None:
    """Import, then print the texts as JSON."""
    listen()
    sys.path.insert(0, folder)
    __import__("bundled").install(folder + "/index.py")  # not `index`, whose texts are compiled already
    for name in modules:
        __import__(name)
    import json

    patterns = [[p if isinstance(p, str) else {"bytes": p.decode("latin-1")}, f] for p, f in heard.pop("patterns")]
    lists = {kind: sorted(texts) for kind, texts in heard.items()}
    print(json.dumps({"patterns": sorted(patterns, key=json.dumps), **lists}))


if __name__ == "__main__":
    main(*sys.argv[1:])
