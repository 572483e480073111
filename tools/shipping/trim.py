"""What is left out of a package because nothing in it is read at run time."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

# Reason -> patterns of paths inside the package; `*` also matches across folders.
LEFT_OUT = {
    "bytecode of the building Python": ("*__pycache__/*", "*.pyc"),
    "type information": ("*.pyi", "*/py.typed"),
    "tests": ("*/tests/*", "*/test/*", "Crypto/SelfTest/*", "anyio/pytest_plugin.py"),
    "command-line programs": ("bin/*", "*/__main__.py", "openai/cli/*", "charset_normalizer/cli/*", "httpx2/_main.py"),
    "plugins of type checkers": ("pydantic/mypy.py",),
    "parts of openai for other uses than chat": tuple(
        f"openai/{kind}/{api}/*"
        for kind in ("types", "resources", "lib")
        for api in ("beta", "admin", "realtime", "live", "evals", "fine_tuning")
    ),
    "pydantic's old form": ("pydantic/v1/*",),
    "parts for browsers": ("urllib3/contrib/emscripten/*",),
    "C sources": ("*.c", "*.h", "*.pxd", "*.pyx"),
}
RECORDS = "installation records"


@dataclass(frozen=True)
class Removed:
    """How many files, and bytes of them, were left out for one reason."""

    reason: str
    files: int
    size: int


def trim(folder: Path) -> tuple[Removed, ...]:
    """Remove from `folder` what LEFT_OUT lists, and shorten the records; says what went, in the order of LEFT_OUT."""
    counts = {reason: [0, 0] for reason in (*LEFT_OUT, RECORDS)}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        reason, size = _leave_out(path, path.relative_to(folder).as_posix())
        if reason:
            counts[reason][0] += 1
            counts[reason][1] += size
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return tuple(Removed(reason, files, size) for reason, (files, size) in counts.items() if files)


def _leave_out(path: Path, name: str) -> tuple[str, int]:
    """Remove or shorten one file; returns the reason and the bytes saved, or an empty reason."""
    size = path.stat().st_size
    if ".dist-info/" in name:
        if not name.endswith(".dist-info/METADATA"):
            path.unlink()
            return RECORDS, size
        # Some packages ask for their own version when imported: name and version stay.
        kept = [
            line for line in path.read_bytes().splitlines() if line.startswith((b"Metadata-V", b"Name:", b"Version:"))
        ]
        path.write_bytes(b"\n".join(kept[:3]) + b"\n")
        return RECORDS, size - path.stat().st_size
    for reason, patterns in LEFT_OUT.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            path.unlink()
            return reason, size
    return "", 0
