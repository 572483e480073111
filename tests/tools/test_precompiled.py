"""What is compiled beforehand is what Python's compilers make, and what is not known goes to them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import record_texts
from shipping.beforehand import TEXTS, texts_path
from shipping.bytecode import run_compiler
from shipping.precompiled import NAME
from shipping.target import parse_target
from tests.tools.conftest import interpreter_of

SHIPPING = TEXTS.parent / "shipping"
TARGETS = ("3.12", "3.10")
PACKAGES = ("conversation", "reply")
pytestmark = pytest.mark.timeout(600)

# Every recorded text once by Python's compilers, and once by what is shipped.
COMPARE = """
import json, re, sys
sys.path.insert(0, sys.argv[1])
import precompiled
texts = json.load(open(sys.argv[2], encoding="utf-8"))
patterns = [(p if isinstance(p, str) else p["bytes"].encode("latin-1"), f) for p, f in texts["patterns"]]
def shape(made):
    return [made.pattern, made.flags, made.groups, dict(made.groupindex), repr(made)]
compiler = sys.modules.get("re._compiler") or sys.modules["sre_compile"]
def constant(value):
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    return parts(value) if hasattr(value, "co_code") else repr(value)
def parts(code):
    inner = list(map(constant, code.co_consts))
    return [code.co_code.hex(), code.co_names, code.co_varnames, code.co_filename, code.co_name, code.co_flags, inner]
plain = [compiler.compile(*p) for p in patterns]
import collections, dataclasses, typing
known = {"tuples": {}, "classes": {}, "types": {}}
precompiled.install(sys.argv[1] + "/index.py")
assert compiler.compile.__self__.__class__.__name__ == "Patterns"
shipped = [compiler.compile(*p) for p in patterns]
assert list(map(shape, shipped)) == list(map(shape, plain))
assert shipped == plain, "patterns compare by their code"
assert all(key in compiler.compile.__self__._made for key in patterns)
holders = {"tuples": (collections, "eval", "eval"), "classes": (dataclasses, "exec", "exec"),
           "types": (typing, "compile", "eval")}
for kind, (module, name, mode) in holders.items():
    for text in texts[kind]:
        made = vars(module)[name].__self__._known(text)
        assert made is not text, text
        assert parts(made) == parts(compile(text, "<string>", mode, dont_inherit=True)), text
print(len(patterns) + sum(len(texts[kind]) for kind in holders))
"""

UNKNOWN = """
import re, sys
sys.path.insert(0, sys.argv[1])
import precompiled
precompiled.install(sys.argv[1] + "/index.py")
import collections, dataclasses, typing
assert re.compile(r"(?P<never>seen) before\\d", re.I).search("SEEN before7")["never"] == "SEEN"
assert re.compile(b"x+", re.L).flags & re.L
try: re.compile("(")
except re.error as problem: assert "unterminated" in str(problem)
else: raise AssertionError
Row = collections.namedtuple("Row", "never_seen other", defaults=[2])
assert Row(1) == (1, 2) and repr(Row(1)) == "Row(never_seen=1, other=2)"
@dataclasses.dataclass(order=True, frozen=True)
class Never:
    seen: int
    names: list = dataclasses.field(default_factory=list)
assert Never(1) < Never(2) and Never.__init__.__annotations__["seen"] is int
assert typing.get_type_hints(type("T", (), {"__annotations__": {"a": "list[int] | None"}}))["a"] == list[int] | None
try: typing.ForwardRef("not a type")
except SyntaxError: pass
else: raise AssertionError
"""


def shipped(minor: str, name: str, folder: Path) -> Path:
    """A folder with what one package ships beside its modules, from the recorded texts."""
    program, texts = SHIPPING / "precompile.py", texts_path(parse_target(minor), name)
    run_compiler([*interpreter_of(minor), "-S", str(program), str(texts), str(folder / NAME)])
    Path(folder, "precompiled.py").write_bytes((SHIPPING / "precompiled.py").read_bytes())
    return folder


def run(minor: str, program: str, *arguments: str) -> str:
    """What a program prints."""
    command = [*interpreter_of(minor), "-I", "-S", "-B", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("minor", TARGETS)
def test_every_text_gives_what_the_compilers_make(tmp_path: Path, minor: str, name: str) -> None:
    """Patterns are equal by their code, codes by their instructions, constants and names."""
    texts = texts_path(parse_target(minor), name)
    assert int(run(minor, COMPARE, str(shipped(minor, name, tmp_path)), str(texts))) > 40


@pytest.mark.parametrize("minor", TARGETS)
def test_an_unknown_text_goes_to_the_compilers(tmp_path: Path, minor: str) -> None:
    """Expressions, tuples, classes and types that nobody recorded are as always, and so are their errors."""
    run(minor, UNKNOWN, str(shipped(minor, "reply", tmp_path)))


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path, damage: bytes | None) -> None:
    """Damaged, or not there: Python compiles, as without it."""
    shipped("3.12", "reply", tmp_path)
    (tmp_path / NAME).unlink() if damage is None else (tmp_path / NAME).write_bytes(damage)
    run("3.12", f"{UNKNOWN}\nassert 'eval' not in vars(collections)", str(tmp_path))


def test_a_file_of_another_python_changes_nothing(tmp_path: Path) -> None:
    """What 3.10 compiled is not run by 3.12."""
    shipped("3.10", "reply", tmp_path)
    run("3.12", f"{UNKNOWN}\nassert 'eval' not in vars(collections)", str(tmp_path))


@pytest.mark.parametrize("name", PACKAGES)
@pytest.mark.parametrize("minor", TARGETS)
def test_the_records_are_of_these_packages(built: Callable[[str], Path], minor: str, name: str) -> None:
    """Nine tenths of what a start compiles is recorded; another release of Python may write some texts otherwise."""
    recorded = json.loads(texts_path(parse_target(minor), name).read_text(encoding="utf-8"))
    heard = record_texts.recorded(built(minor) / name, interpreter_of(minor), name)
    for kind, texts in heard.items():
        missing = [text for text in texts if text not in recorded[kind]]
        assert len(missing) * 10 <= len(texts), f"run python3 tools/record_texts.py: {kind} {missing[:3]} …"
