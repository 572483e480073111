"""`python3 tools/build.py`: its steps, and one sentence for whatever is wrong."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import build
from shipping import ShippingError
from shipping.locks import GROUPS, lock_path, pins_of, read_lock
from shipping.package import packages
from shipping.sources import SOURCE_ONLY
from shipping.target import TARGETS, Target, parse_target
from shipping.trim import trim
from tests.tools.conftest import run_build

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "tools" / "locks").glob("*.txt"))


@pytest.mark.parametrize("text", ["3.12", "python3.12", " Python3.12 "])
def test_targets_are_read_as_people_write_them(text: str) -> None:
    """The runtime's name in s.yaml and the bare version mean the same."""
    assert parse_target(text).runtime == "python3.12"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--python", "3.11"], "build: '3.11' is no Python this bot is built for; give one of 3.12, 3.10\n"),
        (["--only", "conversation", "--output", str(ROOT / "LICENSE")], "cannot be used (File exists)"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments: list[str], sentence: str) -> None:
    """A wrong call fails with one line on the error output."""
    done = run_build(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_pip_failing_is_one_sentence(tmp_path: Path) -> None:
    """Where pip finds nothing, its reason is told, the build stops, and the package made before stays."""
    (tmp_path / "reply").mkdir()
    (tmp_path / "reply" / "old").write_text("still here")
    script = (
        "import os, runpy, sys; os.environ.update(PIP_NO_INDEX='1', PIP_FIND_LINKS='', PIP_CONFIG_FILE=os.devnull); "
    )
    script += "sys.argv[1:] = sys.argv[2:]; sys.path.insert(0, os.path.dirname(sys.argv[0])); import build; "
    script += "sys.exit(build.main(sys.argv[1:]))"
    arguments = ["-c", script, "x", "--only", "reply", "--output", str(tmp_path)]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT / "tools", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("build: pip did not fetch the locked packages (")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["reply"]
    assert (tmp_path / "reply" / "old").read_text() == "still here"


def test_a_package_above_its_budget_fails(tmp_path: Path) -> None:
    """Growing past the budget stops the deploy, with both sizes."""
    conversation = replace(packages(fc2=False, oss2=False)[0], budget=1000)
    with pytest.raises(ShippingError, match=r"conversation has \d+\.\d KB of at most 1\.0 KB"):
        build.build_all([conversation], TARGETS[0], tmp_path, bytecode=False)


def test_without_bytecode_one_line_says_the_cost(tmp_path: Path) -> None:
    """Sources ship when no matching Python is found, and the deployer reads what that costs."""
    done = run_build("--no-bytecode", "--only", "conversation", "--output", str(tmp_path))
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("without bytecode: each cold start")]
    assert list(tmp_path.glob("**/*.pyc")) == []
    assert (tmp_path / "conversation" / "conversation" / "index.py").is_file()


def test_the_wrong_runtime_is_said(tmp_path: Path) -> None:
    """A package started on another Python than its own says which runtime it wants."""
    assert run_build("--python", "3.10", "--only", "conversation", "--output", str(tmp_path)).returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.version_info = (3, 12, 0); import index"],
        cwd=tmp_path / "conversation",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1].startswith(
        "ImportError: this package was built for python3.10; set that runtime"
    )


def test_trimming_tells_what_went(tmp_path: Path) -> None:
    """Each reason counts its files and bytes; what runs stays."""
    files = {
        "pkg/__init__.py": "x = 1",
        "pkg/__init__.pyi": "x: int",
        "pkg/py.typed": "",
        "pkg/tests/test_a.py": "assert True",
        "pkg-1.dist-info/METADATA": "Metadata-Version: 2.4\nName: pkg\nVersion: 1\nSummary: s\n\nText\n",
        "pkg-1.dist-info/RECORD": "r",
        "pkg-1.dist-info/direct_url.json": "{}",
        "bin/pkg": "#!",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    removed = {entry.reason: entry.files for entry in trim(tmp_path)}
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert removed == {"type information": 2, "tests": 1, "command-line programs": 1, "installation records": 3}
    assert left == {"pkg/__init__.py", "pkg-1.dist-info/METADATA"}
    assert (tmp_path / "pkg-1.dist-info/METADATA").read_text() == "Metadata-Version: 2.4\nName: pkg\nVersion: 1\n"
    assert not (tmp_path / "bin").exists()


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks_name_no_index_and_no_machine(path: Path) -> None:
    """Whoever installs asks the index of their own configuration."""
    assert re.findall(r"://|index-url|find-links|trusted-host|@ file|^/", path.read_text(), re.MULTILINE) == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.minor)
def test_locks_hold_the_pins_of_requirements(target: Target) -> None:
    """Every group is locked, at the versions that requirements.txt pins; each entry ships somewhere."""
    pins = read_lock(lock_path(target))
    wanted = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    locked = {pin.name: pin.version for pin in pins}
    for group, names in GROUPS.items():
        assert set(names) <= {pin.name for pin in pins_of(pins, [group])}
    for name in ("openai", "requests", "oss2", "aliyun-fc2"):
        assert locked[name] == wanted[name]
    assert set(SOURCE_ONLY) <= set(locked)
    assert all(pin.groups for pin in pins)


def test_a_lock_with_a_line_without_hash_is_refused(tmp_path: Path) -> None:
    """What is not locked by hash is never installed."""
    lock = tmp_path / "lock.txt"
    lock.write_text("# head\nopenai==1.0\n")
    with pytest.raises(ShippingError, match=r"has a line with no hash \('openai==1\.0'\)"):
        read_lock(lock)
