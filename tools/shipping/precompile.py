"""Compile texts beforehand; run by the Python that will run the package.

`python precompile.py TEXTS FILE` reads the texts that `shipping.record` has printed and writes what
`shipping.precompiled` reads.
"""

from __future__ import annotations

import json
import marshal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shipping.precompiled import form

KINDS = ("tuples", "classes", "types")


def main(arguments: list[str]) -> int:
    """Compile; returns the exit code."""
    texts = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    Path(arguments[1]).write_bytes(compiled(texts))
    return 0


def compiled(texts: dict[str, Any]) -> bytes:
    """The file. The same texts give the same bytes."""
    patterns = {(_pattern(text), flags): _expression(_pattern(text), flags) for text, flags in texts["patterns"]}
    modes = {"classes": "exec"}
    codes = [{text: _code(text, modes.get(kind, "eval")) for text in texts[kind]} for kind in KINDS]
    return marshal.dumps([form(), patterns, *codes], 0)


def _code(text: str, mode: str) -> bytes:
    return marshal.dumps(compile(text, "<string>", mode, dont_inherit=True), 2)


def _expression(pattern: str | bytes, flags: int) -> tuple[Any, ...]:
    """What Python's compiler hands to the engine beside the pattern: flags, code, groups, and their names."""
    compiler: Any = _compiler()
    handed: list[tuple[Any, ...]] = []
    engine = compiler._sre

    class Listening:
        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        def compile(self, *arguments: Any) -> Any:
            handed.append(arguments)
            return engine.compile(*arguments)

    compiler._sre = Listening()
    try:
        compiler.compile(pattern, flags)
    finally:
        compiler._sre = engine
    ((_, *rest),) = handed
    return (int(rest[0]), list(map(int, rest[1])), *rest[2:])


def _pattern(text: Any) -> str | bytes:
    return text if isinstance(text, str) else text["bytes"].encode("latin-1")


def _compiler() -> Any:
    import re

    del re
    return sys.modules.get("re._compiler") or sys.modules["sre_compile"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
