"""Compiling, when the package is assembled, what Python would compile out of text at every start.

Which texts these are is recorded in tools/texts/ by `python3 tools/record_texts.py`, not found while building: packages
built on Windows and macOS, where FC's native parts cannot be imported, are the same.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from shipping.bytecode import run_compiler
from shipping.precompiled import NAME
from shipping.target import Target

TEXTS = Path(__file__).resolve().parent.parent / "texts"
_HERE = Path(__file__).resolve().parent


def texts_path(target: Target, package: str) -> Path:
    """Where the texts of one package for one target are."""
    return TEXTS / f"{target.runtime}-{package}.json"


def compile_beforehand(folder: Path, interpreter: list[str], target: Target, package: str) -> None:
    """Write what `shipping.precompiled` reads, and that module, into `folder`. Raises ShippingError."""
    shutil.copy(_HERE / "precompiled.py", folder)
    program, texts = _HERE / "precompile.py", texts_path(target, package)
    run_compiler([*interpreter, "-S", str(program), str(texts), str(folder / NAME)])
