"""Lists of people and the robots they belong to, as the build sees them: named before anything is deployed."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from shipping import ShippingError
from shipping.lists import robots_named
from shipping.settings_files import read_settings_files
from tests.tools.conftest import BUILD

NO_NAME = "r5cb8fd9a8e81"
"""Of the secret `s2`."""


def named(folder: Path, config: str = "", env: str = "", **variables: str) -> list[str]:
    for name, text in (("config.yml", config), (".env", env)):
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return list(robots_named(read_settings_files(folder), folder, variables))


@pytest.mark.parametrize(
    ("variables", "robots"),
    [
        ({}, None),
        ({"DINGTALK_CREDENTIALS": "orgA:s1"}, "orgA"),
        ({"DINGTALK_APP_SECRET": "s2"}, NO_NAME),
        ({"DINGTALK_CREDENTIALS": "orgB:s1,orgA:s3", "DINGTALK_APP_SECRET": "s2"}, f"orgA, orgB, {NO_NAME}"),
        ({"DINGTALK_CREDENTIALS": "orgA:s1,orgA:s3", "DINGTALK_APP_SECRET": "s1"}, "orgA"),
    ],
)
def test_robots_are_named(tmp_path: Path, variables: Mapping[str, str], robots: str | None) -> None:
    """As lists name them, where their secrets are known: in the shell, or in `.env`; no secret is said."""
    expected = [f"robots, as lists name them: {robots}"] if robots else []
    assert named(tmp_path, **variables) == expected
    assert named(tmp_path, env="".join(f"{name}={value}\n" for name, value in variables.items())) == expected


@pytest.mark.parametrize(
    ("config", "env", "variables", "said"),
    [
        (
            "allow_users: u1",
            "",
            {"DINGTALK_CREDENTIALS": "orgA:s1,orgB:s3"},
            "ALLOW_USERS has 'u1', and there are 2 robots",
        ),
        (
            "allow_users: [orgC/u1]",
            "",
            {"DINGTALK_CREDENTIALS": "orgA:s1"},
            "no robot here is 'orgC'; wanted orgA before",
        ),
        ("", "", {"DENY_USERS": "u1 u2"}, "DENY_USERS has 'u1 u2', which is no id"),
        ("", "ADMIN_USERS=,\n", {}, "ADMIN_USERS has no id in ','"),
        ("", "DINGTALK_APP_SECRET=s1,s2\n", {"VIP_USERS": "u1"}, "wanted r"),
        ("", "", {"ALLOW_GROUPS": "、", "ALLOW_USERS": "*"}, "ALLOW_USERS has '*'"),
    ],
)
def test_a_list_that_closes_stops_the_build(
    tmp_path: Path, config: str, env: str, variables: Mapping[str, str], said: str
) -> None:
    """Wherever the list stands and wherever the robots do, with what holds until it is corrected."""
    with pytest.raises(ShippingError) as error:
        named(tmp_path, config, env, **variables)
    assert said in str(error.value)
    assert "until then nobody" in str(error.value) or "until then in groups nobody" in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["allow_users: ','", "deny_users: [u1, 'u 2']", "admin_users: ['']", "vip_users: [~]", "allow_groups: ['a;b']"],
)
def test_config_yml_is_checked_alone(tmp_path: Path, text: str) -> None:
    """What cannot be an id under any robot is said with its line."""
    (tmp_path / "config.yml").write_text(f"model: x\n{text}", encoding="utf-8")
    with pytest.raises(ShippingError, match=r"config\.yml line 2: "):
        read_settings_files(tmp_path)


def test_the_build_as_it_is_run(tmp_path: Path) -> None:
    """Exit code 1, and nothing was made."""
    command = [sys.executable, str(BUILD), "--settings", str(tmp_path), "--output", str(tmp_path / "built")]
    environ = {**os.environ, "DINGTALK_CREDENTIALS": "orgA:s1,orgB:s3", "ADMIN_USERS": "boss"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 1
    assert "ADMIN_USERS has 'boss', and there are 2 robots; wanted orgA/boss or orgB/boss; " in done.stderr
    assert not (tmp_path / "built").exists()
