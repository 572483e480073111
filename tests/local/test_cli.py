"""`python -m local`: one line, one page, nothing left behind; and its settings."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from local.dotenv import DotenvProblem
from local.launch import DEPLOYED_AS, read_settings
from local.provider import provider
from local.settings_files import Compiled, compile_files
from shared.deployed import Deployed

ROOT = Path(__file__).resolve().parents[2]


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "local", "--bucket", str(tmp_path / "oss"), "--env", str(tmp_path / ".env")]
    clean = {name: value for name, value in os.environ.items() if name not in ("CHATGPT_API_KEY", "BASE_URL")}
    return subprocess.Popen(
        [*command, *arguments], cwd=ROOT, env=clean, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def processes_of(session_parent: int) -> set[int]:
    """Every live process that descends from this one, by the kernel's table."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found, new = set(), {session_parent}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes through /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_one_url_line_and_nothing_left_behind(tmp_path, end) -> None:
    """One line with the page's address; a message is taken; however it ends, no process outlives it."""
    process = start(tmp_path, "--port", "0")
    with process:
        url = process.stdout.readline().strip()
        with requests.Session() as http:
            http.trust_env = False
            assert "<html" in http.get(url, timeout=10).text
            draft = {"conversation": "private-1", "person": "person-1", "text": "hello"}
            assert http.post(url + "/api/send", json=draft, timeout=10).status_code == 202
            until = time.monotonic() + 20
            while len(processes_of(process.pid)) < 3 and time.monotonic() < until:
                time.sleep(0.05)
        children = processes_of(process.pid)
        assert len(children) >= 3
        process.send_signal(end)
        rest = process.stdout.read()
        status = process.wait(20)
    assert rest == ""
    assert status == (-signal.SIGKILL if end == signal.SIGKILL else 0)
    until = time.monotonic() + 20
    while any(alive(pid) for pid in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [pid for pid in children if alive(pid)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_port_in_use_is_one_sentence(tmp_path) -> None:
    """A taken port gives one sentence that names it and the way out, and status 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with start(tmp_path, "--port", port) as process:
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert len(err.strip().splitlines()) == 1
    assert port in err
    assert "--port" in err


def test_a_bucket_that_cannot_be_made_is_one_sentence(tmp_path) -> None:
    """A file where the folder should be is said in one sentence."""
    (tmp_path / "oss").write_text("a file")
    with start(tmp_path, "--port", "0") as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert "oss cannot be used" in err
    assert len(err.strip().splitlines()) == 1


def test_a_missing_package_is_one_sentence() -> None:
    """Without site-packages, what is missing is named, and status 2."""
    command = [sys.executable, "-S", "-m", "local"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "aiohttp" in ended.stderr
    assert "make run" in ended.stderr


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", {}),
        ("# a comment\n\nA=1\nexport B = two words # and why\n", {"A": "1", "B": "two words"}),
        ("A='x # y'\nB=\"q\"\nC=\nD=a=b", {"A": "x # y", "B": "q", "C": "", "D": "a=b"}),
        ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A='x' # why\nB=\"y\"# why\nC=`z` #", {"A": "x", "B": "y", "C": "z"}),
        ("A=a#b\nB=c\nD=$B-d", {"A": "a", "B": "c", "D": "c-d"}),
        ('A="one\ntwo"\nB=3', {"A": "one\ntwo", "B": "3"}),
        ("BOT_LANGUAGE=en\nMODEL_PROXY=http://p:1", {"LANGUAGE": "en", "HTTP_PROXY": "http://p:1"}),
    ],
)
def test_a_dotenv_file_is_read(tmp_path, text, settings) -> None:
    """Comments, quotes, export, dollars and line ends mean what they mean to Serverless Devs, and so do its names."""
    (tmp_path / ".env").write_text(text, encoding="utf-8", newline="")
    assert read_settings(tmp_path / ".env", {}) == settings


def test_names_of_the_deployment_are_those_of_s_yaml() -> None:
    """A setting that s.yaml takes from a variable of another name is known by that here, too."""
    taken = re.findall(r"^ +(\w+): \$\{env\('(\w+)'", (ROOT / "s.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: other for name, other in taken if name.isupper() and name != other} == DEPLOYED_AS


def test_a_dotenv_line_that_is_none_is_named_without_its_text(tmp_path) -> None:
    """The problem says which line; a secret in it is not repeated."""
    (tmp_path / ".env").write_text("A=1\nsk-secret-value\n")
    with pytest.raises(DotenvProblem, match="line 2") as raised:
        read_settings(tmp_path / ".env", {})
    assert "sk-secret" not in str(raised.value)


def test_settings_files_are_taken_as_the_build_takes_them(tmp_path, capsys) -> None:
    """Settings and templates are compiled; of the settings, the functions' file has none: they come from outside."""
    (tmp_path / "config.yml").write_text("history_length: 3\ncallback_path: /x\nport: 1")
    (tmp_path / "prompts.yml").write_text("- {title: '#own', prefix: 'mine: '}")
    files = compile_files(tmp_path, tmp_path)
    assert files.settings == {"HISTORY_LENGTH": "3", "CALLBACK_PATH": "/x"}
    deployed = Deployed.read(files.conversation)
    assert (deployed.settings, [template.title for template in deployed.templates]) == ({}, ["#own"])
    assert "config.yml line 3: port is left out" in capsys.readouterr().err


def test_without_settings_files_nothing_changes(tmp_path, capsys) -> None:
    """Nothing is given to the functions, and nothing is said."""
    assert compile_files(tmp_path, tmp_path) == Compiled({}, {})
    assert capsys.readouterr().err == ""


def test_a_wrong_settings_file_stops_the_start(tmp_path) -> None:
    """Every problem with its line, and status 1."""
    (tmp_path / "config.yml").write_text("modle: x\napi_key: secret-value")
    with start(tmp_path, "--port", "0", "--settings", str(tmp_path)) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert "config.yml line 1: " in err
    assert "config.yml line 2: " in err
    assert "secret-value" not in err


@pytest.mark.parametrize(
    ("environment", "dotenv", "demo"),
    [
        ({}, {}, True),
        ({}, {"CHATGPT_API_KEY": ""}, True),
        ({}, {"HISTORY_LENGTH": "3"}, True),
        ({}, {"CHATGPT_API_KEY": "sk-x"}, False),
        ({}, {"BASE_URL": "http://127.0.0.1:11434"}, False),
        ({"CHATGPT_API_KEY": "sk-x"}, {}, False),
        ({}, {"AZURE_ON": "on"}, False),
        ({}, {"AZURE_ON": "off"}, True),
    ],
)
def test_a_key_or_an_address_switches_to_the_real_model(environment, dotenv, demo) -> None:
    """Without either, the demonstration answers."""
    assert provider(environment, dotenv).demo is demo


def test_settings_reach_the_functions_that_need_them() -> None:
    """The real address replaces the stand-in's; settings of a deployment, and keys for `conversation`, do not pass."""
    dotenv = {
        "CHATGPT_API_KEY": "sk-x",
        "MODEL": "m-1",
        "DINGTALK_APP_SECRET": "real",
        "OSS_MOUNT_POINT": "/mnt/oss",
        "INSTANT_ANSWERS": "webhook",
    }
    chosen = provider({}, dotenv)
    assert (chosen.name, chosen.settings["BASE_URL"]) == ("m-1", "")
    assert not {"DINGTALK_APP_SECRET", "OSS_MOUNT_POINT"} & chosen.settings.keys()
    assert chosen.conversation_settings == {"MODEL": "m-1", "INSTANT_ANSWERS": "webhook", "BASE_URL": ""}


def test_the_demonstration_is_reached_without_the_providers_settings() -> None:
    """No proxy and no model name of a real provider stand between the functions and the stand-in."""
    chosen = provider({"MODEL": "m-1"}, {"HTTP_PROXY": "http://127.0.0.1:9", "CONTEXT_SCOPE": "group"})
    assert chosen.demo
    assert chosen.settings == {"CONTEXT_SCOPE": "group"}
