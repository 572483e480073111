"""Compile our own modules so that they start fast; run by the Python that will run them, on a package's folder.

`python flatten.py FORM FOLDER PACKAGE…` writes bytecode of the named packages: "instead" of the sources, which can then
go, or "beside" them, where Python looks for it first. The sources stay dataclasses and types; in the bytecode a
dataclass is a class with its methods written out (`shared/plain`), and what only type checkers read is left out. Lines
keep their numbers. What this does not know stops it: a test proves the rest equivalent.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import sys
from pathlib import Path

PLAIN = "shared.plain"
_TYPING = {"TYPE_CHECKING", "Any", "Literal", "Protocol", "TextIO", "cast"}
_DATACLASSES = {"replace", "asdict"}


class NotUnderstood(Exception):
    """A module does something that cannot be flattened; the message says what and where."""


def main(arguments: list[str]) -> int:
    """Compile; returns the exit code."""
    form, folder = arguments[0], Path(arguments[1])
    try:
        for package in arguments[2:]:
            for path in sorted((folder / package).rglob("*.py")):
                _compile(path, folder, beside=form == "beside")
    except (NotUnderstood, SyntaxError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _compile(path: Path, folder: Path, *, beside: bool) -> None:
    source, name = path.read_bytes(), path.relative_to(folder).as_posix()
    tree = flattened(ast.parse(source), name)
    code = compile(tree, f"/code/{name}", "exec", dont_inherit=True, optimize=0 if beside else 2)
    # The form of unchecked-hash bytecode (PEP 552): no time stamp is in it.
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(source)
    place = Path(importlib.util.cache_from_source(str(path), optimization="")) if beside else path.with_suffix(".pyc")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(head + marshal.dumps(code))


def flattened(tree: ast.Module, name: str) -> ast.Module:
    """The module without dataclasses and types. Raises NotUnderstood."""
    _Flatten(name).visit(tree)
    ast.fix_missing_locations(tree)
    return tree


class _Flatten(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self._name = name
        self._needed: set[str] = set()
        self._in_function = False

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.generic_visit(node)
        if self._needed:
            names = [ast.alias(n, f"_plain_{n}") for n in sorted(self._needed)]
            futures = [i for i, s in enumerate(node.body) if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
            at = futures[-1] + 1 if futures else 0
            node.body.insert(at, ast.copy_location(ast.ImportFrom(PLAIN, names, 0), node.body[at]))
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.ImportFrom]:
        if node.module not in ("typing", "dataclasses"):
            return node
        kept = [alias for alias in node.names if alias.name not in ("dataclass", "field", "TYPE_CHECKING")]
        known = [alias for alias in kept if alias.name in _TYPING | _DATACLASSES and not alias.asname]
        others = [alias for alias in kept if alias not in known]
        if others and node.module == "dataclasses":
            raise self._strange(node, f"dataclasses.{others[0].name}")
        return [
            ast.copy_location(ast.ImportFrom(module, names, 0), node)
            for module, names in ((PLAIN, known), ("typing", others))
            if names
        ]

    def visit_Import(self, node: ast.Import) -> ast.AST:
        if any(alias.name in ("typing", "dataclasses") for alias in node.names):
            raise self._strange(node, "a whole import of typing or dataclasses")
        return node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if ast.unparse(node.test) == "TYPE_CHECKING" and not node.orelse:
            return None
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        arguments = node.args
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            argument.annotation = None
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                extra.annotation = None
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        marks = [d for d in node.decorator_list if ast.unparse(d).startswith("dataclass")]
        if not marks:
            return node
        mark = ast.unparse(marks[0])
        if mark not in ("dataclass", "dataclass(frozen=True)") or len(node.decorator_list) != 1 or node.bases:
            raise self._strange(node, f"dataclass {node.name} with more than frozen=True")
        base = "FrozenRecord" if "frozen" in mark else "Record"
        self._needed.add(base)
        node.decorator_list = []
        node.bases = [ast.Name(f"_plain_{base}", ast.Load())]
        self._write_out(node)
        return node

    def _write_out(self, node: ast.ClassDef) -> None:
        """Give the class `_fields`, `_hidden` and an `__init__`, and take the calls of `field` out of its body."""
        names, hidden, required, optional, values = [], [], [], [], []
        for statement in node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            name, options = statement.target.id, self._options(statement)
            if "ClassVar" in ast.unparse(statement.annotation):
                raise self._strange(node, f"a ClassVar in {node.name}")
            names.append(name)
            if "repr" in options:
                hidden.append(name)
            statement.value = options.get("default")
            if "factory" in options:
                self._needed.add("UNSET")
                optional.append(f"{name}=_plain_UNSET")
                values.append(f"{name}=({ast.unparse(options['factory'])})() if {name} is _plain_UNSET else {name}")
                continue
            values.append(f"{name}={name}")
            if "default" in options:
                optional.append(f"{name}={name}")  # the class's own attribute: evaluated once, as by dataclasses
            elif optional:
                raise self._strange(node, f"{name} without a default after one with")
            else:
                required.append(name)
        after = "\n self.__post_init__()" if any(getattr(s, "name", "") == "__post_init__" for s in node.body) else ""
        text = (
            f"_fields = {tuple(names)!r}\n_hidden = {tuple(hidden)!r}\n"
            f"def __init__(self, {', '.join(required + optional)}):\n self.__dict__.update({', '.join(values)}){after}"
        )
        added = ast.parse(text).body
        for statement in added:
            for part in ast.walk(statement):
                ast.copy_location(part, node)
        node.body += added

    def _options(self, statement: ast.AnnAssign) -> dict[str, ast.expr]:
        """What a field has of "default", "factory" and "repr" (which is there when it is not shown)."""
        value = statement.value
        if value is None:
            return {}
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "field":
            known = {"default": "default", "default_factory": "factory", "repr": "repr"}
            options = {known.get(str(k.arg), ""): k.value for k in value.keywords}
            if value.args or "" in options or ast.unparse(options.get("repr", ast.Constant(False))) != "False":
                raise self._strange(statement, ast.unparse(value))
            return options
        return {"default": value}

    def _strange(self, node: ast.AST, what: str) -> NotUnderstood:
        return NotUnderstood(
            f"{self._name}:{getattr(node, 'lineno', 0)} has {what}, which tools/shipping/flatten.py does not know"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
