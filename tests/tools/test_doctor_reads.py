"""The doctor reads .env and s.yaml as Serverless Devs does."""

import json
import shutil
from pathlib import Path

import pytest

from doctoring import DoctorError
from doctoring.deployment import read_deployment
from doctoring.env_file import read_env_file
from doctoring.finding import ok, problem, struck_out
from doctoring.web import Unreachable, Web
from tests.test_s_yaml import REQUIRED, ROOT, cli, run_s

__all__ = ["cli"]  # a fixture

# What `s preview` of @serverless-devs/s 3.1.10 made of each line.
LINES = [
    ("A=plain", "plain"),
    ("A = spaced # comment", "spaced"),
    ("export A=exported", "exported"),
    ('A="quoted # x"', "quoted # x"),
    ("A='single quoted'", "single quoted"),
    ("A=`back # tick`", "back # tick"),
    ("A=it's", "it's"),
    ('A="line\\nbreak"', "line\nbreak"),
    ("A=a#b", "a"),
    ("A=", ""),
    ("A=007", "007"),
    ("A='single $X'", "single x"),
    ("A=$X-expanded", "x-expanded"),
    ("A=p$nothing", "p"),
    ("A=${nothing:-d}-${X}-$X", "d-x-x"),
    ("A=dollar$", "dollar$"),
    ("A=first\nA=second", "second"),
    ("# A=no\n\nA=yes", "yes"),
    ("\ufeffA=marked", "marked"),
    ("A='quoted' # why", "quoted"),
    ('A="quoted"# why', "quoted"),
    ("A=`quoted` #why", "quoted"),
    ("A='it''s' # why", "it''s"),
    ("A=' kept ' # why", " kept "),
    ('A="two\nlines" # why', "two\nlines"),
    ('A="say \\"x\\""', 'say \\"x\\"'),
    ("A='open", "'open"),
    ("A='x' y", "'x' y"),
    ("A: colon", "colon"),
    ("A=\\$X", "x"),
    ("A.b=no\nA=yes", "yes"),
    ("A=1\r\nB=2\r\n", "1"),
]


@pytest.mark.parametrize(("text", "value"), LINES)
def test_lines_of_an_env_file(tmp_path: Path, text: str, value: str) -> None:
    """Quotes, comments and dollars as dotenv and dotenv-expand have them."""
    (tmp_path / ".env").write_text(text + "\n", encoding="utf-8")
    assert read_env_file(tmp_path / ".env", {"X": "x"}).values["A"] == value


def test_the_shell_wins(tmp_path: Path) -> None:
    """Also where it is empty; what it has is not complained of."""
    (tmp_path / ".env").write_text("A=file$x\nB=file#x\nC=file\n")
    found = read_env_file(tmp_path / ".env", {"A": "shell", "B": ""})
    assert found.values == {"A": "shell", "B": "", "C": "file"}
    assert found.oddities == ()


def test_no_env_file(tmp_path: Path) -> None:
    """It is not needed."""
    assert read_env_file(tmp_path / ".env", {}).values == {}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("${env('A')}", "a"),
        ("${env('A', 'default')}", "a"),
        ("${env('EMPTY', 'default')}", "default"),
        ('${env("B", "x, y")}', "x, y"),
        ("${ env('B','') }", ""),
        ("pre-${env('A')}-${vars.inner}-post", "pre-a-a-post"),
        ("${vars.number}", 7),
        ("${resources.r.props.name}", "a"),
        ("${this.props.name}", "a"),
        ("${config('AccountID')}", "${config('AccountID')}"),
    ],
)
def test_expressions(tmp_path: Path, expression: str, value: object) -> None:
    """Every form that s.yaml uses, and others left as they are."""
    content = {
        "vars": {"inner": "${env('A')}", "number": 7},
        "resources": {"r": {"props": {"name": "${vars.inner}", "value": expression}}},
    }
    (tmp_path / "s.yaml").write_text(json.dumps(content))
    found = read_deployment(tmp_path / "s.yaml", {"A": "a", "EMPTY": ""})
    assert found.props("r")["value"] == value
    assert found.unset == ()
    assert found.unresolved == (("config('AccountID')",) if "config" in expression else ())


def test_what_is_unset_is_named_once(tmp_path: Path) -> None:
    """A variable without which `s` stops, empty or absent; a circle ends."""
    content = {"vars": {"a": "${vars.b}", "b": "${vars.a}"}, "resources": {"r": "${env('A')} ${env('A')} ${env('B')}"}}
    (tmp_path / "s.yaml").write_text(json.dumps(content))
    assert read_deployment(tmp_path / "s.yaml", {"B": ""}).unset == ("A", "B")


@pytest.mark.timeout(600)
def test_the_same_as_s(cli: list[str], tmp_path: Path) -> None:
    """What the doctor examines is what `s` would deploy."""
    shutil.copy(ROOT / "s.yaml", tmp_path)
    (tmp_path / ".env").write_text('OSS_BUCKET = bucket # c\nexport MODEL="m"\nSYSTEM_PROMPT=`say "x" # y`\nTIMEOUT=\n')
    shell = {name: "x" for name in REQUIRED if name != "OSS_BUCKET"} | {"MODEL": "shell's"}
    done = run_s(cli, tmp_path, ["preview", "-o", "json"], **shell)
    shown = json.loads(done.stdout[done.stdout.index("{") :])["resources"]
    variables = {**read_env_file(tmp_path / ".env", shell).values, **shell}
    found = read_deployment(tmp_path / "s.yaml", variables)
    assert {name: found.props(name) for name in shown} == {name: shown[name]["props"] for name in shown}


def test_a_finding_is_one_line() -> None:
    """What was found; what was wanted; what to do."""
    assert (
        problem("a.b", "it is x", "y", "make it y").line
        == "problem  a.b                    it is x; wanted y; to do: make it y"
    )
    assert ok("a.b", "it is y").line == "ok       a.b                    it is y"


def test_secrets_are_struck_out() -> None:
    """Longer ones first; what is too short to be a secret stays."""
    assert struck_out("key sk-12345 and sk-123 and a", ["sk-123", "sk-12345", "a", ""]) == "key *** and *** and a"


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example", "file:///etc/hostname", "http://", "http://[", "http://127.0.0.1:9"]
)
def test_what_cannot_be_asked(url: str) -> None:
    """Whatever is wrong with an address, it is one error with a reason."""
    with pytest.raises(Unreachable, match=r"\w"):
        Web(seconds=2).get(url)


def test_proxies_of_this_machine() -> None:
    """In small letters or capitals; an empty one is none."""
    assert Web.of({"https_proxy": "http://p:1", "HTTP_PROXY": "http://q:2"}).proxies == {
        "https": "http://p:1",
        "http": "http://q:2",
    }
    assert Web.of({"http_proxy": ""}).proxies == {}


def test_a_folder_is_no_env_file(tmp_path: Path) -> None:
    """One sentence."""
    with pytest.raises(DoctorError, match="cannot be read"):
        read_env_file(tmp_path, {})
