"""s.yaml: every name in it is one that the fc3 component knows, and what it ships with fits together.

`s` takes a misspelt property in silence, so they are listed in `tools/doctoring/property_names.py`, which the doctor
uses too.
"""

import copy
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from conversation.settings import Settings
from doctoring.property_names import unknown_names
from reply.settings import ReplySettings
from shipping.target import TARGETS

ROOT = Path(__file__).parents[1]
CLI = "@serverless-devs/s@3.1.10"

REQUIRED = ("ACCOUNT_ID", "OSS_BUCKET", "DINGTALK_APP_SECRET", "CHATGPT_API_KEY")


def load() -> dict[str, Any]:
    """The file as it is."""
    content = yaml.safe_load((ROOT / "s.yaml").read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def props(name: str) -> dict[str, Any]:
    """The properties of one function."""
    found: dict[str, Any] = load()["resources"][name]["props"]
    return found


def names_in(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every mapping and name in `value`, wherever names are fixed ones."""
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(inner)
    if isinstance(value, dict):
        yield from ((value, name) for name in list(value))


def test_every_name_is_known() -> None:
    """No property is misspelt."""
    assert list(unknown_names(load())) == []


def test_a_misspelt_name_is_found() -> None:
    """The check above finds any one misspelling, wherever it is."""
    total = len(list(names_in(load())))
    found = 0
    for number in range(total):
        content = copy.deepcopy(load())
        holder, name = list(names_in(content))[number]
        if holder is content["vars"] or "environmentVariables" in str(path_of(content, holder)):
            continue
        holder[name + "x"] = holder.pop(name)
        assert [path for path in unknown_names(content) if path.endswith(f".{name}x")], name
        found += 1
    assert found > 60


def path_of(value: Any, holder: Any, path: str = "") -> str | None:
    """Where `holder` is in `value`."""
    if value is holder:
        return path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in children:
        found = path_of(inner, holder, f"{path}.{name}")
        if found is not None:
            return found
    return None


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("conversation", (0.1, 128, 512, 10)), ("reply", (0.5, 512, 512, 180))],
)
def test_sizes_are_said_and_allowed(name: str, sizes: tuple[float, int, int, int]) -> None:
    """Nothing is left to the server's defaults (3 seconds, 3 retries), and FC takes the pair of core and memory."""
    found = props(name)
    assert (found["cpu"], found["memorySize"], found["diskSize"], found["timeout"]) == sizes
    assert 1 <= found["memorySize"] / 1024 / found["cpu"] <= 4
    assert found["memorySize"] % 64 == 0
    assert found["role"].endswith(f":role/dingtalk-chatgpt-{name}")
    assert found["role"] == found["role"].lower()
    assert found["logConfig"] == "auto"
    assert (found["handler"], found["code"]) == ("index.handler", f"./build/{name}.zip")


def test_asynchronous_invocation_is_explicit() -> None:
    """Task mode, retries that the function knows, an age no longer than a webhook lives, and failures come back."""
    reply = props("reply")
    config = reply["asyncInvokeConfig"]
    assert config["asyncTask"] is True
    assert config["maxAsyncRetryAttempts"] == 2
    assert reply["environmentVariables"]["ASYNC_RETRIES"] == str(config["maxAsyncRetryAttempts"])
    assert config["maxAsyncEventAgeInSeconds"] == 5400
    assert config["destinationConfig"] == {
        "onFailure": {"destination": "acs:fc:${vars.region}::functions/${vars.reply}"}
    }
    assert reply["functionName"] == "${vars.reply}"


def test_dingtalk_may_call_and_nobody_else_has_a_trigger() -> None:
    """One anonymous HTTP trigger; only reply has the bucket."""
    conversation, reply = props("conversation"), props("reply")
    assert [trigger["triggerConfig"]["authType"] for trigger in conversation["triggers"]] == ["anonymous"]
    assert conversation["triggers"][0]["triggerConfig"]["methods"] == ["GET", "HEAD", "POST"]
    assert conversation["triggers"][0]["triggerConfig"]["disableURLInternet"] is False
    assert "triggers" not in reply
    assert "ossMountConfig" not in conversation
    mounts = reply["ossMountConfig"]["mountPoints"]
    assert [mount["mountDir"] for mount in mounts] == [reply["environmentVariables"]["OSS_MOUNT_POINT"]]


def test_the_build_knows_the_runtime() -> None:
    """The default runtime is one that packages are built for, and the action before a deploy is told which."""
    content = load()
    default = re.fullmatch(r"\$\{env\('RUNTIME', '(.+)'\)\}", content["vars"]["runtime"])
    assert default
    assert default[1] == TARGETS[0].runtime
    assert content["actions"]["pre-deploy"] == [
        {"run": "python3 tools/build.py --python ${vars.runtime}", "path": "./"}
    ]


def test_every_setting_is_one_the_function_reads() -> None:
    """No variable is set that nobody reads, none is read that cannot be set, and all are text."""
    known = {
        "conversation": set(Settings.read({}).names),
        "reply": set(ReplySettings.read({}).names),
    }
    # Older names of settings that have their place, and what is set on FC 2.0 only.
    not_offered = {"ENDPOINT", "APIKEY", "USER_API_KEY", "SERVICE_NAME"}
    for name, names in known.items():
        variables = props(name)["environmentVariables"]
        assert set(variables) - names == set()
        assert names - set(variables) - not_offered == set()
        assert all(isinstance(value, str) for value in variables.values())


def test_secrets_come_from_the_environment() -> None:
    """No secret can be written into the file by habit: each is an `env`, and those needed have no default."""
    text = (ROOT / "s.yaml").read_text(encoding="utf-8")
    for name in ("DINGTALK_APP_SECRET", "DINGTALK_CREDENTIALS", "CHATGPT_API_KEY", "AZURE_OPENAI_TOKEN"):
        assert len(re.findall(rf"^ +{name}: \$\{{env\('{name}'(, '')?\)\}}$", re.sub(" +#.*", "", text), re.M)) == 1
    assert sorted(set(re.findall(r"env\('(\w+)'\)", re.sub("#.*", "", text)))) == sorted(REQUIRED)


@pytest.fixture(scope="module")
def cli() -> list[str]:
    """The command `s`, or npx where CI may fetch it; else the test says that it did not run.

    `s` tells its makers of every run: it is given no network to do so.
    """
    if found := shutil.which("s"):
        return [*without_network(), found]
    npx = shutil.which("npx")
    if not npx or not os.environ.get("CI"):
        pytest.skip(
            "the command `s` is not on this machine (npm install -g @serverless-devs/s): s preview is not tried"
        )
    command = [npx, "--yes", CLI]
    if subprocess.run([*command, "-v"], capture_output=True, check=False, timeout=300).returncode:
        pytest.skip(f"npx cannot fetch {CLI} here: s preview is not tried")
    return command


def without_network() -> list[str]:
    """What a command is run with so that it reaches nobody; a skipped test where that cannot be had."""
    alone = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("`s` cannot be kept from the network here: it is not tried")
    return alone


def run_s(cli: list[str], folder: Path, arguments: list[str], **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `s` with `variables` and no others that s.yaml asks for; its own files go into `folder`."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or "npm" in name.lower()}
    environment: Mapping[str, str] = {**kept, "serverless_devs_config_home": str(folder / "home"), **variables}
    return subprocess.run(
        [*cli, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.timeout(600)
def test_s_preview_accepts_it(cli: list[str], tmp_path: Path) -> None:
    """With only account, bucket and secrets given, everything else has its value, and all settings are text."""
    shutil.copy(ROOT / "s.yaml", tmp_path)
    given = dict.fromkeys(REQUIRED, "x") | {"ACCOUNT_ID": "1234567890123456", "HISTORY_LENGTH": "7"}
    done = run_s(cli, tmp_path, ["preview", "-o", "json"], **given)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads(done.stdout[done.stdout.index("{") :])
    conversation, reply = (shown["resources"][name]["props"] for name in ("conversation", "reply"))
    assert conversation["environmentVariables"]["CHATGPT_FUNCTION"] == reply["functionName"] == "dingtalk-chatgpt-reply"
    assert conversation["role"] == "acs:ram::1234567890123456:role/dingtalk-chatgpt-conversation"
    assert reply["environmentVariables"]["HISTORY_LENGTH"] == "7"
    assert reply["environmentVariables"]["MODEL"] == ""
    assert "${" not in json.dumps(shown)
    assert shown["actions"]["pre-deploy"][0]["run"] == "python3 tools/build.py --python python3.12"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("missing", REQUIRED)
def test_s_names_what_is_unset(cli: list[str], tmp_path: Path, missing: str) -> None:
    """Without a needed variable nothing is deployed, and its name is said."""
    shutil.copy(ROOT / "s.yaml", tmp_path)
    given = {name: "x" for name in REQUIRED if name != missing}
    done = run_s(cli, tmp_path, ["preview"], **given)
    assert done.returncode != 0
    assert f"env('{missing}') not found" in done.stdout + done.stderr


COMPONENT = """
module.exports = class { async deploy(inputs) { console.log("deployed " + inputs.props.functionName); return {}; } };
module.exports.default = module.exports;
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("builds", [True, False], ids=["build", "failing build"])
def test_s_deploy_builds_first(cli: list[str], tmp_path: Path, builds: bool) -> None:
    """The build runs before either function is deployed, reply is deployed first, and a failing build stops it all.

    The component that calls Alibaba Cloud is replaced by one that prints.
    """
    text = (ROOT / "s.yaml").read_text(encoding="utf-8").replace("component: fc3", "component: ./component")
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    component, tools = tmp_path / "component", tmp_path / "tools"
    component.mkdir()
    tools.mkdir()
    (component / "index.js").write_text(COMPONENT)
    (component / "package.json").write_text('{"name": "printing", "version": "0.0.1", "main": "index.js"}')
    (tools / "build.py").write_text(f"import sys; print('built for', sys.argv[2]); sys.exit({int(not builds)})")
    key = json.dumps({"AccountID": "1", "AccessKeyID": "k", "AccessKeySecret": "k"})
    done = run_s(cli, tmp_path, ["deploy", "-y"], **dict.fromkeys(REQUIRED, "x"), default_serverless_devs_key=key)
    said = re.findall(r"built for \S+|deployed \S+", done.stdout)
    deployed = ["deployed dingtalk-chatgpt-reply", "deployed dingtalk-chatgpt-conversation"]
    assert said == ["built for python3.12", *(deployed if builds else [])], done.stdout + done.stderr
    assert (done.returncode == 0) is builds
