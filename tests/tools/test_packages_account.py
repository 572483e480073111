"""The account of what is shipped: both packages at their shipped sizes, with memory and CPU held where they can be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import forget
from reply.journal import SHARDS, Used, sheet_file
from reply.sheets import Sheet, to_json
from shared.message import Message, ReplyTarget, Sender
from shared.wording import wording
from tests.tools.test_packages_doors import OTHER, SECRET, callback, called, handed_over
from tests.tools.world import running_world

ZH = wording("zh")
Built = Callable[[str], Path]

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Asked:
    """What to say: the text or a command, at which robot, dated how many seconds from the signed time.

    `who` says it; what is answered cannot be posted where it is `unheard`.
    """

    text: str
    command: str = ""
    robot: str = "r1"
    before: str = ""
    dated_s: float = 0.0
    role: str = ""
    who: str = "p1"
    unheard: bool = False


def shown(built: Built, mount: Path, *asked: Asked, **settings: str) -> list[str]:
    """What is shown, one after the other, by one instance of `reply`."""
    now = int(time.time() * 1000)
    with running_world() as world:
        target = ReplyTarget(f"http://{world.host}/robot/sendBySession?session=abc", now + 5_400_000)
        environ = {"CHATGPT_API_KEY": "sk-test", "BASE_URL": f"http://{world.host}/v1", "WEBHOOK_HOSTS": "127.0.0.1"}
        events = []
        for number, one in enumerate(asked):
            at = now + number
            to = replace(target, webhook=target.webhook.replace(world.host, "localhost")) if one.unheard else target
            name = "Ann" if one.who == "p1" else one.who
            made = Message(f"m{number}", one.robot, "c1", False, Sender(one.who, one.who, name), to, at)
            made = replace(made, text=one.text, command=one.command, role=one.role, robot_before=one.before)
            made = replace(made, created_at=at + int(one.dated_s * 1000), signed_at=at, handed_over_at=at)
            events.append(replace(made, handover=f"h{number}").to_event())
        called(built, "reply", events, {**environ, **settings, "OSS_MOUNT_POINT": str(mount)})
        return [json.dumps(post, ensure_ascii=False) for post in world.posts]


def is_refusal(text: str) -> bool:
    return ZH.limit_questions.partition("{")[0] in text


def test_two_robots(built: Built, tmp_path: Path) -> None:
    """The same person has a limit, a persona and a usage of their own with each, and neither exports the other's."""
    asked = [Asked("herring", robot=robot) for robot in ("r1", "r1", "r2", "r2")]
    asked += [Asked("a pirate", "persona", "r1"), Asked("", "persona", "r2"), Asked("", "usage", "r2")]
    asked += [Asked("userid:p1", "export", robot, role="admin") for robot in ("r1", "r3")]
    seen = shown(built, tmp_path, *asked, MAX_REQUEST="1", ADMIN_EXPORT="on")
    assert [is_refusal(text) for text in seen[:4]] == [False, True, False, True]
    assert ZH.persona_none[:10] in seen[5]
    assert "1 个问题" in seen[6]
    assert ["herring" in text for text in seen[7:]] == [True, False]


def test_a_robot_that_got_its_client_id(built: Built, tmp_path: Path) -> None:
    """`conversation` says what it was called, and `reply` goes on with what it had."""
    unnamed = handed_over(built, [callback("hello", "p1")])[0]["robot"]
    named = handed_over(
        built, [callback("hello", "p1")], DINGTALK_CREDENTIALS=f"org:{SECRET}", DINGTALK_APP_SECRET=OTHER
    )[0]
    assert (named["robot"], named["robot_before"]) == ("org", unnamed)
    asked = [Asked("a pirate", "persona", unnamed), Asked("hello", robot=unnamed)]
    asked += [Asked(text, command, "org", unnamed) for text, command in (("", "persona"), ("hello", ""))]
    seen = shown(built, tmp_path, *asked, MAX_REQUEST="1")
    assert "a pirate" in seen[2]
    assert is_refusal(seen[3])


@pytest.mark.parametrize("seconds", [-20 * 3600, -23.9 * 3600, 290])
def test_the_day_of_the_signed_time(built: Built, tmp_path: Path, seconds: float) -> None:
    """However a message is dated, it counts today, and what is confirmed holds."""
    asked = [Asked("one"), Asked("two", dated_s=seconds), Asked("a pirate", "persona", dated_s=seconds)]
    asked += [Asked("", "clear"), Asked("", "persona", dated_s=-seconds)]
    seen = shown(built, tmp_path, *asked, MAX_REQUEST="1")
    assert [is_refusal(text) for text in seen[:2]] == [False, True]
    assert "a pirate" not in seen[4]


def test_forgetting_what_an_administrator_was_shown(
    built: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It goes from the records that the package writes, shown or not, and what the administrator asked stays."""
    asked = [Asked("herring"), Asked("mackerel", who="boss")]
    asked += [
        Asked(text, command, role="admin", who="boss", unheard=unheard)
        for unheard in (False, True)
        for command, text in (("export", "userid:p1"), ("export", "Ann"), ("usage", "Ann"), ("usage", "全部"))
    ]
    shown(built, tmp_path, *asked, ADMIN_EXPORT="on")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sum("herring" in path.read_text() for path in files if ".undeliverable." in path.name) == 2
    assert forget.main(["p1", "--yes", "--folder", str(tmp_path)], {}) == 0, capsys.readouterr()
    left = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert not [path for path, text in left.items() if "herring" in text or "`p1`" in text or ".p1." in path.name]
    assert any("mackerel" in text for text in left.values())


def test_a_large_account(built: Built, tmp_path: Path) -> None:
    """Near the limit of a month with 20,000 people and thousands of new messages: refused, and no memory runs out."""
    now = int(time.time() * 1000)
    day = time.strftime("%Y-%m-%d", time.gmtime(now / 1000 + 8 * 3600))
    people = [Used(f"{n:032x}", 1, day, 1, 100, f"staff{n:05}", f"Name {n}") for n in range(20_000 // SHARDS)]
    sheet = to_json(Sheet().with_used(people))
    for shard in range(SHARDS):
        folder = tmp_path / "account" / "r1" / day[:7] / f"{shard:02}"
        folder.mkdir(parents=True)
        (folder / sheet_file(now - 120_000, 100 * len(people))).write_bytes(sheet)
        for number in range(400):
            name = Used(f"{shard:02}{number:030x}", now - number, day, 1, 100, f"staff{number:05}", "Name").file
            (folder / name).write_bytes(b"")
    used = SHARDS * (100 * len(people) + 100 * 400)
    settings = {"MAX_TOKENS_PER_MONTH": str(used), "MAX_ANSWER_LEN": "10"}
    asked = [Asked("hello"), Asked("", "usage"), Asked("全部", "usage", role="admin")]
    seen = shown(built, tmp_path, *asked, **settings)
    assert ZH.limit_tokens_month.partition("{")[0] in seen[0]
    assert f"{used:,} 个 token" in seen[2]
