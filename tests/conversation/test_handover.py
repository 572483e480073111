"""Handing over: accepted, refused or unknown within 4 seconds, and the person is told which."""

import hashlib
import json
import re
from types import SimpleNamespace

import pytest

from conversation.outgoing import NotSent, Reply, Unanswered
from shared.message import Message
from shared.wording import wording

from .kit import CONTEXT, ENVIRON, Bench, payload, question

ZH = wording("zh")
BOTH = pytest.mark.parametrize("fc2", [False, True], ids=["fc3", "fc2"])
GONE, LOST = NotSent("refused"), Unanswered("reset")

SCRIPTS: dict[str, tuple[list[int | Exception], str, int]] = {
    "taken": ([202], "handed_over", 1),
    "taken before": ([409], "handed_over_before", 1),
    "busy, then taken": ([429, 202], "handed_over", 2),
    "fault, then taken": ([500, 202], "handed_over", 2),
    "fault, had been taken": ([503, 409], "handed_over_before", 2),
    "no connection, then taken": ([GONE, 202], "handed_over", 2),
    "no answer, had been taken": ([LOST, 409], "handed_over_before", 2),
    "forbidden": ([403], "hand_over_refused", 1),
    "not found": ([404], "hand_over_refused", 1),
    "too large": ([400], "hand_over_refused", 1),
    "busy twice": ([429, 429], "hand_over_refused", 2),
    "no connection twice": ([GONE, GONE], "hand_over_refused", 2),
    "no connection, then forbidden": ([GONE, 403], "hand_over_refused", 2),
    "fault twice": ([500, 502], "hand_over_unknown", 2),
    "no answer twice": ([LOST, LOST], "hand_over_unknown", 2),
    "fault, then forbidden": ([500, 403], "hand_over_unknown", 2),
    "no answer, then no connection": ([LOST, GONE], "hand_over_unknown", 2),
    "no connection, then no answer": ([GONE, LOST], "hand_over_unknown", 2),
    "busy, then fault": ([429, 500], "hand_over_unknown", 2),
    "strange success": ([200], "hand_over_unknown", 1),
    "redirect": ([302], "hand_over_unknown", 1),
}


@BOTH
@pytest.mark.parametrize("case", SCRIPTS)
def test_every_course_of_a_hand_over(case: str, fc2: bool) -> None:
    """One retry where it can help; a try that may have arrived outweighs one that certainly did not."""
    script, event, tries = SCRIPTS[case]
    bench = Bench(fc2=fc2)
    bench.fc.script = list(script)
    result = bench.post(question("?"))
    number = result.line["request_id"]
    words = {
        "hand_over_refused": ZH.handover_refused.format(request_id=number),
        "hand_over_unknown": ZH.handover_unknown.format(request_id=number),
    }
    assert (result.status, result.shown) == (200, words.get(event, ""))
    assert (result.line["event"], len(bench.fc.posts)) == (event, tries)
    assert result.line["level"] == ("ERROR" if event in words else "INFO")


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (403, "SomeCode", "fc:InvokeFunction"),
        (404, "SomeCode", "CHATGPT_FUNCTION"),
        (401, "SomeCode", "role"),
        (429, "SomeCode", "limits"),
        (412, "SomeCode", "see the code"),
        (403, "InvalidSecurityToken.Expired", "FC gives the function new ones"),
        (400, "InvalidSecurityToken.Malformed", "FC gives the function new ones"),
        (401, "SecurityTokenExpired", "FC gives the function new ones"),
        (403, "InvalidAccessKeyId.Inactive", "credentials are not known"),
        (404, "InvalidAccessKeyId.NotFound", "credentials are not known"),
        (403, "SignatureNotMatch", "clock"),
        (403, "SignatureNonceUsed", "clock"),
        (400, "InvalidTimeStamp.Expired", "clock"),
        (403, "Account.Overdue", "arrears"),
        (403, "FunctionNotFound", "CHATGPT_FUNCTION"),
        (403, "AccessDenied", "fc:InvokeFunction"),
        (400, "ResourceThrottled", "limits"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, code: str, remedy: str) -> None:
    """The operator's line has FC's status, code and request id, and the remedy: by the code before the status."""
    bench = Bench()
    reply = Reply(status, "fc-77", code)
    bench.fc.script = [lambda seconds: reply, lambda seconds: reply]
    line = bench.post(question("?")).line
    assert all(word in line["problem"] for word in (str(status), code, "fc-77"))
    assert remedy in line["remedy"]
    assert ("fc:InvokeFunction" in line["remedy"]) is (remedy == "fc:InvokeFunction")


def test_each_try_is_a_hand_over_of_its_own() -> None:
    """The task id stays, the hand-over id does not: `reply` tells FC's retry of an event from a second event."""
    bench = Bench()
    bench.fc.script = [500]
    bench.post(question("?"))
    bench.post(question("?"))
    assert len({event["handover"] for event in bench.fc.events}) == 3
    assert [event["handed_over_at"] for event in bench.fc.events][:2] == [1_790_000_002_500, 1_790_000_002_700]
    (task,) = {post.headers["x-fc-async-task-id"] for post in bench.fc.posts}
    message = Message.from_event(bench.fc.posts[0].body)
    assert task == f"m_{message.turn_id}"
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", task)


@pytest.mark.parametrize("first", [0.0, 1.0, 2.5])
def test_all_tries_together_take_4_seconds_at_most(first: float) -> None:
    """However slow each try is, the acknowledgement is not later; no try is given more than is left."""
    bench = Bench()
    start = bench.clock.now()

    def slow(seconds: float) -> Reply:
        bench.clock.sleep(min(seconds, first or seconds))
        raise Unanswered("time ran out")

    bench.fc.script = [slow, slow]
    result = bench.post(question("?"))
    assert bench.clock.now() - start <= 4.0
    assert bench.fc.limits[0] == 2.5
    assert result.line["event"] == "hand_over_unknown"
    assert result.line["ack_ms"] == round((bench.clock.now() - start) * 1000)


def test_no_second_try_without_time_for_it() -> None:
    """A retry that could not finish would only make the acknowledgement late."""
    bench = Bench()

    def slow(seconds: float) -> Reply:
        bench.clock.sleep(3.6)
        return Reply(500)

    bench.fc.script = [slow]
    assert bench.post(question("?")).line["event"] == "hand_over_unknown"
    assert len(bench.fc.posts) == 1


class TestFc3:
    """The request as FC 3.0 wants it."""

    def test_path_headers_and_body(self) -> None:
        """InvokeFunction, asynchronous, with the task id and a hash of the body, all of it signed."""
        bench = Bench()
        bench.post(question("?"))
        (post,) = bench.fc.posts
        assert post.secure
        assert post.authority == "1234567890.ap-southeast-1.fc.aliyuncs.com"
        assert post.target == "/2023-03-30/functions/reply/invocations?qualifier=LATEST"
        headers = dict(post.headers)
        assert headers.pop("x-acs-date") == "2026-09-21T14:13:22Z"
        assert len(headers.pop("x-acs-signature-nonce")) == 32
        assert headers.pop("x-acs-content-sha256") == hashlib.sha256(post.body).hexdigest()
        signed = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=key-id,SignedHeaders=([a-z0-9;-]+),Signature=[0-9a-f]{64}",
            headers.pop("authorization"),
        )
        assert signed is not None
        assert set(signed[1].split(";")) == set(post.headers) - {"authorization"}
        assert headers.pop("x-fc-async-task-id").startswith("m_")
        assert headers == {
            "host": "1234567890.ap-southeast-1.fc.aliyuncs.com",
            "content-type": "application/octet-stream",
            "x-acs-action": "InvokeFunction",
            "x-acs-version": "2023-03-30",
            "x-fc-invocation-type": "Async",
            "x-acs-security-token": "token-of-the-role",
            "x-acs-accesskey-id": "key-id",
        }

    def test_a_permanent_key_has_no_token(self) -> None:
        """Then its headers are absent instead of empty."""
        bench = Bench({**ENVIRON, "ALIBABA_CLOUD_SECURITY_TOKEN": ""})
        bench.post(question("?"))
        assert not any("token" in name for name in bench.fc.posts[0].headers)

    @pytest.mark.parametrize(
        ("settings", "secure", "authority"),
        [
            ({"INVOKE_ENDPOINT": "https://fc.example.com"}, True, "fc.example.com"),
            ({"INVOKE_ENDPOINT": "https://FC.example.com/"}, True, "fc.example.com"),
            ({"INVOKE_ENDPOINT": "fc.example.com"}, True, "fc.example.com"),
            ({"INVOKE_ENDPOINT": "http://127.0.0.1:9000"}, False, "127.0.0.1:9000"),
            ({"INVOKE_ENDPOINT": "HTTP://localhost:9000/"}, False, "localhost:9000"),
            (
                {"ENDPOINT": "https://1.cn-hangzhou-internal.fc.aliyuncs.com"},
                True,
                "1.cn-hangzhou-internal.fc.aliyuncs.com",
            ),
            ({"INVOKE_ENDPOINT": "https://a.example", "ENDPOINT": "https://b.example"}, True, "a.example"),
        ],
    )
    def test_endpoint(self, settings: dict[str, str], secure: bool, authority: str) -> None:
        """INVOKE_ENDPOINT, or ENDPOINT as it was called before; https unless http is written."""
        bench = Bench.with_settings(**settings)
        bench.post(question("?"))
        post = bench.fc.posts[0]
        assert (post.secure, post.authority, post.headers["host"]) == (secure, authority, authority)

    def test_account_and_region_from_the_environment(self) -> None:
        """A context that does not know them is no obstacle."""
        bench = Bench({**ENVIRON, "FC_ACCOUNT_ID": "77", "FC_REGION": "eu-west-1"}, context=None)
        bench.post(question("?"))
        assert bench.fc.posts[0].authority == "77.eu-west-1.fc.aliyuncs.com"

    def test_a_function_inside_a_service(self) -> None:
        """An old function is called service$function in 3.0; the dollar sign is encoded."""
        bench = Bench.with_settings(CHATGPT_FUNCTION="svc$reply")
        bench.post(question("?"))
        assert bench.fc.posts[0].target.startswith("/2023-03-30/functions/svc%24reply/")

    @pytest.mark.parametrize(
        ("environ", "context", "remedy"),
        [
            ({"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}, CONTEXT, "role"),
            ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}, CONTEXT, "role"),
            ({}, None, "INVOKE_ENDPOINT"),
        ],
    )
    def test_what_is_missing_is_named(self, environ: dict[str, str], context: object, remedy: str) -> None:
        """Without credentials or an endpoint nothing is sent; the person is told, and so is the operator."""
        bench = Bench({**ENVIRON, **environ}, context=context)
        result = bench.post(question("?"))
        assert (result.line["event"], bench.fc.posts) == ("hand_over_refused", [])
        assert remedy in result.line["remedy"]

    def test_credentials_are_read_for_every_call(self) -> None:
        """They expire: the context's come first, then the environment as it is now."""
        environ = dict(ENVIRON)
        given = SimpleNamespace(access_key_id="ctx-id", access_key_secret="ctx-secret", security_token="ctx-token")
        bench = Bench(environ, context=SimpleNamespace(**vars(CONTEXT), credentials=given))
        bench.post(question("?"))
        bench.context = CONTEXT
        bench.post(question("?"))
        environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] = "renewed"
        bench.post(question("?"))
        used = [re.findall("Credential=([^,]+)", post.headers["authorization"])[0] for post in bench.fc.posts]
        assert used == ["ctx-id", "key-id", "renewed"]

    def test_a_service_is_ignored_and_said_once(self) -> None:
        """SERVICE_NAME belongs to FC 2.0: called as 3.0 it changes nothing but one line in the log."""
        bench = Bench.with_settings(SERVICE_NAME="old-service")
        first = bench.post(question("?"))
        second = bench.post(question("?"))
        assert [line["event"] for line in first.lines] == ["service_name_ignored", "handed_over"]
        assert second.line["event"] == "handed_over"
        assert bench.fc.posts[0].target.startswith("/2023-03-30/")

    def test_wsgi_without_a_service_uses_this_too(self) -> None:
        """A 2.0 function can hand over to a 3.0 one."""
        bench = Bench(fc2=True)
        bench.post(question("?"))
        assert bench.fc.posts[0].target.startswith("/2023-03-30/functions/reply/")


def test_secrets_do_not_show_in_a_repr() -> None:
    """A request that ends in somebody's traceback does not carry the role's keys there."""
    bench = Bench()
    bench.post(question("我的秘密问题"))
    shown = repr(bench.fc.posts[0])
    assert not any(word in shown for word in ("key-id", "token-of-the-role", "Signature", "秘密"))


def test_event_is_versioned() -> None:
    """What is handed over says its version, and `reply` reads it."""
    bench = Bench()
    bench.post(payload("group_quote_text"))
    event = bench.fc.posts[0].body
    assert json.loads(event)["v"] == 1
    assert Message.from_event(event).quote == "茶有六大类"
