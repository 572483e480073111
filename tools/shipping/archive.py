"""Reproducible files: the same content gives the same bytes, whenever and by whomever it is packed."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

_TIME = (2020, 1, 1, 0, 0, 0)
_MTIME = 1577836800


def files_of(folder: Path) -> tuple[str, ...]:
    """The paths of all files in `folder`, relative and with slashes, sorted."""
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))


def settle(folder: Path) -> None:
    """Give every file and folder one time and one mode: other packers write both into their archives."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_MTIME, _MTIME))


def pack(folder: Path, archive: Path) -> dict[str, int]:
    """Write `folder` as a zip; returns the packed size of each file in bytes."""
    sizes = {}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in files_of(folder):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
            sizes[name] = entry.compress_size
    return sizes


def digest(folder: Path) -> str:
    """A hash of names and contents: equal for equal packages, whatever zlib packs them."""
    total = hashlib.sha256()
    for name in files_of(folder):
        total.update(f"{name}\0{hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
