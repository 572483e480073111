"""Delivering through the session webhook: over real HTTP, against a scripted DingTalk on loopback."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests
from urllib3 import exceptions as urllib3_errors

from reply.channels.errcodes import NO_RESPONSE, NOT_CONNECTED, UNSENDABLE, Verdict
from reply.channels.session_webhook import (
    LARGEST_RESPONSE,
    Sending,
    SessionWebhook,
    Timeouts,
    WebhookSettings,
    unanswered,
)
from shared.errors import AnswerBlocked, DeliveryDelayed, DeliveryFailed, SettingsError, Undeliverable
from shared.log import Log
from shared.message import Message, ReplyTarget, Sender
from shared.settings import SettingsReader
from shared.wording import wording
from tests.reply.channels.webhook_server import Misbehaviour, Reply, WebhookServer, result

ZH = wording("zh")
NOW = 1_800_000_000.0
SESSION = "5e55101d"
LONG = "\n\n".join(f"第 {n} 段。" + "字" * 900 for n in range(9))
"""Three parts."""


@dataclass
class FakeClock:
    """Moves only when somebody sleeps."""

    time: float = NOW
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], object] = lambda: None

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        self.on_sleep()


@dataclass
class World:
    """A channel, its clock and log, and what it was told."""

    plain: bool = False
    max_parts: int = 5
    hosts: tuple[str, ...] = ("127.0.0.1",)
    read_timeout: float = 20.0
    seconds: float = 170.0
    clock: FakeClock = field(default_factory=FakeClock)
    lines: io.StringIO = field(default_factory=io.StringIO)
    progress: list[int] = field(default_factory=list)
    _channel: SessionWebhook | None = None

    @property
    def channel(self) -> SessionWebhook:
        if self._channel is None:
            self._channel = SessionWebhook(
                WebhookSettings(self.plain, self.max_parts, self.hosts),
                ZH,
                self.clock,
                Log(level=10, stream=self.lines),
                timeouts=Timeouts(read=self.read_timeout),
                jitter=lambda: 0.0,
            )
        return self._channel

    def deliver(self, message: Message, text: str, already_sent: int = 0) -> int:
        return self.channel.deliver(
            message,
            text,
            until=self.clock.now() + self.seconds,
            already_sent=already_sent,
            on_sent=self.progress.append,
        )

    @property
    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines.getvalue().splitlines()]


def message(port: int, *, group: bool = False, staff_id: str = "staff1", expires_in: float = 5400) -> Message:
    return Message(
        id="msg1",
        robot="robot1",
        conversation_id="cid1",
        group=group,
        sender=Sender("sender1", staff_id, "小明"),
        reply_to=ReplyTarget(
            f"http://127.0.0.1:{port}/robot/sendBySession?session={SESSION}",
            int((NOW + expires_in) * 1000) if expires_in else 0,
        ),
        created_at=int(NOW * 1000),
        text="问题",
    )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as running:
        yield running


# --- what is posted -------------------------------------------------------------------------------------------------


def test_markdown_body(world: World, server: WebhookServer) -> None:
    """One answer is one markdown body in UTF-8, with a title of its own and no mention in private."""
    assert world.deliver(message(server.port), "# 你好\n世界 <b> & \"x\" \\# 'y'") == 1
    (posted,) = server.posted
    assert posted.body == {
        "msgtype": "markdown",
        "markdown": {"title": "你好", "text": "# 你好\n世界 <b> & \"x\" \\# 'y'"},
    }
    assert "你好".encode() in posted.raw
    assert posted.path == f"/robot/sendBySession?session={SESSION}"
    assert posted.headers["content-type"] == "application/json; charset=utf-8"
    assert posted.headers["accept-encoding"] == "identity"
    assert (world.progress, world.clock.slept) == ([], [])


def test_plain_body(server: WebhookServer) -> None:
    """REPLY_FORMAT=text posts the answer as it is."""
    assert World(plain=True).deliver(message(server.port), "a\n- b\n```\nc") == 1
    assert server.posted[0].body == {"msgtype": "text", "text": {"content": "a\n- b\n```\nc"}}


@pytest.mark.parametrize("plain", [False, True])
def test_mention(server: WebhookServer, plain: bool) -> None:
    """In a group the asker is mentioned, by id in `at` and by name in the text, in the first part only."""
    assert World(plain=plain).deliver(message(server.port, group=True), LONG) == 3
    first, *others = server.posted
    assert first.body["at"] == {"atUserIds": ["staff1"], "isAtAll": False}
    assert first.text.startswith("@staff1 （1/3）\n")
    assert all("at" not in other.body and "@" not in other.text for other in others)


@pytest.mark.parametrize("staff_id", ["", "a b", "](http://x.example)", "x" * 65, "a\nb"])
def test_no_mention_without_a_usable_id(world: World, server: WebhookServer, staff_id: str) -> None:
    """Nobody is mentioned whose id is not known or is no id."""
    world.deliver(message(server.port, group=True, staff_id=staff_id), "好")
    assert server.posted[0].body == {"msgtype": "markdown", "markdown": {"title": "好", "text": "好"}}


def test_mentions_of_the_model_notify_nobody(world: World, server: WebhookServer) -> None:
    """What a model writes is never turned into a mention."""
    world.deliver(message(server.port), "@all @staff2 看这里")
    assert server.posted[0].text == "@all @staff2 看这里"
    assert "at" not in server.posted[0].body


@pytest.mark.parametrize("text", ["", " \n", "\x00\u200b"])
def test_nothing_to_show_is_explained(world: World, server: WebhookServer, text: str) -> None:
    """An empty message is never posted: a sentence stands in for it."""
    sent = message(server.port)
    assert world.deliver(sent, text) == 1
    assert server.posted[0].text == ZH.failed_empty.format(request_id=sent.request_id)


def test_unencodable_answer_is_posted(world: World, server: WebhookServer) -> None:
    """Half a character in the answer does not stop it."""
    assert world.deliver(message(server.port), "半 \ud83d 个") == 1
    assert server.posted[0].text == "半 \ufffd 个"


# --- parts ----------------------------------------------------------------------------------------------------------


def test_parts_in_order_and_paced(world: World, server: WebhookServer) -> None:
    """Parts come in order, at least a second apart, and progress is told after each but the last."""
    assert world.deliver(message(server.port), LONG) == 3
    assert [posted.text[:5] for posted in server.posted] == ["（1/3）", "（2/3）", "（3/3）"]
    assert world.clock.slept == [1.0, 1.0]
    assert world.progress == [1, 2]
    assert all(len(posted.text) <= 3500 and len(posted.raw) <= 20_000 for posted in server.posted)


@pytest.mark.parametrize(("sent", "rest"), [(1, ["（2/3）", "（3/3）"]), (2, ["（3/3）"]), (3, []), (9, [])])
def test_resuming(world: World, server: WebhookServer, sent: int, rest: list[str]) -> None:
    """What an earlier run has shown is not shown again."""
    assert world.deliver(message(server.port), LONG, already_sent=sent) == max(3, sent)
    assert [posted.text[:5] for posted in server.posted] == rest


def test_a_retry_goes_on_where_it_stopped(world: World) -> None:
    """Two runs together show every part once, even with a note appended by the second."""
    closed = result(-1)
    with WebhookServer(result(0), closed, closed, closed, closed) as server:
        with pytest.raises(DeliveryDelayed) as delayed:
            world.deliver(message(server.port), LONG)
        assert (delayed.value.shown, delayed.value.code, world.progress) == (1, "-1", [1])
        before = server.posted[:1]
        assert world.deliver(message(server.port), LONG + "\n\n（附注）", already_sent=world.progress[-1]) == 3
        shown = [*before, *server.posted[5:]]
    assert [posted.text[:5] for posted in shown] == ["（1/3）", "（2/3）", "（3/3）"]
    assert "".join("".join(posted.text.split()) for posted in shown).count("段。") == 9


def test_too_many_parts_are_cut(server: WebhookServer) -> None:
    """No more than MAX_PARTS are shown, and the last says so."""
    assert World(max_parts=2).deliver(message(server.port), LONG) == 2
    assert server.posted[1].text.endswith(ZH.parts_cut.format(shown=2))


# --- results --------------------------------------------------------------------------------------------------------

Script = list[Reply | Misbehaviour]


@pytest.mark.parametrize(
    ("script", "posts", "slept"),
    [
        ([result("0")], 1, []),
        ([result(-1)], 2, [0.5]),
        ([result(-1), result("-1")], 3, [0.5, 1.0]),
        ([Reply(500), Reply(504)], 3, [0.5, 1.0]),
        ([Reply(502, b"<html>"), result(-1)], 3, [0.5, 1.0]),
        (["reset after reading"], 2, [0.5]),
        (["close after reading"], 2, [0.5]),
        (["reset before reading"], 1, [0.5]),
        ([Reply(body=b"", length=30)], 2, [0.5]),
        ([Reply(body=b'{"errc', length=30)], 2, [0.5]),
        ([Reply(body=b'{"errcode":0}', length=30)], 1, []),
        ([Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"})], 2, [0.5]),
        ([Reply(body=b'd\r\n{"errcode":0}\r\n0\r\n\r\n', headers={"Transfer-Encoding": "chunked"})], 1, []),
        ([Reply(body=b'{"errcode":0}' + b" " * 2 * LARGEST_RESPONSE)], 1, []),
        (["reset after reading", result(-1), Reply(503)], 4, [0.5, 0.5, 1.0]),
        ([result(130101)], 2, [60.0]),
        ([result(410100)], 2, [60.0]),
        ([Reply(429, b"")], 2, [60.0]),
        ([result(40035)], 2, []),
        ([result(43004)], 2, []),
        ([result(400105)], 2, []),
        ([result(555555)], 2, []),
        ([Reply(404, b"<html>")], 2, []),
    ],
)
def test_shown_in_the_end(world: World, script: Script, posts: int, slept: list[float]) -> None:
    """What can pass is waited for and posted again, and the person sees the answer."""
    with WebhookServer(*script) as server:
        assert world.deliver(message(server.port), "好") == 1
        assert len(server.posted) == posts
        assert server.posted[-1].text == "好"
    assert world.clock.slept == slept


@pytest.mark.parametrize(
    ("script", "code", "posts"),
    [
        ([result(-1)] * 4, "-1", 4),
        ([Reply(503)] * 4, "http_503", 4),
        (["reset after reading", *[result(-1)] * 4], "-1", 5),
        ([result(130101)] * 3, "130101", 3),
        ([Reply(body=b"<html>")] * 2, "throttled", 2),
        ([Reply(body=b'{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"xxx"}')] * 2, "throttled", 2),
        ([result(777777)] * 3, "777777", 3),
        ([Reply(302, b"", {"Location": "/robot/sendBySession?session=other"})] * 3, "http_302", 3),
        ([Reply(307, b"", {"Location": "/robot/sendBySession?session=other"})] * 3, "http_307", 3),
    ],
)
def test_delayed(world: World, script: Script, code: str, posts: int) -> None:
    """What may pass later is left to a later run, after one more try at its own end; no redirect is followed."""
    with WebhookServer(*script) as server:
        with pytest.raises(DeliveryDelayed) as delayed:
            world.deliver(message(server.port), "好")
        assert (delayed.value.code, delayed.value.shown) == (code, 0)
        assert len(server.posted) == posts
        assert {posted.path for posted in server.posted} == {f"/robot/sendBySession?session={SESSION}"}
    assert world.log[-1]["code"] == code


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (["reset after reading"] * 3, "no_response"),
        (["close after reading", Reply(body=b"")], "unreadable"),
        ([result(-1), "reset after reading", "close after reading", "close after reading"], "no_response"),
    ],
)
def test_in_doubt(world: World, script: Script, code: str) -> None:
    """No response, posted soon again and at the end of the run: it counts as shown, and operators are told."""
    with WebhookServer(*script) as server:
        assert world.deliver(message(server.port), "好") == 1
        assert len(server.posted) == len(script)
    [line] = [line for line in world.log if line["event"] == "delivery_in_doubt"]
    assert (line["level"], line["code"], line["part"]) == ("ERROR", code, 1)


def test_a_third_post_is_heard(world: World) -> None:
    """DingTalk is silent for some seconds: the post at the end of the run comes through, and nothing is in doubt."""
    with WebhookServer("reset after reading", "close after reading", result(0)) as server:
        assert world.deliver(message(server.port), "好") == 1
    assert not [line for line in world.log if line["event"] == "delivery_in_doubt"]


def test_no_third_post_to_a_webhook_that_will_have_expired(world: World) -> None:
    """The webhook lasts no longer than a few seconds: two posts, then it stays in doubt."""
    with WebhookServer("reset after reading", "reset after reading") as server:
        sent = message(server.port)
        target = replace(sent.reply_to, expires_at=int((NOW + 20) * 1000))
        assert world.deliver(replace(sent, reply_to=target), "好") == 1
        assert len(server.posted) == 2


@pytest.mark.parametrize("code", [300001, 310000, 90030, 400013, 400101, 400102, 400106, "300001"])
@pytest.mark.parametrize("before", [0, 1])
def test_closed(world: World, code: object, before: int) -> None:
    """What can never pass is not tried again, and the error says how many parts were shown."""
    with WebhookServer(*[result(0)] * before, result(code)) as server:
        with pytest.raises(Undeliverable) as closed:
            world.deliver(message(server.port), LONG)
        assert (closed.value.code, closed.value.shown) == (str(code), before)
        assert len(server.posted) == before + 1
    assert world.progress == list(range(1, before + 1))


@pytest.mark.parametrize("code", [40035, 43004, 400105])
def test_not_understood(world: World, code: int) -> None:
    """A body that is not understood is posted as plain text, the rest too; if that fails too, it ends."""
    with WebhookServer(result(0), result(code)) as server:
        assert world.deliver(message(server.port), LONG) == 3
        assert [posted.body["msgtype"] for posted in server.posted] == ["markdown", "markdown", "text", "text"]
    with WebhookServer(result(code), result(code)) as server, pytest.raises(Undeliverable, match=str(code)):
        world.deliver(message(server.port), "好")
    with WebhookServer(result(code)) as server:
        with pytest.raises(Undeliverable, match=str(code)):
            World(plain=True).deliver(message(server.port), "好")
        assert len(server.posted) == 1


@pytest.mark.parametrize("code", [430101, 430102, 430103, 430104])
@pytest.mark.parametrize("before", [0, 1])
def test_content_not_allowed(world: World, code: int, before: int) -> None:
    """A blocked part is replaced by one neutral sentence, which ends the answer."""
    sent = replace(message(0), group=True)
    neutral = ZH.blocked_by_dingtalk.format(request_id=sent.request_id)
    with WebhookServer(*[result(0)] * before, result(code)) as server:
        sent = replace(sent, reply_to=message(server.port).reply_to)
        with pytest.raises(AnswerBlocked) as blocked:
            world.deliver(sent, LONG)
        assert (blocked.value.code, blocked.value.shown) == (str(code), before)
        assert len(server.posted) == before + 2
        assert server.posted[-1].text == ("" if before else "@staff1 ") + neutral
        assert "字" not in json.dumps(server.posted[-1].body, ensure_ascii=False)
        assert ("at" in server.posted[-1].body) == (not before)


def test_neutral_sentence_not_allowed(world: World) -> None:
    """If even the neutral sentence is blocked, nothing is left to try."""
    with WebhookServer(result(430104), result(430104)) as server:
        with pytest.raises(Undeliverable, match="430104"):
            world.deliver(message(server.port), "好")
        assert len(server.posted) == 2


def test_neutral_sentence_delayed(world: World) -> None:
    """If the neutral sentence cannot be shown now, a later run can."""
    with WebhookServer(result(430104), *[result(-1)] * 4) as server, pytest.raises(DeliveryDelayed):
        world.deliver(message(server.port), "好")


@pytest.mark.parametrize("refusal", [result(460101), Reply(413, b"<html>")])
def test_too_large(world: World, refusal: Reply) -> None:
    """What DingTalk finds too large is posted in smaller parts, from the part that was refused."""
    with WebhookServer(result(0), refusal) as server:
        assert world.deliver(message(server.port), LONG) == 5
        shown = [server.posted[0], *server.posted[2:]]
    assert [posted.text[:5] for posted in shown] == ["（1/3）", "（2/5）", "（3/5）", "（4/5）", "（5/5）"]
    assert all(len(posted.text) <= 1700 for posted in shown[1:])
    assert world.progress == [1]


def test_too_large_again(world: World) -> None:
    """If smaller parts are too large as well, a beginning is shown with a note, and nothing after it."""
    with WebhookServer(result(460101), result(460101)) as server:
        assert world.deliver(message(server.port), LONG) == 1
        assert len(server.posted) == 3
        assert len(server.posted[-1].text) <= 800
        assert server.posted[-1].text.endswith(ZH.parts_cut.format(shown=1))


def test_too_large_whatever_the_size(world: World) -> None:
    """If even a short beginning is too large, nothing is left to try."""
    with WebhookServer(*[result(460101)] * 3) as server:
        with pytest.raises(Undeliverable, match="460101"):
            world.deliver(message(server.port), LONG)
        assert len(server.posted) == 3


def test_smaller_parts_keep_code_whole(world: World) -> None:
    """Code that is laid out anew stays code."""
    with WebhookServer(result(0), result(460101)) as server:
        world.deliver(message(server.port), "```python\n" + "x = 1  # one\n" * 700 + "```")
        shown = [server.posted[0], *server.posted[2:]]
    for posted in shown:
        assert posted.text.split("\n\n", 1)[1].startswith("```python\n")
        assert posted.text.split("\n\n（回答太长")[0].endswith("\n```")


# --- connections ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return int(closed.getsockname()[1])


def test_connection_refused(world: World) -> None:
    """A connection that cannot be made is tried three times and at the end of the run, then left to a later run."""
    with pytest.raises(DeliveryDelayed, match="not_connected"):
        world.deliver(message(free_port()), "好")
    assert world.clock.slept == [0.5, 1.0, world.seconds - 0.5 - 1.5 - 5.0]


def test_connection_made_in_the_end(world: World) -> None:
    """A connection that can be made at the third try delivers once."""
    port = free_port()
    running: list[WebhookServer] = []

    def start() -> None:
        if len(world.clock.slept) == 2:
            running.append(WebhookServer(port=port).__enter__())

    world.clock.on_sleep = start
    try:
        assert world.deliver(message(port), "好") == 1
        assert len(running[0].posted) == 1
    finally:
        for started in running:
            started.__exit__(None, None, None)


def test_host_without_address(world: World) -> None:
    """A host name that has no address was certainly not posted to."""
    world.hosts = ("nowhere.invalid",)
    lost = replace(message(1), reply_to=ReplyTarget(f"https://nowhere.invalid/robot/sendBySession?session={SESSION}"))
    with pytest.raises(DeliveryDelayed, match="not_connected"):
        world.deliver(lost, "好")


def test_tls_not_spoken(world: World, server: WebhookServer) -> None:
    """A server that does not speak TLS leads to a later run, and the message is not posted in the clear."""
    target = ReplyTarget(f"https://127.0.0.1:{server.port}/robot/sendBySession?session={SESSION}")
    with pytest.raises(DeliveryFailed):
        world.deliver(replace(message(1), reply_to=target), "好")
    assert server.posted == []


def test_hanging() -> None:
    """A server that never responds is posted to three times, and not again."""
    world = World(read_timeout=0.2)
    with WebhookServer("hang", "hang", "hang") as server:
        world.deliver(message(server.port), "好")
    assert world.log[-1]["posts"] == 3


def test_response_that_trickles(world: World) -> None:
    """A body that has not ended at the own deadline is not waited for."""
    gone = threading.Event()
    late = Reply(before=lambda: world.clock.sleep(world.seconds), between=lambda: gone.wait(5))
    with WebhookServer(late) as server:
        with pytest.raises(DeliveryDelayed, match="unreadable"):
            world.deliver(message(server.port), "好")
        gone.set()


@pytest.mark.parametrize(
    ("problem", "begun", "wanted"),
    [
        (requests.exceptions.ConnectTimeout(), False, NOT_CONNECTED),
        (
            requests.ConnectionError(urllib3_errors.ProtocolError("reset")),
            False,
            NOT_CONNECTED,
        ),
        (requests.ConnectionError(urllib3_errors.ProtocolError("reset")), True, NO_RESPONSE),
        (requests.exceptions.SSLError(), False, NOT_CONNECTED),
        (requests.exceptions.SSLError(), True, NO_RESPONSE),
        (requests.exceptions.ReadTimeout(), True, NO_RESPONSE),
        (requests.exceptions.ChunkedEncodingError(), True, NO_RESPONSE),
        (requests.exceptions.ContentDecodingError(), True, NO_RESPONSE),
        (requests.exceptions.InvalidURL(), False, UNSENDABLE),
        (requests.exceptions.InvalidSchema(), False, UNSENDABLE),
        (requests.exceptions.InvalidHeader(), False, UNSENDABLE),
        (urllib3_errors.LocationParseError("x"), False, UNSENDABLE),
        (urllib3_errors.ProtocolError("aborted"), True, NO_RESPONSE),
    ],
)
def test_errors_of_the_client(problem: Exception, begun: bool, wanted: Verdict) -> None:
    """Only what was certainly not sent counts as not sent."""
    assert unanswered(problem, begun=begun) is wanted


def test_a_body_knows_when_it_is_sent() -> None:
    """Measuring it is not sending it."""
    body = Sending(b"abc")
    assert (requests.utils.super_len(body), body.begun) == (3, False)
    assert (body.read(), body.begun) == (b"abc", True)


def test_connection_is_kept_between_parts(world: World) -> None:
    """Parts use one connection, a long silence ends it."""
    with WebhookServer(keep=True) as server:
        world.deliver(message(server.port), LONG)
        assert server.connections == 1
        world.clock.time += 29
        world.deliver(message(server.port), "好")
        assert server.connections == 1
        world.clock.time += 31
        world.deliver(message(server.port), "好")
        assert server.connections == 2


def test_environment_and_cookies_play_no_part(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proxy variables, a netrc file and cookies change nothing about a post."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with WebhookServer(Reply(headers={"Set-Cookie": "a=b; Path=/"})) as server:
        world.deliver(message(server.port), "一")
        world.deliver(message(server.port), "二")
        assert len(server.posted) == 2
        for posted in server.posted:
            assert not {"cookie", "authorization", "proxy-authorization"} & set(posted.headers)


# --- time -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires_in", "posted"), [(5400, True), (5.1, True), (5.0, False), (0.001, False), (-60, False), (0, True)]
)
def test_expired_webhook(world: World, server: WebhookServer, expires_in: float, posted: bool) -> None:
    """Nothing is posted to a webhook that has expired or is about to; an unknown expiry does not stop a post."""
    sent = message(server.port, expires_in=expires_in)
    if posted:
        assert world.deliver(sent, "好") == 1
    else:
        with pytest.raises(Undeliverable) as closed:
            world.deliver(sent, "好")
        assert (closed.value.code, closed.value.shown) == ("expired", 0)
    assert len(server.posted) == posted


def test_expiry_between_parts(world: World, server: WebhookServer) -> None:
    """Expiry is checked before every post."""
    with pytest.raises(Undeliverable) as closed:
        world.deliver(message(server.port, expires_in=6.5), LONG)
    assert (closed.value.code, closed.value.shown, len(server.posted)) == ("expired", 2, 2)


def test_no_wait_for_a_webhook_that_expires_meanwhile(world: World) -> None:
    """Nobody waits a minute to find a closed door."""
    with WebhookServer(result(130101)) as server, pytest.raises(Undeliverable, match="expired"):
        world.deliver(message(server.port, expires_in=60), "好")
    assert world.clock.slept == []


@pytest.mark.parametrize(
    ("script", "seconds", "posts", "code"),
    [
        ([], 1.0, 1, ""),
        ([], 0.99, 0, "deadline"),
        ([], -5.0, 0, "deadline"),
        ([result(130101)], 61.0, 2, ""),
        ([result(130101)], 60.99, 2, ""),
        ([result(130101)], 10.5, 2, ""),
        ([result(130101)], 10.49, 1, "130101"),
        ([Reply(body=b"<html>")], 301.0, 2, ""),
        ([Reply(body=b"<html>")], 300.99, 2, ""),
        ([Reply(body=b"<html>")], 10.49, 1, "throttled"),
        ([result(-1)], 1.5, 2, ""),
        ([result(-1)], 1.49, 1, "-1"),
        (["close after reading"], 1.49, 1, "no_response"),
    ],
)
def test_own_deadline(world: World, script: Script, seconds: float, posts: int, code: str) -> None:
    """No wait and no post passes the time at which this run must have stopped."""
    world.seconds = seconds
    with WebhookServer(*script) as server:
        if code:
            with pytest.raises(DeliveryDelayed) as delayed:
                world.deliver(message(server.port), "好")
            assert delayed.value.code == code
        else:
            assert world.deliver(message(server.port), "好") == 1
        assert len(server.posted) == posts
    assert world.clock.now() <= NOW + max(0.0, seconds)


def test_deadline_between_parts(world: World, server: WebhookServer) -> None:
    """A run without time for the next part leaves it to a later one, and says how many were shown."""
    world.seconds = 2.5
    with pytest.raises(DeliveryDelayed) as delayed:
        world.deliver(message(server.port), LONG)
    assert (delayed.value.shown, world.progress) == (2, [1, 2])


@pytest.mark.parametrize("seconds", [0.5, 3, 10, 60, 1000])
def test_timeouts_stay_within(seconds: float) -> None:
    """Connecting, waiting for the response and for its body together take no more than is left."""
    connect, read = Timeouts().within(seconds)
    assert 0 < connect <= 5
    assert 0 < read <= 20
    assert connect + 2 * read <= seconds


# --- where to, and what is logged -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "webhook",
    [
        "http://169.254.169.254/x",
        "https://evil.example/robot/sendBySession?session=abc",
        "https://oapi.dingtalk.com.evil.example/robot/sendBySession?session=abc",
        "https://evil.example\\@oapi.dingtalk.com/robot/sendBySession?session=abc",
        "http://oapi.dingtalk.com/robot/sendBySession?session=abc",
        "",
    ],
)
def test_refused_webhook(webhook: str) -> None:
    """The address is checked again before anything is posted, and the operator is told which setting decides."""
    world = World(hosts=("oapi.dingtalk.com",))
    with pytest.raises(Undeliverable, match="webhook_host_refused") as refused:
        world.deliver(replace(message(1), reply_to=ReplyTarget(webhook)), "好")
    assert "WEBHOOK_HOSTS" in refused.value.remedy


def test_log(world: World) -> None:
    """The log tells result, parts, posts and time, and neither webhook nor text."""
    with WebhookServer(result(-1), result(0), "reset after reading") as server:
        sent = message(server.port)
        world.deliver(sent, LONG)
    *refusals, outcome = world.log
    assert [(line["event"], line["errcode"], line["part"]) for line in refusals] == [
        ("post_refused", "-1", 1),
        ("post_refused", "no_response", 2),
    ]
    assert outcome == {
        "level": "DEBUG",
        "event": "delivery",
        "request_id": sent.request_id,
        "code": "0",
        "parts": 3,
        "posts": 5,
        "deliver_ms": 3000,
    }
    assert SESSION not in world.lines.getvalue()
    assert "字" not in world.lines.getvalue()


def test_settings() -> None:
    """Defaults, every setting, and every mistake."""
    assert WebhookSettings.read(SettingsReader({})) == WebhookSettings()
    given = {"REPLY_FORMAT": "Text", "MAX_PARTS": "20", "WEBHOOK_HOSTS": "a.example, b.example"}
    assert WebhookSettings.read(SettingsReader(given)) == WebhookSettings(True, 20, ("a.example", "b.example"))
    reader = SettingsReader({"REPLY_FORMAT": "html", "MAX_PARTS": "21", "WEBHOOK_HOSTS": "https://a.example"})
    WebhookSettings.read(reader)
    with pytest.raises(SettingsError) as wrong:
        reader.finish()
    assert [problem.split()[0] for problem in wrong.value.problems] == ["REPLY_FORMAT", "MAX_PARTS", "WEBHOOK_HOSTS"]
