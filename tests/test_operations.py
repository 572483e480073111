"""The operations guide explains every ERROR and WARNING event of the code, every reason, code and check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversation.dispatch import REMEDIES_BY_CODE, REMEDIES_BY_PROBLEM, REMEDIES_BY_STATUS
from doctoring.checks import CHECKS
from reply import oss
from reply.channels.errcodes import _TABLE, WORDS, judged
from reply.speaker import UNDELIVERABLE
from shared.errors import ModelFailure
from shared.remedies import CUT_REMEDIES, MODEL_REMEDIES, REMEDIES
from tests.documents import ROOT, Document, code_in

GUIDE = Document.at("docs/operations.md")
FUNCTIONS = ROOT / "functions"
LEVELS = {"error": "ERROR", "warning": "WARNING"}

INDIRECT = {
    # An outcome is an ERROR or a WARNING when it says so; what wrong settings refuse is an ERROR because of these.
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
            elif ast.unparse(first) in CONSTANTS:
                yield LEVELS[method.attr], CONSTANTS[ast.unparse(first)], function
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
            if words.get("warning") == "True":
                yield "WARNING", event
            elif words.get("error") == "True" or event in ("refused_settings", "rejected"):
                yield level, event


def in_the_code() -> set[Event]:
    """Each once: what is a WARNING too, for what comes of an ERROR, is among the ERRORs."""
    return {event for path in FUNCTIONS.rglob("*.py") if path.name != "log.py" for event in events_in(path)}


CONSTANTS = {"UNDELIVERABLE": UNDELIVERABLE}


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


def plain(cell: str) -> str:
    """A cell as the log says it: without marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("`", "")


def rows(heading: str) -> dict[str, tuple[str, ...]]:
    """What stands behind each code of a table's first column, or behind its words where it has no code."""
    table = GUIDE.section(heading).tables[0]
    return {code: tuple(map(plain, row[1:])) for row in table for code in code_in(row[0]) or (row[0],)}


BY_CODE = {"hand_over_refused", "model_failed", "answer_cut", "undeliverable", "post_refused"}
"""Events of which every line has the remedy of its code."""

ELSE = {"claim_failed": "see codes of OSS; without one: ", "export_failed": "see codes of OSS; without one: "}
"""How the guide begins where a code is known at times only."""


def test_the_guide_and_the_log_say_the_same_remedy() -> None:
    """What to do about an event stands in both, word for word; no remedy is for an event that does not exist."""
    guide = {name: row[-1] for level in LEVELS.values() for name, row in rows(f"{level} events").items()}
    assert {name: remedy.removeprefix(ELSE.get(name, "")) for name, remedy in guide.items() if name not in BY_CODE} == {
        name: remedy for name, remedy in REMEDIES.items() if name not in BY_CODE
    }
    assert set(guide) >= BY_CODE


def test_the_guide_and_the_log_say_the_same_of_every_code() -> None:
    """Reasons of the model, codes of FC, OSS and DingTalk: the same remedies in both, and for DingTalk the meaning."""
    assert rows("Why the model failed") == {reason.value: (MODEL_REMEDIES[reason],) for reason in ModelFailure}
    assert {reason: row[-1] for reason, row in rows("Why an answer was cut").items()} == CUT_REMEDIES
    hand_over = {**REMEDIES_BY_CODE, **{str(s): text for s, text in REMEDIES_BY_STATUS.items()}, **REMEDIES_BY_PROBLEM}
    assert rows("Why a hand-over was refused") == {code: (text,) for code, text in hand_over.items()}
    assert rows("What OSS says") == {code: (text,) for code, text in oss.REMEDIES.items()}
    verdicts = [*_TABLE.values(), *WORDS, *(judged(status, b"") for status in (413, 429, 500))]
    wanted = {verdict.code: (verdict.meaning, verdict.remedy) for verdict in verdicts if verdict.code != "0"}
    other = judged(200, b'{"errcode": 123456}')
    assert rows("Why nothing could be shown") == wanted | {"any other": (other.meaning, other.remedy)}


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


def test_every_reason_of_a_rejection() -> None:
    """Each reason that `conversation` logs has a row, with the status that goes with it."""
    rows = [(code_in(row[0]), row[1]) for row in GUIDE.section("Why a request was rejected").tables[0]]
    explained = {(reason, status) for reasons, status in rows for reason in reasons}
    source = "".join((FUNCTIONS / "conversation" / name).read_text("utf-8") for name in REJECTING)
    raised = re.findall(r'Rejected\((\d+), f?"([^"]+)"\)', source)
    raised += [("401", reason) for reason in re.findall(r'reason = "(no robot[^"]+)"', source)]
    assert len(raised) > 6
    assert {(re.sub(r"\{[^}]*\}", "…", reason), status) for status, reason in raised} == explained


REJECTING = ("receive.py", "http.py", "channels/dingtalk.py")
"""Where requests are rejected in a line of the log."""
