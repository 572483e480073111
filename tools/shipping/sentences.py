"""The sentences a function can say: the acknowledging one ships no others, because each is paid for at a cold start."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from shipping import ShippingError

WORDING = Path("shared", "wording")


def leave_out_unsaid(folder: Path) -> int:
    """Take the sentences that nothing in the package's folder asks for out of its wording; how many they were.

    Asked for is what is named as an attribute, or by a text whose beginning is written down: `f"refused_{reason}"`.
    Raises ShippingError where nobody can tell which sentence is asked for.
    """
    modules = [path for path in folder.rglob("*.py") if WORDING not in path.relative_to(folder).parents]
    named = {name for path in modules for name in _named(path, folder)}
    prefixes = tuple(name[:-1] for name in named if name.endswith("*"))
    left_out: set[str] = set()
    for path in sorted((folder / WORDING).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == "Wording":
                kept = [part for part in node.body if _field(part) in named or _field(part).startswith(prefixes)]
                left_out |= {_field(part) for part in node.body if part not in kept} - {""}
                node.body = kept
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Wording":
                node.keywords = [k for k in node.keywords if k.arg in named or str(k.arg).startswith(prefixes)]
        path.write_text(ast.unparse(tree) + "\n", encoding="utf-8", newline="\n")
    return len(left_out)


def _field(part: ast.stmt) -> str:
    return part.target.id if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name) else ""


def _named(path: Path, folder: Path) -> Iterator[str]:
    """Every name that may be a sentence's; one of which only the beginning is known ends with a `*`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr" and "word" in ast.unparse(node.args[0]):
            wanted = node.args[1]
            begins = wanted.values[0] if isinstance(wanted, ast.JoinedStr) else wanted
            known = str(begins.value) if isinstance(begins, ast.Constant) else ""
            if not known:
                where = f"{path.relative_to(folder)} line {node.lineno}"
                raise ShippingError(f"{where} asks for a sentence whose name cannot be told; write how it begins")
            yield f"{known}*" if isinstance(wanted, ast.JoinedStr) else known
