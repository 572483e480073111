"""What the page can switch: every fault of the catalogue, the clock, deliveries, and every kind of message."""

import base64
import json

import pytest

from local.catalogue import CATALOGUE, ENTRIES, GROUPS
from local.catalogue_words import SPEAKING
from local.cloud import LocalCloud
from local.kinds import KINDS
from local.payloads import KINDS as BUILDERS
from local.quotes import SHAPES
from local.switches import SwitchRefused
from tests.local.card_bot import card_bot

PIXEL = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n rest").decode()


def outcomes(cloud: LocalCloud) -> list[str]:
    """How the runs of `reply` ended."""
    return [outcome.kind for i in cloud.invocations(how="async") for outcome in i.outcomes]


def posts(cloud: LocalCloud) -> list[tuple[int, int | None, str]]:
    return [(post.status, post.errcode, post.fault) for post in cloud.dingtalk.posts]


def said(cloud: LocalCloud, prefix: str) -> list[str]:
    return [line.text.removeprefix(prefix) for line in cloud.logs("reply") if line.text.startswith(prefix)]


def test_the_catalogue_is_complete_in_both_languages(page) -> None:
    """Every group and fault has a line in both languages, and every parameter says what it may be."""
    found = page.get("/api/faults").json()
    assert [group["id"] for group in found["groups"]] == list(GROUPS)
    assert all(group["available"] for group in found["groups"])
    assert {fault["group"] for fault in found["faults"]} == set(GROUPS)
    for part in [*found["faults"], *(p for fault in found["faults"] for p in fault["parameters"])]:
        assert part["line"]["zh"]
        assert part["line"]["en"]
    for parameter in (p for fault in found["faults"] for p in fault["parameters"]):
        if parameter["type"] == "choice":
            assert parameter["default"] in parameter["choices"]
        elif parameter["type"] == "number":
            assert parameter["min"] <= parameter["default"] <= parameter["max"]
    assert found["active"] == []


def test_no_fault_hides_another() -> None:
    """Each has a name of its own: of two with one name only the later could be switched on."""
    assert sorted(CATALOGUE) == sorted(entry.id for entry in ENTRIES)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_fault_can_be_switched_on_and_is_met(page, name) -> None:
    """With its defaults, each is met by the next message, and by no later one."""
    quick = {"seconds": 0.01} if any(p.name == "seconds" for p in CATALOGUE[name].parameters) else {}
    answer = page.post("/api/faults", {"id": name, "messages": 1, **quick})
    assert answer.status_code == 201, answer.text
    assert [f["id"] for f in page.get("/api/state").json()["faults"]] == [name]
    page.send("hello")
    if name == "out-of-order":
        page.send("second")
    if name.startswith("card-"):
        with card_bot(page.cloud) as bot:
            bot.create(page.cloud.dingtalk.timeline[0])
            bot.stream("x")
    assert page.cloud.until(lambda: page.get("/api/state").json()["faults"] == [])


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"id": "nothing"}, "'nothing'"),
        ({}, "wanted one of"),
        ({"id": "errcode", "code": "7"}, "code is '7'"),
        ({"id": "errcode", "times": 0}, "times is 0"),
        ({"id": "errcode", "times": True}, "times is True"),
        ({"id": "errcode", "messages": 1001}, "messages is 1001"),
        ({"id": "errcode", "times": 1, "messages": 1}, "one of them"),
        ({"id": "html", "seconds": 1}, "no parameter seconds"),
        ({"id": "slow-post", "seconds": -1}, "seconds is -1"),
        ({"id": "slow-post", "seconds": "1"}, "seconds is '1'"),
        ({"id": "bucket-full", "match": 5}, "wanted text"),
        ({"id": "errcode", "conversation": "nowhere"}, "no such conversation"),
        ({"id": "errcode", "name": "x"}, "not switched on"),
        (["list"], "JSON object"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(page, wanted, reason) -> None:
    """What was found and what was wanted is said, and nothing is switched on."""
    answer = page.post("/api/faults", wanted)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert page.get("/api/faults").json()["active"] == []


def test_a_fault_of_one_conversation_leaves_the_others_alone(page) -> None:
    """DingTalk refuses answers in Lin's chat only, as long as the fault is switched on."""
    answer = page.post("/api/faults", {"id": "errcode", "conversation": "private-1", "code": "90030"})
    number = answer.json()["number"]
    assert answer.json() == {
        "number": number,
        "id": "errcode",
        "conversation": "private-1",
        "times": None,
        "messages": None,
        "parameters": {"code": "90030"},
    }
    for _ in range(2):
        assert "90030" in page.settled(page.send("hello")["id"])["state"]["why"]
    fine = page.send("hello", "private-2", "person-2")
    assert page.settled(fine["id"])["state"]["phase"] == "answered"
    gone = page.http.delete(f"{page.url}/api/faults/{number}", timeout=10)
    assert gone.json() == {"faults": []}
    assert page.settled(page.send("hello")["id"])["state"]["phase"] == "answered"
    assert page.http.delete(f"{page.url}/api/faults/{number}", timeout=10).status_code == 400


def test_messages_count_once_however_often_they_meet_a_fault(plain) -> None:
    """A fault for one message is met by all of its attempts, and the next message is spared."""
    plain.switch_on("http-error", messages=1, status="502")
    first = plain.say(plain.person(), "hello")
    plain.wait(first)
    assert [post.status for post in first.posts] == [502] * 6  # three attempts of the answer, and three of the apology
    second = plain.say(plain.person(), "hello")
    assert len(plain.wait(second)) == 1


@pytest.mark.parametrize("step", ["start", "model", "answered", "post", "posted", "end"])
def test_the_instance_of_one_conversation_is_killed_at_a_step(plain, step) -> None:
    """Only where it was asked for, and only as often."""
    lin, zhou = plain.person(), plain.person()
    plain.switch_on("killed", where=plain.private(lin), times=1, step=step)
    calm, struck = plain.say(zhou, "hello"), plain.say(lin, "hello")
    plain.wait_all([calm, struck])
    assert [o.kind for o in plain.invocations(calm, "async")[0].outcomes] == ["result"]
    assert [o.kind for o in plain.invocations(struck, "async")[0].outcomes] == ["exit", "result"]


KILLED = {"start": (502, []), "invoke": (502, []), "invoked": (502, ["result"]), "end": (502, ["result"])}


@pytest.mark.parametrize("step", KILLED)
def test_the_instance_of_conversation_is_killed_at_a_step(plain, step) -> None:
    """The callback gets FC's error; what was accepted before that is run all the same, and the next message is fine."""
    lin = plain.person()
    plain.switch_on("conversation-killed", times=1, step=step)
    struck, calm = plain.say(lin, "hello"), plain.say(lin, "again")
    plain.wait_all([struck, calm])
    assert (struck.status, [o.kind for i in plain.invocations(struck, "async") for o in i.outcomes]) == KILLED[step]
    assert (calm.status, len(calm.answers)) == (200, 1)


def test_a_bucket_fault_of_one_message(plain) -> None:
    """The bucket is read-only for one message and fine for the next."""
    plain.switch_on("bucket-read-only", messages=1)
    lin = plain.person()
    plain.wait(plain.say(lin, "one"))
    plain.wait(plain.say(lin, "two"))
    assert said(plain, "disk ") == ["EROFS", "written"]


def test_a_cold_start_of_one_message(plain) -> None:
    """The message gets a new instance although one is idle; the next one gets that."""
    lin = plain.person()
    plain.wait(plain.say(lin, "warm"))
    plain.switch_on("cold-start", times=1, seconds=0.01)
    struck = plain.say(lin, "one")
    plain.wait(struck)
    after = plain.say(lin, "two")
    plain.wait(after)
    cold = [plain.invocations(sent, "async")[0].outcomes[0].cold for sent in (struck, after)]
    assert cold == [True, False]


def test_an_event_waits_in_the_queue_until_its_time(plain) -> None:
    """It is not run before the cloud's clock has come so far."""
    plain.switch_on("queued", times=1, seconds=3600)
    sent = plain.say(plain.person(), "hello")
    assert not plain.until(lambda: bool(sent.answers), 0.3)
    plain.advance(3601)
    assert len(plain.wait(sent)) == 1


@pytest.mark.parametrize(("fault", "how"), [("redeliver", {"copies": 2}), ("redeliver-later", {"seconds": 0.1})])
def test_an_answer_to_what_is_delivered_again_was_not_heard(plain, fault, how) -> None:
    """DingTalk repeats what it has got no answer to: a refused hand-over that it has not heard of is not shown."""
    plain.invoke_fails("403")
    plain.switch_on(fault, times=1, **how)
    sent = plain.say(plain.person(), "hello")
    assert plain.until(lambda: len(sent.deliveries) == 1 + how.get("copies", 1))
    plain.wait(sent)
    assert "refused 403" in sent.deliveries[0].body.decode()
    assert [shown.via for shown in sent.answers] == ["webhook"]


def test_dingtalk_redelivers_at_once_and_later(page) -> None:
    """Copies come at once or when the clock has moved on; the functions see the same message."""
    page.post("/api/faults", {"id": "redeliver", "times": 1, "copies": 2})
    page.post("/api/faults", {"id": "redeliver-later", "times": 1})
    sent = page.send("help")
    assert page.cloud.until(lambda: len(page.get(f"/api/story/{sent['id']}").json().get("redeliveries", ())) == 2)
    assert page.get(f"/api/message/{sent['id']}").json()["over"] is False
    clock = page.post("/api/clock", {"advance": 60}).json()
    assert 59 <= clock["offset"] <= 61
    assert page.cloud.until(lambda: page.get(f"/api/message/{sent['id']}").json()["over"])
    story = page.get(f"/api/story/{sent['id']}").json()
    assert len(story["redeliveries"]) == 3
    assert len(page.get(f"/api/message/{sent['id']}").json()["answers"]) == 1


def test_a_message_can_be_delivered_again_by_hand(page) -> None:
    """As DingTalk does it; after so many seconds of the cloud."""
    sent = page.send("help")
    page.settled(sent["id"])
    assert page.post("/api/redeliver", {"message": sent["id"], "after": 3600}).status_code == 202
    page.post("/api/clock", {"advance": 3601})
    assert page.cloud.until(lambda: "redeliveries" in page.get(f"/api/story/{sent['id']}").json())
    assert page.post("/api/redeliver", {"message": "nothing"}).status_code == 400
    assert page.post("/api/redeliver", {"message": sent["id"], "after": -1}).status_code == 400


def test_a_message_arrives_after_the_next_one(page) -> None:
    """Out of order: the later message is delivered first."""
    page.post("/api/faults", {"id": "out-of-order", "times": 1})
    first, second = page.send("first"), page.send("second")
    page.settled(first["id"])
    page.settled(second["id"])
    got = [line.text for line in page.cloud.logs("conversation") if line.text.startswith("got ")]
    assert got == ["got second", "got first"]


def test_a_webhook_expires_when_told(page) -> None:
    """The callback says when, and DingTalk refuses what is posted later."""
    page.post("/api/faults", {"id": "webhook-expired", "times": 1, "seconds": 0})
    done = page.settled(page.send("hello")["id"])
    assert "300001" in done["state"]["why"]


@pytest.mark.parametrize(
    ("name", "how", "status", "answer"),
    [
        ("rate-limit", {}, 429, ""),
        ("key-refused", {}, 401, ""),
        ("quota", {}, 429, ""),
        ("server-error", {"status": "503"}, 503, ""),
        ("context-too-long", {}, 400, ""),
        ("html-answer", {}, 502, ""),
        ("empty", {}, 200, ""),
        ("thinking-only", {}, 200, ""),
        ("filtered", {}, 200, ""),
        ("very-long", {"characters": 5000}, 200, "5000"),
        ("trickle", {"seconds": 0.001}, 200, "hello"),
        ("slow-first-token", {"seconds": 0.05}, 200, "hello"),
        ("stream-cut", {"chunks": 2}, 200, ""),
    ],
)
def test_the_model_goes_wrong_as_told(plain, name, how, status, answer) -> None:
    """One request of the model is answered with the fault, the next one as ever."""
    plain.switch_on(name, times=1, **how)
    lin = plain.person()
    plain.wait(plain.say(lin, "hello"))
    request = plain.model.requests[0]
    assert request.status == status
    if answer.isdigit():
        assert int(answer) <= len(request.answer) < int(answer) + 2000
        assert "```python" in request.answer
    else:
        assert answer in request.answer
        assert bool(answer) or len(request.answer) < 20
    plain.wait(plain.say(lin, "again"))
    assert "again" in plain.model.requests[-1].answer


def test_a_stalled_stream_stays_open_until_the_function_gives_up(new_cloud) -> None:
    """Nothing more comes; the function's own time-out ends it."""
    cloud = new_cloud(language="en", TIMEOUT="1")
    cloud.switch_on("stall", messages=1, chunks=2)
    sent = cloud.say(cloud.person(), "hello")
    [answer] = cloud.wait(sent)
    assert "I see no earlier rounds" not in answer.text


def test_a_real_model_has_no_faults(page) -> None:
    """The group is not available, and a fault of it is refused."""
    page.server._switches._demo = False
    try:
        groups = {group["id"]: group["available"] for group in page.get("/api/faults").json()["groups"]}
        assert groups == {**dict.fromkeys(GROUPS, True), "model": False}
        assert "real" in page.post("/api/faults", {"id": "empty"}).json()["error"]
    finally:
        page.server._switches._demo = True


def test_a_misspelt_fault_is_refused_in_tests_too(plain) -> None:
    """A fault that does not exist would never happen, and its test would prove nothing."""
    with pytest.raises(SwitchRefused, match="'expired'"):
        plain.switch_on("expired")


# The clock


@pytest.mark.parametrize("wanted", [{}, {"advance": "1"}, {"advance": True}, {"advance": 1e12}, {"advance": None}])
def test_a_clock_that_cannot_be_moved_so_is_refused(page, wanted) -> None:
    """Seconds are a number, and ten years are enough."""
    answer = page.post("/api/clock", wanted)
    assert answer.status_code == 400
    assert "advance" in answer.json()["error"]


def test_the_clock_is_moved_for_every_part_and_set_right(page) -> None:
    """Functions, webhooks and the page's state follow; a reset of the page sets it right too."""
    page.post("/api/clock", {"advance": 91 * 60})
    state = page.get("/api/state").json()["clock"]
    assert state["offset"] == 91 * 60
    sent = page.send("hello")
    assert sent["at"] >= state["now"]
    assert page.settled(sent["id"])["state"]["phase"] == "answered"
    assert page.post("/api/clock", {"reset": True}).json()["offset"] == 0
    page.post("/api/clock", {"advance": 5})
    page.post("/api/reset", {})
    assert page.get("/api/state").json()["clock"]["offset"] == 0


# Kinds of messages


def test_the_kinds_are_those_that_can_be_built(page) -> None:
    """Each has a line in both languages, and says whether it goes to groups and needs words."""
    found = page.get("/api/kinds").json()["kinds"]
    assert {kind["id"] for kind in found} == set(BUILDERS) == set(KINDS)
    assert {kind["text"] for kind in found} == {"needed", "optional", "none"}
    assert all(kind["line"]["zh"] and kind["line"]["en"] for kind in found)
    assert [kind["id"] for kind in found if not kind["group"]] == ["audio", "video", "file", "fileWithoutCode"]


def body_of(page, message: dict) -> dict:
    page.cloud.until(lambda: page.get(f"/api/story/{message['id']}").json()["request"] is not None)
    return json.loads(page.get(f"/api/story/{message['id']}").json()["request"]["body"])


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_sent(page, kind) -> None:
    """Without words where it needs none; the callback has DingTalk's type."""
    words = "words" if KINDS[kind].text == "needed" else ""
    sent = page.send(words, kind=kind)
    assert (sent["kind"], sent["text"]) == (kind, words)
    named = {"quota": "text", "topLevelContent": "text", "contentAsString": "richText", "fileWithoutCode": "file"}
    named["sharedDocument"] = "interactiveCard"
    assert body_of(page, sent)["msgtype"] == named.get(kind, kind)


def test_a_picture_is_shown_again_and_runs_nothing(page) -> None:
    """What was sent is served as a picture, with nothing allowed to run; after a reset it is gone."""
    sent = page.send("", kind="picture", picture=PIXEL)
    answer = page.get(sent["media"])
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.content.startswith(b"\x89PNG")
    page.post("/api/reset", {})
    assert page.get(sent["media"]).status_code == 404


@pytest.mark.parametrize(
    "picture",
    ["", "data:image/svg+xml;base64,PHN2Zz4=", "data:text/html;base64,PGI+", "data:image/png;base64,", "x", 5],
)
def test_what_is_no_picture_is_refused(page, picture) -> None:
    """Only the types that cannot run anything, and only with content."""
    draft = {"conversation": "private-1", "person": "person-1", "kind": "picture", "picture": picture}
    answer = page.post("/api/send", draft)
    assert answer.status_code == 400
    assert "picture" in answer.json()["error"]


def test_a_file_has_its_name(page) -> None:
    """In the callback and on the page."""
    sent = page.send("", kind="file", name="报表.xlsx")
    assert sent["name"] == body_of(page, sent)["content"]["fileName"] == "报表.xlsx"


def test_earlier_messages_can_be_forwarded(page) -> None:
    """Their words stand in DingTalk's own string of JSON, with who said them in the summary."""
    first = page.send("first words")
    page.settled(first["id"])
    ids = [message["id"] for message in page.get("/api/state").json()["messages"]]
    content = body_of(page, page.send("", kind="chatRecord", records=ids))["content"]
    records = json.loads(content["chatRecord"])
    assert records[0] == {"msgType": "text", "content": "first words"}
    assert len(records) == 2
    assert content["summary"].startswith("Lin:first words\nAssistant:")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_quote_can_have_every_shape(page, shape) -> None:
    """The page can choose how the quoted message arrives."""
    first = page.send("first words")
    body = body_of(page, page.send("and this?", quote=first["id"], quoteShape=shape))
    assert ("quoteMessage" in body) is (shape == "legacy")
    assert shape == "legacy" or body["text"]["isReplyMsg"] is True


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("text", "text"), ("picture", "picture"), ("file", "file"), ("audio", "audio"), ("chatRecord", "chatRecord")],
)
def test_a_quote_fits_what_is_quoted(page, kind, shape) -> None:
    """Unless told otherwise, a quoted picture arrives as a picture."""
    first = page.send("words", kind=kind)
    body = body_of(page, page.send("and this?", quote=first["id"]))
    assert body["text"]["repliedMsg"]["msgType"] == shape


def test_a_mention_alone_is_a_message_in_a_group(page) -> None:
    """DingTalk leaves a blank; in a private chat there is no such message."""
    sent = page.send("", "group-1", mention=True)
    assert body_of(page, sent)["text"]["content"] == " "


def test_experts_can_change_the_body(page) -> None:
    """Fields are replaced and left out as asked."""
    body = body_of(page, page.send("hello", change={"robotCode": "normal", "extra": 1}, drop=["senderNick"]))
    assert (body["robotCode"], body["extra"]) == ("normal", 1)
    assert "senderNick" not in body


@pytest.mark.parametrize(
    "more",
    [
        {"change": []},
        {"drop": "senderNick"},
        {"drop": [5]},
        {"kind": "chatRecord", "records": ["nothing"]},
        {"kind": "markdown", "quote": "SENT"},
        {"quote": "SENT", "quoteShape": "hologram"},
        {"kind": "markdown", "text": ""},
    ],
)
def test_a_draft_that_cannot_be_is_refused(page, more) -> None:
    """One sentence, and nothing is sent."""
    first = page.send("hello")
    more = {name: first["id"] if value == "SENT" else value for name, value in more.items()}
    answer = page.post("/api/send", {"conversation": "private-1", "person": "person-1", "text": "x", **more})
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert len([m for m in page.get("/api/state").json()["messages"] if m["from"] != "bot"]) == 1


def test_every_choice_of_a_fault_is_said_in_words(page) -> None:
    """In both languages, a code with its meaning; only what speaks for itself stands alone."""
    choices = {
        (choice, json.dumps(parameter["words"].get(choice)))
        for fault in page.get("/api/faults").json()["faults"]
        for parameter in fault["parameters"]
        for choice in parameter.get("choices", ())
    }
    assert {choice for choice, words in choices if words == "null"} == set(SPEAKING)
    for choice, words in choices:
        said = json.loads(words) or {"zh": "…", "en": "…"}
        assert all(said.values())
        assert not choice.lstrip("-").isdigit() or words == "null" or said["zh"].startswith(choice)
