"""Imports point down: the layer rules of CONTRIBUTING.md, held over every file of `functions/`.

Small tables, walked over each file's syntax tree; what only a running interpreter knows is asked of a fresh one.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parent.parent / "functions"
FILES = sorted(FUNCTIONS.rglob("*.py"))

OWN = {
    "shared": {"shared"},
    "conversation": {"conversation", "shared"},
    "reply": {"reply", "shared"},
}
"""Which of our packages each may import, besides the standard library."""

DOORS = {
    "fc2": {"conversation/fc2_call.py"},
    "oss2": {"reply/oss.py"},
    "openai": {"reply/llm/chat.py"},
    "httpx2": {"reply/llm/chat.py"},
    "requests": {"reply/channels/session_webhook.py"},
    "urllib3": {"reply/channels/session_webhook.py"},
}
"""Third-party packages, and the one module that may import each."""

ONLY_INSIDE_A_FUNCTION = {"fc2", "oss2", "requests", "urllib3"}
"""What most deployments never need, nobody has to import or ship; what only an answer needs, no question waits for."""

ABOVE = {
    "index": set(),
    "wiring": {"index"},
    "receive": {"index", "wiring"},
    "answer": {"index", "wiring"},
}
"""The upper storeys of both functions: who may import them, in the same package."""

TOUCH = {
    "os.environ os.environb os.getenv": {"conversation/index.py", "reply/index.py"},
    "time.time time.sleep datetime.now datetime.utcnow": {"shared/clock.py", "reply/index.py"},
    "open os.open os.listdir os.scandir os.remove os.rename os.replace os.makedirs pathlib.Path": {
        "reply/bucket.py",
        "shared/deployed.py",
    },
    "print input eval exec breakpoint": set(),
}
"""What only these files may use: the environment, the machine's clock, files; and what nobody may.

Files are the bucket's, and the one that the build put beside the code (`shared/deployed.py`).
"""

MODULES = 98
"""Modules that `conversation.index` may add to a bare interpreter. Counts do not flicker as milliseconds do."""


def name_of(path: Path) -> str:
    return path.relative_to(FUNCTIONS).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(node: ast.AST) -> Iterator[str]:
    """Dotted names of what is imported anywhere below `node`, without what only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from imports(child)


def imports_at_load(node: ast.AST) -> Iterator[str]:
    """The same without what is imported inside functions, or for types only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield from imports(ast.Module([child], []))
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports_at_load(child)


def own_modules(path: Path, *, at_load: bool = False) -> set[Path]:
    """The files of our own that a file imports."""
    found = set()
    for name in (imports_at_load if at_load else imports)(tree_of(path)):
        parts = name.split(".")
        if parts[0] in OWN:
            while parts:
                stem = FUNCTIONS.joinpath(*parts)
                hit = next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()), None)
                if hit:
                    found.add(hit)
                    break
                parts.pop()
    return found - {path}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_what_lies_below(path: Path) -> None:
    """`shared` imports the standard library; the functions import `shared` and never each other; doors are theirs."""
    package = name_of(path).split("/")[0]
    for name in imports(tree_of(path)):
        top = name.split(".")[0]
        allowed = top in OWN[package] or top in sys.stdlib_module_names or name_of(path) in DOORS.get(top, ())
        assert allowed, f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_rare_packages_are_imported_when_needed(path: Path) -> None:
    """Nothing that only some deployments use is imported with the module."""
    tops = {name.split(".")[0] for name in imports_at_load(tree_of(path))}
    assert not tops & ONLY_INSIDE_A_FUNCTION


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_upper_storeys_are_entered_from_above(path: Path) -> None:
    """Nothing imports an entry point, only entry points the wiring, only these two the job."""
    for other in own_modules(path):
        if other.parent.parent == FUNCTIONS and other.stem in ABOVE:
            allowed = path.parent == other.parent and path.stem in ABOVE[other.stem]
            assert allowed, f"{name_of(path)} imports {name_of(other)}"


def test_no_circles() -> None:
    """There is a below: no file imports, by whatever way round, itself."""
    below = {path: own_modules(path, at_load=True) for path in FILES}
    while free := [path for path, others in below.items() if not others & set(below)]:
        for path in free:
            del below[path]
    assert [name_of(path) for path in below] == []


def attributes(path: Path) -> set[str]:
    """Dotted names used, like `os.environ` or `time.time`."""
    return {ast.unparse(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_only_some_files_may_touch(path: Path) -> None:
    """The environment is read at the entry points, a clock is given, files belong to one module, and nobody prints."""
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    used = attributes(path) | set(imports(tree_of(path))) | names
    for what, where in TOUCH.items():
        assert name_of(path) in where or not used & set(what.split()), what


def test_the_tables_are_not_out_of_date() -> None:
    """Every file a table names exists and does what it is listed for."""
    for package, doors in DOORS.items():
        for door in doors:
            assert any(name.split(".")[0] == package for name in imports(tree_of(FUNCTIONS / door))), (package, door)
    for where in TOUCH.values():
        assert all((FUNCTIONS / name).is_file() for name in where)


FRESH = """
import sys
sys.path.insert(0, {functions!r})
bare = set(sys.modules)
import conversation.index as index
loaded = sorted(set(sys.modules) - bare)
context = None
event = '{{"rawPath": "/", "headers": {{}}, "body": "x", "requestContext": {{"http": {{"method": "POST"}}}}}}'
assert index.handler(event, context)["statusCode"] == 401
later = sorted(set(sys.modules) - bare - set(loaded))
import json
print(json.dumps([loaded, later]))
"""


@cache
def fresh() -> tuple[list[str], list[str]]:
    """What a fresh interpreter loads for the entry point, and what for a refusal after that."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", FRESH.format(functions=str(FUNCTIONS))],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded, later = json.loads(done.stdout.splitlines()[-1])
    return loaded, later


def test_the_acknowledging_function_loads_the_standard_library_alone() -> None:
    """No third-party package is near `conversation`, and nothing of `reply`."""
    known = sys.stdlib_module_names | OWN["conversation"]
    assert [name for name in fresh()[0] if name.split(".")[0] not in known] == []


def test_the_acknowledging_function_loads_little() -> None:
    """A fixed number of modules: every one is paid for in cold starts on a tenth of a core."""
    assert len(fresh()[0]) <= MODULES, fresh()[0]


@pytest.mark.parametrize(
    "name", ["http.client", "ssl", "email", "urllib.request", "urllib.parse", "asyncio", "logging"]
)
def test_what_costs_much_is_not_loaded(name: str) -> None:
    """TLS is for a message that is handed over; whoever is refused does not cost it."""
    loaded, later = fresh()
    assert name not in [*loaded, *later]
