"""Putting the bytecode of a package's modules into one file; `shipping.bundled` imports them from it."""

from __future__ import annotations

import marshal
from pathlib import Path

from shipping import ShippingError
from shipping.bundled import HEAD, NAME

FINDER = "bundled"
_CODE = 16
"""Where the code begins in a file of bytecode (https://peps.python.org/pep-0552/)."""


def bundle(folder: Path) -> None:
    """Move all bytecode in `folder` but the finder's own into `folder`/modules.bin; the same modules, the same bytes.

    Raises ShippingError when the finder was not compiled.
    """
    codes: dict[str, tuple[bytes, bool]] = {}
    magic = b""
    for path in sorted(folder.rglob("*.pyc")):
        place = path.parent.parent if path.parent.name == "__pycache__" else path.parent
        parts = [*place.relative_to(folder).parts, path.name.split(".")[0]]
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        code = path.read_bytes()
        path.unlink()
        if name == FINDER:
            (folder / f"{FINDER}.pyc").write_bytes(code)
            magic = code[:4]
        elif name != "index":
            codes[name] = (code[_CODE:], package)
    if not magic:
        raise ShippingError(f"{FINDER}.py has no bytecode in {folder}; nothing could be imported from the bundle")
    for name in (FINDER, "precompiled"):
        (folder / f"{name}.py").unlink(missing_ok=True)
    _remove_empty(folder)
    (folder / NAME).write_bytes(_written(codes, magic))


def _written(codes: dict[str, tuple[bytes, bool]], magic: bytes) -> bytes:
    """The file: which bytecode, the length of the table of contents, the table, the codes one after the other."""
    # The oldest form of marshal: every Python reads it, and writes it the same.
    sizes = {name: (len(code), package) for name, (code, package) in sorted(codes.items())}
    length = len(marshal.dumps({name: (0, size, package) for name, (size, package) in sizes.items()}, 0))
    at, places = HEAD + length, {}
    for name, (size, package) in sizes.items():
        places[name] = (at, size, package)
        at += size
    table = marshal.dumps(places, 0)
    if len(table) != length:
        raise ShippingError(f"{at} bytes of bytecode are more than the bundle can hold; leave something out")
    return b"".join([magic, length.to_bytes(4, "little"), table, *(codes[name][0] for name in places)])


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
