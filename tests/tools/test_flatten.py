"""Both functions as they ship do what their sources do."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud import LocalCloud, Options
from shipping.bytecode import compile_beside, compile_instead
from shipping.flatten import NotUnderstood, flattened

FUNCTIONS = Path(__file__).parent.parent.parent / "functions"
FIXTURES = FUNCTIONS.parent / "tests" / "fixtures" / "dingtalk"
pytestmark = pytest.mark.timeout(300)

# Every class of named fields: its fields, and how an instance of it behaves, with a word for each field.
CLASSES = """
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
def shown(made):
    try:
        return str(made())
    except Exception as problem:
        return "an " + "AttributeError" if isinstance(problem, AttributeError) else type(problem).__name__
found = {}
for package in map(importlib.import_module, sys.argv[2:]):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name == "shared.plain":
            continue
        for kind in vars(importlib.import_module(module.name)).values():
            names = getattr(kind, "_fields", None) or tuple(getattr(kind, "__dataclass_fields__", ()))
            if not isinstance(kind, type) or not names or not kind.__module__.startswith(tuple(sys.argv[2:])):
                continue
            words = {name: f"{name}!" for name in names}
            one, same = kind(**words), kind(*words.values())
            other = kind(**{**words, names[-1]: "other"})
            told = [list(names), one == same, one == other, one == "x", shown(lambda: hash(one) == hash(same))]
            told += [shown(lambda: setattr(one, names[0], 1)), shown(lambda: kind(**words, nothing=1)), shown(kind)]
            told += [shown(lambda: repr(kind(**words))), repr(getattr(kind, "__annotations__", None))]
            defaults = [[name, repr(getattr(kind, name))] for name in names if hasattr(kind, name)]
            told += [default for default in defaults if " at 0x" not in default[1]]
            found[f"{kind.__module__}.{kind.__qualname__}"] = told
print(json.dumps(found))
"""

# One signed callback per line of standard input; what is answered, logged and handed over, without what is random.
CALLBACKS = """
import base64, hashlib, hmac, io, json, os, re, sys, time
sys.path.insert(0, sys.argv[1])
from conversation.http import serve
from conversation.outgoing import Reply
from conversation.receive import receive
from conversation.wiring import build
class Clock:
    def now(self): return 1_800_000_000.0
    def sleep(self, seconds): pass
posts, log = [], io.StringIO()
def send(post, seconds):
    event = json.loads(post.body)
    event.pop("handover")
    posts.append([post.target, sorted(post.headers), event])
    return Reply(202, "1-x")
environ = {"DINGTALK_APP_SECRET": "s", "CHATGPT_FUNCTION": "reply", "INVOKE_ENDPOINT": "http://127.0.0.1:9",
           "ALIBABA_CLOUD_ACCESS_KEY_ID": "k", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "k", **json.loads(sys.argv[2])}
receiver = build(environ, Clock(), send, log)
answers = []
for line in sys.stdin:
    stamp = "1800000000000"
    sign = base64.b64encode(hmac.new(b"s", f"{stamp}\\ns".encode(), hashlib.sha256).digest()).decode()
    about = {"http": {"method": "POST", "path": "/"}}
    event = {"rawPath": "/", "headers": {"timestamp": stamp, "sign": sign}, "body": line, "requestContext": about}
    answers.append(serve(json.dumps(event).encode(), None, environ, lambda request: receive(request, receiver)))
print(json.dumps([answers, posts, log.getvalue()], sort_keys=True))
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `conversation` and `shared` as they ship, for the Python that runs the tests."""
    folder = tmp_path_factory.mktemp("flat")
    for part in ("conversation", "shared"):
        shutil.copytree(FUNCTIONS / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    compile_instead(folder, [sys.executable], ("conversation", "shared"))
    assert not list(folder.rglob("*.py"))
    return folder


@pytest.fixture(scope="module")
def shipped_reply(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both functions, `reply` with its sources and its bytecode beside them, as it ships."""
    folder = tmp_path_factory.mktemp("beside")
    for part in ("conversation", "reply", "shared"):
        shutil.copytree(FUNCTIONS / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    compile_beside(folder, [sys.executable], ("conversation", "reply", "shared"))
    return folder


def output(program: str, folder: Path, *arguments: str, given: str = "") -> str:
    """What a program prints about the code in `folder`."""
    command = [sys.executable, "-B", "-c", program, str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, input=given).stdout


def test_every_class_behaves_the_same(shipped: Path) -> None:
    """Fields, defaults, equality, hash, text, and what is refused are those of the dataclasses in the source."""
    packages = ("conversation", "shared")
    source, flat = (json.loads(output(CLASSES, folder, *packages)) for folder in (FUNCTIONS, shipped))
    assert flat.keys() == source.keys()
    assert len(source) > 20
    for name in source:
        assert flat[name] == source[name], name


def test_every_class_of_reply_behaves_the_same(shipped_reply: Path) -> None:
    """The same for the other function."""
    source, flat = (json.loads(output(CLASSES, folder, "reply", "shared")) for folder in (FUNCTIONS, shipped_reply))
    assert flat.keys() == source.keys()
    assert len(source) > 30
    for name in source:
        assert flat[name] == source[name], name


def test_the_shipped_code_answers(shipped_reply: Path) -> None:
    """Through the front door: a question, its context, clearing it, and help, answered by the bytecode that ships."""
    with LocalCloud(Options(code=(shipped_reply,))) as cloud:
        lin = cloud.person("Lin")
        for text in ("hello", "and again", "/clear", "/help"):
            [answer] = cloud.wait(cloud.say(lin, text))
            assert answer.text
        assert [len(request.messages) for request in cloud.model.requests] == [1, 3]
    loaded = output(
        "import sys; sys.path.insert(0, sys.argv[1]); import shared.message as m; print(m.Message._fields)",
        shipped_reply,
    )
    assert loaded.startswith("('id',")


@pytest.mark.parametrize("settings", [{}, {"INSTANT_ANSWERS": "webhook"}, {"DINGTALK_APP_SECRET": "other"}])
def test_every_callback_is_answered_the_same(shipped: Path, settings: dict[str, str]) -> None:
    """Answers, hand-overs and log lines are the same for every shape of message."""
    lines = "".join(json.dumps(json.loads(path.read_text())) + "\n" for path in sorted(FIXTURES.glob("*.json")))
    given = lines + "not json\n[]\n" + json.dumps({"msgtype": "text", "text": {"content": "/help"}}) + "\n"
    source, flat = (output(CALLBACKS, folder, json.dumps(settings), given=given) for folder in (FUNCTIONS, shipped))
    assert flat == source
    assert source.count('"statusCode": 200') > 30 or settings.get("DINGTALK_APP_SECRET")


def test_slow_modules_stay_out(shipped: Path) -> None:
    """What the flattening is for: neither dataclasses nor typing nor inspect is loaded."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); import conversation.index; print(*sys.modules)"
    command = [sys.executable, "-S", "-B", "-c", program, str(shipped)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not {"dataclasses", "typing", "inspect"} & set(loaded)


@pytest.mark.parametrize(
    "source",
    [
        "import dataclasses",
        "from dataclasses import fields",
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass A: ...",
        "from dataclasses import dataclass\n@dataclass\nclass A(B): ...",
        "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    a: int = field(compare=False)",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    a: int = 0\n    b: int",
    ],
)
def test_what_is_not_understood_stops_the_build(source: str) -> None:
    """Nothing is guessed: the message names the file and the line."""
    with pytest.raises(NotUnderstood, match=r"x\.py:\d+ has .*, which \S+flatten\.py does not know"):
        flattened(ast.parse(source), "x.py")


def test_lines_keep_their_numbers() -> None:
    """A traceback points to the line in the repository."""
    source = "from dataclasses import dataclass\n\n\n@dataclass\nclass A:\n    a: int\n\n\n1 / 0\n"
    code = compile(flattened(ast.parse(source), "x.py"), "x.py", "exec")
    assert max(line for *_, line in code.co_lines() if line) == 9
