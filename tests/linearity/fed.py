"""How functions are fed that want more than text, and why some are not fed."""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from conversation import acs3, guards, http, http1, outgoing
from conversation.channels import dingtalk_text, json_fields
from conversation.channels.inbound import Signed
from conversation.runtime import Runtime
from conversation.wiring import build
from reply import conversation, fences, markdown, parts, prompt, tables, turn
from reply.channels import delivery, laid_out
from reply.channels.errcodes import Action, Verdict, judged
from reply.commands import export
from reply.llm import failures, lowering, refusal, said, stream
from reply.llm import settings as llm_settings
from reply.lookup import certificates, rdap
from reply.lookup.https import Fetched
from shared import commands, log, mentions, webhook
from shared.credentials import Credentials
from shared.errors import ModelFailed
from shared.message import Message, ReplyTarget, Sender
from shared.sensitive import SensitiveWords
from shared.settings import SettingsReader
from shared.wording import wording
from tests.conversation.kit import ENVIRON, NOW, FakeClock, FakeFc
from tests.linearity.growth import Feed
from tests.linearity.inventory import Taking

WORDS = (
    "暴力",
    "暴",
    "aaaaaaaaab",
    "a" * 30 + "b",
    "ab" * 9 + "c",
    "\u0301" * 9,
    "   x",
    "👍" * 5,
    "@a@a#",
    "0123456789",
)
"""Sensitive words that begin as many texts do, and end otherwise."""

_ZH = wording("zh")
_SENSITIVE = SensitiveWords(WORDS)
_RUNTIME = Runtime("fc3", "1", "1", "x", Credentials("id", "secret", "token"))
_MESSAGE = Message(
    *("m", "r", "c", True, Sender("s", "s"), ReplyTarget("https://oapi.dingtalk.com/robot/sendBySession?session=a")),
    created_at=int(NOW * 1000),
    signed_at=int(NOW * 1000),
)
_TURN = conversation.Turn("t", 1, conversation.State.ANSWERED)
_DROPPED = SimpleNamespace(write=lambda _: None, flush=lambda: None)
_LOG = log.Log(stream=_DROPPED, secrets=("sk-secret", "secret", "aaaa"), with_texts=True)  # type: ignore[arg-type]  # a file
_SETTINGS = guards.GuardSettings(sensitive=WORDS, longest=10_000_000)
_RECEIVER = build(
    {**ENVIRON, "SENSITIVE_WORDS": ",".join(WORDS), "MAX_QUESTION_LEN": "9999999", "ADMIN_USERS": "s"},
    FakeClock(),
    FakeFc(FakeClock()).send,
    io.StringIO(),
)
_CHANNEL = _RECEIVER.channels[0]
_SIGNED = Signed("r", int(NOW * 1000))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _asked(text: str) -> object:
    """The whole of `conversation`, from a body to a decision."""
    body = {"msgtype": "text", "conversationType": "2", "senderStaffId": "s", "text": {"content": text}, "msgId": "1"}
    return _RECEIVER.triage.decide(_CHANNEL.parse(json.dumps(body).encode(), _SIGNED), 0)


def _bodies(text: str) -> object:
    """Every place of a body where text may stand."""
    nodes = [{"text": piece} for piece in text.split(" ")] + [{"type": "at", "atName": text}]
    quote = {"msgType": "text", "content": {"text": text}}
    cards = {"cardContent": [{"children": [{"value": piece} for piece in text.split(" ")]}]}
    for body in (
        {"msgtype": "richText", "content": {"richText": nodes}},
        {
            "msgtype": "richText",
            "conversationType": "2",
            "content": {"richText": [{"text": f"@{text}"}, {"text": "x"}]},
        },
        {
            "msgtype": "text",
            "conversationType": "2",
            "text": {"content": "x", "repliedMsg": {"content": {"text": f"@a {text}"}}},
        },
        {"msgtype": "richText", "conversationType": "2", "content": json.dumps({"richText": nodes})},
        {"msgtype": "text", "text": {"content": "x", "isReplyMsg": True, "repliedMsg": quote}},
        {"msgtype": "text", "text": {"content": "x", "repliedMsg": {"content": cards}}},
        {
            "msgtype": text,
            "conversationType": text,
            "msgId": text,
            "createAt": text,
            "senderNick": text,
            "robotCode": text,
        },
        {"msgtype": "audio", "content": {"recognition": text}, "sessionWebhook": text, "senderStaffId": text},
        {"msgtype": "text", "text": text, "content": text, "quoteMessage": text, "errorCode": text},
        {piece: piece for piece in text.split(" ")},
    ):
        _CHANNEL.parse(json.dumps(body).encode(), _SIGNED)
    return _CHANNEL.parse(_utf8(text), _SIGNED)


def _events(text: str) -> object:
    about = {"http": {"method": "POST", "path": text}}
    headers = {"a": text.split("a"), "timestamp": text, **{piece: piece for piece in text.split(" ")}}
    event = {"requestContext": about, "headers": headers, "body": text, "rawPath": text}
    http.request_from_event(json.dumps(event), _RUNTIME)
    http.request_from_event(json.dumps({**event, "isBase64Encoded": True}), _RUNTIME)
    return http.request_from_event(text, _RUNTIME)


def _environ(text: str) -> object:
    source = io.BytesIO(_utf8(text))
    return http.request_from_environ({"HTTP_A": text, "CONTENT_LENGTH": text, "wsgi.input": source}, _RUNTIME)


class _Pieces:
    """A connection by which bytes come a few at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._pieces = iter([data[place : place + size] for place in range(0, len(data), size)])

    def recv(self, _: int) -> bytes:
        return next(self._pieces, b"")


def _head(text: str) -> object:
    connection: Any = _Pieces(b"HTTP/1.1 200 OK\r\na: " + _utf8(text), 100)
    return http1.read_head(connection)


def _layout(text: str, **limits: int) -> parts.Layout:
    return parts.Layout(_ZH, parts.Limits(**limits), _utf8, "@s")


def _delivered(text: str, *, plain: bool = False, verdict: str = "0") -> object:
    """The whole of a delivery, as it is posted; or refused as too large until nothing smaller is left."""
    answers = iter([Verdict(Action.FINER, "460101")] * 2 if verdict == "460101" else [])
    means = delivery.Means(lambda *_: next(answers, Verdict(Action.SHOWN, "0")), _ZH, FakeClock(), _LOG, float)
    message = dataclasses.replace(_MESSAGE, reply_to=ReplyTarget("", 0))
    made = delivery.Delivery(message, text, means, until=NOW + 170, max_parts=20, plain=plain)
    return made.run(0, lambda _: None)


def _document(text: str) -> object:
    held = dataclasses.replace(_TURN, question=text, answer=text, by=text)
    values = {"persona": conversation.Value(1, "t", text)}
    document = conversation.Document({held.id: held}, values)
    other = conversation.Document({held.id: dataclasses.replace(held, sent=1)}, values)
    return conversation.from_json(conversation.to_json(conversation.merge(document, other)))


def _setting(text: str) -> object:
    reader = SettingsReader({"A": text})
    for read in (reader.text, reader.words):
        read("A")
    reader.choice("A", "x", ("x", "y"))
    reader.whole("A", 0, low=0, high=9)
    reader.number("A", 0, low=0, high=9)
    return reader.flag("A", False)


def _exported(text: str) -> object:
    days = SimpleNamespace(day=lambda _: "2026-11-28")
    run: Any = SimpleNamespace(now_ms=0, services=SimpleNamespace(records=SimpleNamespace(days=days)))
    return export._wanted(run, text)


def _refused(text: str) -> object:
    body = {"error": {"message": text, "code": text[:100], "param": text[:100]}}
    failures.failure(400, text)
    failures.error_in(body)
    failures.wait_asked_for({"retry-after": text, "retry-after-ms": text}, 0.0)
    return failures.without_secrets(failures.failure(400, body), ("sk-secret-of-a-key", "a" * 40, text))


def _streamed(text: str) -> object:
    data = _utf8(text)
    whole = json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": text}], "usage": {}, "model": text})
    for chunks in ([data], [data[at : at + 100] for at in range(0, len(data), 100)]):
        for before in (b"", b"data: "):
            _emptied(stream.decode([before, *chunks]))
    return _emptied(stream.decode([f"data: {whole}\n\n".encode(), b"data: [DONE]\n\n"]))


def _said(text: str) -> object:
    """Pieces, and wholes that grow for as long as a text is told by them."""
    found, grown = said.Text(), said.Text()
    for at in range(0, len(text), 5):
        found.add(text[at : at + 5])
    for size in (5, 20, 40, 60, len(text)):
        grown.add(text[:size])
    return str(found), len(grown)


def _emptied(found: Iterator[object]) -> object:
    try:
        return list(found)
    except ModelFailed:
        return None


def _registered(text: str) -> object:
    entity = {"roles": ["registrar"], "vcardArray": ["vcard", [["fn", {}, "text", text]]]}
    found = {"objectClassName": "domain", "events": [{"eventAction": "registration", "eventDate": text}]}
    services = {"services": [[[piece], [f"https://{piece}"]] for piece in text.split(" ")]}
    answers = iter([services, {**found, "entities": [entity]}])
    return rdap.registration(
        text, rdap.Bootstrap(FakeClock()), lambda _: Fetched(200, json.dumps(next(answers)).encode())
    )


def _certificate(text: str) -> object:
    names = tuple(("DNS", piece) for piece in text.split("a"))
    dates = {"notBefore": "Nov 28 00:00:00 2026 GMT", "notAfter": "Nov 28 00:00:00 2027 GMT"}
    fields: dict[str, Any] = {**dates, "subjectAltName": names, "subject": (((("commonName", text)),),)}
    return certificates._read(fields, "www.example.com", 0.0)


def _post(text: str) -> object:
    return http1.written("a.b", "/", {"a": text}, _utf8(text))


def _request(text: str) -> object:
    request = http.Request("POST", text, {"a": text, "timestamp": text, "sign": text}, b"", 0, _RUNTIME)
    request.header("a")
    return _CHANNEL.verify(request)


def _lines(text: str) -> object:
    fence = fences.Fence("> ", "```", text)
    fence.closed_by(text)
    return list(fences.walk(["```", *text.split("\n")]))


def _written(text: str) -> object:
    _LOG.with_fields(a=text).info("x", problem=text, number=1, **_LOG.texts(question=text))
    return None


FED: Mapping[str, Feed] = {
    "conversation/acs3.py: canonical_query": lambda text: acs3.canonical_query({text: text, "a": text}),
    "conversation/acs3.py: authorization": lambda text: acs3.authorization(
        text, text, {"a": text}, {"a": text}, text, Credentials("id", "secret")
    ),
    "conversation/channels/dingtalk.py: DingTalk.parse": _bodies,
    "conversation/channels/dingtalk_text.py: question_of": _asked,
    "conversation/channels/dingtalk_text.py: without_mention": lambda text: dingtalk_text.without_mention(text, True),
    "conversation/guards.py: decency": lambda text: guards.decency(text, _SETTINGS),
    "conversation/http.py: Request.header": _request,
    "conversation/http.py: request_from_event": _events,
    "conversation/http.py: request_from_environ": _environ,
    "conversation/http1.py: written": _post,
    "conversation/http1.py: _next_head": _head,
    "conversation/http1.py: _joined": lambda text: http1._joined(_utf8(text)),
    "conversation/outgoing.py: _error_code": lambda text: outgoing._error_code(json.dumps({"Code": text}).encode()),
    "conversation/templates.py: Templates.find": lambda text: _RECEIVER.triage.templates.find(text),
    "reply/channels/delivery.py: Delivery.__init__": _delivered,
    "reply/channels/delivery.py: Delivery._show": lambda text: _delivered(text, plain=True),
    "reply/channels/delivery.py: Delivery._encoded": lambda text: _delivered(text, verdict="460101"),
    "reply/channels/errcodes.py: judged": lambda text: judged(200, _utf8(text)),
    "reply/channels/laid_out.py: LaidOut.__init__": lambda text: laid_out.LaidOut(
        _MESSAGE, text, _ZH, _LOG, plain=False, seconds=600
    ),
    "reply/commands/export.py: _wanted": _exported,
    "reply/conversation.py: from_json": _document,
    "reply/fences.py: Fence.closed_by": _lines,
    "reply/fences.py: walk": lambda text: list(fences.walk(text.split("\n"))),
    "reply/llm/failures.py: failure": _refused,
    "reply/llm/lowering.py: left_by_prompt": lambda text: lowering.left_by_prompt(text, 8192),
    "reply/llm/lowering.py: lowered": lambda text: lowering.lowered(text, 8192),
    "reply/llm/refusal.py: beginning": lambda text: [
        refusal.beginning([begun + _utf8(text)]) for begun in (b"", b"{", b'{"message": "')
    ],
    "reply/llm/said.py: Text.add": _said,
    "reply/llm/settings.py: _address": lambda text: llm_settings._address(text, ("http", "https")),
    "reply/llm/stream.py: decode": _streamed,
    "reply/lookup/certificates.py: _read": _certificate,
    "reply/lookup/rdap.py: registration": _registered,
    "reply/markdown.py: title_of": lambda text: markdown.title_of(text, _ZH),
    "reply/markdown.py: is_joined": lambda text: markdown.is_joined(text, len(text) - 1),
    "reply/parts.py: split": lambda text: parts.split(text, _layout(text, parts=20)),
    "reply/parts.py: slices": lambda text: parts.slices(text, _layout(text, parts=20)),
    "reply/parts.py: _frame": lambda text: parts._frame(_layout(text), text, number=1, total=2, note=text),
    "reply/prompt.py: prompt": lambda text: prompt.prompt([text], [_TURN], text),
    "reply/prompt.py: within": lambda text: prompt.within(
        1000, [text], [dataclasses.replace(_TURN, question=text, answer=text)], text
    ),
    "reply/tables.py: Tables.__init__": tables.Tables,
    "reply/turn.py: take": lambda text: turn.take(
        None, _MESSAGE, question=text, now_ms=0, deadline_ms=0, attempts=1, runner=text
    ),
    "shared/commands.py: find_command": _asked,
    "shared/commands.py: nearest": commands.nearest,
    "shared/commands.py: _in_table": lambda text: commands._in_table(text, mentions.Rest(mentions.Written(text), 0)),
    "shared/commands.py: _glued": lambda text: commands._glued(f"@{text}", mentions.Rest(mentions.Written(text), 0)),
    "shared/log.py: Log._write": _written,
    "shared/message.py: Message.from_event": lambda text: Message.from_event(
        dataclasses.replace(_MESSAGE, text=text, quote=text, id=text).to_event()
    ),
    "shared/sensitive.py: SensitiveWords.__init__": lambda text: SensitiveWords(text.split(" ")),
    "shared/sensitive.py: SensitiveWords.in_text": _SENSITIVE.in_text,
    "shared/sensitive.py: SensitiveWords.masked": _SENSITIVE.masked,
    "shared/settings.py: SettingsReader.text": _setting,
    "shared/webhook.py: checked_webhook": lambda text: webhook.checked_webhook(text, ("a", "oapi.dingtalk.com")),
}
"""Functions that want more than text, each with a way to call it: as far as can be from outside, as people reach it."""

EXCUSED: Mapping[str, tuple[str, ...]] = {
    "a part of what is fed, and only called by it": (
        "conversation/channels/dingtalk_quote.py: _*",
        "conversation/channels/dingtalk_text.py: _is_robots_name",
        "reply/llm/events.py: *",
        "reply/llm/lowering.py: _*",
        "reply/llm/pictures.py: without_pictures.marked",
        "reply/llm/said.py: Text._is_whole",
        "reply/llm/thoughts.py: _*",
        "reply/llm/told.py: _*",
        "conversation/channels/dingtalk.py: DingTalk._*",
        "conversation/channels/dingtalk.py: _*",
        "reply/archive.py: _kept",
        "reply/channels/errcodes.py: _is_throttling",
        "reply/conversation.py: _*",
        "reply/conversation.py: Document.*",
        "reply/llm/failures.py: _is_refusal",
        "reply/llm/failures.py: error_in",
        "reply/llm/failures.py: wait_asked_for",
        "reply/llm/failures.py: without_secrets",
        "reply/llm/stream.py: _*",
        "reply/lookup/rdap.py: _*",
        "reply/lookup/rdap.py: Bootstrap.server",
        "reply/parts.py: _closing",
        "reply/parts.py: _pieces",
        "shared/commands.py: _behind",
        "shared/commands.py: _parted",
        "shared/log.py: Log.*",
        "shared/message.py: _message",
        "shared/sensitive.py: SensitiveWords._*",
        "shared/settings.py: SettingsReader.*",
    ),
    "hands the text on, or puts it into a sentence, and does nothing else with it": (
        "conversation/instant.py: Instant.*",
        "conversation/receive.py: _Reception.*",
        "reply/answer.py: _say_once",
        "reply/channels/delivery.py: Delivery._*",
        "reply/commands/lookup.py: _look_up",
        "reply/commands/mode.py: _choose",
        "reply/commands/setting.py: *",
        "reply/limits.py: _refuse",
        "reply/memory.py: Memory.*",
        "reply/run.py: Run.explain",
        "reply/lookup/names.py: NoTarget.__init__",
        "reply/speaker.py: Speaker.*",
        "reply/thinking.py: _settle",
        "shared/errors.py: *.__init__",
        "shared/message.py: Message.handed_over",
    ),
    "the text is an event's bytes, of at most 128 KB, that are hashed or sent": (
        "conversation/fc2_call.py: Fc2Call.__call__*",
        "conversation/fc3_call.py: Fc3Call.__call__",
        "conversation/http.py: serve",
        "reply/index.py: handler",
    ),
    "the text is a setting, an attribute or a credential: whoever deploys writes it, and it is read once": (
        "conversation/guards.py: GuardSettings.read",
        "conversation/guards.py: IdList.has",
        "conversation/guards.py: _ids",
        "conversation/lists.py: *",
        "conversation/runtime.py: *",
        "reply/llm/profiles.py: *",
        "reply/llm/profiles.py: profile_of",
        "conversation/settings.py: Settings.read",
        "conversation/wiring.py: build",
        "reply/llm/settings.py: _*",
        "reply/oss.py: OssSettings.read",
        "reply/settings.py: ReplySettings.read",
        "reply/wiring.py: Instance.*",
        "shared/credentials.py: credentials_of",
        "shared/deployed.py: Deployed.*",
    ),
    "the text is a name of ours (a day, a folder, a file, a parameter, an event of a library), or goes to a file": (
        "reply/account.py: Account.*",
        "reply/archive.py: Archive.*",
        "reply/bucket.py: Bucket.*",
        "reply/days.py: Days.*",
        "reply/earlier.py: Earlier.*",
        "reply/exports.py: Exports.published",
        "reply/guards.py: per_day.refused_after",
        "reply/llm/request.py: Dialect.without",
        "reply/llm/sent.py: FirstSent._traced",
        "reply/oss.py: Oss.*",
        "reply/earlier.py: Earlier.*",
        "reply/journal.py: *",
        "reply/places.py: *",
        "reply/records.py: *",
        "reply/sheets.py: *",
        "reply/store.py: Store.*",
        "reply/usage.py: *",
    ),
    "a person's name, of at most 64 characters, among those of others; how names are compared is fed": (
        "reply/commands/export.py: _document",
        "reply/commands/usage.py: _find",
        "reply/commands/usage.py: _somebody",
    ),
    "it is given at most 200 characters": ("reply/llm/said.py: _repeats",),
    "it looks at the 4,000 characters that `told` leaves, whose patterns are fed": ("reply/llm/adapting.py: change",),
    "it needs the network; what it makes of what comes is fed": (
        "conversation/http1.py: connected",
        "reply/channels/session_webhook.py: SessionWebhook.*",
        "reply/llm/balance.py: _*",
        "reply/llm/chat.py: ChatModel.*",
        "reply/llm/reading.py: Reading.*",
        "reply/lookup/connection.py: *",
        "reply/lookup/https.py: _Limited.makefile",
        "reply/lookup/https.py: _get",
        "reply/lookup/https.py: fetch",
        "reply/lookup/public.py: *",
    ),
}
"""Why some are not fed, and which.

What has a way of its own above is fed all the same, and so is what needs nothing but text and is not named in full.
"""

ALSO: Mapping[str, Feed] = {
    "a value that is JSON": lambda text: [
        json_fields.fields(text),
        json_fields.items(text),
        json_fields.milliseconds(text),
    ],
    "a question with what it quotes": lambda text: dataclasses.replace(_MESSAGE, text=text, quote=text).question(_ZH),
    "a mention alone": lambda text: commands.find_command(f"@{text}"),
    "a command behind mentions": lambda text: commands.find_command(f"@a {text} 角色 {text}"),
    "a title behind mentions": lambda text: _RECEIVER.triage.templates.find(f"@a {text} #翻译 {text}"),
}
"""What takes text that no annotation tells of, or in a way that no single function shows."""


def ways(taking: Taking) -> dict[str, Feed]:
    """Ways to feed a function, by what is fed; none where it is to be excused."""
    if taking.name in FED:
        return {taking.name: FED[taking.name]}
    if not taking.plain or any(taking.name in names for names in EXCUSED.values()):
        return {}
    function = getattr(import_module(taking.module), taking.function)
    return {f"{taking.name}({text})": _with(function, text) for text in taking.alone}


def excuse(taking: Taking) -> str:
    """Why a function is not fed; "" when nobody has said."""
    return next((why for why, names in EXCUSED.items() if any(fnmatchcase(taking.name, name) for name in names)), "")


def _with(function: Callable[..., object], fed: str) -> Feed:
    """The function with text for that parameter, and hardly any for the others."""
    given = {
        name: ("bytes" in str(parameter.annotation).split(" ")[0], name == fed)
        for name, parameter in inspect.signature(function).parameters.items()
        if name == fed or parameter.default is inspect.Parameter.empty
    }

    def feed(text: str) -> object:
        arguments: dict[str, object] = {}
        for name, (encoded, whole) in given.items():
            value = text if whole else "x"
            arguments[name] = value.encode("utf-8", "surrogatepass") if encoded else value
        found = function(**arguments)
        return list(found) if inspect.isgenerator(found) else found

    return feed


def neither(found: Sequence[Taking]) -> list[str]:
    """What is neither fed nor excused."""
    return [taking.name for taking in found if not ways(taking) and not excuse(taking)]


def gone(found: Sequence[Taking]) -> list[str]:
    """Entries above of functions that are not there any more."""
    names = {taking.name for taking in found}
    patterns = (pattern for patterns in EXCUSED.values() for pattern in patterns)
    return [*(set(FED) - names), *(p for p in patterns if not any(fnmatchcase(name, p) for name in names))]
