"""Hostile values, and the ways in which a body is made from a real callback and some of them."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

IDS = (
    *("../", "../../etc/passwd", "..\\..\\windows", "/", "//", ".", "..", "~", "a/b", "a\\b", "C:\\", "file:///etc"),
    *("\0", "a\0b", "\r\nX: y", "\n", "\t", "\x7f", "\x1b[2J", "%2e%2e%2f", "%00", "%", "%s%n", "{request_id}"),
    *("{0}", "{", "}", "$(id)", "`id`", "' OR 1=1", "<b>", "👍🏽", "e\u0301", "\u202eabc", "\u200b", "\ufeff", "İ"),
    *("\ud800", "\udfff x", "a\udc80", "１２３", "x" * 10_240, "中" * 4_000, "null", "-0", "1e999", " ", "CON", "m_"),
)
TEXTS = (
    *(
        "帮助",
        "/help",
        "\\clear",
        "角色",
        "角色 {request_id}",
        "用量 全部",
        "余额",
        "查对话",
        "群ID",
        "模板",
        "#",
        "#周报",
    ),
    *(
        "/zzzz",
        "/\ud800",
        "@" * 500,
        "@bot帮助",
        "＠机器人 ",
        "#域名 169.254.169.254",
        "#证书 127.0.0.1:22",
        "#域名 \ud800.cn",
    ),
    *("#查对话 username:../../x", "单聊", "\u2028\u2029", "```", "[x](javascript:1)", "<script>", "a" * 70_000),
)
WEBHOOKS = (
    *(
        "{host}@evil.example/robot/sendBySession?session={token}",
        "evil.example\\@{host}/robot/sendBySession?session={token}",
    ),
    *("{host}:80/robot/sendBySession?session={token}", "{host}:0443/robot/sendBySession?session={token}"),
    *("{host}:99999/robot/sendBySession?session={token}", "{host}:/robot/sendBySession?session={token}"),
    *("[::1]/robot/sendBySession?session={token}", "[::ffff:127.0.0.1]/robot/sendBySession?session={token}"),
    *("127.1/robot/sendBySession?session={token}", "0x7f000001/robot/sendBySession?session={token}"),
    *("2130706433/robot/sendBySession?session={token}", "169.254.169.254/robot/sendBySession?session={token}"),
    *("localtest.me/robot/sendBySession?session={token}", "127.0.0.1.nip.io/robot/sendBySession?session={token}"),
    *("{host}./robot/sendBySession?session={token}", "{host}.evil.example/robot/sendBySession?session={token}"),
    *(
        "xn--oapi-dingtalk.com/robot/sendBySession?session={token}",
        "оapi.dingtalk.com/robot/sendBySession?session={token}",
    ),
    *("{host}\t/robot/sendBySession?session={token}", "{host}/\trobot/sendBySession?session={token}"),
    *("{host}/robot\\sendBySession?session={token}", "{host}/robot/../evil?session={token}"),
    *(
        "{host}/robot/sendBySession?session={token}&redirect=http://evil.example",
        "{host}/robot/sendBySession?session={token}#x",
    ),
    *(
        "{host}/robot/sendBySession?session={token}\n",
        "{host}/robot/sendBySession?session={token}\r\nHost: evil.example",
    ),
    *(
        "{host}/robot/sendBySession?session=\ud800",
        "{host}/redirect?to=http://evil.example&session={token}",
        "",
        "{host}",
    ),
)
SCHEMES = ("https://", "http://", "HTTPS://", "https:/", "https:\\\\", "//", "ftp://", "javascript:", " https://", "")
NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, 10**30, -(10**30), 1.5, 1e308, True, False, None)

ADMIN = "staff-admin"
"""Somebody whom the settings of the fuzz name as an administrator."""

Body = dict[str, Any]


def value(choose: random.Random, depth: int = 0) -> Any:
    """Any JSON value, more often a hostile one than not."""
    kind = choose.randrange(9 if depth < 3 else 6)
    if kind < 2:
        return choose.choice(IDS)
    if kind == 2:
        return choose.choice(TEXTS)
    if kind == 3:
        return choose.choice(NUMBERS)
    if kind == 4:
        return "".join(chr(choose.choice((choose.randrange(128), choose.randrange(0x110000)))) for _ in range(9))
    if kind == 5:
        return choose.choice(("", {}, [], [[]], {"": ""}, "{}", "[]", "{", "true"))
    if kind == 6:
        return [value(choose, depth + 1) for _ in range(choose.randrange(4))]
    if kind == 7:
        return {
            choose.choice((*_KEYS, choose.choice(IDS))): value(choose, depth + 1) for _ in range(choose.randrange(4))
        }
    return json.dumps(value(choose, depth + 1))


_KEYS = (
    *(
        "content",
        "text",
        "richText",
        "repliedMsg",
        "isReplyMsg",
        "msgType",
        "msgtype",
        "type",
        "recognition",
        "summary",
    ),
    *("cardContent", "children", "value", "downloadCode", "atName", "quoteMessage", "errorCode", "createA", "unknown"),
)


def webhook(choose: random.Random, host: str, token: str) -> str:
    """An address that must not be posted to, unless it is one of ours after all."""
    return choose.choice(SCHEMES) + choose.choice(WEBHOOKS).format(host=host, token=token)


def mutated(choose: random.Random, body: Body, host: str, token: str) -> Body:
    """The body with up to four changes, wherever they fall."""
    changed: Body = json.loads(json.dumps(body))
    for _ in range(choose.choice((0, 1, 1, 1, 2, 3, 4))):
        choose.choice(_CHANGES)(choose, changed, host, token)
    return changed


def _places(node: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        found.append((node, key))
        _places(node[key], found)
    return found


def _anywhere(choose: random.Random, body: Body) -> tuple[Any, Any] | None:
    places = _places(body, [])
    return choose.choice(places) if places else None


def _replace(choose: random.Random, body: Body, *_: str) -> None:
    if place := _anywhere(choose, body):
        place[0][place[1]] = value(choose)


def _drop(choose: random.Random, body: Body, *_: str) -> None:
    if place := _anywhere(choose, body):
        del place[0][place[1]]


def _as_text(choose: random.Random, body: Body, *_: str) -> None:
    if place := _anywhere(choose, body):
        place[0][place[1]] = json.dumps(place[0][place[1]])


def _wrap(choose: random.Random, body: Body, *_: str) -> None:
    if place := _anywhere(choose, body):
        held = place[0][place[1]]
        place[0][place[1]] = choose.choice(([held], {"text": held}, {"content": held}, [[held]] * 3))


def _add(choose: random.Random, body: Body, *_: str) -> None:
    body[choose.choice(_KEYS)] = value(choose)


_IDENTITIES = (
    *("msgId", "conversationId", "senderId", "senderStaffId", "senderNick", "conversationType", "robotCode"),
    *("conversationTitle", "senderCorpId", "chatbotUserId"),
)


def _identity(choose: random.Random, body: Body, *_: str) -> None:
    body[choose.choice(_IDENTITIES)] = choose.choice(IDS)


def _everything(choose: random.Random, body: Body, *_: str) -> None:
    for name in _IDENTITIES:
        if choose.random() < 0.5:
            body[name] = choose.choice(IDS)
    if choose.random() < 0.5:
        body["senderStaffId"] = ADMIN
    _say(choose, body)


def _time(choose: random.Random, body: Body, *_: str) -> None:
    body[choose.choice(("createAt", "sessionWebhookExpiredTime"))] = choose.choice(
        (*NUMBERS, "9" * 40, "１２", "-1", "x")
    )


def _say(choose: random.Random, body: Body, *_: str) -> None:
    body["msgtype"], body["text"] = "text", {"content": choose.choice(TEXTS)}


def _address(choose: random.Random, body: Body, host: str, token: str) -> None:
    body["sessionWebhook"] = webhook(choose, host, token)


_CHANGES: tuple[Callable[[random.Random, Body, str, str], None], ...] = (
    *(
        _everything,
        _everything,
        _replace,
        _replace,
        _replace,
        _drop,
        _as_text,
        _wrap,
        _add,
        _identity,
        _identity,
        _time,
        _say,
        _say,
        _address,
    ),
)


def encoded(choose: random.Random, body: Mapping[str, Any]) -> bytes:
    """A body as bytes: mostly as DingTalk sends it, else in forms that nobody should send."""
    text = json.dumps(body, ensure_ascii=choose.random() < 0.3)
    plain = text.encode("utf-8", "surrogatepass")
    if choose.random() < 0.75:
        return plain
    return choose.choice(_FORMS)(choose, text, plain)


def _deep(choose: random.Random, _: str, __: bytes) -> bytes:
    depth = choose.choice((900, 5_000, 30_000))
    opening, closing = choose.choice((("[", "]"), ('{"text":', "}")))
    return (opening * depth + "1" + closing * choose.choice((depth, 0))).encode()


def _flipped(choose: random.Random, _: str, plain: bytes) -> bytes:
    changed = bytearray(plain)
    for _number in range(choose.randrange(1, 6)):
        changed[choose.randrange(len(changed))] = choose.randrange(256)
    return bytes(changed)


def _sized(choose: random.Random, text: str, _: bytes) -> bytes:
    size = choose.choice((64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 300_000))
    return (text[:-1] + " " * max(0, size - len(text.encode("utf-8", "surrogatepass"))) + "}").encode(
        "utf-8", "surrogatepass"
    )


def _zipped(plain: bytes) -> bytes:
    """An archive of the body and of what is a thousand times as large as it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("../body.json", plain)
        file.writestr("large", b"0" * 2_000_000)
    return archive.getvalue()


_FORMS: tuple[Callable[[random.Random, str, bytes], bytes], ...] = (
    _deep,
    _flipped,
    _flipped,
    _sized,
    lambda choose, _, plain: plain[: choose.randrange(len(plain))],
    lambda choose, _, plain: plain[: (at := choose.randrange(len(plain)))] + choose.randbytes(4) + plain[at:],
    lambda _, __, plain: b"\xef\xbb\xbf" + plain,
    lambda _, text, __: text.encode("utf-16", "surrogatepass"),
    lambda _, text, __: text.encode("latin-1", "replace"),
    lambda _, text, __: text.replace(":", ":NaN,", 1).encode("utf-8", "surrogatepass"),
    lambda _, text, __: (text[:-1] + ',"n":Infinity,"m":' + "9" * 5000 + "}").encode("utf-8", "surrogatepass"),
    lambda _, text, __: (text[:-1] + ',"msgtype":"text","text":{"content":"帮助"},"text":1}').encode(
        "utf-8", "surrogatepass"
    ),
    lambda _, __, plain: gzip.compress(plain + b" " * 5_000_000, 1),
    lambda _, __, plain: _zipped(plain),
    lambda _, __, plain: b"payload=" + plain,
    lambda choose, _, __: json.dumps(value(choose)).encode(),
    lambda choose, _, __: choose.randbytes(choose.randrange(300)),
)
