"""The packages that are measured: ours as they ship, and the comparison's, each with and without bytecode."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shipping.archive import pack
from shipping.bytecode import compile_beside, find_interpreter
from shipping.locks import Pin, lock_path, read_lock
from shipping.package import Built, build, packages
from shipping.pip import install_wheels
from shipping.sources import SOURCE_ONLY, unpack_sources
from shipping.target import TARGETS, Target
from shipping.trim import trim

ROOT = Path(__file__).resolve().parent.parent
COMPARISON = Path(__file__).resolve().parent / "comparison"
REQUESTS = ("requests", "urllib3", "certifi", "idna", "charset-normalizer")


@dataclass(frozen=True)
class Packages:
    """Folders by name, such as "conversation" and "comparison-reply-sources", and the zips' sizes in bytes.

    "-sources" marks a package without bytecode. `python` is the command of the Python they are for; `versions` are
    those of the libraries in them, by name.
    """

    folder: Path
    python: Sequence[str]
    target: Target
    sizes: dict[str, int]
    versions: Mapping[str, str]

    def __getitem__(self, name: str) -> Path:
        return self.folder / name


def make(folder: Path) -> Packages:
    """Build all of them in `folder`. Raises ShippingError, also when no Python of a target is at hand."""
    target, python = _target()
    sizes = {}
    for package in packages(fc2=False, oss2=False):
        for name, interpreter in ((package.name, python), (f"{package.name}-sources", [])):
            built = build(package, target, ROOT / "functions", folder / "made", interpreter)
            sizes[name] = built.size
            _move(built, folder / name)
    pins = read_lock(lock_path(target))
    for part, wanted in (("conversation", [p for p in pins if "fc2" in p.groups]), ("reply", _named(pins, REQUESTS))):
        name = f"comparison-{part}"
        _comparison(folder / f"{name}-sources", part, wanted, target)
        shutil.copytree(folder / f"{name}-sources", folder / name)
        compile_beside(folder / name, python)
        for one in (name, f"{name}-sources"):
            pack(folder / one, folder / f"{one}.zip")
            sizes[one] = (folder / f"{one}.zip").stat().st_size
    return Packages(folder, python, target, sizes, {pin.name: pin.version for pin in pins})


def _target() -> tuple[Target, list[str]]:
    for target in TARGETS:
        python = find_interpreter(target)
        if python:
            return target, python
    from shipping import ShippingError

    raise ShippingError("benchmarks run what is shipped: install Python 3.12 or 3.10 (pyenv, uv, or the system's)")


def _move(built: Built, place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
    built.folder.rename(place)
    built.archive.replace(place.with_suffix(".zip"))


def _named(pins: Sequence[Pin], names: Sequence[str]) -> list[Pin]:
    return [pin for pin in pins if pin.name in names]


def _comparison(folder: Path, part: str, pins: Sequence[Pin], target: Target) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install_wheels([pin for pin in pins if pin.name not in SOURCE_ONLY], target, folder)
    unpack_sources([pin for pin in pins if pin.name in SOURCE_ONLY], folder)
    trim(folder)
    shutil.copy(COMPARISON / part / "index.py", folder / "index.py")
