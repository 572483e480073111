"""A bot that is not ours, in a clean folder: tested, recorded and replayed with the installed local cloud by the guide.

The files and the commands are those of docs/local-cloud.md. What pip would fetch is taken from where the tests run.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

from local.loopback import ASKED_BY
from tests.documents import ROOT
from tests.tools.test_make import imported

GUIDE = (ROOT / "docs" / "local-cloud.md").read_text("utf-8").partition("## Another bot, from nothing")[2]
BOT, TEST = re.findall(r"```py\n(.*?)```", GUIDE, re.DOTALL)[:2]
INSTALL, COMMANDS = (block.splitlines() for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)[:2])


@dataclass(frozen=True)
class Folder:
    """A clean folder with the guide's bot and an environment that has the local cloud installed."""

    path: Path

    def run(self, command: str) -> "subprocess.Popen[str]":
        """Start a command of the guide in a shell that knows nothing of this checkout."""
        words = shlex.split(command)
        environment = {
            name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR", ASKED_BY)
        }
        return subprocess.Popen(
            words,
            cwd=self.path,
            env={**environment, "HOME": str(self.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def done(self, command: str) -> tuple[int, str, str]:
        """Run it to its end: exit status and what it said."""
        with self.run(command) as process:
            out, err = process.communicate(timeout=90)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the local cloud as `pip install` of a checkout leaves it."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    python = folder / ".venv" / "bin" / "python"
    options = ["--offline", "--no-deps", "--no-config", "--cache-dir", str(folder / "cache"), "--python", str(python)]
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", *options, str(ROOT)]
    subprocess.run(command, cwd=folder, check=True)
    [packages] = (folder / ".venv" / "lib").glob("python*/site-packages")
    (packages / "rest.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def bot(clean: Path) -> Folder:
    """The guide's bot and its test."""
    (clean / "bot.py").write_text(BOT, encoding="utf-8")
    (clean / "test_bot.py").write_text(TEST, encoding="utf-8")
    return Folder(clean)


def test_the_guide_installs_a_checkout_and_pytest() -> None:
    """Two commands, which pip understands; what they bring is declared."""
    assert [shlex.split(line)[:3] for line in INSTALL] == [
        ["python3", "-m", "venv"],
        [".venv/bin/python", "-m", "pip"],
    ]
    assert 'build-backend = "uv_build"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_what_the_package_imports_it_declares(clean: Path) -> None:
    """Its dependencies are those that its modules import, and it brings its page."""
    [info] = (clean / ".venv" / "lib").glob("python*/site-packages/dingtalk_chatgpt_fc-*.dist-info")
    declared = set(re.findall(r"^Requires-Dist: ([\w-]+)", (info / "METADATA").read_text("utf-8"), re.MULTILINE))
    package = info.parent / "local"
    assert (package / "page" / "static" / "app.js").is_file()
    modules = {name.split(".")[0] for path in package.rglob("*.py") for name in imported(path)}
    homes = packages_distributions()
    used = {home for module in modules - sys.stdlib_module_names for home in homes.get(module, ())}
    assert used == declared
    for name in declared:
        assert distribution(name)


def test_the_bot_is_tested_as_the_guide_says(bot: Folder) -> None:
    """Its tests pass, and one of them fails when the bot is broken."""
    status, out, err = bot.done(COMMANDS[0])
    assert (status, err) == (0, ""), out
    assert "2 passed" in out
    (bot.path / "bot.py").write_text(BOT.replace('"sessionWebhook"', '"sessionHook"'), encoding="utf-8")
    status, out, _ = bot.done(COMMANDS[0])
    assert status == 1
    assert "conversation failed: KeyError: 'sessionHook' (bot.py, line 19)" in out


def test_the_bot_is_asked_recorded_and_replayed_as_the_guide_says(bot: Folder) -> None:
    """`send` prints its answer; what the page is told is written down, and says the same when it is replayed."""
    assert bot.done(COMMANDS[1])[:2] == (
        0,
        "(Demonstration model) You said: hello\n\nI see no earlier rounds.\n",
    )
    with bot.run(f"{COMMANDS[2]} --port 0 --language en") as page:
        assert page.stdout is not None
        url = page.stdout.readline().strip()
        for words in ("first", "second"):
            status, out, err = bot.done(f".venv/bin/python -m local send {words} --url {url}")
            assert (status, err) == (0, "")
            assert f"You said: {words}" in out
        page.send_signal(signal.SIGINT)
        assert page.wait(20) == 0
    assert len((bot.path / "calls.jsonl").read_text("utf-8").splitlines()) == 2
    status, out, err = bot.done(f"{COMMANDS[3]} --language en")
    assert (status, err) == (0, "")
    assert out.count("You said: first") == out.count("You said: second") >= 1
    assert out.count("through the session webhook") == 2


BREAKS = {
    "raises": ('["sessionWebhook"]', '["hook"]', "KeyError: 'hook' (bot.py, line 19)"),
    "raises a layer down": (
        '"Content-Type": "application/json"',
        "1: 2",
        "AttributeError: 'int' object has no attribute 'capitalize' (bot.py, line 8)",
    ),
    "is no Python": ("def handler(", "def handler((", "(bot.py, line 13)"),
    "imports what is not there": (
        "import urllib.request",
        "import urrlib",
        "ModuleNotFoundError: No module named 'urrlib' (bot.py, line 3)",
    ),
    "has another name": (
        "def handler(",
        "def handle(",
        "AttributeError: module 'bot' has no attribute 'handler' (wanted bot.handler in",
    ),
    "leaves": (
        "    question =",
        "    raise SystemExit(3)\n    question =",
        "unexpectedly: SystemExit: 3 (bot.py, line 15)",
    ),
    "returns a coroutine": ("def handler(", "async def handler(", "coroutine is not JSON serializable (of what"),
    "exits": ("    question =", "    os._exit(3)\n    question =", "FunctionProcessExited"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), BREAKS.values(), ids=BREAKS)
def test_a_failure_of_the_bot_shows_type_file_and_line(bot: Folder, right: str, wrong: str, told: str) -> None:
    """`send` says it in one line, and the story has it too."""
    (bot.path / "bot.py").write_text(BOT.replace(right, wrong, 1), encoding="utf-8")
    status, out, err = bot.done(COMMANDS[1])
    assert (status, out) == (1, "")
    [line] = err.strip().splitlines()
    assert line.startswith("python -m local send: the callback was answered with 502; conversation failed: ")
    assert told in line
    assert "bot.py" in line or "Exited" in line or "bot.handler" in line
    assert line.count("bot.py") <= 1
    _, out, _ = bot.done(f"{COMMANDS[1]} --story")
    assert told in out


SAYS_NOTHING = {
    "returns nothing": (
        "    question =",
        "    return\n    question =",
        "everything has ended, and nothing was answered",
    ),
    "posts what DingTalk refuses": (
        '"msgtype": "text"',
        '"msgtype": "txt"',
        "everything has ended without an answer: DingTalk refused it (errcode 400105 · the msgtype is not supported)",
    ),
}


@pytest.mark.parametrize(("right", "wrong", "told"), SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_a_bot_that_says_nothing_is_told_apart_from_a_slow_one(bot: Folder, right: str, wrong: str, told: str) -> None:
    """`send` does not speak of a time that has not passed, and says which code a post was refused with."""
    (bot.path / "bot.py").write_text(BOT.replace(right, wrong, 1), encoding="utf-8")
    status, out, err = bot.done(f"{COMMANDS[1]} --language en")
    assert (status, out, err) == (1, "", f"python -m local send: {told}\n")


WRONG = {
    "no handler": ("--code .", "another bot needs --code and --handler"),
    "no folder": ("--handler bot.handler", "another bot needs --code and --handler"),
    "no function": ("--code . --handler bot", "'bot' is no handler; name one as FC does: module.name"),
    "nothing": ("", "this project's functions are not installed; name your bot with --code and --handler"),
}


@pytest.mark.parametrize(("options", "told"), WRONG.values(), ids=WRONG)
def test_without_a_bot_it_says_what_is_missing(bot: Folder, options: str, told: str) -> None:
    """In one sentence, at the end of what it says."""
    status, out, err = bot.done(f".venv/bin/python -m local send hello {options}")
    assert (bool(status), out) == (True, "")
    assert told in err.strip().splitlines()[-1]
