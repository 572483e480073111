"""Lists of people and groups: whose ids they have, and what holds when a list cannot be understood."""

from __future__ import annotations

from typing import Any

import pytest

from conversation.channels.dingtalk_settings import DingTalkSettings
from shared.deployed import Deployed
from shared.settings import SettingsReader, says_nothing, separated
from shared.wording import wording

from .kit import ENVIRON, Bench, payload

ZH = wording("zh")
GROUP, PRIVATE = payload("group_text"), payload("single_text")
A, B = "secret-of-robot-a", "secret-of-robot-b"
TWO = f"orgA:{A},orgB:{B}"
UNNAMED = {
    secret: DingTalkSettings.read(SettingsReader({"DINGTALK_APP_SECRET": secret})).robots[0].id for secret in (A, B)
}
LISTS = ("ALLOW_USERS", "DENY_USERS", "ADMIN_USERS", "VIP_USERS", "ALLOW_GROUPS")


def bench(**settings: str) -> Bench:
    without = {name: value for name, value in ENVIRON.items() if name != "DINGTALK_CREDENTIALS"}
    return Bench({**without, "DINGTALK_CREDENTIALS": TWO, **settings})


def asked(bench: Bench, secret: str, staff: str = "boss", body: dict[str, Any] = PRIVATE) -> tuple[str, str]:
    """What the person is shown at once, and the role with which their message went on."""
    before = len(bench.fc.events)
    result = bench.post({**body, "senderStaffId": staff}, headers=bench.headers(secret=secret))
    events = bench.fc.events[before:]
    return result.shown, events[0]["role"] if events else "-"


@pytest.mark.parametrize("entry", ["orgA/boss", "x, orgA/boss", f"{UNNAMED[A]}/boss", "orgB/x;orgA/boss"])
@pytest.mark.parametrize(("name", "role"), [("ADMIN_USERS", "admin"), ("VIP_USERS", "vip")])
def test_a_role_is_one_robots(name: str, role: str, entry: str) -> None:
    """An entry gives its person a role at its robot: not whoever signs with another robot's secret and the same id."""
    office = bench(**{name: entry.replace("x,", "orgB/x,")})
    assert asked(office, A) == ("", role)
    assert asked(office, B) == ("", "")
    assert asked(office, A, "orgA/boss")[1] == ""


@pytest.mark.parametrize(
    ("settings", "at_a", "at_b"),
    [
        ({"ALLOW_USERS": "orgA/boss"}, "", ZH.refused_user),
        ({"ALLOW_USERS": "orgA/boss,orgB/boss"}, "", ""),
        ({"DENY_USERS": "orgB/boss"}, "", ZH.refused_user),
        ({"DENY_USERS": f"{UNNAMED[B]}/boss"}, "", ZH.refused_user),
        ({"ALLOW_USERS": "orgB/boss", "ADMIN_USERS": "orgA/boss"}, "", ""),
    ],
)
def test_people_of_one_robot(settings: dict[str, str], at_a: str, at_b: str) -> None:
    """The same id at another robot is somebody else."""
    for secret, sentence in ((A, at_a), (B, at_b)):
        shown, _ = asked(bench(**settings), secret)
        assert shown.startswith(sentence.split("{")[0])
        assert bool(shown) == bool(sentence)


@pytest.mark.parametrize("id", [GROUP["conversationId"], "cidAb/cd+ef=="])
def test_groups_of_one_robot(id: str) -> None:
    """As for people, with the slash that a conversation's id can have."""
    office = bench(ALLOW_GROUPS=f"orgA/{id}")
    body = {**GROUP, "conversationId": id}
    assert asked(office, A, body=body)[0] == ""
    assert asked(office, B, body=body)[0].startswith(ZH.refused_group.split("{")[0])


def test_the_id_that_is_shown_is_the_one_that_is_allowed() -> None:
    """With several robots 群ID shows whose it is, as the list wants it; with one the id alone."""
    told = {**GROUP, "text": {"content": " 群ID "}, "senderStaffId": "boss"}
    office = bench(ADMIN_USERS="orgA/boss,orgB/boss")
    for secret, robot in ((A, "orgA"), (B, "orgB")):
        shown = office.post(told, headers=office.headers(secret=secret)).shown.splitlines()[-1]
        assert shown == f"{robot}/{GROUP['conversationId']}"
        assert asked(bench(ALLOW_GROUPS=shown), secret, body=GROUP)[0] == ""
    assert Bench.with_settings(ADMIN_USERS="boss").post(told).shown.splitlines()[-1] == GROUP["conversationId"]


@pytest.mark.parametrize("secrets", [f"DINGTALK_CREDENTIALS=orgA:{A}", f"DINGTALK_APP_SECRET={A}"])
@pytest.mark.parametrize("entry", ["boss", "{robot}/boss", "{unnamed}/boss"])
def test_the_only_robot(secrets: str, entry: str) -> None:
    """An id alone is the only robot's, which may be named by its id or by the one that is made from its secret."""
    name, _, value = secrets.partition("=")
    robot = "orgA" if "orgA" in value else UNNAMED[A]
    alone = Bench(
        {**ENVIRON, "DINGTALK_CREDENTIALS": "", name: value}
        | {"ADMIN_USERS": entry.format(robot=robot, unnamed=UNNAMED[A])}
    )
    result = alone.post({**PRIVATE, "senderStaffId": "boss"}, headers=alone.headers(secret=A))
    assert result.status == 200
    assert [event["role"] for event in alone.fc.events] == ["admin"]


@pytest.mark.parametrize(
    "credentials",
    [
        {"DINGTALK_CREDENTIALS": f"orgA:{A},orgA:{B}"},
        {"DINGTALK_CREDENTIALS": f"orgA:{A}", "DINGTALK_APP_SECRET": A},
        {"DINGTALK_CREDENTIALS": f"orgA:{A},orgA:{A}"},
    ],
)
def test_one_robot_with_two_secrets_is_one(credentials: dict[str, str]) -> None:
    """While a secret is rotated, or stands twice, an id alone has one meaning."""
    office = Bench({**ENVIRON, **credentials, "ADMIN_USERS": "boss"})
    assert (
        office.post({**PRIVATE, "senderStaffId": "boss"}, headers=office.headers(secret=A)).lines[0]["level"] == "INFO"
    )
    assert [event["role"] for event in office.fc.events] == ["admin"]


NO_ID = [",", "，", ";", "；", "、", " , ", ",,;", ",\n,", "\u2028,"]
NO_IDS = [
    "u 1",
    "u1 u2",
    "u1\tu2",
    "u1|u2",
    "*",
    "u1,*",
    "u1，u 2",
    "'u1",
    "[u1",
    "\u200bu1",
    "u1\u202e",
    "@u1",
    "u1/",
    "/u1",
]
NO_IDS += ["-", "...", "_,u1", "$DENY_USERS", "u1:u2", "u1+u2", "u1=u2", "u1和u2", "张三", "userid:u1", "u" * 65]
NO_IDS += ["orgX/u1", "wecom/u1", "u1/u2/u3", "ｕ１", "<u1>", "u1\u00a0u2", "#u1"]
AMBIGUOUS = ["boss", "orgA/x,boss", "cidAb/cd==", "$:LWCP_v1:$ab/cd=="]


@pytest.mark.parametrize("text", [*NO_ID, *NO_IDS])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_cannot_be_understood_is_closed(name: str, text: str) -> None:
    """It is named in the log at every message; allowing and denying admits administrators only, roles nobody."""
    office = Bench.with_settings(**{"ADMIN_USERS": "boss", name: text})
    where = {**GROUP, "senderStaffId": "u1"} if name == "ALLOW_GROUPS" else {**PRIVATE, "senderStaffId": "u1"}
    refused = {"ALLOW_USERS": ZH.refused_user, "DENY_USERS": ZH.refused_user, "ALLOW_GROUPS": ZH.refused_group}
    result = office.post(where)
    [line] = result.lines
    assert line["level"] == "ERROR"
    assert line["remedy_1"].startswith(f"{name} has ")
    assert "; wanted " in line["remedy_1"]
    assert "until then" in line["remedy_1"]
    assert result.shown.startswith(refused.get(name, "").split("{")[0])
    assert bool(result.shown) == (name in refused)
    office.post({**where, "senderStaffId": "boss", "msgId": "another"})
    roles = [event["role"] for event in office.fc.events]
    assert roles == {"ADMIN_USERS": ["", ""], "VIP_USERS": ["", "admin"]}.get(name, ["admin"])


@pytest.mark.parametrize("text", AMBIGUOUS)
@pytest.mark.parametrize("name", LISTS)
def test_with_several_robots_an_id_alone_means_nobody(name: str, text: str) -> None:
    """It could be anybody's: the problem names what can be written instead."""
    office = bench(**{name: text})
    _, role = asked(office, A)
    assert role == ("" if name in ("ADMIN_USERS", "VIP_USERS", "ALLOW_GROUPS") else "-")
    result = office.post({**PRIVATE, "senderStaffId": "boss"}, headers=office.headers(secret=B))
    assert "there are 2 robots; wanted orgA/" in result.lines[0]["remedy_1"]


UNSET = ["", " ", "[]", "[ ]", "''", '""', "\n", "“”", "「 」", "``", "' '", "\"''\"", "'[]'"]


@pytest.mark.parametrize("text", UNSET)
@pytest.mark.parametrize("name", LISTS)
def test_what_is_unset_stays_unset(name: str, text: str) -> None:
    """An empty value, an empty list, an empty text: nothing is restricted, nobody is more than anybody."""
    office = Bench.with_settings(**{name: text})
    for body in (PRIVATE, GROUP):
        result = office.post(body)
        assert (result.shown, result.lines[0]["level"]) == ("", "INFO")
    assert [event["role"] for event in office.fc.events] == ["", ""]
    assert says_nothing(text)


@pytest.mark.parametrize("text", UNSET)
def test_what_is_unset_hides_no_list_of_the_file(text: str) -> None:
    """However nothing is written in the environment, what config.yml says holds."""
    given = {**ENVIRON, "DENY_USERS": text, "MAX_QUESTION_LEN": text}
    office = Bench(dict(Deployed({"DENY_USERS": "u1", "MAX_QUESTION_LEN": "1"}).under(given)))
    assert office.post({**PRIVATE, "senderStaffId": "u1"}).shown.startswith(ZH.refused_user.split("{")[0])
    assert office.post(PRIVATE).shown.startswith(ZH.refused_too_long.split("{")[0])


@pytest.mark.parametrize(
    "text",
    [
        "u1,u2",
        "u1，u2",
        "u1;u2",
        "u1；u2",
        "u1、u2",
        "u1\nu2",
        "u1\r\n u2 ,",
        "u1 ､ u2",
        "u1\u2028u2",
        "[u1,u2]",
        "['u1', 'u2']",
        '"u1","u2"',
        "'u1;u2'",
    ],
)
@pytest.mark.parametrize("name", ["ALLOW_USERS", "DENY_USERS", "ADMIN_USERS"])
def test_separators(name: str, text: str) -> None:
    """Commas, semicolons, the enumeration comma, line ends: what a Chinese or an English keyboard has."""
    assert separated(text) == ("u1", "u2")
    office = Bench.with_settings(**{name: text})
    shown = {staff: asked(office, ENVIRON["DINGTALK_CREDENTIALS"].split(":")[1], staff) for staff in ("u1", "u2", "u3")}
    assert shown["u1"] == shown["u2"] != shown["u3"]


@pytest.mark.parametrize(
    "id",
    [
        "0123456",
        "manager4220",
        "zhang.san",
        "a-b_c",
        "name@example.com",
        "$:LWCP_v1:$vbYo/lzz+Bg==",
        "cid6KeBBLo/Y+kg==",
    ],
)
def test_ids_as_dingtalk_has_them(id: str) -> None:
    """Staff ids, encrypted sender ids, conversations: none of them is taken for a mistake."""
    office = Bench.with_settings(DENY_USERS=id)
    assert office.post({**PRIVATE, "senderStaffId": id}).shown.startswith(ZH.refused_user.split("{")[0])
    assert office.post(PRIVATE).shown == ""


@pytest.mark.parametrize("name", ["SENSITIVE_WORDS", "WEBHOOK_HOSTS"])
def test_other_lists_that_say_nothing(name: str) -> None:
    """Nothing is masked by a comma, and nobody can be answered at one: every message is refused, and why is logged."""
    result = Bench.with_settings(**{name: "，"}).post(PRIVATE)
    assert result.shown.startswith(ZH.failed_settings.split("{")[0])
    assert result.lines[0]["remedy_1"].startswith(f"{name} is '，'; wanted ")
