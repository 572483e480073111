"""Imports that are put off until they are needed, in packages that import everything at once.

`openai` builds hundreds of model classes when it is imported, of which a chat completion uses a dozen: on half a core
that is a second of every cold start. Three changes, each of a kind that a test proves to be equivalent, are made to
copies in our package; the packages themselves are installed unchanged everywhere else:

1. A package whose `__init__` only passes on names from its modules gets them at the first use (PEP 562).
2. A version that is looked up in the installation's records at every start is written down.
3. A module that only some functions use is imported by these functions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from shipping import ShippingError

PASSING_ON = ("openai/types/**/__init__.py", "openai/lib/__init__.py", "openai/lib/_parsing/__init__.py")
"""Where kind 1 is looked for; a file that does anything else stays as it is."""

VERSIONS = ("httpx2/__version__.py", "httpcore2/__init__.py")

_STREAMING = (
    "from openai.lib.streaming.chat import ChatCompletionStreamManager, AsyncChatCompletionStreamManager",
    "from ....lib.streaming.chat import ChatCompletionStreamManager, AsyncChatCompletionStreamManager",
)
INSIDE = {
    "openai/_utils/_sync.py": "import asyncio",
    "openai/_base_client.py": "import asyncio",
    "openai/lib/_chat_completion_resources.py": _STREAMING[0],
    "openai/resources/chat/completions/completions.py": _STREAMING[1],
}
"""File -> an import that only its functions use: for clients that are not synchronous, for streams of typed events."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_LOOKED_UP = re.compile(r'\bversion\("([\w.-]+)"\)')
_LAZY = """

def __getattr__(name):
    try:
        module, original = _FROM[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    from importlib import import_module

    value = getattr(import_module(module, __name__), original)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_FROM})
"""


def put_off(folder: Path) -> int:
    """Make the three changes in the packages of `folder`, as far as these are there; returns how many files changed.

    Raises ShippingError when one of them is no longer as it was when the change was proved.
    """
    changed = 0
    for pattern in PASSING_ON:
        for path in sorted(folder.glob(pattern)):
            text = _passed_on_when_used(path.read_text(encoding="utf-8"))
            changed += _write(path, text)
    for name in VERSIONS:
        if (folder / name).is_file():
            changed += _write(folder / name, _version_written_down(folder, folder / name))
    for name, statement in INSIDE.items():
        if (folder / name).is_file():
            changed += _write(
                folder / name, _imported_inside((folder / name).read_text(encoding="utf-8"), statement, name)
            )
    return changed


def _write(path: Path, text: str | None) -> bool:
    if text is None:
        return False
    path.write_bytes(text.encode())
    return True


def _passed_on_when_used(text: str) -> str | None:
    """The `__init__` in its lazy form; None when it is not one that only passes names on."""
    origins: dict[str, tuple[str, str]] = {}
    tree = ast.parse(text)
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        if not isinstance(statement, ast.ImportFrom) or statement.level != 1 or not statement.module:
            return None
        for alias in statement.names:
            if alias.name == "*":
                return None
            origins[alias.asname or alias.name] = (f".{statement.module}", alias.name)
    if not origins:
        return None
    lines = "".join(f"    {name!r}: {origin!r},\n" for name, origin in origins.items())
    return f"_FROM = {{\n{lines}}}\n__all__ = [name for name in _FROM if not name.startswith('_')]\n{_LAZY}"


def _version_written_down(folder: Path, path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    found = _LOOKED_UP.search(text)
    records = sorted(folder.glob(f"{found[1]}-*.dist-info/METADATA")) if found else []
    version = re.search(r"^Version: (\S+)$", records[0].read_text(encoding="utf-8"), re.M) if records else None
    if not found or not version or text.count("version(") != 1:
        raise ShippingError(f"{path.name} no longer looks its version up; mend VERSIONS in tools/shipping/lazy.py")
    text = text.replace(found[0], f'"{version[1]}"')
    return re.sub(r"^from importlib\.metadata import version$", "", text, flags=re.M)


def _imported_inside(text: str, wanted: str, name: str) -> str:
    """The source with the statement `wanted` at the beginning of each function that uses it, and nowhere else."""
    tree = ast.parse(text)
    imports = [s for s in tree.body if isinstance(s, ast.Import | ast.ImportFrom) and ast.unparse(s) == wanted]
    given = {alias.asname or alias.name for found in imports for alias in found.names}
    if len(imports) != 1 or _names(given, _at_import(tree)) or "from __future__ import annotations" not in text:
        raise ShippingError(f"{name} has {wanted!r} in another way; mend INSIDE in tools/shipping/lazy.py")
    lines = text.split("\n")
    for user in sorted(_functions(tree), key=lambda function: -function.lineno):
        if _names(given, (node for statement in user.body for node in ast.walk(statement))):
            documented = len(user.body) > 1 and ast.get_docstring(user, clean=False) is not None
            first = user.body[1 if documented else 0]
            lines.insert(first.lineno - 1, f"{' ' * first.col_offset}{wanted}")
    start, end = imports[0].lineno - 1, imports[0].end_lineno or imports[0].lineno
    lines[start:end] = [""] * (end - start)
    return "\n".join(lines)


def _names(wanted: Collection[str], nodes: Iterable[ast.AST]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in wanted for node in nodes)


def _functions(node: ast.AST) -> Iterator[_Function]:
    """The functions and methods below `node`, without those inside of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _functions(child)


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when the module is imported, where annotations are not."""
    yield node
    children: Iterable[ast.AST | None] = ast.iter_child_nodes(node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        children = (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults)
    elif isinstance(node, ast.AnnAssign):
        children = (node.target, node.value)
    for child in children:
        if child is not None:
            yield from _at_import(child)
