"""What a check has to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum


class State(str, Enum):
    """How a check ended. Only a problem makes the doctor fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One line of the report: `check` is the check's id, like `model.key`; a problem has a `remedy`."""

    check: str
    state: State
    found: str
    wanted: str = ""
    remedy: str = ""

    @property
    def line(self) -> str:
        """The finding as people read it."""
        parts = [self.found]
        if self.state in (State.PROBLEM, State.WARNING) and self.wanted:
            parts.append(f"wanted {self.wanted}")
        if self.remedy:
            parts.append(f"to do: {self.remedy}")
        return f"{self.state.value:8} {self.check:22} {'; '.join(parts)}"

    def as_json(self, clean: Iterable[str] = ()) -> dict[str, str]:
        """All fields as text, without any of the secrets in `clean`."""
        return {
            name: struck_out(str(value), clean) for name, value in {**asdict(self), "state": self.state.value}.items()
        }


def ok(check: str, found: str) -> Finding:
    """All is as it must be."""
    return Finding(check, State.OK, found)


def problem(check: str, found: str, wanted: str, remedy: str) -> Finding:
    """Something that will not work."""
    return Finding(check, State.PROBLEM, found, wanted, remedy)


def warning(check: str, found: str, wanted: str, remedy: str) -> Finding:
    """Something that works, or may work, but is worth a look."""
    return Finding(check, State.WARNING, found, wanted, remedy)


def skipped(check: str, why: str, remedy: str = "") -> Finding:
    """Not looked at; `remedy` says how it can be."""
    return Finding(check, State.SKIPPED, why, "", remedy)


def or_ok(check: str, findings: Iterable[Finding], found: str) -> Iterator[Finding]:
    """The findings, or, when there are none, that all is well."""
    empty = True
    for finding in findings:
        empty = False
        yield finding
    if empty:
        yield ok(check, found)


def struck_out(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret of at least four characters replaced."""
    for secret in sorted({s for s in secrets if len(s) >= 4}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
