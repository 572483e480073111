"""config.yml and prompts.yml: every mistake with its line before anything is deployed, and no secret in a package."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conversation.settings import Settings
from reply.settings import ReplySettings
from shared.deployed import Deployed
from shipping import ShippingError
from shipping.config_file import AMBIGUOUS, FOREIGN, LISTS, SECRETS, SET_BY_DEPLOYMENT, setting_names
from shipping.settings_files import NO_FILES, examine, read_settings_files, report
from tests.tools.conftest import interpreter_of, run_build

ROOT = Path(__file__).parents[2]
NAMES = frozenset().union(*setting_names().values())
DEFAULTS = {**ReplySettings.read({}).names, **Settings.read({}).names}
ALIASES = {name for name, default in DEFAULTS.items() if default.startswith("= ")}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(**files: str) -> Path:
        for name, text in files.items():
            (tmp_path / f"{name}.yml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def problems(folder: Path) -> list[str]:
    return [str(problem) for problem in examine(folder)[1]]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", {}),
        ("# nothing\n", {}),
        ("---\n", {}),
        ("~", {}),
        ("model: gpt-x", {"MODEL": "gpt-x"}),
        ("MODEL: gpt-x", {"MODEL": "gpt-x"}),
        ("Model: 'gpt-x'", {"MODEL": "gpt-x"}),
        ("\ufeffmodel: gpt-x", {"MODEL": "gpt-x"}),
        ("model:", {}),
        ("model: ''", {}),
        ("model: ~", {}),
        ("history_length: 7", {"HISTORY_LENGTH": "7"}),
        ("temperature: 0.6", {"TEMPERATURE": "0.6"}),
        ("azure_on: true", {"AZURE_ON": "true"}),
        ("record_text: off", {"RECORD_TEXT": "off"}),
        ('chat_type: "1"', {"CHAT_TYPE": "1"}),
        ("allow_users: [012, u2]", {"ALLOW_USERS": "012,u2"}),
        ("allow_users:\n  - '012'\n  - u2", {"ALLOW_USERS": "012,u2"}),
        ("allow_users: u1,u2", {"ALLOW_USERS": "u1,u2"}),
        ("allow_users: []", {}),
        ("help: |\n  one\n  two\n", {"HELP": "one\ntwo"}),
        ("session_timeout: 600", {"SESSION_TIMEOUT": "600"}),
        ("session_timeout: 600s", {"SESSION_TIMEOUT": "600"}),
        ("session_timeout: 1h30m", {"SESSION_TIMEOUT": "5400"}),
        ("default_mode: 单聊", {"DEFAULT_MODE": "单聊"}),
        ("api_key: ''\nmodel: x", {"MODEL": "x"}),
        ("app_secrets: []", {}),
        ("credentials:", {}),
    ],
)
def test_values_are_the_text_that_stands_there(write: Write, text: str, settings: dict[str, str]) -> None:
    """Either letter case, a list where one is meant, empty for unset; ids keep their zeros and words stay words."""
    assert read_settings_files(write(config=text)).settings == settings


SECRET = "sk-abcdefghijklmnop-1234567890"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("model: x\nmodle: y", 2, ["'modle'", "model?"]),
        ("wholly_unheard_of: y", 1, ["'wholly_unheard_of'", "config.example.yml"]),
        ("model: x\n\nMODEL: y", 3, ["line 1 already"]),
        ("history_length: many", 1, ["HISTORY_LENGTH is 'many'", "wanted a whole number from 0 to 100"]),
        ("history_length: 101", 1, ["wanted a whole number"]),
        ("chat_type: 3", 1, ["wanted one of 0, 1, 2"]),
        ("default_mode: both", 1, ["串聊"]),
        ("session_timeout: soon", 1, ["SESSION_TIMEOUT is 'soon'"]),
        ("callback_path: no path", 1, ["CALLBACK_PATH is no path"]),
        ("webhook_hosts: ['https://x']", 1, ["WEBHOOK_HOSTS has"]),
        ("timezone: Mars/Olympus", 1, ["TIMEZONE is"]),
        ("model: [a, b]", 1, ["single value"]),
        ("model:\n  a: b", 1, ["single value"]),
        ("allow_users:\n  a: b", 1, ["list of words"]),
        ("sensitive_words: ['a,b']", 1, ["comma"]),
        ("endpoint: https://x", 1, ["base_url", "invoke_endpoint"]),
        ("- model", 1, ["no list of settings"]),
        ("just words", 1, ["no list of settings"]),
        ('model: x\nbase_url: "https://x', 2, ["double quotes"]),
        ("model: x\n\tbad: y", 2, ["indent"]),
        ("model: a: b", 1, ["double quotes"]),
        (f"api_key: {SECRET}", 1, ["api_key is a secret", "export CHATGPT_API_KEY=…"]),
        (f"chatgpt_api_key: {SECRET}", 1, ["export CHATGPT_API_KEY=…"]),
        (f"azure_openai_token: {SECRET}", 1, ["export AZURE_OPENAI_TOKEN=…"]),
        (f"x: y\nDINGTALK_APP_SECRET: {SECRET}", 2, ["export DINGTALK_APP_SECRET=…"]),
        (f"app_secrets: [{SECRET}]", 1, ["export DINGTALK_APP_SECRET=…"]),
        (f"credentials:\n  - client_id: a\n    client_secret: {SECRET}", 1, ["export DINGTALK_CREDENTIALS=…"]),
        (f"my_password: {SECRET}", 1, ["is a secret"]),
        (f"model: {SECRET}", 1, ["holds a key or password", "export MODEL=…"]),
        (f"http_proxy: http://me:{SECRET}@proxy:80", 1, ["export MODEL_PROXY=…"]),
    ],
)
def test_a_mistake_is_named_with_its_line(write: Write, text: str, line: int, words: list[str]) -> None:
    """What was found and what to do, and never a secret's value."""
    found = [problem for problem in problems(write(config=text)) if f"config.yml line {line}: " in problem]
    assert found, problems(write(config=text))
    assert all(word in found[0] for word in words), found
    assert SECRET not in " ".join(problems(write(config=text)))


def test_all_mistakes_of_both_files_are_reported_together(write: Write) -> None:
    """In one go, each on a line of its own."""
    folder = write(config="modle: x\nchat_type: 7\napi_key: sk", prompts="- title: no sign\n  prefix: x")
    with pytest.raises(ShippingError) as raised:
        read_settings_files(folder)
    assert [re.match(r"  (\w+\.yml line \d)", line)[1] for line in str(raised.value).splitlines()[1:]] == [
        "config.yml line 1",
        "config.yml line 2",
        "config.yml line 3",
        "prompts.yml line 1",
    ]


CHATGPT_DINGTALK = """
# an invented file with every key of that project
log_level: "info"
run_mode: "http"
api_key: ""
base_url: "https://api.example.com"
model: "gpt-x"
image_model: "dall-e-9"
session_timeout: 600s
max_question_len: 2048
max_answer_len: 2048
max_text: 4096
default_mode: "单聊"
http_proxy: ""
max_request: 0
port: "8090"
service_url: "http://chat.example.com"
chat_type: "0"
allow_groups: []
allow_outgoing_groups: []
allow_users: ["zhang", "li"]
deny_users: []
vip_users: []
admin_users: ["wang"]
app_secrets: []
sensitive_words: ["甲", "乙"]
help: |
  你好
azure_on: false
azure_api_version: "2024-10-21"
azure_resource_name: "xxxx"
azure_deployment_name: "xxxx"
azure_openai_token: ""
credentials: []
stream_mode: false
card_template_id: ""
"""


def test_a_config_of_chatgpt_dingtalk_is_taken(write: Write) -> None:
    """Known keys under their names; what means nothing here is named in one line each, with its line and the reason."""
    files = read_settings_files(write(config=CHATGPT_DINGTALK))
    assert files.settings["ALLOW_USERS"] == "zhang,li"
    assert (files.settings["SESSION_TIMEOUT"], files.settings["DEFAULT_MODE"]) == ("600", "单聊")
    named = {re.match(r"config\.yml line \d+: (\w+) is left out: .{10,}", note)[1].upper() for note in files.notes}
    assert named == set(FOREIGN) - NAMES
    assert set(files.settings) <= NAMES - set(SECRETS)


def test_what_s_yaml_sets_is_named(write: Write) -> None:
    """A value that would never be seen is no silent trap."""
    (note,) = read_settings_files(write(config="oss_bucket: mine")).notes
    assert note.startswith("config.yml line 1: oss_bucket is left out: s.yaml sets it")


def uncommented() -> str:
    text = (ROOT / "config.example.yml").read_text(encoding="utf-8")
    return re.sub(r"^# (?=[a-z_]+:|  \S)", "", text, flags=re.MULTILINE)


def test_the_example_has_every_setting_and_no_other(write: Write) -> None:
    """Every setting that is no secret and not the deployment's own is in config.example.yml, each with its default."""
    folder = write(config=uncommented())
    assert problems(folder) == []
    keys = {key.upper() for key in re.findall(r"^([a-z_]+):", uncommented(), re.MULTILINE)}
    assert keys == NAMES - set(SECRETS) - SET_BY_DEPLOYMENT - {AMBIGUOUS} - ALIASES
    for name, value in read_settings_files(folder).settings.items():
        assert value == DEFAULTS[name] or name in ("HELP", "SYSTEM_PROMPT"), name


def test_the_example_as_it_is_changes_nothing(write: Write) -> None:
    """All of it is commented out."""
    assert read_settings_files(write(config=(ROOT / "config.example.yml").read_text("utf-8"))).settings == {}


def test_tables_name_what_exists() -> None:
    """Lists are settings; secrets and what s.yaml sets are read by somebody."""
    assert LISTS <= NAMES
    assert SET_BY_DEPLOYMENT <= NAMES
    assert set(SECRETS.values()) <= NAMES


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("", []),
        ("[]", []),
        ("# nothing", []),
        ("- title: '#a'\n  prefix: x", ["#a"]),
        ("- title: '#a'\n  prefix: x\n  suffix: y\n- {title: '#B', suffix: z}", ["#a", "#B"]),
        ("- Title: '＃甲'\n  Prefix: |\n    x\n    y\n", ["＃甲"]),
        ("- title: '#linux 命令'\n  prefix: ~\n  suffix: x", ["#linux 命令"]),
    ],
)
@pytest.mark.parametrize("name", ["prompts", "prompt"])
def test_templates_are_read(write: Write, text: str, titles: list[str], name: str) -> None:
    """In the form and under the name that existing files have; an empty file is an empty list."""
    files = read_settings_files(write(**{name: text}))
    assert files.templates is not None
    assert [template.title for template in files.templates] == titles
    assert json.loads(files.compiled("conversation"))["templates"] == [t.row for t in files.templates]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title: x", 1, "no list"),
        ("- x", 1, "no template"),
        ("- prefix: x", 1, "has no title"),
        ("- title: #a\n  prefix: x", 1, "has no title"),
        ("- title: a\n  prefix: x", 1, "does not begin with #"),
        ("- title: '#'\n  prefix: x", 1, "does not begin with #"),
        ("- title: '#a'", 1, "neither prefix nor suffix"),
        ("- title: '#a'\n  prefix: [x]", 1, "prefix is no text"),
        ("- title: '#a'\n  prefx: x", 1, "'prefx' on line 2"),
        ("- title: '#a'\n  prefix: x\n  prefix: y", 1, "twice"),
        ("- title: '#a'\n  prefix: x\n- title: '＃A'\n  prefix: y", 3, "also the title of the template on line 1"),
        (f"- title: '#{'a' * 30}'\n  prefix: x", 1, "at most 30"),
        ("- title: '#a\n  prefix: x", 1, ""),
    ],
)
def test_a_wrong_template_is_named_with_its_line(write: Write, text: str, line: int, words: str) -> None:
    """What is wrong with which."""
    found = [problem for problem in problems(write(prompts=text)) if words in problem]
    assert found, problems(write(prompts=text))
    assert words == "" or f"prompts.yml line {line}: " in found[0]


def test_two_files_of_one_kind(write: Write) -> None:
    """Nobody guesses which one is meant."""
    (problem,) = problems(write(prompts="[]", prompt="[]"))
    assert "prompts.yml is here too; keep one of them" in problem


def test_the_shipped_templates_are_those_of_the_example() -> None:
    """prompts.json is what `python3 tools/compile_settings.py --shipped` makes of prompts.example.yml."""
    import compile_settings

    assert compile_settings.SHIPPED.read_text(encoding="utf-8") == compile_settings.shipped()


def test_without_files_nothing_is_read_or_shipped(tmp_path: Path) -> None:
    """Most deployments have none, and need no PyYAML."""
    files = read_settings_files(tmp_path)
    assert files == NO_FILES
    assert (files.compiled("conversation"), files.compiled("reply"), list(report(files))) == ("", "", [])


def test_packages_have_what_their_function_reads(write: Write, tmp_path: Path) -> None:
    """Each package has its settings, only conversation has the templates, and the build says what it read."""
    folder = write(
        config="model: gpt-x\nallow_users: [u1]\nlanguage: en\nport: 1", prompts="- {title: '#a', prefix: x}"
    )
    output = tmp_path / "built"
    done = run_build("--only", "conversation", "--settings", str(folder), "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert "config.yml was read\nprompts.yml was read\nconfig.yml line 4: port is left out: " in done.stdout
    deployed = Deployed.read({"SETTINGS_FILE": str(output / "conversation" / "settings.json")})
    assert deployed.settings == {"ALLOW_USERS": "u1", "LANGUAGE": "en"}
    assert [template.title for template in deployed.templates or ()] == ["#a"]
    reply = json.loads(read_settings_files(folder).compiled("reply"))
    assert reply == {"settings": {"MODEL": "gpt-x", "LANGUAGE": "en"}}


def test_long_lists_are_no_reason_to_stop(write: Write, tmp_path: Path) -> None:
    """A package's budget is for the code; 10,000 words are what the file is for."""
    words = "".join(f"  - 'x{(number * 2654435761) % 2**64:x}'\n" for number in range(20_000))
    folder = write(config=f"sensitive_words:\n{words}")
    done = run_build("--only", "conversation", "--settings", str(folder), "--output", str(tmp_path / "built"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "built" / "conversation.zip").stat().st_size > 150_000


def test_the_package_finds_its_file(write: Write, tmp_path: Path) -> None:
    """Without any variable: the compiled file lies where the built code looks."""
    output = tmp_path / "built"
    folder = write(config="language: en")
    assert run_build("--only", "conversation", "--settings", str(folder), "--output", str(output)).returncode == 0
    found = "import sys; sys.path.insert(0, sys.argv[1]); import index; from shared.deployed import Deployed"
    ask = f"{found}; print(Deployed.read({{}}))"
    command = [*interpreter_of("3.12"), "-I", "-S", "-c", ask, str(output / "conversation")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("Deployed(settings={'LANGUAGE': 'en'}, templates=None)")


@pytest.mark.parametrize("name", ["config", "prompts"])
def test_a_wrong_file_stops_the_build(write: Write, tmp_path: Path, name: str) -> None:
    """Nothing is built, and the package made before stays."""
    output = tmp_path / "built"
    done = run_build("--only", "conversation", "--settings", str(write(**{name: "x: y"})), "--output", str(output))
    assert done.returncode == 1
    assert f"{name}.yml line 1: " in done.stderr
    assert not output.exists()


def test_without_pyyaml_one_sentence_says_so(write: Write, tmp_path: Path) -> None:
    """Only where there is a file to read."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.modules['yaml'] = None\n"
        "from pathlib import Path\nfrom shipping import ShippingError, settings_files\n"
        "print(settings_files.read_settings_files(Path(sys.argv[2])).settings)\n"
        "try: settings_files.read_settings_files(Path(sys.argv[3]))\nexcept ShippingError as error: print(error)"
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    arguments = [str(ROOT / "tools"), str(empty), str(write(config="model: x"))]
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "{}"
    assert second.startswith("config.yml cannot be read without PyYAML; run `make build` once, or `")


def test_the_readers_need_nothing_but_the_standard_library(tmp_path: Path) -> None:
    """The build runs on any Python: checking values must not need what the functions need."""
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from shipping.config_file import setting_names\nprint(len(setting_names()['reply']) > 20)"
    )
    command = [sys.executable, "-I", "-S", "-c", script, str(ROOT / "tools"), str(ROOT / "functions")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
