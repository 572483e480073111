"""The page's server: what a browser gets, what it may ask for, and who may ask."""

import json
import threading

import pytest

from local.cloud import Reply
from local.page_server import PageServer
from local.page_state import PageState
from tests.local.conftest import Page


def test_the_page_and_its_files_are_served(page) -> None:
    """The address gives the page; its files are below /static and nothing else is."""
    assert "<html" in page.get("/").text
    assert page.get("/static/icon.svg").status_code == 200
    assert page.get("/static/../page_server.py").status_code == 404
    assert page.get("/page_server.py").status_code == 404


def test_the_state_has_four_people_and_their_chats(page) -> None:
    """One administrator, one person without staff id; a private chat each and one group of all."""
    state = page.get("/api/state").json()
    assert (state["language"], state["model"]) == ("en", {"demo": True, "name": "demo"})
    assert [person["admin"] for person in state["people"]].count(True) == 1
    assert [person["staffId"] for person in state["people"]].count("") == 1
    kinds = [(c["kind"], len(c["people"])) for c in state["conversations"]]
    assert sorted(kinds) == [("group", 4)] + [("private", 1)] * 4


def test_a_message_is_answered_and_tells_its_story(page) -> None:
    """Sent, acknowledged, answered; the story has each step, without a secret."""
    sent = page.send("hello")
    assert sent["state"]["phase"] == "sent"
    done = page.settled(sent["id"])
    assert (done["state"]["phase"], done["state"]["status"]) == ("answered", 200)
    assert done["state"]["ack_ms"] >= 0
    assert done["state"]["answered_ms"] >= 0
    page.cloud.until(lambda: all(i.over for i in page.cloud.invocations()))
    [answer] = [m for m in page.get("/api/state").json()["messages"] if m["answers"] == sent["id"]]
    assert (answer["from"], answer["via"], answer["kind"]) == ("bot", "webhook", "markdown")
    story = page.get(f"/api/story/{answer['id']}").json()
    assert story == page.get(f"/api/story/{sent['id']}").json()
    assert {"timestamp", "sign"} <= story["request"]["headers"].keys()
    assert story["response"]["status"] == 200
    assert [i["function"] for i in story["invocations"]] == ["conversation", "reply"]
    assert story["invocations"][1]["task_id"].startswith("m_")
    assert story["model"][0]["body"]["messages"][-1]["content"] == "hello"
    assert story["webhook"][0]["errcode"] == 0
    assert any(entry.startswith("write notes/") for entry in story["files"])
    assert "reply  posted 0" in story["logs"]
    assert "sk-local" not in json.dumps(story)


def test_an_answer_in_the_response_body_is_marked(page) -> None:
    """Such an answer has `via` "body"."""
    sent = page.send("help")
    page.settled(sent["id"])
    [answer] = [m for m in page.get("/api/state").json()["messages"] if m["answers"] == sent["id"]]
    assert (answer["via"], answer["text"]) == ("body", "some help")


@pytest.mark.parametrize(("text", "why"), [("raise", "answered with 502"), ("fail", ""), ("exit", "")])
def test_a_failure_says_why(page, text, why) -> None:
    """A message whose callback fails says so; one that was apologised for counts as answered."""
    done = page.settled(page.send(text)["id"])
    if why:
        assert done["state"]["phase"] == "failed"
        assert why in done["state"]["why"]
    else:
        assert done["state"]["phase"] == "answered"


def test_a_post_that_dingtalk_refused_is_the_reason(page) -> None:
    """When the webhook refused the answer, the state names DingTalk's code."""
    page.cloud.dingtalk_fails("300001")
    done = page.settled(page.send("hello")["id"])
    assert done["state"]["phase"] == "failed"
    assert "300001" in done["state"]["why"]
    whys = done["state"]["whys"]
    assert done["state"]["why"] in whys.values()
    assert whys["zh"] == "处理已结束，但没有任何回答：钉钉拒收（errcode 300001 · 会话 webhook 不存在或已过期）"
    assert whys["en"].endswith("DingTalk refused it (errcode 300001 · the session webhook is unknown or has expired)")


def test_in_a_group_only_a_mention_is_delivered(page) -> None:
    """Without a mention a message is shown and goes nowhere."""
    silent = page.send("psst", "group-1", "person-2", mention=False)
    assert page.message(silent["id"])["state"]["phase"] == "undelivered"
    assert page.cloud.invocations() == []
    loud = page.send("hello", "group-1", "person-2", mention=True)
    assert page.settled(loud["id"])["state"]["phase"] == "answered"


def test_any_earlier_message_can_be_quoted(page) -> None:
    """A quote of a person's and of the robot's message reaches the robot."""
    first = page.send("first words")
    page.settled(first["id"])
    answer = next(m for m in page.get("/api/state").json()["messages"] if m["answers"] == first["id"])
    for quoted in (first, answer):
        sent = page.send("what is this?", quote=quoted["id"])
        assert sent["quote"] == quoted["id"]
        page.settled(sent["id"])
        body = json.loads(page.get(f"/api/story/{sent['id']}").json()["request"]["body"])
        assert body["text"]["repliedMsg"]["content"]["text"] == quoted["text"]


@pytest.mark.parametrize(
    "draft",
    [
        {"conversation": "nowhere", "person": "person-1", "text": "x"},
        {"conversation": "private-1", "person": "person-2", "text": "x"},
        {"conversation": "private-1", "person": "person-1", "text": ""},
        {"conversation": "private-1", "person": "person-1"},
        {"conversation": "private-1", "person": "person-1", "text": "x" * 200_001},
        {"conversation": "private-1", "person": "person-1", "text": "x", "quote": "m-unknown"},
        {"conversation": "private-1", "person": "person-1", "text": "x", "kind": "telepathy"},
        {"conversation": "group-1", "person": "person-1", "text": "x", "kind": "audio"},
        ["no", "object"],
        "text",
    ],
)
def test_a_message_that_cannot_be_is_refused_with_a_sentence(page, draft) -> None:
    """What the page should not send gets a 4xx and one sentence."""
    answer = page.post("/api/send", draft)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]


def test_a_form_of_another_site_cannot_send(page) -> None:
    """A body that is not declared as JSON is refused: forms cannot declare it."""
    draft = json.dumps({"conversation": "private-1", "person": "person-1", "text": "x"})
    answer = page.http.post(page.url + "/api/send", data=draft, headers={"Content-Type": "text/plain"}, timeout=10)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/state", {"Host": "evil.example"}, 403),
        ("GET", "/", {"Host": "evil.example:80"}, 403),
        ("GET", "/api/state", {"Host": "127.0.0.1:1"}, 403),
        ("GET", "/api/state", {"Host": "localhost:{port}"}, 200),
        ("POST", "/api/reset", {"Origin": "http://evil.example"}, 403),
        ("POST", "/api/reset", {"Origin": "null"}, 403),
        ("POST", "/api/reset", {"Origin": "http://127.0.0.1:1"}, 403),
        ("POST", "/api/reset", {"Origin": "http://127.0.0.1:{port}"}, 200),
        ("POST", "/api/reset", {}, 200),
    ],
)
def test_only_its_own_address_is_answered(page, method, path, headers, status) -> None:
    """Another Host (DNS rebinding) and, for changes, another Origin are refused."""
    port = str(page.server.site.port)
    sent = {name: value.replace("{port}", port) for name, value in headers.items()}
    answer = page.http.request(method, page.url + path, headers=sent, timeout=10)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_open_page_is_told_what_happens(page) -> None:
    """Every new or changed message comes as an event, and so does a reset."""
    found: list[dict] = []

    def listen() -> None:
        with page.http.get(page.url + "/api/events", stream=True, timeout=20) as stream:
            for line in stream.iter_lines():
                if line.startswith(b"data: "):
                    found.append(json.loads(line[6:]))
                    if found[-1]["kind"] == "reset":
                        return

    listener = threading.Thread(target=listen)
    listener.start()
    assert page.cloud.until(lambda: bool(page.server._listeners))
    sent = page.send("hello")
    page.settled(sent["id"])
    assert page.cloud.until(
        lambda: any(e["message"]["state"] and e["message"]["state"]["phase"] == "answered" for e in found)
    )
    assert any(e["message"]["answers"] == sent["id"] for e in found)
    page.post("/api/reset", {})
    listener.join(10)
    assert found[-1] == {"kind": "reset"}


def test_a_reset_starts_afresh(page) -> None:
    """After a reset nothing is shown, and the functions meet conversations they do not know."""
    first = page.settled(page.send("hello")["id"])
    before = json.loads(page.get(f"/api/story/{first['id']}").json()["request"]["body"])["conversationId"]
    page.post("/api/reset", {})
    assert page.get("/api/state").json()["messages"] == []
    again = page.settled(page.send("hello")["id"])
    after = json.loads(page.get(f"/api/story/{again['id']}").json()["request"]["body"])["conversationId"]
    assert before != after
    assert page.get(f"/api/story/{first['id']}").status_code == 404


def left_in(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("kept", [False, True])
def test_a_reset_empties_the_bucket_unless_its_folder_was_named(new_cloud, kept) -> None:
    """Records, usage, exports and what the bot remembers are gone, also of what still runs; what stays is said."""
    cloud = new_cloud(bucket_kept=kept, ADMIN_USERS="manager001")
    server = PageServer(cloud.parts, {"demo": True, "name": "demo"})
    cloud.do(server.site.start())
    page = Page(cloud, server)
    first = page.settled(page.send("hello")["id"])
    cloud.parts.oss.objects["exports/1.txt"] = b"exported"
    (cloud.bucket / "unknown").mkdir()
    (cloud.bucket / "unknown" / "file").write_text("anything")
    cloud.until(lambda: all(invocation.over for invocation in cloud.invocations()))
    before = left_in(cloud.bucket)
    assert first["state"]["phase"] == "answered"
    assert any(name.startswith("records/") for name in before)
    cloud.model.script(Reply("late", first_token=20))
    page.send("still thinking")
    assert cloud.until(lambda: len(cloud.model.requests) == 2)
    assert page.post("/api/reset", {}).status_code == 200
    state = page.get("/api/state").json()
    assert state["bucket"] == {"folder": str(cloud.bucket), "kept": kept}
    stays = {name for name in before if name.startswith(("records/", "unknown"))}
    assert stays <= set(left_in(cloud.bucket)) if kept else left_in(cloud.bucket) == []
    assert cloud.parts.oss.objects == {}
    cloud.model.replies.clear()
    assert page.settled(page.send("hello again")["id"])["state"]["phase"] == "answered"
    assert "hello" not in json.dumps(cloud.model.requests[-1].body).replace("hello again", "")
    page.http.close()
    cloud.do(server.stop())


ADMINISTRATORS = {
    "": [],
    "manager001": ["person-1"],
    " user002 ，manager001,": ["person-1", "person-2"],
    "lin": [],
    ",": [],
}


@pytest.mark.parametrize(("setting", "expected"), ADMINISTRATORS.items(), ids=ADMINISTRATORS)
def test_the_bots_administrators_are_told_from_those_of_dingtalk(new_cloud, setting, expected) -> None:
    """Who is one for the bot is what its own setting says, whatever DingTalk calls the person."""
    cloud = new_cloud(ADMIN_USERS=setting)
    people = PageState(cloud.parts, {}).whole()["people"]
    assert [person["id"] for person in people if person["botAdmin"]] == expected
    assert [person["id"] for person in people if person["admin"]] == ["person-1"]
    [answer] = cloud.wait(cloud.say(cloud.person("Lin", staff_id="manager001"), "#查对话"))
    assert ("只有管理员" in answer.text) is ("person-1" not in expected)


def test_another_bot_has_administrators_of_its_own(page) -> None:
    """Nothing is said of a setting that it may not have."""
    assert {person["botAdmin"] for person in page.get("/api/state").json()["people"]} == {None}
