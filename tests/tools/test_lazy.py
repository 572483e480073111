"""What is imported later is the same as what was imported at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import httpcore2
import httpx2
import openai
import pytest

from shipping import ShippingError
from shipping.lazy import INSIDE, VERSIONS, put_off

INSTALLED = Path(openai.__file__).parent
pytestmark = pytest.mark.timeout(300)

# Every name of every package below `openai.types` and `openai.lib`, and what stands behind it. `type` and `repr` tell
# apart what has no name of its own, such as unions; addresses in a `repr` differ between processes.
DESCRIBE = """
import importlib, json, pkgutil, re, sys
sys.path.insert(0, sys.argv[1])
import openai, openai.types, openai.lib, openai.lib._parsing
assert openai.__file__.startswith(sys.argv[1]), openai.__file__
def told(value):
    name = getattr(value, "__qualname__", None)
    text = f"{getattr(value, '__module__', '')}:{name}" if name else repr(value)
    return type(value).__name__ + " " + re.sub(" at 0x[0-9a-f]+", "", text)
found = {}
packages = ["openai.types", "openai.lib", "openai.lib._parsing"]
packages += [m.name for m in pkgutil.walk_packages(openai.types.__path__, "openai.types.") if m.ispkg]
for name in packages:
    package = importlib.import_module(name)
    names = [n for n in dir(package) if not n.startswith("_") and n != "annotations"]
    values = {n: getattr(package, n) for n in names}
    found[name] = {n: told(v) for n, v in values.items() if type(v).__name__ != "module"}
print(json.dumps([found, len(sys.modules)]))
"""


@pytest.fixture(scope="module")
def put_off_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `openai` as it ships."""
    folder = tmp_path_factory.mktemp("lazy")
    shutil.copytree(INSTALLED, folder / "openai", ignore=shutil.ignore_patterns("__pycache__"))
    assert put_off(folder) > 10
    return folder


@cache
def described(folder: Path) -> dict[str, dict[str, str]]:
    """What each package of the `openai` in `folder` has."""
    done = subprocess.run([sys.executable, "-c", DESCRIBE, str(folder)], capture_output=True, text=True, check=True)
    found: dict[str, dict[str, str]] = json.loads(done.stdout)[0]
    return found


def test_every_name_leads_to_the_same(put_off_copy: Path) -> None:
    """Each name that the package gives away is there, listed, and the same class, alias or function."""
    eager, lazy = described(INSTALLED.parent), described(put_off_copy)
    assert lazy.keys() == eager.keys()
    assert sum(map(len, eager.values())) > 500
    for package, names in eager.items():
        assert lazy[package] == names, package


@pytest.mark.parametrize(
    "statement",
    [
        "from openai.types.chat import ChatCompletion; assert ChatCompletion.__name__ == 'ChatCompletion'",
        "import openai; assert openai.types.Batch is openai.types.batch.Batch",
        "import openai.types as t; assert t.Batch is t.Batch",
        "from openai.types.responses import *\nassert Response.__module__ == 'openai.types.responses.response'",
        "import openai.types.shared as s\ntry: s.nothing\nexcept AttributeError as e: assert 'nothing' in str(e)",
        "import openai; s = openai.OpenAI(api_key='k').chat.completions.stream(model='m', messages=[]);"
        "assert type(s).__name__ == 'ChatCompletionStreamManager'",
        "import openai, asyncio; assert asyncio.iscoroutinefunction(openai.AsyncOpenAI(api_key='k').post)",
    ],
)
def test_ways_of_importing(put_off_copy: Path, statement: str) -> None:
    """Whatever way a name is reached, it works."""
    code = f"import sys; sys.path.insert(0, {str(put_off_copy)!r})\n{statement}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_little_is_loaded(put_off_copy: Path) -> None:
    """Importing the package loads neither the types of other interfaces nor what only asynchronous clients use."""
    code = (
        f"import sys; sys.path.insert(0, {str(put_off_copy)!r}); import openai;"
        "openai.OpenAI(api_key='k').chat.completions;"
        "print(sum(name.startswith('openai.types.responses.') for name in sys.modules),"
        "hasattr(openai._base_client, 'asyncio'))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code_path(code)], capture_output=True, text=True, check=True)
    count, asyncio_there = done.stdout.split()
    assert int(count) < 20
    assert asyncio_there == "False"


def code_path(code: str) -> str:
    """The code with this environment's packages behind it, but none of its `.pth` files, which import things."""
    return f"import sys; sys.path.append({str(INSTALLED.parent)!r})\n{code}"


@pytest.mark.parametrize(("name", "module"), [(VERSIONS[0], httpx2.__version__), (VERSIONS[1], httpcore2.__version__)])
def test_versions_are_the_installed_ones(tmp_path: Path, name: str, module: str) -> None:
    """The version written down is the one that the records give."""
    package, site = name.split("/")[0], INSTALLED.parent
    (tmp_path / package).mkdir()
    shutil.copy(site / name, tmp_path / name)
    record = next(site.glob(f"{package}-*.dist-info"))
    shutil.copytree(record, tmp_path / record.name)
    assert put_off(tmp_path) == 1
    text = (tmp_path / name).read_text()
    assert f'__version__ = "{module}"' in text
    assert "importlib.metadata" not in text


@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations\nimport asyncio\nx = asyncio.Lock()\n",
        "from __future__ import annotations\nimport asyncio\ndef f(x=asyncio): ...\n",
        "import asyncio\ndef f(): return asyncio\n",
        "from __future__ import annotations\n",
    ],
)
def test_a_changed_package_stops_the_build(tmp_path: Path, source: str) -> None:
    """Where the proof no longer holds, the build says so instead of shipping a guess."""
    path = tmp_path / next(iter(INSIDE))
    path.parent.mkdir(parents=True)
    path.write_text(source)
    with pytest.raises(ShippingError, match=r"mend INSIDE in tools/shipping/lazy\.py"):
        put_off(tmp_path)
