"""A `.env` file as Serverless Devs reads it: the rules of dotenv 16 and dotenv-expand 10, which it applies twice.

https://github.com/motdotla/dotenv and https://github.com/motdotla/dotenv-expand ; seen with `s preview` of
`@serverless-devs/s` 3.1.10. They are not those of a shell or of `docker --env-file`: a `#` ends an unquoted value
wherever it stands, a quoted one may go over several lines, no backslash protects a quote, and a `$` takes another
variable's value, in single quotes, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LINE = re.compile(
    r"^\s*(?:export\s+)?([A-Za-z0-9_.-]+)(?:\s*=\s*?|:\s+?)"
    r"(\s*'(?:\\'|[^'])*'|\s*\"(?:\\\"|[^\"])*\"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$",
    re.MULTILINE,
)
_QUOTED = re.compile(r"^(['\"`])([\s\S]*)\1$", re.MULTILINE)
_DOLLAR = re.compile(r"(?<!\\)\$\{?([A-Za-z0-9_]+)(?::-([^}\\]*))?\}?")
_ASSIGNMENT = re.compile(r"\n\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*=")

_DEEPEST = 100
"""How often a value may lead to another; one that leads to itself has no end, and stops Serverless Devs."""


class DotenvProblem(Exception):
    """The file cannot be read, or a line is no setting; the text says which, without its value."""


@dataclass(frozen=True)
class Oddity:
    """Something that Serverless Devs reads otherwise than it looks: `what` it is, and what to do; no value is in it.

    `name` is the variable's, "" for a line that has none.
    """

    name: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Dotenv:
    """The variables in the file: `values` where the shell's own value wins, `written` as the file alone has them.

    `skipped` are the numbers of lines that are no setting.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    written: Mapping[str, str] = field(default_factory=dict, repr=False)
    oddities: tuple[Oddity, ...] = ()
    skipped: tuple[int, ...] = ()


def read_dotenv(path: Path, shell: Mapping[str, str]) -> Dotenv:
    """Read the file; no file is an empty one. `shell` has the variables around it. Raises DotenvProblem."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Dotenv()
    except (OSError, UnicodeDecodeError) as problem:
        raise DotenvProblem(f"{path.name} cannot be read ({type(problem).__name__}); save it as UTF-8 text") from None
    found = list(_LINE.finditer(text))  # reading has made every line end a \n
    plain = {match[1]: _plain((match[2] or "").strip()) for match in found}
    own = {name: value for name, value in shell.items() if name in plain}
    return Dotenv(
        values=_expanded({**plain, **own}, shell),
        written=_expanded(plain, shell),
        oddities=tuple(_oddities(found, {**plain, **own}, own)),
        skipped=tuple(_skipped(text, found)),
    )


def _plain(value: str) -> str:
    inner = _QUOTED.sub(r"\2", value)
    return inner.replace("\\n", "\n").replace("\\r", "\r") if value.startswith('"') else inner


def _expanded(given: Mapping[str, str], shell: Mapping[str, str]) -> dict[str, str]:
    """Twice: as it starts, and as it reads s.yaml; so a backslash before a `$` protects it from the first time only."""
    values = dict(given)
    for _ in range(2):
        around = {**shell, **values}
        values = {name: _filled(value, around).replace("\\$", "$") for name, value in values.items()}
    return values


def _filled(value: str, around: Mapping[str, str]) -> str:
    for _ in range(_DEEPEST):
        last = next(reversed([match.start() for match in re.finditer(r"(?<!\\)\$", value)]), None)
        match = _DOLLAR.search(value, last) if last is not None else None
        if match is None:
            return value
        value = value.replace(match[0], around.get(match[1]) or match[2] or "", 1)
    return ""


def _oddities(found: list[re.Match[str]], plain: Mapping[str, str], own: Mapping[str, str]) -> Iterator[Oddity]:
    for match in found:
        name, value, after = match[1], (match[2] or "").strip(), match.string[match.end(2) :] if match[2] else ""
        if name in own:
            continue
        quoted = value[:1] in ("'", '"', "`") and len(value) > 1 and value[-1] == value[0]
        if not quoted and after.startswith("#") and not match[2].endswith((" ", "\t")):
            yield Oddity(name, "has a #, and ends there", f"write {name}='…' in .env")
        elif value[:1] in ("'", '"', "`") and not quoted:
            yield Oddity(name, "begins with a quote that does not end it, and the quote stays", "quote it as a whole")
        elif quoted and f"\\{value[0]}" in value[1:-1]:
            yield Oddity(name, "has a backslash before a quote, and the backslash stays", "use quotes of another kind")
        elif quoted and _ASSIGNMENT.search(value):
            yield Oddity(name, "goes over several lines, and takes the variables there with it", "close its quotes")
    for name, value in plain.items():
        if _DOLLAR.search(value.replace("\\$", "$")):
            where = (
                f"export {name} without it" if name in own else f"take {name} out of .env and export it in the shell"
            )
            yield Oddity(name, "has a $, and another variable's value comes in its place", where)


def _skipped(text: str, found: list[re.Match[str]]) -> Iterator[int]:
    taken = {number for match in found for number in _lines(text, match)}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.strip().startswith("#") and number not in taken:
            yield number


def _lines(text: str, match: re.Match[str]) -> range:
    """The numbers of the lines of a setting; blank lines before it belong to it."""
    return range(text.count("\n", 0, match.start()) + 1, text.count("\n", 0, match.end()) + 2)
