"""The stand-ins are faithful: events, contexts, signatures and limits are those of the real platforms."""

import hashlib
import json
import time
import uuid

import pytest
import requests
from alibabacloud_tea_openapi.utils import Utils

from local.functions import ACCESS_KEY_ID, ACCESS_KEY_SECRET, REGION, SECURITY_TOKEN, SERVICE
from local.payloads import KINDS
from local.quotes import Quote
from local.signatures import dingtalk
from tests.local.conftest import STANDIN_OPTIONS, STANDINS


@pytest.mark.parametrize(
    ("timestamp", "secret", "sign"),
    [
        ("1684493546276", "client-secret-for-test", "nwBJQmaBLv9+5/sSS/66jcFc1/kGY5wo38L88LOGfRU="),
        ("1577262236757", "this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
    ],
)
def test_callbacks_are_signed_as_published(timestamp, secret, sign) -> None:
    """The signature is that of published vectors (eryajf/chatgpt-dingtalk, public/tools_test.go; DingTalk)."""
    assert dingtalk(secret, timestamp) == sign


def test_the_trigger_makes_fc3_events(plain) -> None:
    """Header names are in Go's form, repeated values are joined, the raw path stays as it was sent."""
    answer = plain.deliver_raw({"x-odd-header": "1", "timestamp": "2"}, method="GET", path="/a%20b?k=1&k=2&e=")
    found = json.loads(answer.body)
    assert found["headers"]["X-Odd-Header"] == "1"
    assert found["headers"]["Timestamp"] == "2"
    assert found["path"] == "/a%20b"
    assert found["query"] == {"k": "1,2", "e": ""}
    event = json.loads(plain.invocations()[-1].event)
    assert isinstance(event["requestContext"]["timeEpoch"], str)
    assert event["requestContext"]["http"]["path"] == "/a b"


def test_the_trigger_refuses_long_paths_and_headers(plain) -> None:
    """More than FC takes is refused before the function runs."""
    assert plain.deliver_raw({}, path="/" + "x" * 4096).status == 400
    assert plain.deliver_raw({"a": "x" * 5000, "b": "x" * 4000}).status == 400
    assert plain.invocations() == []


def test_a_body_that_is_not_text_comes_as_base64(plain) -> None:
    """Bytes that are no UTF-8 are encoded and marked."""
    plain.deliver_raw({}, b"\xff\xfe")
    event = json.loads(plain.invocations()[-1].event)
    assert (event["body"], event["isBase64Encoded"]) == ("//4=", True)


def test_an_error_of_the_handler_is_shown_as_fc_shows_it(plain) -> None:
    """The caller of the trigger sees the type of the error, as on FC."""
    sent = plain.say(plain.person(), "raise")
    assert sent.status == 502
    assert sent.deliveries[0].response_headers["X-Fc-Error-Type"] == "UnhandledInvocationError"
    assert json.loads(sent.body)["errorType"] == "ValueError"


@pytest.mark.parametrize(("runtime", "credentials"), [("python3.12", False), ("python3.10", True)])
def test_the_context_is_that_of_the_runtime(new_cloud, runtime, credentials) -> None:
    """3.10 has credentials on the context, 3.12 has none; the environment has FC's variables and the settings only."""
    cloud = new_cloud(**STANDIN_OPTIONS, runtime=runtime, MODEL="m-1")
    facts = json.loads(cloud.say(cloud.person(), "where").answers[0].text)
    assert facts["credentials"] is credentials
    assert facts["timeout"] == 60
    environment = facts["env"]
    assert environment["MODEL"] == "m-1"
    assert environment["FC_FUNCTION_NAME"] == "conversation"
    assert environment["ALIBABA_CLOUD_SECURITY_TOKEN"] == SECURITY_TOKEN
    assert ("FC_VER_ID" in environment) is credentials
    assert "HOME" not in environment
    assert "VIRTUAL_ENV" not in environment


def _signed(event: bytes, **changes: str) -> dict[str, str]:
    digest = hashlib.sha256(event).hexdigest()
    headers = {
        "host": changes.pop("host"),
        "x-acs-version": "2023-03-30",
        "x-acs-action": "InvokeFunction",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": digest,
        "x-acs-security-token": SECURITY_TOKEN,
        "x-fc-invocation-type": "Async",
        "content-type": "application/octet-stream",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }

    class Request:
        method, pathname, query = "POST", "/2023-03-30/functions/reply/invocations", {}

    request = Request()
    request.headers = headers
    headers["Authorization"] = Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], ACCESS_KEY_ID, ACCESS_KEY_SECRET
    )
    return headers


@pytest.mark.parametrize(
    ("changes", "damage", "size", "status", "code"),
    [
        ({}, {}, 100, 202, None),
        ({}, {}, 128 * 1024 - 1, 202, None),
        ({}, {}, 128 * 1024, 202, None),
        ({}, {}, 128 * 1024 + 1, 400, "EntityTooLarge"),
        ({}, {"Authorization": "FC x:y"}, 100, 403, "SignatureNotMatch"),
        ({}, {"x-fc-invocation-type": "Sync"}, 100, 403, "SignatureNotMatch"),
        ({"x_acs_date": "2020-01-01T00:00:00Z"}, {}, 100, 403, "SignatureNotMatch"),
        ({"x_acs_content_sha256": "0" * 64}, {}, 100, 403, "SignatureNotMatch"),
        ({"x_acs_security_token": "other"}, {}, 100, 403, "SignatureNotMatch"),
        ({"x_acs_action": "ListFunctions"}, {}, 100, 403, "SignatureNotMatch"),
    ],
)
def test_the_invoke_api_checks_signature_and_size(plain, changes, damage, size, status, code) -> None:
    """Only a correctly signed invocation within the limit is accepted."""
    import requests

    event = b" " * size
    host = plain.parts.api.site.url.removeprefix("http://")
    headers = {**_signed(event, host=host, **changes), **damage}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"http://{host}/2023-03-30/functions/reply/invocations", data=event, headers=headers)
        repeated = session.post(f"http://{host}/2023-03-30/functions/reply/invocations", data=event, headers=headers)
    assert answer.status_code == status
    assert repeated.status_code == 403  # a nonce is good for once
    if code:
        assert answer.json()["Code"] == code


def test_fc2_calls_wsgi_and_its_invoke_api_takes_the_official_client(new_cloud) -> None:
    """With platform fc2 the handler is called as WSGI, and aliyun-fc2's signed invocation is accepted."""
    import fc2

    cloud = new_cloud(
        code=(STANDINS,), conversation_handler="front_fc2.handler", reply_handler="back.handler", platform="fc2"
    )
    answer = cloud.deliver_raw({"Content-Type": "text/plain", "timestamp": "1"}, b"body", path="/p?q=1")
    found = json.loads(answer.body)
    assert (answer.status, found["path"], found["query"], found["timestamp"]) == (201, "/p", "q=1", "1")
    assert found["body"] == "body"
    assert found["credentials"] == ACCESS_KEY_ID if cloud.options.runtime == "python3.10" else "none"
    endpoint = cloud.parts.api.site.url
    client = fc2.Client(
        endpoint=endpoint, accessKeyID=ACCESS_KEY_ID, accessKeySecret=ACCESS_KEY_SECRET, securityToken=SECURITY_TOKEN
    )
    accepted = client.invoke_function(
        SERVICE,
        "reply",
        payload=b"{}",
        headers={"x-fc-invocation-type": "Async", "x-fc-stateful-async-invocation-id": "t1"},
    )
    assert accepted.headers["X-Fc-Request-Id"]
    assert cloud.invocations(how="async")[0].task_id == "t1"


def oss_bucket(plain, version: int, secret: str = ACCESS_KEY_SECRET):
    import oss2

    provider = oss2.StaticCredentialsProvider(ACCESS_KEY_ID, secret, SECURITY_TOKEN)
    auth = oss2.ProviderAuthV4(provider) if version == 4 else oss2.ProviderAuth(provider)
    return oss2.Bucket(auth, plain.oss.site.url, "local-bucket", region=REGION)


# The client's version 4 takes the time in a way that Python 3.12 calls deprecated; and when Python first compiles the
# client, it warns of the escapes in its texts.
old_clock = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcnow:DeprecationWarning", "ignore:.*invalid escape sequence"
)
both_signatures = pytest.mark.parametrize("version", [1, 4])


@old_clock
@both_signatures
def test_object_storage_takes_the_official_client(plain, version: int) -> None:
    """A create-only put succeeds once; the second gets 409 FileAlreadyExists; a wrong key is refused."""
    import oss2

    bucket = oss_bucket(plain, version)
    only_new = {"x-oss-forbid-overwrite": "true"}
    assert bucket.put_object("claims/a b", b"mine", headers=only_new).status == 200
    with pytest.raises(oss2.exceptions.ServerError) as refused:
        bucket.put_object("claims/a b", b"other", headers=only_new)
    assert (refused.value.status, refused.value.code) == (409, "FileAlreadyExists")
    assert bucket.get_object("claims/a b").read() == b"mine"
    for name in ("claims/c", "exports/d"):
        bucket.put_object(name, b"x")
    assert [found.key for found in oss2.ObjectIterator(bucket, prefix="claims/", max_keys=1)] == [
        "claims/a b",
        "claims/c",
    ]
    bucket.delete_object("claims/a b")
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("claims/a b")
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        oss_bucket(plain, version, "wrong").put_object("claims/b", b"x")


@old_clock
@both_signatures
def test_object_storage_opens_presigned_links(plain, version: int) -> None:
    """A link opens its object until it ends, with the headers it was put with; one that was changed does not."""
    bucket = oss_bucket(plain, version)
    bucket.put_object("exports/a b.md", b"text", headers={"Content-Type": "text/markdown"})
    link = bucket.sign_url("GET", "exports/a b.md", 900, slash_safe=True)

    def opened(url: str, method: str = "GET") -> tuple[int, bytes]:
        found = requests.request(method, url, timeout=10)
        return found.status_code, found.content

    assert opened(link) == (200, b"text")
    assert requests.get(link, timeout=10).headers["Content-Type"] == "text/markdown"
    for changed in (
        link.replace("a%20b", "c"),
        link.replace("900", "999") if version == 4 else link.replace("Expires=1", "Expires=2"),
        link.split("?")[0],
        link + "&x=y",
        bucket.sign_url("PUT", "exports/a b.md", 900, slash_safe=True),
        oss_bucket(plain, version, "wrong").sign_url("GET", "exports/a b.md", 900, slash_safe=True),
    ):
        assert opened(changed)[0] == 403, changed
    assert opened(link, "DELETE")[0] == 403
    plain.advance(600)
    assert opened(link)[0] == 200
    plain.advance(301)
    assert opened(link)[0] == 403


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_message_has_dingtalks_envelope(plain, kind) -> None:
    """Whatever its content, a callback has the documented fields, with a webhook that lives for 90 minutes."""
    lin = plain.person(admin=True)
    group = plain.group(lin, plain.person())
    for place in (plain.private(lin), group):
        body = plain.compose(lin, "words", place, kind=kind).payload
        needed = {"msgtype", "msgId", "conversationId", "conversationType", "senderId", "senderNick", "createAt"}
        assert needed <= body.keys()
        assert 5_400_000 <= body["sessionWebhookExpiredTime"] - body["createAt"] <= 5_405_000
        assert body["conversationType"] == ("2" if place.group else "1")
        assert ("conversationTitle" in body) is place.group


def test_somebody_from_outside_has_no_staff_id(plain) -> None:
    """Without an organisation there is no staff id, no corporation and no admin flag."""
    body = plain.compose(plain.person(staff_id=""), "hello").payload
    assert not {"senderStaffId", "senderCorpId", "isAdmin"} & body.keys()


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("text", ("text", "repliedMsg", "content", "text")),
        ("content", ("text", "repliedMsg", "content", "content")),
        ("legacy", ("quoteMessage", "text", "content")),
    ],
)
def test_quotes_come_in_the_shapes_that_were_seen(plain, shape, path) -> None:
    """The quoted words stand where clients put them."""
    value = plain.compose(plain.person(), "q", quote=Quote("earlier words", shape=shape)).payload
    for step in path:
        value = value[step]
    assert value == "earlier words"


@pytest.mark.parametrize(
    "shape",
    ["richText", "picture", "file", "audio", "video", "chatRecord", "card", "unknownMsgType", "encrypted", "id"],
)
def test_other_quotes_name_their_type(plain, shape) -> None:
    """Each shape marks the message as a reply; those without content have none."""
    body = plain.compose(plain.person(), "q", quote=Quote("x", shape=shape)).payload
    assert body["text"]["isReplyMsg"] is True
    assert ("repliedMsg" in body["text"]) is (shape != "id")
    if shape in ("card", "unknownMsgType"):
        assert "content" not in body["text"]["repliedMsg"]
