"""The settings of both functions, by the functions' own readers, and what must fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conversation.dispatch import TOTAL_SECONDS
from doctoring.deployment import FUNCTIONS
from doctoring.examination import Examination
from doctoring.finding import Finding, or_ok, problem, warning

ROOM_S = 40
"""Seconds of `reply` beside one model call: reading the bucket, saving, delivering several parts, the watchdog."""


SHOWN = 30
"""Characters of a value that are shown."""

OWN = frozenset({"LOG_LEVEL", "LOG_TEXT", "VERBOSE", "ENDPOINT"})
"""Settings that each function may have a value of its own of: how much it logs, and an older bot's name that means FC's
address in one and the model's in the other.
"""


def files(examined: Examination) -> Iterator[Finding]:
    """config.yml and prompts.yml, as the build would take them."""
    read = " and ".join(examined.files.read)
    told = f"{read} can be compiled" if read else "there is no config.yml and no prompts.yml; they may be left out"
    yield from or_ok("settings.files", _files(examined), told)


def _files(examined: Examination) -> Iterator[Finding]:
    for wrong in examined.wrong_in_files:
        found, _, remedy = wrong.sentence.rpartition("; ")
        where = f"{wrong.file} line {wrong.line}"
        yield problem("settings.files", f"{where}: {found or remedy}", "", remedy if found else "correct or remove it")
    for note in examined.files.notes:
        yield warning("settings.files", note, "", "remove it there")


def conversation(examined: Examination) -> Iterator[Finding]:
    """As `conversation` would read them."""
    problems = (*examined.conversation.problems, *examined.conversation.closed)
    yield from _of("conversation", problems, len(examined.conversation.names))


def reply(examined: Examination) -> Iterator[Finding]:
    """As `reply` would read them."""
    yield from _of("reply", examined.reply.problems, len(examined.reply.names))


def _of(function: str, problems: Sequence[str], names: int) -> Iterator[Finding]:
    check = f"settings.{function}"
    yield from or_ok(check, (_split(check, sentence) for sentence in problems), f"{names} settings are complete")


def _split(check: str, sentence: str) -> Finding:
    """A reader's sentence: what was found; what was wanted; what to do. Some leave out what was wanted."""
    found, _, rest = sentence.partition("; ")
    if not rest.startswith("wanted "):
        return problem(check, found, "", rest or "correct or remove it")
    wanted, _, remedy = rest.removeprefix("wanted ").partition("; ")
    return problem(check, found, wanted, remedy or "correct or remove it")


def unread(examined: Examination) -> Iterator[Finding]:
    """Variables that nobody reads: most are misspelt."""
    yield from or_ok("settings.unread", _unread(examined), "every variable is read by its function")


def _unread(examined: Examination) -> Iterator[Finding]:
    known = {"conversation": examined.conversation.names, "reply": examined.reply.names}
    for function in FUNCTIONS:
        for name in examined.deployment.variables(function):
            if name not in known[function]:
                found = f"{function} is given {name}, which it does not read"
                yield problem("settings.unread", found, "a setting of the README", "correct its name, or remove it")


def both(examined: Examination) -> Iterator[Finding]:
    """What both functions read is the same in both: else one refuses, or promises, what the other does not know of."""
    shared = set(examined.conversation.names) & set(examined.reply.names) - OWN
    told = f"{len(shared)} settings that both functions read are the same in both"
    yield from or_ok("settings.both", _differing(examined, sorted(shared)), told)


def _differing(examined: Examination, names: Sequence[str]) -> Iterator[Finding]:
    given = [(function, examined.deployment.settings(function)) for function in FUNCTIONS]
    for name in names:
        under = examined.files.settings.get(name, "")
        values = [(function, settings.get(name, "") or under) for function, settings in given]
        if len({value for _, value in values}) > 1:
            found = " and ".join(f"{_short(value)} for {function}" for function, value in values)
            remedy = "give both the same in s.yaml"
            yield problem("settings.both", f"{name} is {found}", "one value for both functions", remedy)


def _short(value: str) -> str:
    """The beginning of a value; none of those that both functions read is a secret."""
    return (value if len(value) <= SHOWN else value[:SHOWN] + "…") if value else "unset"


def times(examined: Examination) -> Iterator[Finding]:
    """Each function's own time-out leaves room for what it does."""
    timeout = examined.deployment.props("reply").get("timeout")
    told = f"one model call may take {examined.reply.answer.model_seconds:g} s of reply's {timeout} s"
    yield from or_ok("settings.times", _times(examined), told)


def _times(examined: Examination) -> Iterator[Finding]:
    model = examined.reply.answer.model_seconds
    for function, needed, why, remedy in (
        ("reply", model + ROOM_S, f"TIMEOUT is {model:g} s", "raise timeout in s.yaml, or lower TIMEOUT"),
        ("conversation", TOTAL_SECONDS + 2, f"handing over takes up to {TOTAL_SECONDS:g} s", "raise timeout in s.yaml"),
    ):
        timeout = examined.deployment.props(function).get("timeout")
        if not isinstance(timeout, int):
            found = f"{function} has no time-out, and FC's default is 3 s"
            yield problem("settings.times", found, f"at least {needed:g} s", remedy)
        elif timeout < needed:
            found = f"{function} is ended after {timeout} s, and {why}"
            yield problem("settings.times", found, f"at least {needed:g} s", remedy)
