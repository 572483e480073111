"""A `.env` file as Serverless Devs reads it: the rules of dotenv 16 and dotenv-expand 10.

https://github.com/motdotla/dotenv and https://github.com/motdotla/dotenv-expand ; seen with `s preview` of
`@serverless-devs/s` 3.1.10. They are not those of `docker --env-file`: a `#` ends an unquoted value wherever it stands,
and a `$` takes another variable's value, even in single quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from doctoring import DoctorError

_LINE = re.compile(
    r"^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)"
    r"(\s*'(?:\\'|[^'])*'|\s*\"(?:\\\"|[^\"])*\"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$",
    re.MULTILINE,
)
_QUOTED = re.compile(r"^(['\"`])(.*)\1$", re.DOTALL)
_VARIABLE = re.compile(r"\\?\$(?:\{([A-Za-z0-9_]+)(?::-([^}]*))?\}|([A-Za-z0-9_]+))")


@dataclass(frozen=True)
class EnvFile:
    """The variables in the file.

    `expanded` names those whose value had a `$` that Serverless Devs takes for another variable, `cut` those whose
    unquoted value ended at a `#` that stood against it.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    expanded: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


def read_env_file(path: Path, shell: Mapping[str, str]) -> EnvFile:
    """Read the file; no file is an empty one. What `shell` has wins, also where it is empty. Raises DoctorError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return EnvFile()
    except (OSError, UnicodeDecodeError) as reason:
        raise DoctorError(f"{path.name} cannot be read ({type(reason).__name__}); save it as UTF-8 text") from None
    values: dict[str, str] = {}
    cut = []
    for match in _LINE.finditer(text):
        values[match[1]] = _plain((match[2] or "").strip())
        end = match.end(2) if match[2] else 0
        if match[2] and match[2].strip()[:1] not in "'\"`" and text[end : end + 1] == "#" and text[end - 1] != " ":
            cut.append(match[1])
    expanded = tuple(name for name, value in values.items() if name not in shell and _VARIABLE.search(value))
    filled = {name: shell[name] if name in shell else _filled(value, values, shell) for name, value in values.items()}
    return EnvFile(filled, expanded, tuple(name for name in cut if name not in shell))


def _plain(value: str) -> str:
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        return value
    inner = quoted[2]
    return inner.replace("\\n", "\n").replace("\\r", "\r") if quoted[1] == '"' else inner


def _filled(value: str, values: Mapping[str, str], shell: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        return shell.get(name) or values.get(name) or match[2] or ""

    return _VARIABLE.sub(replaced, value)
