"""Who may use the bot, through the front door: what each person sees, in the response body, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from local.cloud import LocalCloud
from local.people import Person
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]

ADMIN = Person("王总", "boss01", admin=True)
VIP = Person("李贵宾", "vip01")
LIN = Person("林晓", "lin01")
ZHOU = Person("周明", "zhou01")
GUEST = Person("访客", "")


def told(cloud: LocalCloud, person: Person, text: str, where: str = "private") -> tuple[str, bool]:
    """What the person is shown, and whether it stood in the response body."""
    place = cloud.group(LIN, ZHOU, ADMIN, VIP, GUEST) if where == "group" else cloud.private(person)
    [shown] = cloud.wait(cloud.say(person, text, place))
    return shown.text, shown.via == "body"


def beginning(sentence: str) -> str:
    return sentence.split("{")[0]


@pytest.fixture(scope="module")
def strict() -> LocalCloud:
    """One cloud with every list set."""
    from local.cloud import Options

    settings = {
        "ALLOW_USERS": f"{LIN.staff_id},{ZHOU.staff_id}",
        "DENY_USERS": ZHOU.staff_id,
        "ADMIN_USERS": f"{ADMIN.staff_id},{GUEST.sender_id}",
        "VIP_USERS": VIP.staff_id,
        "ALLOW_GROUPS": "cidOfAnotherGroup==",
        "SENSITIVE_WORDS": "机密",
        "MAX_QUESTION_LEN": "20",
    }
    with LocalCloud(Options(settings=settings)) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("person", "where", "text", "sentence"),
    [
        (LIN, "private", "你好", ""),
        (LIN, "group", "你好", ZH.refused_group),
        (ZHOU, "private", "你好", ZH.refused_user),
        (ZHOU, "private", "帮助", ZH.refused_user),
        (ZHOU, "private", "清空", ZH.refused_user),
        (VIP, "private", "你好", ZH.refused_user),
        (GUEST, "private", "你好", ZH.refused_user),
        (ADMIN, "private", "你好", ""),
        (ADMIN, "group", "你好", ""),
        (ADMIN, "group", "群ID", ZH.group_id),
        (LIN, "private", "群ID", ""),
        (LIN, "private", "这是机密吗", ZH.refused_sensitive),
        (ADMIN, "private", "这是机密吗", ZH.refused_sensitive),
        (LIN, "private", "字" * 21, ZH.refused_too_long),
        (LIN, "private", "字" * 20, ""),
        (LIN, "private", "角色 " + "字" * 30, ZH.persona_set),
    ],
)
def test_what_each_person_sees(strict: LocalCloud, person: Person, where: str, text: str, sentence: str) -> None:
    """A refusal stands in the body and asks no model; who may ask is answered."""
    strict.reset()
    shown, in_body = told(strict, person, text, where)
    if sentence in ("", ZH.persona_set):
        assert not in_body
        assert shown.endswith(text) or beginning(sentence)[:4] in shown
        return
    assert shown.startswith(beginning(sentence))
    assert in_body
    assert strict.model.requests == []
    assert [how for how in strict.invocations() if how.function == "reply"] == []


def test_a_refusal_reveals_no_list(strict: LocalCloud) -> None:
    """No id, no name, no word of a list; and denied looks like not allowed."""
    strict.reset()
    denied, unlisted = (told(strict, person, "你好")[0] for person in (ZHOU, VIP))
    assert denied[:-10] == unlisted[:-10]
    for secret in (LIN.staff_id, ZHOU.staff_id, ADMIN.staff_id, "cidOfAnotherGroup", "名单"):
        assert secret not in denied


@pytest.mark.parametrize(
    ("kind", "where", "sentence"),
    [("1", "group", ZH.refused_group_chat), ("2", "private", ZH.refused_private)],
)
def test_kind_of_chat(new_cloud: NewCloud, kind: str, where: str, sentence: str) -> None:
    """CHAT_TYPE: the other kind is told where to go, administrators are answered in both."""
    cloud = new_cloud(CHAT_TYPE=kind, ADMIN_USERS=ADMIN.staff_id)
    assert told(cloud, LIN, "你好", where) == (sentence, True)
    assert told(cloud, LIN, "你好", "private" if where == "group" else "group")[1] is False
    assert told(cloud, ADMIN, "你好", where)[1] is False


def test_the_id_that_is_shown_is_the_one_that_is_allowed(new_cloud: NewCloud) -> None:
    """An administrator reads the id, the deployer sets it, and the group may ask."""
    cloud = new_cloud(ADMIN_USERS=ADMIN.staff_id)
    room = cloud.group(LIN, ADMIN)
    [shown] = cloud.wait(cloud.say(ADMIN, "群ID", room))
    allowed = new_cloud(ALLOW_GROUPS=shown.text.splitlines()[-1])
    [answer] = allowed.wait(allowed.say(LIN, "你好", room))
    assert answer.via == "webhook"


def test_refusals_posted_where_bodies_are_not_shown(new_cloud: NewCloud) -> None:
    """INSTANT_ANSWERS=webhook: the same sentence, once, by reply."""
    cloud = new_cloud(DENY_USERS=LIN.staff_id, INSTANT_ANSWERS="webhook")
    [shown] = cloud.wait(cloud.say(LIN, "你好"))
    assert beginning(ZH.refused_user) in shown.text
    assert shown.via == "webhook"
    assert cloud.model.requests == []
