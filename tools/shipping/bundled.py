"""Modules out of one file instead of one file each; shipped as `bundled` beside it (`shipping.bundle` writes it).

For each module, Python's own finder makes a path, asks the file system four times, and reads a file: with 400 modules
that is a tenth of a cold start. Here it is one read. Only where a module's code comes from is changed: files, sources
and data are found in the package's folder by Python's own loader, and what is not in the file is found as always.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:  # not typing's: importing that takes longer than all of this
    from collections.abc import Sequence
    from types import CodeType

NAME = "modules.bin"
HEAD = len(MAGIC_NUMBER) + 4
"""Bytes at the beginning: which bytecode it is (https://peps.python.org/pep-0552/), and the length of the contents."""


class Bundle:
    """A finder of the modules in `folder`/modules.bin, whose sources would be in `folder`.

    Raises ImportError, with what to do, when there is no such file, it is damaged, or it is another Python's.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        path = os.path.join(folder, NAME)
        try:
            self._file = os.open(path, os.O_RDONLY)
            head = os.read(self._file, HEAD)
            size = int.from_bytes(head[-4:], "little")
            self._places = marshal.loads(os.read(self._file, size))  # noqa: S302 - of our own package
            known = head.startswith(MAGIC_NUMBER) and isinstance(self._places, dict)
        except (OSError, EOFError, ValueError, TypeError):
            known = False
        if not known:
            raise ImportError(f"{path} is missing, damaged, or made for another Python: build and deploy again")

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """As of any finder (https://docs.python.org/3/library/importlib.html)."""
        del path, target
        place = self._places.get(name)
        if place is None:
            return None
        base = os.path.join(self._folder, *name.split("."))
        origin = os.path.join(base, "__init__.py") if place[2] else f"{base}.py"
        spec = ModuleSpec(name, _Loader(name, origin, self), origin=origin, is_package=place[2])
        spec.has_location = True
        if place[2]:
            spec.submodule_search_locations = [base]
        return spec

    def names(self) -> list[str]:
        """Every module in the file."""
        return list(self._places)

    def code(self, name: str, path: str) -> CodeType:
        """A module's code, for a source that is, or would be, at `path`. Raises ImportError when it is damaged."""
        start, size, _ = self._places[name]
        try:
            code: CodeType = marshal.loads(os.pread(self._file, size, start))  # noqa: S302 - as of any bytecode
            # It was compiled elsewhere; Python does the same, so that tracebacks find the lines.
            _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]  # not in typeshed; importlib calls it too
        except (OSError, EOFError, ValueError, TypeError) as problem:
            raise ImportError(f"{NAME} is damaged at {name} ({problem}): build and deploy again") from problem
        return code


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, bundle: Bundle) -> None:
        self.name = name
        self.path = path
        self._bundle = bundle

    def get_code(self, fullname: str) -> CodeType:
        return self._bundle.code(fullname, self.path)


def install(entry: str) -> None:
    """Import from the file beside `entry` before anywhere else. Raises ImportError when it cannot be used."""
    sys.meta_path.insert(0, Bundle(os.path.dirname(os.path.abspath(entry))))
