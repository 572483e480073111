"""What `s deploy` would deploy: s.yaml with its `${…}` filled in as Serverless Devs does.

https://github.com/Serverless-Devs/Serverless-Devs ; seen with `s preview` of `@serverless-devs/s` 3.1.10.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from doctoring import DoctorError

FUNCTIONS = ("conversation", "reply")

_EXPRESSION = re.compile(r"\$\{([^{}]*)\}")
_ENV = re.compile(r"""env\(\s*(['"])(\w+)\1\s*(?:,\s*(['"])(.*)\3\s*)?\)""")
_DEEPEST = 20
"""How often an expression may lead to another."""


@dataclass(frozen=True)
class Deployment:
    """The file, and what becomes of it. `unset` are the variables without which `s` stops, by name.

    `unresolved` are expressions whose value only `s` itself knows.
    """

    written: Mapping[str, Any]
    content: Mapping[str, Any] = field(repr=False)
    unset: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()

    def props(self, function: str) -> Mapping[str, Any]:
        """A function's properties; none when the file has no such function."""
        return _mapping(_mapping(_mapping(self.content.get("resources")).get(function)).get("props"))

    def variables(self, function: str) -> Mapping[str, Any]:
        """A function's environment variables; values that are no text are a mistake."""
        return _mapping(self.props(function).get("environmentVariables"))

    def settings(self, function: str) -> dict[str, str]:
        """The same as text, for the function's own reader."""
        return {name: "" if value is None else str(value) for name, value in self.variables(function).items()}


def read_deployment(path: Path, variables: Mapping[str, str]) -> Deployment:
    """Read s.yaml with these variables of the shell. Raises DoctorError when it is no such file."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DoctorError(f"{path} is not there; run the doctor in the project's folder, or name it: --file") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as reason:
        mark = getattr(reason, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise DoctorError(f"{path.name} is no YAML{where} ({type(reason).__name__}); mend it") from None
    if not isinstance(content, dict) or not isinstance(content.get("resources"), dict):
        raise DoctorError(f"{path.name} has no resources; wanted Serverless Devs' edition 3.0.0; see s.yaml in git")
    filling = _Filling(content, variables)
    filled = filling.value(content, {})
    return Deployment(content, filled, tuple(dict.fromkeys(filling.unset)), tuple(dict.fromkeys(filling.unresolved)))


class _Filling:
    def __init__(self, content: Mapping[str, Any], variables: Mapping[str, str]) -> None:
        self._content = content
        self._variables = variables
        self.unset: list[str] = []
        self.unresolved: list[str] = []

    def value(self, value: Any, this: Mapping[str, Any], depth: int = 0) -> Any:
        if isinstance(value, dict):
            here = value if "props" in value else this
            return {name: self.value(inner, here, depth) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, this, depth) for inner in value]
        if not isinstance(value, str) or depth > _DEEPEST:
            return value
        whole = _EXPRESSION.fullmatch(value.strip())
        if whole:
            return self._expression(whole[1].strip(), this, depth)
        return _EXPRESSION.sub(lambda match: str(self._expression(match[1].strip(), this, depth)), value)

    def _expression(self, text: str, this: Mapping[str, Any], depth: int) -> Any:
        env = _ENV.fullmatch(text)
        if env:
            return self._variable(env[2], env[4])
        root: Any = self._content
        path = text.split(".")
        if path[0] == "this":
            root, path = this, path[1:]
        elif path[0] not in ("vars", "resources"):
            path = []
        for name in path:
            root = root.get(name) if isinstance(root, dict) else None
        if not path or root is None:
            self.unresolved.append(text)
            return "${" + text + "}"
        return self.value(root, this, depth + 1)

    def _variable(self, name: str, default: str | None) -> str:
        # An empty variable counts as unset.
        found = self._variables.get(name, "")
        if not found and default is None:
            self.unset.append(name)
        return found or default or ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
