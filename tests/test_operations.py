"""The operations guide explains every ERROR and WARNING event of the code, every reason, code and check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctoring.checks import CHECKS
from reply.channels.errcodes import _TABLE, UNSENDABLE, Action
from shared.errors import ModelFailure
from tests.documents import ROOT, Document, code_in

GUIDE = Document.at("docs/operations.md")
FUNCTIONS = ROOT / "functions"
LEVELS = {"error": "ERROR", "warning": "WARNING"}

INDIRECT = {
    # The event's name is an argument of a function of the same file: what it is called with counts.
    ("reply/memory.py", "event"): ("_failed", "ERROR"),
    # An outcome is an ERROR when it says so, and the refusal for wrong settings is one because of these settings.
    ("conversation/receive.py", "outcome.event"): ("Outcome _said", "ERROR"),
}
"""Where a name is not written at the call: the functions that are given it."""

Event = tuple[str, str, str]
"""Level, name, function."""


def is_log(node: ast.expr) -> bool:
    """Whether it is a Log, as far as its name tells: log, self._log, run.log, Log()."""
    return ast.unparse(node).split(".")[-1] in ("log", "_log", "Log()")


def events_in(path: Path) -> Iterator[Event]:
    """What a file writes at these levels. Fails where a name cannot be told."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name, function = path.relative_to(FUNCTIONS).as_posix(), path.relative_to(FUNCTIONS).parts[0]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        methods = [
            n for n in ast.walk(call.func) if isinstance(n, ast.Attribute) and n.attr in LEVELS and is_log(n.value)
        ]
        for method in methods:
            first = call.args[0]
            if isinstance(first, ast.Constant):
                yield LEVELS[method.attr], first.value, function
            else:
                assert (name, ast.unparse(first)) in INDIRECT, f"{name}:{call.lineno}: which event is this?"
                yield from ((level, event, function) for level, event in given(name, ast.unparse(first), calls))


def given(name: str, argument: str, calls: list[ast.Call]) -> Iterator[tuple[str, str]]:
    """The names with which an indirect one is called."""
    makers, level = INDIRECT[(name, argument)]
    for call in calls:
        if ast.unparse(call.func).split(".")[-1] in makers.split() and isinstance(call.args[0], ast.Constant):
            event = str(call.args[0].value)
            words = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            if argument == "event" or words.get("error") == "True" or event == "refused_settings":
                yield level, event


def in_the_code() -> set[Event]:
    return {event for path in FUNCTIONS.rglob("*.py") if path.name != "log.py" for event in events_in(path)}


def in_the_guide(level: str) -> list[Event]:
    table = GUIDE.section(f"{level} events").tables[0]
    return [(level, code_in(row[0])[0], code_in(row[1])[0]) for row in table]


@pytest.mark.parametrize("level", sorted(LEVELS.values()))
def test_every_event_is_explained(level: str) -> None:
    """Each ERROR and WARNING of the code has one row, and no row is about an event that does not exist."""
    assert sorted(in_the_guide(level)) == sorted(event for event in in_the_code() if event[0] == level)


def test_every_row_says_what_to_do() -> None:
    """A meaning and a remedy, each in words."""
    for level in LEVELS.values():
        for row in GUIDE.section(f"{level} events").tables[0]:
            assert len(row) == 4
            assert all(len(cell) > 5 for cell in row[2:]), row


def test_events_are_found() -> None:
    """The reading above finds direct calls, indirect ones and conditional ones."""
    found = in_the_code()
    assert ("ERROR", "conversation_unread", "reply") in found
    assert ("ERROR", "hand_over_refused", "conversation") in found
    assert ("ERROR", "refused_settings", "conversation") in found
    assert ("WARNING", "service_name_ignored", "conversation") in found
    assert ("ERROR", "answered_instantly", "conversation") not in found
    assert len(found) > 30


def test_every_reason_and_code() -> None:
    """Each reason of a failed model, and each code by which DingTalk closes the way, has a row."""
    reasons = [code for row in GUIDE.section("Why the model failed").tables[0] for code in code_in(row[0])]
    assert sorted(reasons) == sorted(reason.value for reason in ModelFailure)
    codes = {code for row in GUIDE.section("Why nothing could be shown").tables[0] for code in code_in(row[0])}
    closing = {Action.GIVE_UP, Action.PLAIN, Action.NEUTRAL, Action.FINER}
    wanted = {verdict.code for verdict in (*_TABLE.values(), UNSENDABLE) if verdict.action in closing}
    assert codes == wanted | {"expired", "webhook_refused"}


def test_every_check_of_the_doctor() -> None:
    """Each check is in the table, in the order of the report."""
    table = GUIDE.section("Before and after a deploy").tables[0]
    assert [name for row in table for name in code_in(row[0])] == [name for check in CHECKS for name in check.ids]


def test_queries_name_what_is_logged() -> None:
    """Every event and field in a query is one that the code writes."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    queries = "\n".join(GUIDE.fenced("sql"))
    fields = set(re.findall(r"\$\.(\w+)'", queries)) - {"level", "event"}
    events = set(re.findall(r"= '(\w+)'", queries)) | set(re.findall(r"^(\w+) \| SELECT", queries, re.MULTILINE)) - {
        "event"
    }
    assert len(fields) > 8
    assert len(events) > 3
    for name in fields:
        assert re.search(rf'\b{name}=|"{name}"', source), name
    for name in events:
        assert f'"{name}"' in source, name


def test_alarms_name_what_is_logged() -> None:
    """Every word of an alarm's log query is an event, a code or a field."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in FUNCTIONS.rglob("*.py"))
    for row in GUIDE.section("Alarms worth setting").tables[0]:
        for query in code_in(row[1]) if "log query" in row[1] else ():
            for word in set(query.split()) - {"and", "or", "ERROR"}:
                assert f'"{word}"' in source or f"{word}=" in source, word
