"""What the local DingTalk sends has the shapes of the fixtures, and what it accepts has DingTalk's limits."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from local.cloud import LocalCloud, Quote
from local.payloads import KINDS, WEBHOOK_LIFE_MS
from local.people import ROBOT_NAME
from local.quotes import SHAPES
from local.recordings import Recorded
from local.replay import Replay

FIXTURES = Path(__file__).parents[1] / "fixtures" / "dingtalk"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))

# fixture: the kind of message, and how it is composed
BUILT: dict[str, tuple[str, dict[str, Any]]] = {
    "single_text": ("text", {}),
    "single_picture": ("picture", {}),
    "single_richText": ("richText", {}),
    "single_audio": ("audio", {}),
    "single_audio_unrecognised": ("audio", {"text": ""}),
    "single_video": ("video", {}),
    "single_file": ("file", {}),
    "single_file_sent_by_api": ("fileWithoutCode", {}),
    "single_interactiveCard": ("sharedDocument", {}),
    "single_chatRecord": ("chatRecord", {}),
    "single_markdown": ("markdown", {}),
    "single_actionCard": ("actionCard", {}),
    "single_unknownMsgType": ("unknownMsgType", {}),
    "single_quota_used_up": ("quota", {}),
    "single_content_as_json_string": ("contentAsString", {}),
    "single_no_robotCode": ("text", {"drop": ["robotCode"]}),
    "single_quote_old_shape": ("text", {"quote": Quote("x", shape="legacy")}),
    "single_quote_audio": ("text", {"quote": Quote("x", shape="audio")}),
    "single_quote_video": ("text", {"quote": Quote("x", shape="video")}),
    "single_quote_ciphertext": ("text", {"quote": Quote("x", shape="encrypted")}),
    "group_text": ("text", {}),
    "group_mention_only": ("text", {"text": ""}),
    "group_text_top_level_content": ("topLevelContent", {}),
    "group_interactiveCard_by_bot": ("interactiveCard", {}),
    "group_richText_mention_text": ("richText", {}),
    "group_richText_quote": ("richText", {"quote": Quote("x")}),
    "group_quote_text": ("text", {"quote": Quote("x")}),
    "group_quote_text_in_content": ("text", {"quote": Quote("x", shape="content")}),
    "group_quote_picture": ("text", {"quote": Quote("x", shape="picture")}),
    "group_quote_richText": ("text", {"quote": Quote("x", shape="richText")}),
    "group_quote_file": ("text", {"quote": Quote("x", shape="file")}),
    "group_quote_chatRecord": ("text", {"quote": Quote("x", shape="chatRecord")}),
    "group_quote_unknown": ("text", {"quote": Quote("x", shape="unknownMsgType")}),
    "group_quote_bot_card": ("text", {"quote": Quote("x", shape="card")}),
    "group_quote_only_id": ("text", {"quote": Quote("x", shape="id")}),
    "group_external_sender": ("text", {}),
}


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def shape(value: object, path: str = "") -> set[str]:
    """Every path in a body with the type of what stands there; the items of a list stand for one another."""
    if isinstance(value, dict):
        return {entry for name, part in value.items() for entry in shape(part, f"{path}.{name}")} or {f"{path} {{}}"}
    if isinstance(value, list):
        return {entry for part in value for entry in shape(part, f"{path}[]")}
    return {f"{path} {type(value).__name__}"}


OPTIONAL = (
    ".atUsers[].staffId",  # other people who were mentioned
    ".atUsers[].unionId",
    ".senderCorpId",
    ".robotCode",
    ".content.richText[].type",  # a picture among the words
    ".content.richText[].downloadCode",
    ".content.richText[].pictureDownloadCode",
    ".text.repliedMsg.content.spaceId",
    ".quoteMessage.senderId",
    ".repliedMsg.msgId",
    ".repliedMsg.createdAt",
    ".repliedMsg.senderId",
)
"""Fields that some clients send and others do not."""


@pytest.mark.parametrize("name", sorted(BUILT))
def test_what_is_composed_has_the_shape_of_the_fixture(plain: LocalCloud, name: str) -> None:
    """The same fields with the same types: nothing invented, nothing left out."""
    kind, how = BUILT[name]
    wanted = fixture(name)
    person = plain.person(staff_id=None if wanted.get("senderStaffId") else "")
    place = plain.group(person, plain.person()) if wanted["conversationType"] == "2" else None
    body = plain.compose(person, **{"text": "words", "conversation": place, "kind": kind, **how}).payload
    different = shape(body) ^ shape(wanted)
    assert not {entry for entry in different if not entry.rpartition(" ")[0].endswith(OPTIONAL)}


def test_every_kind_and_every_quote_has_a_fixture() -> None:
    """What can be composed is compared with something."""
    assert {kind for kind, _ in BUILT.values()} == set(KINDS)
    quotes = {how["quote"].shape for _, how in BUILT.values() if "quote" in how}
    assert quotes == set(SHAPES)


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_that_is_known_reaches_the_functions(cloud: LocalCloud, name: str) -> None:
    """Sent as it stands in the fixture, it has one outcome, and nothing failed on the way."""
    own = {**fixture(name), "msgId": f"msg+{name}=="}  # fixtures share ids, and Function Compute remembers them
    [sent] = Replay(cloud).send([Recorded({"timestamp": "1790000000000"}, json.dumps(own).encode())])
    assert shape(sent.payload) == shape(fixture(name))
    assert sent.status == 200
    assert len(sent.answers) == (0 if "quota_used_up" in name else 1)  # DingTalk passes nothing on to anybody then
    assert all(outcome.ok for invocation in cloud.invocations(sent) for outcome in invocation.outcomes)


def test_rich_text_in_a_group_begins_with_the_mention(plain: LocalCloud) -> None:
    """The robot's name is a node of its own there, while it is cut out of plain text."""
    lin = plain.person()
    nodes = plain.compose(lin, "words", plain.group(lin), kind="richText").payload["content"]["richText"]
    assert nodes[0] == {"text": f"@{ROBOT_NAME['en']}"}
    assert plain.compose(lin, "words", plain.group(lin)).payload["text"]["content"] == " words"
    assert plain.compose(lin, "words", kind="richText").payload["content"]["richText"][0] == {"text": "words"}


@pytest.fixture
def http():
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.mark.parametrize(("size", "code"), [(19_999, 0), (20_000, 0), (20_001, 460101)])
def test_a_post_has_at_most_20000_bytes(plain: LocalCloud, http: requests.Session, size: int, code: int) -> None:
    """Bytes of the whole body count, not characters; one too many is refused and not shown."""
    sent = plain.compose(plain.person(), "x")
    empty = json.dumps({"msgtype": "text", "text": {"content": ""}}, ensure_ascii=False).encode()
    words = "茶" * ((size - len(empty)) // 3)
    words += "x" * (size - len(empty) - len(words.encode()))
    body = json.dumps({"msgtype": "text", "text": {"content": words}}, ensure_ascii=False).encode()
    assert len(body) == size
    answer = http.post(sent.payload["sessionWebhook"], data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errcode"]) == (200, code)
    assert len(sent.answers) == (0 if code else 1)


@pytest.mark.parametrize(("seconds", "code"), [(5_390, 0), (5_401, 300001)])
def test_a_webhook_lives_for_5400_seconds(plain: LocalCloud, http: requests.Session, seconds: int, code: int) -> None:
    """DingTalk's published samples have 90 minutes between message and expiry; then it is refused."""
    assert 5_400_000 <= WEBHOOK_LIFE_MS <= 5_404_841
    sent = plain.compose(plain.person(), "x")
    plain.advance(seconds)
    answer = http.post(sent.payload["sessionWebhook"], json={"msgtype": "text", "text": {"content": "hi"}})
    assert answer.json()["errcode"] == code


@pytest.mark.parametrize(("size", "runs"), [(128 * 1024 - 1, 1), (128 * 1024, 1), (128 * 1024 + 1, 0)])
def test_an_event_has_at_most_128_kilobytes(plain: LocalCloud, size: int, runs: int) -> None:
    """Function Compute refuses a larger asynchronous event."""
    sent = plain.compose(plain.person("Lin"), "")
    empty = len(json.dumps(sent.payload, ensure_ascii=False).encode())
    sent.payload["text"]["content"] = "x" * (size - empty)
    plain.deliver(sent)
    plain.wait(sent)
    assert len(plain.invocations(sent, "async")) == runs
    assert ("refused 400" in sent.body.decode()) is (runs == 0)


@pytest.mark.parametrize(("seconds", "state", "attempts"), [(5_390, "succeeded", 2), (5_401, "expired", 1)])
def test_an_event_waits_for_at_most_5400_seconds(new_cloud, plain_options, seconds, state, attempts) -> None:
    """After that age an event is not run again; its failure goes to the destination."""
    cloud = new_cloud(**plain_options)
    cloud.switch_on("killed", times=1, step="start")
    cloud.switch_on("queued", times=1, seconds=seconds)
    sent = cloud.say(cloud.person(), "hello")
    cloud.advance(seconds + 1)
    cloud.wait(sent)
    [event] = cloud.invocations(sent, "async")
    assert (event.state, event.attempts) == (state, attempts)
    assert bool(cloud.invocations(sent, "destination")) is (state == "expired")
