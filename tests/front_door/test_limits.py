"""Limits and usage through the front door: never exceeded, and nobody sees what is somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from local.cloud import LocalCloud, Sent, failing
from reply.settings import CHINA
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]
LIMIT = 3
REFUSED = ZH.limit_questions.split("{starts}")[0].format(limit=LIMIT)


@pytest.fixture
def limited(new_cloud: NewCloud) -> LocalCloud:
    return new_cloud(MAX_REQUEST=str(LIMIT), ADMIN_USERS="staff-boss", VIP_USERS="staff-vip")


def text_of(cloud: LocalCloud, sent: Sent) -> str:
    [answer] = cloud.wait(sent)
    return answer.text


def until_tomorrow(cloud: LocalCloud) -> float:
    """Seconds from the cloud's time to a minute past the next midnight in China."""
    now = datetime.fromtimestamp(cloud.clock.now(), CHINA)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=1, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()


def at_noon(cloud: LocalCloud) -> None:
    """No test runs over midnight."""
    cloud.advance(until_tomorrow(cloud) + 12 * 3600)


def test_twenty_people_at_once_never_exceed(limited: LocalCloud) -> None:
    """Each sends more than the limit in the same moment: as many answers as the limit at most, the rest is refused."""
    at_noon(limited)
    people = [limited.person(f"P{number}") for number in range(20)]
    sent = [limited.compose(person, f"{person.name} asks {n}") for n in range(LIMIT + 2) for person in people]
    limited.deliver_all(sent)
    shown = limited.wait_all(sent, 240)
    assert [len(answers) for answers in shown] == [1] * len(sent)
    answered = dict.fromkeys(people, 0)
    for message, [answer] in zip(sent, shown, strict=True):
        assert answer.text.startswith(REFUSED) or message.text in answer.text
        answered[message.person] += message.text in answer.text
    assert max(answered.values()) <= LIMIT
    assert sum(answered.values()) == len(limited.model.requests) >= len(people)
    usages = [limited.compose(person, "用量") for person in people]
    limited.deliver_all(usages)
    for person, [usage] in zip(people, limited.wait_all(usages, 120), strict=True):
        left = LIMIT - answered[person]
        assert ZH.usage_questions_left.format(left=left, limit=LIMIT) in usage.text


def test_one_after_the_other_the_limit_is_met_exactly(limited: LocalCloud) -> None:
    """Three are answered, the fourth is refused without a model call; commands still work; tomorrow it starts again."""
    at_noon(limited)
    ann = limited.person("Ann")
    limited.model.script(failing(401))
    assert ZH.failed_key_refused.split("{")[0] in text_of(limited, limited.say(ann, "fails"))
    for number in range(LIMIT):
        assert f"q{number}" in text_of(limited, limited.say(ann, f"q{number}"))
    requests = len(limited.model.requests)
    assert text_of(limited, limited.say(ann, "one more")).startswith(REFUSED)
    assert text_of(limited, limited.say(ann, "one more", limited.group(ann))).startswith(
        f"@{ann.staff_id}\n\n{REFUSED}"
    )
    assert len(limited.model.requests) == requests
    assert text_of(limited, limited.say(ann, "重置")) == ZH.cleared
    usage = text_of(limited, limited.say(ann, "用量"))
    assert ZH.usage_questions_left.format(left=0, limit=LIMIT) in usage
    limited.advance(until_tomorrow(limited))
    assert "a new day" in text_of(limited, limited.say(ann, "a new day"))


@pytest.mark.parametrize("staff_id", ["staff-boss", "staff-vip"])
def test_administrators_and_vips_are_exempt(limited: LocalCloud, staff_id: str) -> None:
    """By their staff id."""
    at_noon(limited)
    person = limited.person("Vip", staff_id=staff_id)
    for number in range(LIMIT + 2):
        assert f"q{number}" in text_of(limited, limited.say(person, f"q{number}"))


def test_usage_is_ones_own(limited: LocalCloud) -> None:
    """Everybody sees their own; what is others' only an administrator, in private, and what was sent just now."""
    at_noon(limited)
    ann, bob = limited.person("Ann"), limited.person("Bob")
    boss = limited.person("Boss", staff_id="staff-boss")
    limited.wait_all([limited.say(person, "hello") for person in (ann, ann, bob)])
    assert "2 个问题" in text_of(limited, limited.say(ann, "用量"))
    assert "1 个问题" in text_of(limited, limited.say(bob, "／ＵＳＡＧＥ"))
    assert text_of(limited, limited.say(bob, "用量 全部")) == ZH.refused_admins_only
    assert text_of(limited, limited.say(bob, "用量 @Ann")) == ZH.refused_admins_only
    everybody = text_of(limited, limited.say(boss, "用量 全部"))
    assert "`Ann`" in everybody
    assert "`Bob`" in everybody
    assert "2 个问题" in text_of(limited, limited.say(boss, "用量 @Ann"))
    assert ZH.refused_only_private in text_of(limited, limited.say(boss, "用量 全部", limited.group(boss, ann)))


def test_an_old_signature_shows_nothing_of_others(limited: LocalCloud) -> None:
    """Headers that were captured six minutes ago, with a body in the administrator's name."""
    at_noon(limited)
    boss = limited.person("Boss", staff_id="staff-boss")
    old = limited.signed_headers(str(int((limited.clock.now() - 360) * 1000)))
    sent = limited.compose(boss, "用量 全部")
    limited.deliver(sent, headers=old)
    assert text_of(limited, sent) == ZH.refused_stale


def test_balance(limited: LocalCloud) -> None:
    """Administrators are told that this provider does not tell; others are refused, and so are groups."""
    at_noon(limited)
    assert text_of(limited, limited.say(limited.person("Ann"), "余额")) == ZH.refused_admins_only
    boss = limited.person("Boss", staff_id="staff-boss")
    assert text_of(limited, limited.say(boss, "余额")) == ZH.balance_not_offered
    assert ZH.refused_only_private in text_of(limited, limited.say(boss, "余额", limited.group(boss)))


def test_the_month_of_the_whole_deployment(new_cloud: NewCloud) -> None:
    """MAX_TOKENS_PER_MONTH: over it nobody is answered, until the first of the next month."""
    cloud = new_cloud(MAX_TOKENS_PER_MONTH="10")
    at_noon(cloud)
    assert "first" in text_of(cloud, cloud.say(cloud.person("Ann"), "first"))
    cloud.advance(301)
    bob = cloud.person("Bob")
    assert text_of(cloud, cloud.say(bob, "second")).startswith(ZH.limit_tokens_month.split("{")[0])
    while datetime.fromtimestamp(cloud.clock.now(), CHINA).day != 1:
        cloud.advance(until_tomorrow(cloud))
    assert "third" in text_of(cloud, cloud.say(bob, "third"))


@pytest.mark.parametrize(("setting", "limit"), [("MAX_TOKENS_PER_DAY", 150), ("MAX_TOKENS_PER_MONTH", 1200)])
def test_tokens_of_twenty_people_at_once(new_cloud: NewCloud, setting: str, limit: int) -> None:
    """Each sends four questions in the same moment: over by one answer at most, and whoever is refused reads why."""
    longest = 60
    cloud = new_cloud(**{setting: str(limit), "MAX_ANSWER_LEN": str(longest)})
    at_noon(cloud)
    people = [cloud.person(f"P{number}") for number in range(20)]
    sent = [cloud.compose(person, f"{person.name} asks {n}") for n in range(4) for person in people]
    cloud.deliver_all(sent)
    shown = cloud.wait_all(sent, 240)
    assert [len(answers) for answers in shown] == [1] * len(sent)
    used: dict[str, int] = {}
    for record in (cloud.bucket / "records").rglob("*.json"):
        used[record.parent.name] = used.get(record.parent.name, 0) + int(record.name.split(".")[2])
    if setting == "MAX_TOKENS_PER_DAY":
        assert 0 < max(used.values()) <= limit + longest
    else:
        assert 0 < sum(used.values()) <= limit + longest
    assert {request.body[name] for request in cloud.model.requests for name in request.body if "max_" in name} == {
        longest
    }
    assert not list((cloud.bucket / "records").rglob("*.open"))
    reasons = {ZH.limit_tokens_day, ZH.limit_tokens_left, ZH.limit_tokens_month}
    starts = tuple(reason.split("{")[0] for reason in reasons)
    refused = [answer.text for [answer] in shown if answer.text.startswith(starts)]
    assert len(refused) + len(cloud.model.requests) == len(sent)
