"""Compiling a package for the Python that will run it.

FC's code folder is read-only: without bytecode in the package, every cold start compiles every module again. The files
say "unchecked-hash" (PEP 552), so that no time stamp matters.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from shipping import ShippingError
from shipping.target import Target
from shipping.trim import Removed

_HERE = Path(__file__).resolve().parent
_ASK = "import platform, sys; print(platform.python_implementation(), '%d.%d' % sys.version_info[:2])"


def find_interpreter(target: Target) -> list[str]:
    """The command of a CPython of `target`'s minor version on this machine; empty when there is none."""
    for command in _candidates(target):
        try:
            done = subprocess.run([*command, "-c", _ASK], capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout.split() == ["CPython", target.minor]:
            return command
    return []


def _candidates(target: Target) -> Iterator[list[str]]:
    on_path = shutil.which(target.runtime)
    if on_path:
        yield [on_path]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or Path.home() / ".local/share/uv/python")
    for folder in (*sorted(pyenv.glob(f"{target.minor}.*")), *sorted(uv.glob(f"cpython-{target.minor}.*"))):
        yield [str(folder / "bin" / target.runtime)]
    launcher = shutil.which("py")
    if launcher:
        yield [launcher, f"-{target.minor}"]
    # Last, so that building with another Python finds the same one.
    yield [sys.executable]


def compile_beside(folder: Path, interpreter: list[str], own: Collection[str] = ()) -> None:
    """Write bytecode beside every module of `folder`. The same sources give the same bytes.

    The packages named in `own` are flattened (`shipping.flatten`). Raises ShippingError when a module does not compile.
    """
    if own:
        shutil.copy(_HERE / "plain.py", folder / "shared" / "plain.py")
    _compile(folder, interpreter, [])
    if own:
        run_compiler([*interpreter, "-S", str(_HERE / "flatten.py"), "beside", str(folder), *own])


def compile_instead(folder: Path, interpreter: list[str], own: Collection[str]) -> Removed:
    """Put bytecode, without docstrings, in the place of every module below the folders in `folder`; says what went.

    The packages named in `own`, `shared` among them, are flattened (`shipping.flatten`). A traceback still has file and
    line, but not the line's text. Raises ShippingError when a module does not compile.
    """
    size = 0
    modules = [path for path in sorted(folder.rglob("*.py")) if path.parent != folder]
    _compile(folder, interpreter, ["-b", "-o", "2"])
    _flatten(folder, interpreter, own)
    for path in modules:
        size += path.stat().st_size
        path.unlink()
    return Removed("sources, where bytecode stands for them", len(modules), size)


def _flatten(folder: Path, interpreter: list[str], own: Collection[str]) -> None:
    plain = folder / "shared" / "plain.py"
    shutil.copy(_HERE / "plain.py", plain)
    run_compiler([*interpreter, "-S", str(_HERE / "flatten.py"), "instead", str(folder), *own])
    plain.unlink()


def _compile(folder: Path, interpreter: list[str], more: list[str]) -> None:
    options = ["-q", "-f", "-s", str(folder), "-p", "/code", "--invalidation-mode", "unchecked-hash", *more]
    run_compiler([*interpreter, "-S", "-m", "compileall", *options, str(folder)])


def run_compiler(command: list[str]) -> None:
    """Run one that writes bytecode, so that it writes the same every time. Raises ShippingError with its last line."""
    # Sets in constants are written in hash order. Columns of every instruction are a fifth of the bytecode, and only
    # underline parts of a line in a traceback.
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNODEBUGRANGES": "1"}
    environment.pop("PYTHONOPTIMIZE", None)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise ShippingError(
            f"a module does not compile ({said[-1] if said else 'no reason given'}); mend it and build again"
        )
