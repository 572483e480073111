"""Every incident of the operations guide, provoked: its one line, what the line says to do, and the query for it."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from conversation.outgoing import NotSent, Reply, Unanswered
from local.cloud import LocalCloud, failing
from reply.answer import TOO_LATE_MS, answer, apologise
from reply.channels.session_webhook import SessionWebhook, WebhookSettings
from reply.claim import OssClaim
from reply.exports import Exports, ExportSettings
from reply.guards import Limits
from reply.oss import Oss, OssSettings
from reply.services import Answer
from shared.credentials import Credentials
from shared.errors import (
    BalanceUnknown,
    DeliveryDelayed,
    LookupFailed,
    LookupFailure,
    ModelFailed,
    ModelFailure,
    StoreUnavailable,
    Undeliverable,
)
from shared.log import Log
from shared.message import Message, ReplyTarget
from tests.conversation.kit import ENVIRON, Bench, payload, question
from tests.documents import code_in
from tests.reply.channels.webhook_server import Misbehaviour, WebhookServer, result
from tests.reply.channels.webhook_server import Reply as Response
from tests.reply.kit import NOW, ZH, Killed, World, message
from tests.test_operations import ELSE, GUIDE, plain, rows

Line = dict[str, Any]

# What DingTalk's version of the OSS client warns of is not ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*invalid escape sequence"),
]


@pytest.fixture
def world(tmp_path: Any) -> World:
    return World(tmp_path)


# The guide's queries


def queries() -> list[str]:
    """What the guide's queries and alarms search for: words joined by `and` and `or`."""
    alarms = [
        word
        for row in GUIDE.section("Alarms worth setting").tables[0]
        if "log query" in row[1]
        for word in code_in(row[1])
    ]
    return [query.partition("|")[0].strip() for query in GUIDE.fenced("sql")] + alarms


def found_by(line: Line) -> set[str]:
    """The queries that find a line, as a log store would: each word is somewhere in the line."""
    text = set(re.findall(r"\w+", json.dumps(line, ensure_ascii=False)))
    return {q for q in queries() if any(set(part.split(" and ")) <= text for part in q.split(" or "))}


OWN_QUERY = {
    "model_failed": "model_failed",
    "undeliverable": "undeliverable",
    "rejected": "rejected",
    "gave_up": "gave_up or hand_over_refused or hand_over_unknown",
    "hand_over_refused": "gave_up or hand_over_refused or hand_over_unknown",
    "hand_over_unknown": "gave_up or hand_over_refused or hand_over_unknown",
    "quota_used_up": "quota_used_up or 90030",
    "too_late": "too_late or went_ahead",
    "went_ahead": "too_late or went_ahead",
    "watchdog_unheard": "undeliverable or watchdog_unheard",
}
"""Incidents that have a query or an alarm of their own; every ERROR has `ERROR and event`."""


def the_line(lines: Sequence[Line], event: str, level: str) -> Line:
    """The one line of an incident; there is no other ERROR, and the queries for it find it."""
    assert [line["event"] for line in lines if line["level"] == "ERROR"] == ([event] if level == "ERROR" else [])
    line, *more = [line for line in lines if line["event"] == event]
    assert [line["level"], *(other["level"] for other in more)] == [level, *["WARNING"] * len(more)]
    assert ("ERROR and event" in found_by(line)) is (level == "ERROR")
    assert OWN_QUERY.get(event, "ERROR and event") in found_by(line) or level == "WARNING"
    return line


def written(world: World) -> list[Line]:
    return [json.loads(line) for line in world.stream.getvalue().splitlines()]


# `reply`


def run(world: World, what: Message | None = None, seconds: float = 180) -> None:
    answer(what or message(), world.services(), world.until(seconds))


def model_says(what: Answer | BaseException | Callable[[], Answer]) -> Callable[[World], None]:
    def provoke(world: World) -> None:
        world.model.queue = [what]
        run(world)

    return provoke


NONE = Limits()


def refused(which: str, what: Message | None = None, limits: Limits = NONE) -> Callable[[World], None]:
    """The bucket refuses what matches the expression."""

    def provoke(world: World) -> None:
        world.refuses, world.limits = lambda done: re.match(which, done) is not None, limits
        run(world, what)

    return provoke


def settings_incomplete(world: World) -> None:
    world.problems = ("CHATGPT_API_KEY is not set",)
    run(world)


def undeliverable(world: World) -> None:
    world.chat.errors = [Undeliverable("300001")]
    run(world)


def gave_up(world: World) -> None:
    apologise(message(), world.services(), world.until())


def killed(world: World, what: Message) -> None:
    world.model.queue = [Killed()]
    with pytest.raises(Killed):
        run(world, what)


def last_attempt(world: World) -> None:
    for _ in range(world.settings.attempts - 1):
        killed(world, message())
    run(world)


def hanging(world: World, shown: threading.Event) -> None:
    def hang() -> Answer:
        world.clock.alarm.set()
        assert shown.wait(20)
        return Answer("late", "fake")

    world.model.queue = [hang]
    run(world)


def watchdog(world: World) -> None:
    shown = threading.Event()
    world.chat.on_shown = shown.set
    hanging(world, shown)


def watchdog_broken(world: World) -> None:
    world.chat.errors = [RuntimeError("broken")]
    shown = threading.Event()
    world.chat.on_error = shown.set
    hanging(world, shown)


def answer_lost(world: World) -> None:
    run(world)
    shutil.rmtree(world.mount / "records")
    world.settings = replace(world.settings, rounds=0)
    world.clock.time += 6000
    run(world, message("q2", id="m2", at=world.clock.time))
    run(world, message(handover="x"))


def spoilt(world: World, *, age_ms: int = 3_600_000) -> None:
    run(world, message("q1", id="m1"))
    [kept] = world.files("conversations")
    (kept.parent / f"{int(NOW * 1000) - age_ms:013d}-{'a' * 16}.json").write_bytes(b"no document")
    world.stream.truncate(0)
    world.stream.seek(0)
    run(world, message("q2", id="m2", at=NOW + 1))


def claim_failed(world: World) -> None:
    settings = OssSettings("my-bucket", "http://127.0.0.1:9", "")
    oss = Oss(settings, lambda: Credentials("key", "secret", ""), "cn-local")
    world.claim = OssClaim(oss, Log(stream=world.stream))
    run(world)


class FullShelf:
    """A bucket that takes nothing."""

    def put(self, *_: object) -> None:
        raise StoreUnavailable("putting an object", "ServerError 403 AccessDenied")

    def link(self, *_: object) -> str:
        raise AssertionError("nothing was put")


def exported(world: World, seconds: float = 180) -> None:
    run(world, message("q1", id="m1"))
    world.stream.truncate(0)
    world.stream.seek(0)
    world.exports = Exports(ExportSettings(allowed=True), FullShelf())
    run(
        world,
        message("username:Ann", id="m2", at=NOW + 1, command="export", role="admin", signed_at=int(NOW * 1000)),
        seconds,
    )


def in_doubt(world: World) -> None:
    """Two parts, and DingTalk silent to both."""
    posting(world, ["reset after reading"] * 6, text="\n\n".join("字" * 3000 for _ in range(2)))


def posting(
    world: World, script: Sequence[Response | Misbehaviour], *, text: str = "hello", give_up: bool = False
) -> None:
    """An answer brought by the real channel to a scripted DingTalk; with `give_up` FC has run the event to the end."""
    with WebhookServer(*script) as server:
        webhook = f"http://127.0.0.1:{server.port}/robot/sendBySession?session=abc"
        log, hosts = Log(stream=world.stream), WebhookSettings(hosts=("127.0.0.1",))
        world.outbound = SessionWebhook(hosts, ZH, world.clock, log, jitter=lambda: 0.0)
        world.model.queue = [Answer(text, "fake")]
        asked = message(reply_to=ReplyTarget(webhook, int((NOW + 5400) * 1000)))
        if give_up:
            with pytest.raises(DeliveryDelayed):
                run(world, asked)
            apologise(asked, world.services(), world.until())
        else:
            run(world, asked)


MONTH = Limits(tokens_per_month=10)
USAGE = message("", command="usage")
IN_REPLY: dict[str, Callable[[World], None]] = {
    "settings_incomplete": settings_incomplete,
    "later_version": lambda world: run(world, message(version=2)),
    "too_late": lambda world: run(world, message(handed_over_at=int(NOW * 1000) - TOO_LATE_MS - 1)),
    "model_failed": model_says(ModelFailed(ModelFailure.QUOTA)),
    "undeliverable": undeliverable,
    "watchdog": watchdog,
    "delivery_in_doubt": in_doubt,
    "last_attempt": last_attempt,
    "gave_up": gave_up,
    "answer_lost": answer_lost,
    "internal_error": model_says(RuntimeError("bug")),
    "claim_failed": claim_failed,
    "export_failed": exported,
    "conversation_unread": refused("list conversations"),
    "conversation_unsaved": refused("write conversations"),
    "limit_not_enforced": refused(r"list account/\w+/[\d-]+/\d\d/", limits=MONTH),
    "usage_unread": refused(r"list account/\w+/", USAGE),
    "records_unread": refused("list records"),
    "record_unopened": refused("write records.*open$"),
    "record_unsaved": refused("write records.*json$"),
    "unreadable_file_set_aside": spoilt,
}


@pytest.mark.parametrize("event", IN_REPLY)
def test_incidents_of_reply(world: World, event: str) -> None:
    """One ERROR line with the request id and the guide's remedy, and one outcome."""
    IN_REPLY[event](world)
    line = the_line(written(world), event, "ERROR")
    remedy = rows("ERROR events")[event][-1]
    assert line["remedy"] in (remedy.removeprefix(ELSE.get(event, "")), *of_a_code())
    assert len(line.get("request_id", "0123456789")) == 10


def of_a_code() -> set[str]:
    """The remedies that stand beside a code."""
    tables = (
        "Why the model failed",
        "Why an answer was cut",
        "Why a hand-over was refused",
        "Why nothing could be shown",
        "What OSS says",
    )
    return {row[-1] for table in tables for row in rows(table).values()} | {
        "see the code in DingTalk's list of error codes"
    }


def test_a_watchdog_that_breaks(world: World) -> None:
    """Two causes, two lines: the run is slow, and a defect shows."""
    watchdog_broken(world)
    events = [line["event"] for line in written(world) if line["level"] == "ERROR"]
    assert events == ["watchdog", "watchdog_broken"]
    assert all(line["remedy"] == rows("ERROR events")[line["event"]][-1] for line in world.errors())


@pytest.mark.parametrize("reason", ModelFailure)
def test_why_the_model_failed(world: World, reason: ModelFailure) -> None:
    """One line with the reason, which the guide's query counts, and what the guide says about it."""
    model_says(ModelFailed(reason, "the provider's words"))(world)
    line = the_line(written(world), "model_failed", "ERROR")
    assert line["reason"] == reason.value
    assert line["remedy"] == rows("Why the model failed")[reason.value][-1]


def scripted(code: str) -> list[Response | Misbehaviour]:
    """A DingTalk that says nothing else."""
    status = int(code.removeprefix("http_")) if code.startswith("http_") else 0
    return [Response(status, b"") if status else result(int(code))] * 40


FOR_GOOD = ["300001", "310000", "90030", "400013", "400101", "400102", "400106", "40035", "43004", "400105", "460101"]
FOR_GOOD += ["430101", "430102", "430103", "430104", "http_413"]
FOR_NOW = ["-1", "130101", "410100", "http_429", "http_500", "http_502", "999999", "http_404"]


@pytest.mark.parametrize("code", [*FOR_GOOD, *FOR_NOW])
def test_why_nothing_could_be_shown(world: World, code: str) -> None:
    """One ERROR line with the code, which the guide's query counts, and what the guide says about it."""
    posting(world, scripted(code), give_up=code in FOR_NOW)
    line = the_line(written(world), "undeliverable", "ERROR")
    guide = rows("Why nothing could be shown")
    alike = "http_500" if code.startswith("http_5") else code
    assert line["code"] == code
    assert line["remedy"] == guide.get(alike, guide["any other"])[-1]
    assert line["queue_ms"] >= 0
    gave_up = [line for line in written(world) if line["event"] == "gave_up"]
    assert [(line["level"], line["outcome"]) for line in gave_up] == [("WARNING", "undeliverable")] * (code in FOR_NOW)


def test_other_ways_in_which_nothing_can_be_shown(world: World) -> None:
    """A webhook that had expired, and one on a host that is not allowed."""
    run(world, message(reply_to=replace(message().reply_to, expires_at=int(NOW * 1000))))
    world.outbound = SessionWebhook(
        WebhookSettings(hosts=("other.example",)), ZH, world.clock, Log(stream=world.stream)
    )
    run(world, message(id="m2"))
    told = [(line["event"], line["code"], line["remedy"]) for line in world.errors()]
    guide = rows("Why nothing could be shown")
    codes = ("expired", "webhook_host_refused")
    assert told == [("undeliverable", code, guide[code][-1]) for code in codes]


# One cause


@pytest.mark.parametrize("command", ["", "usage", "clear", "persona"])
@pytest.mark.parametrize("which", ["", "list", "write", "write|remove", "(list|write) records"])
def test_one_cause_is_one_error(world: World, which: str, command: str) -> None:
    """A bucket that is down, or a part of it, is one ERROR in each run; what else comes of it is said at most once."""
    world.limits = Limits(questions_per_day=5, tokens_per_month=1000)
    refused(which, message("" if command else "hello", command=command), world.limits)(world)
    lines = written(world)
    troubled = [line for line in lines if line.get("cause") == "bucket"]
    assert [line["level"] for line in troubled] == ["ERROR", *["WARNING"] * (len(troubled) - 1)]
    assert world.errors() == troubled[:1]
    said = [json.dumps(line) for line in lines]
    assert len(said) == len(set(said))
    world.clock.time += 1
    run(world, message("again", id="m2", at=NOW + 1))
    assert len(world.errors()) == 2, "each run says it anew"


def test_one_cause_through_the_front_door(cloud: LocalCloud) -> None:
    """A bucket that is gone, as deployed: one ERROR line, which has the request id."""
    cloud.disk_fails("missing")
    sent = cloud.say(cloud.person(), "hello")
    assert len(cloud.wait(sent)) == 1
    lines = [json.loads(line.text) for line in cloud.logs("reply") if line.text.startswith("{")]
    [line] = [line for line in lines if line["level"] == "ERROR"]
    assert line["cause"] == "bucket"
    assert {other["request_id"] for other in lines} == {line["request_id"]}


def test_a_spoilt_file_is_found_by_the_request_id(cloud: LocalCloud) -> None:
    """What the bucket's own reader says has the id that leads to the message, and is one ERROR line."""
    person = cloud.person()
    cloud.wait(cloud.say(person, "hello"))
    cloud.disk_fails("corrupt", match="conversations")
    cloud.advance(3600)
    cloud.wait(cloud.say(person, "again"))
    lines = [json.loads(line.text) for line in cloud.logs("reply") if line.text.startswith("{")]
    [line] = [line for line in lines if line["level"] == "ERROR"]
    assert line["event"] == "unreadable_file_set_aside"
    assert line["request_id"] == lines[-1]["request_id"]


# `conversation`

LOST = Unanswered("reset")
IN_CONVERSATION: dict[str, tuple[dict[str, str], list[Any], dict[str, Any]]] = {
    "refused_settings": ({"CHAT_TYPE": "7"}, [], {}),
    "rejected": ({"DINGTALK_CREDENTIALS": ""}, [], {}),
    "refused_webhook": ({}, [], {"sessionWebhook": "https://evil.example/robot/sendBySession?session=1"}),
    "quota_used_up": ({}, [], {"text": None, "errorCode": "20001"}),
    "hand_over_refused": ({}, [lambda _: Reply(403, "r", "NoPermission")], {}),
    "hand_over_unknown": ({}, [LOST, LOST], {}),
    "fault": ({}, [RuntimeError("bug")], {}),
}


@pytest.mark.parametrize("event", IN_CONVERSATION)
def test_incidents_of_conversation(event: str) -> None:
    """One ERROR line with the guide's remedy; settings are named one by one beside it."""
    settings, script, changes = IN_CONVERSATION[event]
    bench = Bench({**ENVIRON, **settings})
    bench.fc.script = script
    body = payload("single_text", **{"text": {"content": "?"}, **changes})
    line = the_line([dict(line) for line in bench.post(body).lines], event, "ERROR")
    assert line["remedy"] in {rows("ERROR events")[event][-1], *of_a_code()}
    assert ("remedy_1" in line) is bool(settings)


@pytest.mark.parametrize("code", rows("Why a hand-over was refused"))
def test_why_a_hand_over_was_refused(code: str) -> None:
    """FC's code before its status, or why FC was not asked: what the guide says of it is in the line."""
    environ, context = dict(ENVIRON), Bench().context
    reply: Any = Reply(int(code), "r", "Other") if code.isdigit() else Reply(403, "r", f"Invalid{code}.Expired")
    if code == "FC could not be reached":
        reply = NotSent("refused")
    elif "credentials" in code:
        environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] = ""
    elif "account" in code:
        context = None
    elif "fc2" in code:
        pytest.skip("the package is here: see test_fc2")
    bench = Bench(environ, context=context)
    bench.fc.script = [reply if isinstance(reply, Exception) else lambda _: reply] * 2
    line = the_line([dict(line) for line in bench.post(question("?")).lines], "hand_over_refused", "ERROR")
    assert line["remedy"] == rows("Why a hand-over was refused")[code][-1]


# What is found nowhere else


def test_older_events_are_answered(cloud: LocalCloud) -> None:
    """As the guide on upgrading promises: an earlier `conversation` did not say when it handed over."""
    cloud.switch_on("other-version", which="older")
    sent = cloud.say(cloud.person(), "hello")
    assert [answer.kind for answer in cloud.wait(sent)] == ["markdown"]
    [outcome] = [json.loads(line.text) for line in cloud.logs("reply") if '"outcome"' in line.text]
    assert outcome["outcome"] == "answered"
    assert "queue_ms" not in outcome


def test_events_that_cannot_be_read(cloud: LocalCloud) -> None:
    """One ERROR line, which says what to deploy and what to look for."""
    cloud.switch_on("other-version", which="newer-unreadable")
    cloud.wait(cloud.say(cloud.person(), "hello"))
    lines = [json.loads(line.text) for line in cloud.logs("reply") if line.text.startswith("{")]
    assert the_line(lines, "event_unreadable", "ERROR")["remedy"] == rows("ERROR events")["event_unreadable"][-1]


def test_the_waiting_is_in_every_outcome(world: World) -> None:
    """`queue_ms` is in the line of an answer, of a command, of a failure and of what was too late."""
    late = int(NOW * 1000) - 5000
    run(world, message(handed_over_at=late))
    run(world, message("", id="m2", command="clear", handed_over_at=late))
    world.model.queue = [ModelFailed(ModelFailure.BUSY)]
    run(world, message(id="m3", handed_over_at=late))
    run(world, message(id="m4", handed_over_at=int(NOW * 1000) - TOO_LATE_MS - 1))
    outcomes = [(line["outcome"], line["queue_ms"]) for line in world.lines("outcome")]
    assert outcomes == [("answered", 5000), ("command", 5000), ("failed", 5000), ("failed", TOO_LATE_MS + 1)]


# WARNINGs


def conflict(world: World) -> None:
    killed(world, message())
    run(world, message(body_hash="other"))


def delayed(world: World) -> None:
    world.chat.errors = [DeliveryDelayed("-1")]
    with pytest.raises(DeliveryDelayed):
        run(world)


def went_ahead(world: World) -> None:
    killed(world, message(id="m0", at=NOW - 1))
    run(world)


def unheard(world: World) -> None:
    world.chat.errors = [DeliveryDelayed("130101")]
    shown = threading.Event()
    world.chat.on_error = shown.set
    hanging(world, shown)


def balance(world: World) -> None:
    world.model.balances = BalanceUnknown("no such address", offered=True)
    run(world, message("", command="balance", role="admin", signed_at=int(NOW * 1000)))


def lookup(world: World) -> None:
    world.lookups.queue = [LookupFailed(LookupFailure.TIMEOUT)]
    run(world, message("example.com", command="domain"))


WARNINGS: dict[str, Callable[[World], None]] = {
    "delivery_delayed": delayed,
    "answer_blank": lambda world: posting(world, [], text="\u200b"),
    "went_ahead": went_ahead,
    "same_id_other_body": conflict,
    "open_record_left": refused("remove records"),
    "balance_unknown": balance,
    "lookup_failed": lookup,
    "export_slow": lambda world: exported(world, seconds=0),
    "count_unsaved": refused("write account.*totals", limits=MONTH),
    "usage_unsaved": refused("write account.*used", limits=MONTH),
    "leftover_file": refused("remove conversations"),
    "post_refused": lambda world: posting(world, [result(430101)]),
}


@pytest.mark.parametrize("event", WARNINGS)
def test_what_is_only_a_warning(world: World, event: str) -> None:
    """No ERROR, and the remedy of the guide."""
    WARNINGS[event](world)
    lines = [line for line in written(world) if line["event"] == event]
    assert lines
    assert world.errors() == []
    guide = {rows("WARNING events")[event][-1], *of_a_code()}
    assert {(line["level"], line["remedy"] in guide) for line in lines} == {("WARNING", True)}


def test_a_watchdog_that_is_not_heard(world: World) -> None:
    """One ERROR: the run is slow; that it was not heard comes of it."""
    unheard(world)
    assert [line["event"] for line in world.errors()] == ["watchdog"]
    [line] = world.lines("watchdog_unheard")
    assert line["remedy"] == rows("WARNING events")["watchdog_unheard"][-1]
    assert OWN_QUERY["watchdog_unheard"] in found_by(line)


def test_a_blocked_answer_is_one_line_with_its_remedy(world: World) -> None:
    """DingTalk does not allow the content: what the person reads instead has a line that explains it."""
    posting(world, [result(430102)])
    [line] = world.lines("post_refused")
    assert (line["errcode"], line["action"]) == ("430102", "neutral")
    assert line["remedy"] == rows("Why nothing could be shown")["430102"][-1]
    assert world.lines("outcome")[0]["outcome"] == "failed"


ELSEWHERE = {"event_unreadable", "watchdog_broken", "hand_over_refused", "layout_failed"}


def test_every_incident_is_provoked() -> None:
    """No row of the guide's table of ERRORs is left out."""
    assert set(rows("ERROR events")) == {*IN_REPLY, *IN_CONVERSATION} | ELSEWHERE


def test_a_key_that_is_passed_over(new_cloud: Callable[..., LocalCloud]) -> None:
    """The next key answers; the line says which to replace."""
    cloud = new_cloud(CHATGPT_API_KEY="sk-first-key-0001,sk-second-key-0002")
    cloud.model.script(failing(401, "invalid_api_key", "no"))
    cloud.wait(cloud.say(cloud.person(), "hello"))
    [line] = [json.loads(line.text) for line in cloud.logs("reply") if "model_key_passed_over" in line.text]
    assert (line["level"], line["key"]) == ("WARNING", 1)
    assert line["remedy"] == plain(rows("WARNING events")["model_key_passed_over"][-1])
