"""Packages that exist as source only.

Their setup scripts would compile an optional C part on a machine with a compiler, and so make packages differ; all of
them also run as plain Python, so their package folder is taken out of the archive as it is.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from shipping import ShippingError
from shipping.locks import Pin
from shipping.pip import fetch_sources

# Package name -> the folder in its archive that is imported.
SOURCE_ONLY = {
    "aliyun-fc2": "fc2",
    "aliyun-python-sdk-kms": "aliyunsdkkms",
    "crcmod": "python3/crcmod",
    "oss2": "oss2",
}


def unpack_sources(pins: Collection[Pin], folder: Path) -> None:
    """Put the package folder of each of `pins` into `folder`. Raises ShippingError when an archive lacks it."""
    if not pins:
        return
    with tempfile.TemporaryDirectory() as downloads:
        fetch_sources(pins, Path(downloads))
        for pin in pins:
            archives = list(Path(downloads).glob(f"{pin.name.replace('-', '[-_]')}-{pin.version}.tar.*"))
            if len(archives) != 1:
                raise ShippingError(
                    f"pip fetched no source archive of {pin.name} {pin.version}; run `python tools/lock.py`"
                )
            _unpack(archives[0], PurePosixPath(SOURCE_ONLY[pin.name]), folder)


def _unpack(archive: Path, inner: PurePosixPath, folder: Path) -> None:
    found = False
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if not member.isfile() or inner not in path.parents or ".." in path.parts:
                continue
            content = tar.extractfile(member)
            if content is None:
                continue
            place = folder / inner.name / path.relative_to(inner)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())
            found = True
    if not found:
        raise ShippingError(
            f"{archive.name} has no folder {inner}; its layout changed: mend SOURCE_ONLY in tools/shipping/sources.py"
        )
