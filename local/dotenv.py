"""Reading a `.env` file: NAME=value lines, as `docker --env-file` and shells write them."""

from __future__ import annotations

import re
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


class DotenvProblem(Exception):
    """A line that is no setting; the text says which, without its value."""


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the settings in the file, none when there is no file.

    A value may stand in single or double quotes; after an unquoted one, ` #` begins a comment. Raises DotenvProblem.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise DotenvProblem(f"{path.name} cannot be read ({type(problem).__name__}); save it as UTF-8 text") from None
    settings = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise DotenvProblem(f"line {number} of {path.name} is not of the form NAME=value")
        settings[match[1]] = _value(match[2].strip())
    return settings


def _value(text: str) -> str:
    for mark in ("'", '"'):
        if len(text) >= 2 and text.startswith(mark) and text.endswith(mark):
            return text[1:-1]
    return re.split(r"\s+#", text, maxsplit=1)[0].strip()
