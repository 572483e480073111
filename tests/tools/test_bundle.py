"""Modules out of one file are the modules that Python finds by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shipping import ShippingError
from shipping.bundle import bundle
from shipping.bundled import NAME
from shipping.bytecode import compile_beside
from tests.tools.conftest import interpreter_of

BUNDLED = Path(__file__).parents[2] / "tools" / "shipping" / "bundled.py"
FILES = {
    "top.py": "value = 1\n",
    "pack/__init__.py": "from .inner import fail\n",
    "pack/inner.py": "def fail():\n    raise RuntimeError('on line 2')\n",
    "pack/deep/__init__.py": "",
    "pack/deep/data.txt": "text beside it",
    "space/only.py": "value = 2\n",
}
pytestmark = pytest.mark.timeout(600)

DESCRIBE = """
import importlib, importlib.resources, inspect, json, pkgutil, sys, traceback
folder, finder = sys.argv[1:]
sys.path.insert(0, folder)
if finder:
    import bundled
    bundled.install(folder + "/index.py")
told = {}
for name in ("top", "pack", "pack.inner", "pack.deep", "space.only"):
    module = importlib.import_module(name)
    spec = module.__spec__
    told[name] = [module.__file__, list(getattr(module, "__path__", [])), module.__package__, spec.name, spec.origin]
    told[name] += [spec.submodule_search_locations and list(spec.submodule_search_locations), spec.has_location]
    told[name] += [inspect.getsource(module) if module.__loader__.get_data(module.__file__) else ""]
try:
    sys.modules["pack"].fail()
except RuntimeError:
    told["trace"] = traceback.format_exc().splitlines()[-3:-1]
told["data"] = (importlib.resources.files("pack.deep") / "data.txt").read_text()
told["read"] = pkgutil.get_data("pack.deep", "data.txt").decode()
try:
    importlib.import_module("pack.nothing")
except ModuleNotFoundError as problem:
    told["missing"] = str(problem)
told["kinds"] = sorted({type(sys.modules[name].__loader__).__module__ for name in ("top", "pack", "pack.inner")})
print(json.dumps(told))
"""


def made(folder: Path, interpreter: list[str]) -> Path:
    """A package with its sources, and a bundle of its bytecode."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(BUNDLED, folder)
    compile_beside(folder, interpreter)
    bundle(folder)
    return folder


def run(interpreter: list[str], program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program without anything installed."""
    return subprocess.run(
        [*interpreter, "-I", "-S", "-B", "-c", program, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("minor", ["3.12", "3.10"])
def test_modules_are_those_that_python_finds(tmp_path: Path, minor: str) -> None:
    """Files, paths, specs, sources, lines of tracebacks and data are the same with the finder and without."""
    python = interpreter_of(minor)
    folder = made(tmp_path, python)
    assert not list(folder.rglob("__pycache__"))
    results = [run(python, DESCRIBE, str(folder), finder) for finder in ("", "yes")]
    assert [done.stderr for done in results] == ["", ""]
    plain, found = (json.loads(done.stdout) for done in results)
    assert (plain.pop("kinds"), found.pop("kinds")) == (["_frozen_importlib_external"], ["bundled"])
    assert found == plain
    assert "inner.py" in found["trace"][0]
    assert "raise RuntimeError" in found["trace"][1]


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:20], lambda data: b"\0\0\r\n" + data[4:], lambda data: None]
)
def test_a_file_that_does_not_fit_says_what_to_do(tmp_path: Path, damage: Callable[[bytes], bytes | None]) -> None:
    """Empty, cut off, of another Python, or not there: one sentence, at the start."""
    folder = made(tmp_path, [sys.executable])
    kept = damage((folder / NAME).read_bytes())
    (folder / NAME).unlink() if kept is None else (folder / NAME).write_bytes(kept)
    done = run([sys.executable], DESCRIBE, str(folder), "yes")
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith("ImportError: ")
    assert said.endswith("build and deploy again")


def test_a_damaged_module_is_named(tmp_path: Path) -> None:
    """Where the contents are whole and a code is not, the message says which."""
    folder = made(tmp_path, [sys.executable])
    data = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(data[:-2])
    done = run([sys.executable], DESCRIBE, str(folder), "yes")
    assert "ImportError: modules.bin is damaged at top" in done.stderr


def test_a_bundle_needs_its_finder(tmp_path: Path) -> None:
    """Nothing is shipped that could not be imported."""
    (tmp_path / "top.py").write_text("")
    compile_beside(tmp_path, [sys.executable])
    with pytest.raises(ShippingError, match="nothing could be imported"):
        bundle(tmp_path)


@pytest.mark.parametrize("minor", ["3.12", "3.10"])
def test_shipped_packages_find_their_data(built: Callable[[str], Path], minor: str) -> None:
    """Certificates by importlib.resources, versions by importlib.metadata, lines of our own in a traceback."""
    folder = built(minor) / "reply"
    program = f"""
import sys; sys.path.insert(0, {str(folder)!r})
import index, certifi, importlib.metadata, linecache, pydantic, openai, reply.answer
assert certifi.where().startswith({str(folder)!r}) and "BEGIN CERTIFICATE" in certifi.contents()
assert importlib.metadata.version("pydantic") == pydantic.VERSION
assert importlib.metadata.version("openai") == openai.__version__
code = reply.answer.answer.__code__
assert code.co_filename == reply.answer.__file__ == {str(folder / "reply" / "answer.py")!r}, code.co_filename
assert "def answer" in linecache.getline(code.co_filename, code.co_firstlineno)
"""
    done = run(interpreter_of(minor), program)
    assert done.returncode == 0, done.stderr
