"""Who may call, where, how large, and what everybody else sees."""

import base64
import json
from typing import Any, ClassVar

import pytest

from conversation.channels.dingtalk import signature
from shared.wording import wording

from .kit import CONTEXT, ENVIRON, SECRET, Bench, http_event, payload, question

ZH = wording("zh")
KB = 1024
BOTH = pytest.mark.parametrize("fc2", [False, True], ids=["fc3", "fc2"])


@pytest.mark.parametrize(
    ("stamp", "secret", "sign"),
    [
        ("1684493546276", "client-secret-for-test", "nwBJQmaBLv9+5/sSS/66jcFc1/kGY5wo38L88LOGfRU="),
        ("1577262236757", "this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
    ],
)
def test_public_signature_vectors(stamp: str, secret: str, sign: str) -> None:
    """The signature is the one of github.com/eryajf/chatgpt-dingtalk's test and of DingTalk's documented inputs."""
    assert signature(stamp, secret).decode() == sign
    bench = Bench({**ENVIRON, "DINGTALK_APP_SECRET": secret})
    bench.clock.seconds = int(stamp) / 1000
    assert bench.post(question("?"), headers={"timestamp": stamp, "sign": sign}).line["event"] == "handed_over"


@pytest.mark.parametrize(
    "settings",
    [
        {"DINGTALK_APP_SECRET": f"{SECRET}\n"},
        {"DINGTALK_APP_SECRET": f'"{SECRET}"'},
        {"DINGTALK_APP_SECRET": f" ‘{SECRET}’ "},
        {"DINGTALK_APP_SECRET": f"['other', '{SECRET}']"},
        {"DINGTALK_APP_SECRET": f"other;{SECRET}\r\n"},
        {"DINGTALK_APP_SECRET": f"other\n{SECRET}\n"},
        {"DINGTALK_CREDENTIALS": f"'dingteabot:{SECRET}'"},
        {"DINGTALK_CREDENTIALS": f"dingteabot: {SECRET} ; 'b':'c'"},
        {"DINGTALK_CREDENTIALS": f'{{"dingteabot": "{SECRET}", "b": "c"}}'},
        {"DINGTALK_CREDENTIALS": f"['b：c', 'dingteabot：{SECRET}']"},
    ],
)
def test_secrets_as_people_paste_them(settings: dict[str, str]) -> None:
    """In quotes, in brackets, with blanks and line ends: the secret is what is between."""
    bench = Bench({**ENVIRON, "DINGTALK_CREDENTIALS": "", **settings})
    line = bench.post(question("?")).line
    assert line["event"] == "handed_over"
    assert line["robot"] == "dingteabot" or "DINGTALK_APP_SECRET" in settings


@pytest.mark.parametrize(
    "settings",
    [
        {"DINGTALK_APP_SECRET": f'"{SECRET}'},
        {"DINGTALK_APP_SECRET": f"a,{SECRET}]"},
        {"DINGTALK_APP_SECRET": f"{SECRET[:5]}“{SECRET[5:]}"},
        {"DINGTALK_APP_SECRET": f"\u200b{SECRET}"},
        {"DINGTALK_APP_SECRET": f"{SECRET}\\n"},
        {"DINGTALK_APP_SECRET": f"<{SECRET}>"},
        {"DINGTALK_CREDENTIALS": f"a:<{SECRET}>"},
        {"DINGTALK_CREDENTIALS": f"a:{SECRET}'"},
        {"DINGTALK_CREDENTIALS": f'"a:{SECRET}'},
        {"DINGTALK_CREDENTIALS": SECRET},
        {"DINGTALK_CREDENTIALS": "a:''"},
    ],
)
def test_secrets_that_nobody_can_make_out(settings: dict[str, str]) -> None:
    """They are named at every message, and not shown; none is tried in silence."""
    bench = Bench({**ENVIRON, "DINGTALK_CREDENTIALS": f"a:{SECRET}", **settings})
    if "DINGTALK_CREDENTIALS" in settings:
        bench = Bench({**ENVIRON, "DINGTALK_APP_SECRET": SECRET, **settings})
    line = bench.post(question("?")).line
    assert (line["event"], line["level"]) == ("refused_settings", "ERROR")
    assert any(name in line["remedy_1"] for name in settings)
    assert SECRET[5:] not in json.dumps(line)


HOUR, MINUTE = 3_600_000, 60_000


@BOTH
@pytest.mark.parametrize(
    ("age_ms", "status"),
    [
        (0, 200),
        (HOUR - 1, 200),
        (HOUR, 200),
        (HOUR + 1, 401),
        (48 * HOUR, 401),
        (-5 * MINUTE + 1, 200),
        (-5 * MINUTE, 200),
        (-5 * MINUTE - 1, 401),
        (-48 * HOUR, 401),
    ],
)
def test_the_age_of_a_signature(age_ms: int, status: int, fc2: bool) -> None:
    """A signature is good for one hour, and from 5 minutes before its time."""
    bench = Bench(fc2=fc2)
    assert bench.post(question("?"), headers=bench.headers(age_ms=age_ms)).status == status
    assert len(bench.fc.posts) == (status == 200)


def bad_headers() -> dict[str, dict[str, str]]:
    bench = Bench()
    good = bench.headers()
    stamp, sign = good["timestamp"], good["sign"]
    return {
        "nothing": {},
        "no sign": {"timestamp": stamp},
        "no timestamp": {"sign": sign},
        "empty sign": {**good, "sign": ""},
        "wrong sign": {**good, "sign": signature(stamp, "another secret").decode()},
        "cut sign": {**good, "sign": sign[:-1]},
        "sign of another time": {**good, "timestamp": str(int(stamp) - 1)},
        "stale": bench.headers(age_ms=2 * HOUR),
        "timestamp is no number": {**good, "timestamp": "now"},
        "timestamp in other digits": {
            **good,
            "timestamp": stamp.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        },
        "negative timestamp": {**good, "timestamp": "-" + stamp},
        "endless timestamp": {**good, "timestamp": "9" * 5000},
        "sign is not ASCII": {**good, "sign": "签名"},
        "lone surrogate": {**good, "sign": "\ud800"},
        "two different timestamps": {**good, "timestamp": f"{stamp},1"},
        "two different signs": {**good, "sign": f"{sign},{sign[::-1]}"},
    }


@BOTH
@pytest.mark.parametrize("case", bad_headers())
def test_every_bad_signature_looks_the_same(case: str, fc2: bool) -> None:
    """Missing, malformed, stale and wrong: the same 401 with the same body; nothing is invoked or told."""
    bench = Bench(fc2=fc2)
    for body in ("no JSON", "", json.dumps(question("?"))):
        result = bench.post(body, headers=bad_headers()[case])
        assert (result.status, result.text) == (401, '{"error": "Unauthorized"}')
        genuine = body.startswith("{") and case in ("wrong sign", "sign of another time")
        said = ("signature_unknown", "WARNING") if genuine else ("rejected", "INFO")
        assert (result.line["event"], result.line["level"]) == said
    assert bench.fc.posts == []


def test_header_names_in_any_case_and_values_repeated() -> None:
    """FC does not document the letter case, and joins repeated headers by commas."""
    bench = Bench()
    good = bench.headers()
    forms: list[dict[str, Any]] = [
        good,
        {name.upper(): value for name, value in good.items()},
        {name.title(): value for name, value in good.items()},
        {name: f"{value},{value}" for name, value in good.items()},
        {name: f" {value} , {value}" for name, value in good.items()},
        {name: [value] for name, value in good.items()},
        {**good, "Timestamp": good["timestamp"], "SIGN": good["sign"], "X": 5, "Y": None},
    ]
    for number, headers in enumerate(forms):
        event = http_event("POST", "/", {}, json.dumps(question("?"))) | {"headers": headers}
        assert bench.serve(json.dumps(event).encode(), CONTEXT)["statusCode"] == 200
        assert len(bench.fc.posts) == number + 1


class TestSeveralRobots:
    """One deployment serves several robots, and a message knows which."""

    SETTINGS: ClassVar = {
        "DINGTALK_CREDENTIALS": "one:alpha-secret, two：beta:secret，",
        "DINGTALK_APP_SECRET": "gamma-secret，alpha-secret",
    }

    @pytest.mark.parametrize(("secret", "robot"), [("alpha-secret", "one"), ("beta:secret", "two")])
    def test_named_by_client_id(self, secret: str, robot: str) -> None:
        """DINGTALK_CREDENTIALS gives each robot its id; a secret may contain a colon."""
        bench = Bench({**ENVIRON, **self.SETTINGS})
        bench.post(question("?"), headers=bench.headers(secret))
        assert bench.fc.events[0]["robot"] == robot

    def test_named_by_hash(self) -> None:
        """A robot known only by its secret has a short id that stays and does not show the secret."""
        robots = []
        for settings in (self.SETTINGS, {"DINGTALK_APP_SECRET": "gamma-secret", "DINGTALK_CREDENTIALS": ""}):
            bench = Bench({**ENVIRON, **settings})
            bench.post(question("?"), headers=bench.headers("gamma-secret"))
            robots.append(bench.fc.events[0]["robot"])
        assert robots[0] == robots[1]
        assert len(robots[0]) == 13
        assert "gamma" not in robots[0]

    @pytest.mark.parametrize("secret", ["alpha-secret", "beta:secret", "gamma-secret", "ü-Geheimnis"])
    def test_a_robot_keeps_what_it_had_before_its_client_id(self, secret: str) -> None:
        """The id made of the secret travels along once there is a client id; before, it is the id."""
        unnamed = Bench({**ENVIRON, "DINGTALK_APP_SECRET": secret, "DINGTALK_CREDENTIALS": ""})
        unnamed.post(question("?"), headers=unnamed.headers(secret))
        before = unnamed.fc.events[0]["robot"]
        named = Bench({**ENVIRON, "DINGTALK_APP_SECRET": secret, "DINGTALK_CREDENTIALS": f"client:{secret}"})
        named.post(question("?"), headers=named.headers(secret))
        assert unnamed.fc.events[0]["robot_before"] == ""
        assert (named.fc.events[0]["robot"], named.fc.events[0]["robot_before"]) == ("client", before)

    def test_robots_do_not_share_message_ids(self) -> None:
        """The same message id from two robots is two messages."""
        bench = Bench({**ENVIRON, **self.SETTINGS})
        for secret in ("alpha-secret", "gamma-secret"):
            bench.post(question("?"), headers=bench.headers(secret))
        tasks = {post.headers["x-fc-async-task-id"] for post in bench.fc.posts}
        assert len(tasks) == 2


@BOTH
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health(method: str, fc2: bool) -> None:
    """GET and HEAD at the root answer 200 and touch nothing; HEAD has no body."""
    bench = Bench(fc2=fc2)
    result = bench.request(method)
    assert result.status == 200
    assert result.text == ("" if method == "HEAD" else '{"status": "ok", "settings": "complete"}')


@pytest.mark.parametrize("case", bad_headers())
def test_health_does_not_tell_a_bad_signature_from_none(case: str) -> None:
    """An invalid signature gets what a plain GET gets."""
    bench = Bench()
    assert bench.request("GET", headers=bad_headers()[case]).text == bench.request("GET").text


@BOTH
def test_health_confirms_a_signature(fc2: bool) -> None:
    """Who holds the secret can see that the deployed one is the same, before DingTalk is told the address."""
    bench = Bench(fc2=fc2)
    answer = json.loads(bench.request("GET", headers=bench.headers()).text)
    assert answer == {"status": "ok", "settings": "complete", "signature": "matched"}


@BOTH
@pytest.mark.parametrize(
    ("callback_path", "method", "path", "status"),
    [
        ("", "POST", "/", 200),
        ("", "POST", "/anywhere", 200),
        ("", "GET", "/anywhere", 404),
        ("", "PUT", "/", 405),
        ("", "DELETE", "/x", 405),
        ("", "OPTIONS", "/", 405),
        ("/x7Kq2", "POST", "/x7Kq2", 200),
        ("/x7Kq2", "POST", "/x7Kq2/", 200),
        ("/x7Kq2/", "POST", "/x7Kq2", 200),
        ("/x7Kq2", "POST", "/", 404),
        ("/x7Kq2", "POST", "/x7kq2", 404),
        ("/x7Kq2", "POST", "/x7Kq2/more", 404),
        ("/x7Kq2", "POST", "/\u00e9\u00ff", 404),
        ("/x7Kq2", "GET", "/", 200),
        ("/x7Kq2", "GET", "/x7Kq2", 200),
        ("/x7Kq2", "HEAD", "/x7Kq2", 200),
        ("/x7Kq2", "GET", "/other", 404),
        ("/x7Kq2", "PUT", "/x7Kq2", 405),
        ("/x7Kq2", "PUT", "/", 404),
    ],
)
def test_paths_and_methods(callback_path: str, method: str, path: str, status: int, fc2: bool) -> None:
    """With CALLBACK_PATH a POST elsewhere is not found, however well it is signed; without it any path will do."""
    bench = Bench({**ENVIRON, "CALLBACK_PATH": callback_path}, fc2=fc2)
    result = bench.request(method, path, bench.headers(), json.dumps(question("?")))
    assert result.status == status
    assert len(bench.fc.posts) == (method == "POST" and status == 200)
    assert status != 405 or result.headers["Allow"] == "POST"


def sized(size: int) -> str:
    """A signed question whose body has exactly `size` bytes."""
    empty = json.dumps(question(""), ensure_ascii=False)
    return json.dumps(question("x" * (size - len(empty.encode()))), ensure_ascii=False)


class TestSize:
    """A body has a limit of 64 KB."""

    @BOTH
    @pytest.mark.parametrize(("size", "handed"), [(64 * KB - 1, True), (64 * KB, True), (64 * KB + 1, False)])
    def test_signed(self, size: int, handed: bool, fc2: bool) -> None:
        """Above the limit a signed message gets an explained refusal with 200, so that it is not sent again."""
        bench = Bench(fc2=fc2)
        result = bench.post(sized(size))
        assert result.status == 200
        assert len(bench.fc.posts) == handed
        if not handed:
            request_id = result.line["request_id"]
            assert result.shown == ZH.too_large.format(size=65, limit=64, request_id=request_id)

    @BOTH
    @pytest.mark.parametrize(("size", "status"), [(64 * KB, 401), (64 * KB + 1, 413), (3 * KB * KB, 413)])
    def test_unsigned(self, size: int, status: int, fc2: bool) -> None:
        """Without a valid signature a large body is refused before it is looked at."""
        assert Bench(fc2=fc2).post("{" * size, headers={}).status == status

    @BOTH
    @pytest.mark.parametrize("body", ["{" * (65 * KB), "x" * (900 * KB)])
    def test_signed_and_unreadable(self, body: str, fc2: bool) -> None:
        """A large body that cannot be read is refused with the platform's request id."""
        result = Bench(fc2=fc2).post(body)
        assert (result.status, "1-fc-0001" in result.shown) == (200, True)

    @pytest.mark.parametrize("encoded", [False, True])
    def test_base64_counts_as_what_it_encodes(self, encoded: bool) -> None:
        """FC may send any body as base64; the limit is for the body."""
        bench = Bench()
        assert bench.post(sized(64 * KB), encoded=encoded).line["event"] == "handed_over"
        assert "65 KB" in bench.post(sized(64 * KB + 1), encoded=encoded).shown
        assert bench.post(sized(700 * KB), encoded=encoded).status == 200

    @BOTH
    @pytest.mark.parametrize("signed", [True, False])
    @pytest.mark.parametrize("size", [KB * KB + 1, 3 * KB * KB, 32 * KB * KB])
    def test_what_is_too_large_to_be_read(self, size: int, signed: bool, fc2: bool) -> None:
        """More than 1 MB is refused by its length, whoever signed it, and nobody is invoked."""
        bench = Bench(fc2=fc2)
        result = bench.post(sized(size), headers=None if signed else {})
        assert (result.status, result.text) == (413, '{"error": "Content Too Large"}')
        assert bench.fc.posts == []

    @pytest.mark.parametrize("event", [b"{" * (KB * KB), b" " * (KB * KB - 2) + b"{}", "{" * (KB * KB)])
    def test_an_event_is_not_read_beyond_its_limit(self, event: bytes | str) -> None:
        """What is no JSON is 400 up to 1 MB, and 413 beyond: it was not looked at."""
        bench = Bench()
        assert bench.serve(event, None)["statusCode"] == 400
        more = event + (b"{" if isinstance(event, bytes) else "{")
        assert bench.serve(more, None)["statusCode"] == 413

    @pytest.mark.parametrize(("declared", "read"), [(str(KB * KB + 1), None), ("9" * 15, None), ("", KB * KB + 1)])
    def test_wsgi_reads_nothing_that_is_too_large(self, declared: str, read: int | None) -> None:
        """A declared length says enough; without one, one byte more than the limit does."""
        asked: list[int] = []

        class Endless:
            def read(self, size: int) -> bytes:
                asked.append(size)
                return b"x" * size

        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": declared, "wsgi.input": Endless()}
        told: list[str] = []
        Bench(fc2=True).serve(environ, lambda status, headers: told.append(status))
        assert told == ["413 Content Too Large"]
        assert asked == ([] if read is None else [read])

    @pytest.mark.parametrize(
        ("character", "count", "fits"),
        [
            ("茶", 21_500, True),
            ("😀", 10_500, True),
            ("😀", 15_000, False),
            ("\x01", 10_000, True),
        ],
    )
    def test_the_event_has_a_limit_too(self, character: str, count: int, fits: bool) -> None:
        """FC takes events of up to 128 KB; what escaping blows up beyond that is refused with an explanation."""
        bench = Bench()
        result = bench.post(question(character * count))
        assert result.status == 200
        assert [len(post.body) <= 128 * KB for post in bench.fc.posts] == [True] * fits
        assert fits or "128 KB" in result.shown

    def test_every_event_fits(self) -> None:
        """At the very limit, with the hand-over's own fields, no event is larger than FC takes."""
        bench = Bench()
        for count in range(10_840, 10_880):
            for more in range(0, 12, 3):
                assert bench.post(question("😀" * count + "x" * more)).line["event"] != "fault"
        largest = max(len(post.body) for post in bench.fc.posts)
        assert 128 * KB - 16 <= largest <= 128 * KB
        assert len(bench.fc.posts) < 160


@BOTH
@pytest.mark.parametrize(
    "body",
    ["", "no JSON", "[]", "null", "5", '"text"', "{", '{"a":' * 12_000, "9" * 5000, b"\xff\xfe\xfa{", b"\x80abc"],
)
def test_a_signed_body_that_is_no_object(body: str | bytes, fc2: bool) -> None:
    """Bad JSON, and JSON that is not an object, are the caller's mistake: 400."""
    bench = Bench(fc2=fc2)
    result = bench.post(body)
    assert (result.status, result.text) == (400, '{"error": "Bad Request"}')
    assert bench.fc.posts == []


def test_a_body_with_a_byte_order_mark() -> None:
    """Some proxies add one."""
    bench = Bench()
    bench.post(b"\xef\xbb\xbf" + json.dumps(question("?")).encode())
    assert bench.fc.events[0]["text"] == "?"


def test_a_lone_surrogate_travels() -> None:
    """Half an emoji, as clients cut nicknames, breaks neither the event nor the log."""
    bench = Bench()
    result = bench.post(json.dumps(question("好\ud83d", senderNick="\ud83d", msgId="m\ud83d")))
    assert result.status == 200
    assert bench.fc.events[0]["text"] == "好\ud83d"


@pytest.mark.parametrize("length", ["", None, "abc", "-5", "١٢", "9" * 30])
def test_wsgi_without_a_usable_content_length(length: str | None) -> None:
    """FC 2.0 may leave CONTENT_LENGTH out or empty; then the body is what can be read."""
    bench = Bench(fc2=True)
    assert bench.post(question("?"), length=length).line["event"] == "handed_over"


def test_wsgi_reads_no_more_than_was_declared() -> None:
    """A server may keep the connection open behind the body."""
    bench = Bench(fc2=True)
    body = json.dumps(question("?"))
    bench.post(body + "and the next request", length=str(len(body.encode())))
    assert len(bench.fc.posts) == 1


def test_wsgi_without_context_and_input() -> None:
    """A bare environ is answered like any other."""
    bench = Bench(fc2=True)
    told: list[str] = []
    assert bench.serve({}, lambda status, headers: told.append(status)) == [b'{"error": "Method Not Allowed"}']
    assert told == ["405 Method Not Allowed"]


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"requestContext": {}}',
        b'{"requestContext": {"http": {"method": 5}}}',
        None,
        5,
        b"\xff",
    ],
)
def test_an_event_that_is_no_http_request(event: object) -> None:
    """Somebody invokes the function by hand: 400, and no exception."""
    assert Bench().serve(event, None)["statusCode"] == 400


def test_an_event_as_text() -> None:
    """Local tools hand the event over as text."""
    assert Bench().serve(json.dumps(http_event("GET", "/", {}, "")), None)["statusCode"] == 200


def test_the_response_of_fc3_has_the_full_form() -> None:
    """Everything that FC documents is there: nothing is left to its defaults."""
    bench = Bench()
    event = http_event("POST", "/", bench.headers(), json.dumps(question("?")))
    assert bench.serve(json.dumps(event).encode(), CONTEXT) == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json; charset=utf-8"},
        "isBase64Encoded": False,
        "body": '{"msgtype":"empty"}',
    }


@pytest.mark.parametrize("broken", [False, True])
def test_base64_bodies(broken: bool) -> None:
    """`isBase64Encoded` is heeded; what cannot be decoded is a bad request, once the signature was right."""
    bench = Bench()
    event = http_event("POST", "/", bench.headers(), json.dumps(question("?")), encoded=True)
    event["body"] = "A" if broken else base64.b64encode(json.dumps(question("?")).encode()).decode()
    assert bench.serve(json.dumps(event).encode(), None)["statusCode"] == (400 if broken else 200)


INCOMPLETE = {
    "function": ({"CHATGPT_FUNCTION": ""}, "CHATGPT_FUNCTION"),
    "function is no name": ({"CHATGPT_FUNCTION": "a/b"}, "CHATGPT_FUNCTION"),
    "endpoint": ({"INVOKE_ENDPOINT": "ftp://x"}, "INVOKE_ENDPOINT"),
    "endpoint by its older name": ({"ENDPOINT": "https://x/y"}, "INVOKE_ENDPOINT"),
    "hosts": ({"WEBHOOK_HOSTS": "https://oapi.dingtalk.com"}, "WEBHOOK_HOSTS"),
    "instant answers": ({"INSTANT_ANSWERS": "maybe"}, "INSTANT_ANSWERS"),
    "language": ({"LANGUAGE": "tlh"}, "LANGUAGE"),
    "path": ({"CALLBACK_PATH": "no-slash"}, "CALLBACK_PATH"),
    "credentials": ({"DINGTALK_CREDENTIALS": f"dingteabot:{SECRET},half"}, "DINGTALK_CREDENTIALS"),
}


@BOTH
@pytest.mark.parametrize("case", INCOMPLETE)
def test_incomplete_settings_are_explained(case: str, fc2: bool) -> None:
    """With any wrong setting messages are refused with an explanation, an ERROR line names it, health says so."""
    settings, name = INCOMPLETE[case]
    bench = Bench({**ENVIRON, **settings}, fc2=fc2)
    path = settings.get("CALLBACK_PATH", "/")
    result = bench.request("POST", path, bench.headers(), json.dumps(question("?")))
    assert (result.status, result.shown) == (200, ZH.failed_settings.format(request_id=result.line["request_id"]))
    assert (result.line["level"], name in result.line["remedy_1"], bench.fc.posts) == ("ERROR", True, [])
    assert json.loads(bench.request("GET").text)["settings"] == "incomplete"
    unsigned = bench.request("POST", path, {}, "{}")
    assert (unsigned.status, unsigned.line["level"]) == (401, "ERROR")


@BOTH
@pytest.mark.parametrize("value", [None, "", "  ", ","])
def test_without_a_secret_every_post_is_refused(value: str | None, fc2: bool) -> None:
    """No secret: nobody can be verified, not even with the empty secret, and an ERROR line says what to do."""
    environ = {k: v for k, v in ENVIRON.items() if k != "DINGTALK_CREDENTIALS"}
    bench = Bench(environ if value is None else environ | {"DINGTALK_APP_SECRET": value}, fc2=fc2)
    for secret in ("", SECRET):
        result = bench.post(question("?"), headers=bench.headers(secret))
        assert (result.status, result.text) == (401, '{"error": "Unauthorized"}')
        assert result.line["level"] == "ERROR"
        assert "DINGTALK_APP_SECRET" in result.line["remedy_1"]
    health = bench.request("GET", headers=bench.headers(""))
    assert json.loads(health.text) == {"status": "ok", "settings": "incomplete"}


def test_all_problems_at_once() -> None:
    """A deployer mends everything in one round."""
    line = Bench({}).post(question("?")).line
    assert {"remedy_1", "remedy_2"} <= set(line)


def test_no_secret_is_ever_logged() -> None:
    """A secret that stands in the wrong place is not in the line that complains about it."""
    bench = Bench.with_settings(DINGTALK_CREDENTIALS=f"{SECRET},dingteabot:{SECRET}", WEBHOOK_HOSTS=f"{SECRET}!")
    result = bench.post(question("?"))
    assert "remedy_2" in result.line
    assert SECRET not in str(result.lines)


HOSTILE = [
    "http://169.254.169.254/x",
    "http://oapi.dingtalk.com/robot/sendBySession?session=ab",
    "https://evil.example/robot/sendBySession?session=ab",
    "https://evil.example\\@oapi.dingtalk.com/robot/sendBySession?session=ab",
    "https://oapi.dingtalk.com:8443/robot/sendBySession?session=ab",
    "https://user@oapi.dingtalk.com/robot/sendBySession?session=ab",
    "http://127.0.0.1/robot/sendBySession?session=ab",
]


@pytest.mark.parametrize("mode", ["body", "webhook"])
@pytest.mark.parametrize("name", ["single_text", "single_picture", "group_mention_only"])
@pytest.mark.parametrize("webhook", [*HOSTILE, "", None, 5, {}])
def test_a_strange_reply_address_is_refused(webhook: object, name: str, mode: str) -> None:
    """Nothing is invoked or posted; the person reads why, and the operator which setting to look at."""
    bench = Bench.with_settings(INSTANT_ANSWERS=mode)
    result = bench.post(payload(name) | {"sessionWebhook": webhook})
    missing = not isinstance(webhook, str) or not webhook
    words = ZH.webhook_missing if missing else ZH.webhook_refused
    assert (result.status, result.shown) == (200, words.format(request_id=result.line["request_id"]))
    assert bench.fc.posts == []
    assert result.line["level"] == "ERROR"
    assert "WEBHOOK_HOSTS" in result.line["problem"]
    assert "session=ab" not in str(result.lines)


def test_a_listed_host_is_accepted() -> None:
    """A dedicated DingTalk has hosts of its own."""
    bench = Bench.with_settings(WEBHOOK_HOSTS="oapi.dingtalk.com, ding.example.com")
    webhook = "https://DING.example.com:443/robot/sendBySession?session=ab"
    bench.post(question("?", sessionWebhook=webhook))
    assert bench.fc.events[0]["reply_to"]["webhook"] == "https://ding.example.com/robot/sendBySession?session=ab"


def test_one_line_without_contents() -> None:
    """The log has ids and durations; neither what was said nor by which address it is answered."""
    bench = Bench()
    line = bench.post(question("我的秘密问题", senderNick="我的名字")).line
    assert line["event"] == "handed_over"
    assert {"request_id", "message_id", "ack_ms", "fc_request_id"} <= set(line)
    assert line["fc_request_id"] == "1-fc-0001"
    text = json.dumps(line, ensure_ascii=False)
    assert not any(word in text for word in ("秘密", "名字", "5e5510", "sendBySession", SECRET, "token-of-the-role"))


@pytest.mark.parametrize("fc2", [False, True])
def test_a_fault_of_ours_is_explained(fc2: bool) -> None:
    """An exception behind a valid signature: the person reads an explanation, the log has its type and place only."""
    bench = Bench(fc2=fc2)
    bench.fc.script = [RuntimeError("我的秘密问题")]
    result = bench.post(question("?"))
    assert (result.status, result.shown) == (200, ZH.failed_internal.format(request_id="1-fc-0001"))
    assert (result.line["event"], result.line["level"], result.line["error"]) == ("fault", "ERROR", "RuntimeError")
    assert "秘密" not in str(result.lines)


@pytest.mark.parametrize("fc2", [False, True])
def test_nothing_escapes(fc2: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Even when logging itself fails the caller sees a bare 500, not the stack trace that FC would show."""
    bench = Bench(fc2=fc2)
    bench.log.close()
    event = http_event("GET", "/", {}, "")
    if fc2:
        told: list[str] = []
        bench.serve({"REQUEST_METHOD": "GET"}, lambda status, headers: told.append(status))
        assert told == ["500 Internal Server Error"]
    else:
        assert bench.serve(json.dumps(event).encode(), None)["statusCode"] == 500
    assert json.loads(capsys.readouterr().out)["error"] == "ValueError"
