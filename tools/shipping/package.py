"""The two packages: what goes into each, how it is put together, how large it may be."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shipping import ShippingError
from shipping.archive import digest, pack, settle
from shipping.beforehand import compile_beforehand
from shipping.bundle import bundle
from shipping.bytecode import compile_beside, compile_instead
from shipping.lazy import put_off
from shipping.locks import lock_path, pins_of, read_lock
from shipping.pip import install_wheels
from shipping.sentences import leave_out_unsaid
from shipping.settings_files import NO_FILES, SettingsFiles, write_compiled
from shipping.sources import SOURCE_ONLY, unpack_sources
from shipping.target import Target
from shipping.trim import Removed, trim

KB, MB = 1000, 1000 * 1000
_ENTRY_POINT = '''"""The entry point that FC calls: `handler: index.handler`."""

import sys

if sys.version_info[:2] != ({version}):
    raise ImportError("this package was built for {runtime}; set that runtime, or build it again for this one")
{imports}
from {name}.index import handler  # noqa: E402  the version is asked first, for a clear error

__all__ = ["handler"]
'''
_FROM_THE_BUNDLE = """
import bundled  # noqa: E402  the same

bundled.install(__file__)

import precompiled  # noqa: E402  it is in the bundle

precompiled.install(__file__)
"""


@dataclass(frozen=True)
class Package:
    """One function's package: the groups of the lock it takes, the zip's budget in bytes.

    `sources` says whether they ship too when there is bytecode: for the text of the lines in tracebacks.
    """

    name: str
    groups: tuple[str, ...]
    budget: int
    sources: bool


@dataclass(frozen=True)
class Built:
    """One finished package: sizes in bytes, the packed size of each file, and what was left out."""

    package: Package
    folder: Path
    archive: Path
    content: str
    packed: dict[str, int]
    removed: tuple[Removed, ...]

    @property
    def size(self) -> int:
        """The zip's size."""
        return self.archive.stat().st_size


def packages(*, fc2: bool, oss2: bool) -> tuple[Package, ...]:
    """Both packages; `fc2` lets conversation run on FC 2.0, `oss2` brings what FC's runtimes have preinstalled."""
    return (
        Package("conversation", ("fc2",) if fc2 else (), 3 * MB if fc2 else 100 * KB, sources=False),
        Package("reply", ("reply", "oss2") if oss2 else ("reply",), 24 * MB if oss2 else 12 * MB, sources=True),
    )


def build(
    package: Package,
    target: Target,
    functions: Path,
    output: Path,
    interpreter: list[str],
    files: SettingsFiles = NO_FILES,
) -> Built:
    """Assemble `package` for `target` in `output`/<name> and `output`/<name>.zip, replacing what is there.

    Nothing is replaced before the new package is whole. `interpreter` compiles it; when empty it ships sources only.
    What the settings files say goes in. Raises ShippingError.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".making-") as making:
        folder = Path(making, package.name)
        folder.mkdir()
        _third_party(package, target, folder)
        _own(package, target, functions, folder, bundled=bool(interpreter))
        write_compiled(files, package.name, folder)
        removed = trim(folder)
        put_off(folder)
        if interpreter:
            compile_beforehand(folder, interpreter, target, package.name)
        if interpreter and package.sources:
            compile_beside(folder, interpreter, (package.name, "shared"))
        elif interpreter:
            removed += (compile_instead(folder, interpreter, (package.name, "shared")),)
        if interpreter:
            bundle(folder)
        settle(folder)
        archive = Path(making, f"{package.name}.zip")
        packed = pack(folder, archive)
        content = digest(folder)
        place = _replace(folder, output)
        archive.replace(output / archive.name)
    return Built(package, place, output / archive.name, content, packed, removed)


def _third_party(package: Package, target: Target, folder: Path) -> None:
    pins = pins_of(read_lock(lock_path(target)), package.groups) if package.groups else ()
    wheels = [pin for pin in pins if pin.name not in SOURCE_ONLY]
    if wheels:
        install_wheels(wheels, target, folder)
    unpack_sources([pin for pin in pins if pin.name in SOURCE_ONLY], folder)


def _own(package: Package, target: Target, functions: Path, folder: Path, *, bundled: bool) -> None:
    for part in (package.name, "shared"):
        source = functions / part
        if not (source / "__init__.py").is_file():
            raise ShippingError(f"{source} is not there; run this from a whole checkout")
        shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    if package.name == "conversation":
        leave_out_unsaid(folder)
    entry = _ENTRY_POINT.format(
        name=package.name,
        runtime=target.runtime,
        version=target.minor.replace(".", ", "),
        imports=_FROM_THE_BUNDLE if bundled else "",
    )
    if bundled:
        shutil.copy(Path(__file__).with_name("bundled.py"), folder)
    (folder / "index.py").write_bytes(entry.encode())


def _replace(folder: Path, output: Path) -> Path:
    place = output / folder.name
    if place.exists():
        # Moved away first: what is half removed must not look like a package.
        place.rename(folder.parent / "old")
    return folder.rename(place)
