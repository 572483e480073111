"""The README's chapter about deploying, followed in a clean folder up to the account, in each language."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from local.cloud import LocalCloud, Options
from tests.documents import ROOT, Document
from tests.test_docs import tracked
from tests.test_s_yaml import COMPONENT, cli

__all__ = ["cli"]  # a fixture

CHAPTERS = {"README.md": "Deploy", "README.zh-CN.md": "部署"}
SECRET = "Invented-client-secret_" + "0123456789abcdefghijklmnopqrstuvwxyzABCDE"
VALUES = {
    "ACCOUNT_ID": "1234567890123456",
    "OSS_BUCKET": "my-bucket",
    "DINGTALK_APP_SECRET": SECRET,
    "CHATGPT_API_KEY": "sk-invented-0123456789",
}
"""What a deployer writes for the dots of the chapter."""


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """What git has, and the environment that `make` would install; the component prints instead of calling anybody."""
    folder = tmp_path / "project"
    for path in tracked():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    component = folder / "component"
    component.mkdir()
    (component / "index.js").write_text(COMPONENT)
    (component / "package.json").write_text('{"name": "printing", "version": "0.0.1", "main": "index.js"}')
    text = (folder / "s.yaml").read_text(encoding="utf-8").replace("component: fc3", "component: ./component")
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    # Packing takes pip and the network, and has tests of its own.
    (folder / "tools" / "build.py").write_text("import sys; print('built for', sys.argv[2])")
    return folder


@pytest.fixture(scope="module")
def deployed() -> Iterator[LocalCloud]:
    """The account that the chapter ends at."""
    with LocalCloud(Options(secret=SECRET, language="en")) as cloud:
        yield cloud


def steps(readme: str) -> list[str]:
    """The chapter's commands for the shell up to its first heading, with values for the dots."""
    first, _, _ = Document.at(readme).section(CHAPTERS[readme]).text.partition("\n### ")
    found = []
    for command in Document(ROOT / readme, first).commands:
        for name, value in VALUES.items():
            command = command.replace(f"{name}=…", f"{name}={value}")
        found.append(command)
    return found


def test_the_chapter_has_these_steps() -> None:
    """Settings, deploying, looking before and after, one message; the same in both languages."""
    english, chinese = (steps(readme) for readme in CHAPTERS)
    assert english == chinese
    assert [step.split()[0:2] for step in english] == [
        ["export", f"ACCOUNT_ID={VALUES['ACCOUNT_ID']}"],
        ["s", "deploy"],
        ["make", "doctor"],
        ["make", "smoke"],
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("readme", CHAPTERS)
def test_the_chapter_can_be_followed(readme: str, cli: list[str], clean: Path, deployed: LocalCloud) -> None:
    """Each command does what the chapter says, with what the chapter says before it, and asks for nothing else."""
    export, deploy, doctor, smoke = steps(readme)
    key = '{"AccountID": "1", "AccessKeyID": "k", "AccessKeySecret": "k"}'
    home = {"serverless_devs_config_home": str(clean / "home"), "default_serverless_devs_key": key}
    deploying = deploy.replace("s deploy", " ".join([*cli, "deploy"]), 1)
    done = bash(clean, f"{export}\n{deploying} -y", home)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith(("built", "deployed"))]
    assert said == ["built for python3.12", "deployed dingtalk-chatgpt-reply", "deployed dingtalk-chatgpt-conversation"]
    looked = bash(clean, f"{export}\n{doctor} -o .venv/.runnable ARGS=--offline")
    assert (looked.returncode, looked.stderr) == (0, ""), looked.stdout
    assert "problem  " not in looked.stdout
    address = smoke.replace("https://….fcapp.run", deployed.dingtalk.trigger)
    sent = bash(clean, f"{export}\n{address} -o .venv/.runnable ARGS='--webhook-host 127.0.0.1'")
    assert (sent.returncode, sent.stderr) == (0, ""), sent.stdout
    assert sent.stdout.endswith("handed over to reply\n")


@pytest.mark.parametrize("guide", ["docs/ram/README.md", "docs/ram/README.zh-CN.md"])
def test_the_roles_can_be_made_as_the_guide_says(guide: str, clean: Path) -> None:
    """Its one command prints what makes both roles."""
    [command] = Document.at(guide).fenced("")
    done = bash(clean, command)
    assert done.returncode == 0, done.stderr
    for role in ("dingtalk-chatgpt-conversation", "dingtalk-chatgpt-reply"):
        assert f"--RoleName {role}" in done.stdout


def bash(folder: Path, script: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run it in that folder as a deployer does, with nothing of this machine but its commands."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env={**kept, **(more or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
