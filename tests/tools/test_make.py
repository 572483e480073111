"""`make`: installs once, and says in one sentence what is missing."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with what installing reads, whose requirements ask for nothing."""
    if not shutil.which("make"):
        pytest.skip("no make on this machine: the make targets are not tested")
    (tmp_path / "tools" / "locks").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "tools" / "install.py", tmp_path / "tools")
    (tmp_path / "tools" / "locks" / "development.txt").touch()
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def make(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run make as a newcomer does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )


def test_no_python_is_one_sentence(checkout: Path) -> None:
    """Where no Python fits, make says which are wanted, and how to name one."""
    done = make(checkout, "run", "PYTHON=")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("make: no Python 3.10 to 3.13 was found; install one, or name it")


def test_a_wrong_python_is_one_sentence(checkout: Path) -> None:
    """A Python that is too old or too new is named with its version, and nothing is installed."""
    pretend = checkout / "python"
    pretend.write_text(
        f"#!{sys.executable}\nimport runpy, sys\nsys.version_info = (3, 9, 1, 'final', 0)\nsys.version = '3.9.1 (x)'\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    pretend.chmod(0o755)
    done = make(checkout, "run", f"PYTHON={pretend}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("install: Python 3.10 to 3.13 is wanted, this is 3.9.1; ")
    assert not (checkout / ".venv").exists()


@pytest.mark.timeout(300)
def test_installing_happens_once(checkout: Path) -> None:
    """The second time nothing is done; a changed requirements.txt is installed again; a dead .venv is made anew."""
    target = ".venv/.installed"
    first = make(checkout, target, f"PYTHON={sys.executable}")
    assert first.returncode == 0, first.stderr
    assert "installing requirements.txt" in first.stdout
    assert "installing" not in make(checkout, target, f"PYTHON={sys.executable}").stdout
    later = (checkout / target).stat().st_mtime + 2
    os.utime(checkout / "requirements.txt", (later, later))
    (checkout / ".venv" / "bin" / "python").unlink()
    third = make(checkout, target, f"PYTHON={sys.executable}")
    assert third.returncode == 0, third.stderr
    assert "installing requirements.txt" in third.stdout


def test_what_pip_cannot_install_is_one_sentence(checkout: Path) -> None:
    """pip's reason is told, and installing is tried again the next time."""
    (checkout / "requirements.txt").write_text("./nothing-is-here\n")
    done = make(checkout, "run", f"PYTHON={sys.executable}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("install: pip did not install requirements.txt (")
    assert not (checkout / ".venv" / ".installed").exists()


LINE = "# --- up to here: what `make run` and `make build` install ---\n"


@pytest.mark.timeout(300)
def test_running_installs_less_than_developing(checkout: Path) -> None:
    """`make run` takes what stands above the line; its .venv is not taken for a full one, which is good for both."""
    requirements = checkout / "requirements.txt"
    requirements.write_text(f"# nothing\n{LINE}./nothing-is-here\n")
    few = make(checkout, ".venv/.runnable", f"PYTHON={sys.executable}")
    assert few.returncode == 0, few.stderr
    assert few.stdout.startswith("installing what running needs into .venv")
    assert make(checkout, ".venv/.runnable", f"PYTHON={sys.executable}").stdout.startswith("make: ")
    assert make(checkout, ".venv/.installed", f"PYTHON={sys.executable}").returncode != 0
    requirements.write_text(f"# nothing\n{LINE}# nothing\n")
    assert make(checkout, ".venv/.installed", f"PYTHON={sys.executable}").returncode == 0
    assert "installing" not in make(checkout, ".venv/.runnable", f"PYTHON={sys.executable}").stdout


TARGETS = {
    **dict.fromkeys(("run", "build", "doctor", "smoke", "forget"), True),
    **dict.fromkeys(("test", "check", "bench", "capacity", "prove", "prove-build", "audit"), False),
}


@pytest.mark.parametrize(("target", "few"), TARGETS.items(), ids=TARGETS)
def test_targets_install_what_they_need(target: str, few: bool) -> None:
    """Who runs, builds, deploys or operates waits for no browser driver; the others have everything."""
    [needed] = re.findall(rf"^{target}: (\$\(\w+\))$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert needed == ("$(RUNNABLE)" if few else "$(INSTALLED)")


def test_what_running_imports_stands_above_the_line() -> None:
    """Every package that functions, local cloud, doctor or forget import is installed by `make run`, but FC 2.0's."""
    above = (ROOT / "requirements.txt").read_text().partition(LINE)[0]
    pinned = {name.lower() for name in re.findall(r"^([\w.-]+)", above, re.MULTILINE)}
    folders = ("functions", "local", "tools/doctoring", "tools/forgetting", "tools/shipping")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    files += [ROOT / "tools" / name for name in ("build.py", "doctor.py", "forget.py", "smoke.py")]
    modules = {name.split(".")[0] for path in files for name in imported(path)} - sys.stdlib_module_names
    homes = packages_distributions()
    found = {home.lower() for module in modules for home in homes.get(module, ())}
    assert {"openai", "aiohttp", "requests", "oss2"} <= found
    assert found - pinned <= {"aliyun-fc2", "urllib3"}  # urllib3 comes with requests


def imported(path: Path) -> Iterator[str]:
    """Return the names of the modules that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("name", ["SECRET", "SMOKE_SECRET", "DINGTALK_APP_SECRET", "DINGTALK_CREDENTIALS"])
def test_no_secret_is_taken_from_a_command_line(checkout: Path, name: str) -> None:
    """Everybody on the machine could have read it: make says so, and does not say it once more."""
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".runnable").touch()
    (checkout / ".venv" / ".installed").touch()
    done = make(checkout, "smoke", "URL=https://x.example", f"{name}=sesame-open-up")
    assert done.returncode != 0
    assert "no secret belongs on a command line" in done.stderr
    assert "sesame" not in done.stdout + done.stderr
    assert "no secret belongs" not in make(checkout, "smoke", "URL=https://x.example").stderr
