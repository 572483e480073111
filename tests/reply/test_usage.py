"""What was used: of oneself, of a month, of everybody; and who may see it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from reply.answer import answer
from reply.commands.others import FRESH_MS
from reply.commands.usage import MOST_PEOPLE
from reply.guards import Limits
from reply.services import Answer, Usage
from reply.sheets import DayTotal
from reply.tallies import Tally
from shared.message import Sender
from tests.reply.kit import ZH, World, message

ANN, BOB = Sender("ann", "ann", "Ann"), Sender("bob", "bob", "Bob")
ADMIN = Sender("root", "root", "Root")


def at(text: str) -> float:
    """Seconds since the epoch of a moment in China."""
    return datetime.fromisoformat(f"{text}+08:00").timestamp()


@dataclass
class Office:
    """People who ask at given moments; a question costs 10 tokens."""

    world: World
    number: int = 0
    outcomes: list[str] = field(default_factory=list)

    def do(self, when: str, sender: Sender, text: str, command: str = "", role: str = "", **changes: object) -> str:
        self.number += 1
        now = self.world.clock.time = at(when)
        self.world.model.queue = [Answer("yes", "fake", usage=Usage(6, 4))]
        changes = {"signed_at": int(now * 1000), "conversation_id": f"with {sender.id}", **changes}
        what = message(text, id=f"m{self.number}", at=now, sender=sender, command=command, role=role, **changes)
        self.outcomes.append(answer(what, self.world.services(), self.world.until()))
        return self.world.chat.seen[-1]

    def ask(self, when: str, *senders: Sender) -> None:
        for sender in senders:
            self.do(when, sender, "?")
        assert self.outcomes[-len(senders) :] == ["answered"] * len(senders)

    def usage(self, when: str, sender: Sender = ANN, text: str = "", role: str = "", **changes: object) -> str:
        return self.do(when, sender, text, "usage", role, **changes)

    def admin(self, when: str, text: str, **changes: object) -> str:
        return self.usage(when, ADMIN, text, "admin", **changes)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(World(tmp_path))


def own(today: tuple[int, int], month: tuple[int, int], *left: str) -> str:
    lines = "\n".join(f"- {line}" for line in left or [ZH.usage_no_limit])
    return ZH.usage_own.format(today=amount(*today), month=amount(*month), left=lines)


def amount(questions: int, tokens: int) -> str:
    return ZH.usage_amount.format(questions=f"{questions:,}", tokens=f"{tokens:,}")


def test_ones_own_usage(office: Office) -> None:
    """Today and this month, and nobody else's."""
    office.ask("2026-11-02 09:00", ANN, ANN, BOB)
    office.ask("2026-11-20 09:00", ANN, BOB, BOB)
    assert office.usage("2026-11-20 10:00") == own((1, 10), (3, 30))
    assert office.usage("2026-11-20 10:00", BOB) == own((2, 20), (3, 30))
    assert office.usage("2026-11-20 10:00", Sender("new", "new", "New")) == own((0, 0), (0, 0))


def test_a_new_day_and_a_new_month_begin_at_nothing(office: Office) -> None:
    """Also in the hours in which yesterday is not settled yet; last month's last day is not this month's."""
    office.ask("2026-11-29 23:00", ANN)
    assert office.usage("2026-11-30 00:10") == own((0, 0), (1, 10))
    office.ask("2026-11-30 23:00", ANN)
    assert office.usage("2026-11-30 23:59") == own((1, 10), (2, 20))
    assert office.usage("2026-12-01 00:00") == own((0, 0), (0, 0))


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        (Limits(5), [ZH.usage_questions_left.format(left="3", limit="5")]),
        (Limits(0, 1000), [ZH.usage_tokens_left.format(left="980", limit="1,000")]),
        (
            Limits(2, 20),
            [ZH.usage_questions_left.format(left=0, limit=2), ZH.usage_tokens_left.format(left=0, limit=20)],
        ),
    ],
)
def test_what_is_left(office: Office, limits: Limits, left: Sequence[str]) -> None:
    """Of each limit that is set, with when it starts again; nothing for those whom none concerns."""
    office.ask("2026-11-20 09:00", ANN, ANN)
    office.world.limits = limits
    starts = ZH.usage_starts.format(starts="2026-11-21 00:00 (Asia/Shanghai)")
    assert office.usage("2026-11-20 10:00") == own((2, 20), (2, 20), *left, starts)
    assert office.usage("2026-11-20 10:00", role="vip") == own((2, 20), (2, 20))


def test_what_was_used_does_not_depend_on_records(office: Office) -> None:
    """A month goes on counting what a lifecycle rule has removed the records of."""
    office.ask("2026-11-02 09:00", ANN, BOB)
    office.ask("2026-11-03 09:00", ANN)
    before = office.usage("2026-11-05 10:00")
    shutil.rmtree(office.world.mount / "records" / "robot1" / "2026-11-02")
    assert office.usage("2026-11-05 11:00") == before == own((0, 0), (2, 20))


def test_the_total_of_a_month_grows_with_every_question(office: Office) -> None:
    """Each is in it once, and the first of the next month begins at nothing."""
    office.world.limits = Limits(tokens_per_month=1000)
    expected = 0
    for hour, day in enumerate((2, 3, 3, 5, 9), 9):
        office.ask(f"2026-11-{day:02} {hour:02}:00", ANN, BOB)
        expected += 20
        asking = message(id="asking", at=office.world.clock.time + 600)
        office.world.clock.time += 600
        assert office.world.services().ledger.tokens_of_month(asking, 1000) == expected
    december = message(id="asking", at=at("2026-12-01 00:00"))
    assert office.world.services().ledger.tokens_of_month(december, 1000) == 0


def test_everybodys_usage(office: Office) -> None:
    """Totals of each day with use, and of the month, and who used most, by name and id."""
    office.ask("2026-11-02 09:00", ANN, ANN, BOB)
    office.ask("2026-11-20 09:00", BOB, BOB)
    shown = office.admin("2026-11-20 10:00", "全部")
    assert amount(5, 50) in shown
    days = [(day, *used) for day, *used in [("2026-11-02", 3, 30, 2), ("2026-11-20", 2, 20, 1)]]
    for day, questions, tokens, people in days:
        assert ZH.usage_day.format(day=day, used=amount(questions, tokens), people=people) in shown
    assert shown.index("`Bob` `bob`") < shown.index("`Ann` `ann`")
    assert "2026-11-03" not in shown


@pytest.mark.parametrize("word", ["全部", "所有", "all", "ALL", "ａｌｌ", " 全部 ", "全部。"])
def test_words_for_everybody(office: Office, word: str) -> None:
    """Letter case and full width do not matter."""
    assert office.admin("2026-11-20 10:00", word).startswith(ZH.usage_everybody.split("\n")[0])


def test_what_is_left_of_the_month(office: Office) -> None:
    """Administrators see it where MAX_TOKENS_PER_MONTH is set."""
    office.ask("2026-11-02 09:00", ANN)
    office.world.limits = Limits(tokens_per_month=1000)
    assert ZH.usage_month_left.format(left="990", limit="1,000") in office.admin("2026-11-20 10:00", "全部")


def test_only_those_who_used_most_are_listed(office: Office) -> None:
    """At most ten, by tokens."""
    people = [Sender(f"p{number:02}", f"p{number:02}", f"P{number:02}") for number in range(MOST_PEOPLE + 2)]
    office.ask("2026-11-20 09:00", *people, people[-1])
    shown = office.admin("2026-11-20 10:00", "全部")
    assert [f"`{p.id}`" in shown for p in people] == [True] * (MOST_PEOPLE - 1) + [False, False, True]


@pytest.mark.parametrize("wanted", ["@Ann", "＠Ann", "Ann", "ann", "ＡＮＮ", "@ Ann", "An"])
def test_somebodys_usage(office: Office, wanted: str) -> None:
    """By id, by name, by a part of the name; mention signs, letter case and width do not matter."""
    office.ask("2026-11-02 09:00", ANN)
    office.ask("2026-11-20 09:00", ANN, BOB)
    expected = ZH.usage_somebody.format(who="`Ann` `ann`", today=amount(1, 10), month=amount(2, 20))
    assert office.admin("2026-11-20 10:00", wanted) == expected


def test_several_people_of_one_name(office: Office) -> None:
    """They are listed to choose from, and the id chooses."""
    twins = [Sender("z1", "z1", "张三"), Sender("z2", "z2", "张三"), Sender("z3", "z3", "张三丰")]
    office.ask("2026-11-20 09:00", *twins, twins[1])
    choices = "- `张三` `z1`\n- `张三` `z2`"
    assert office.admin("2026-11-20 10:00", "@张三") == ZH.usage_choose.format(count=2, name="`张三`", choices=choices)
    chosen = ZH.usage_somebody.format(who="`张三` `z2`", today=amount(2, 20), month=amount(2, 20))
    assert office.admin("2026-11-20 10:00", "z2") == chosen


@pytest.mark.parametrize("wanted", ["Nobody", "../ann", "{name}", "`*[x](y)", "全部 人"])
def test_somebody_unknown(office: Office, wanted: str) -> None:
    """Said so; whatever was typed is shown as it is, and as nothing else."""
    office.ask("2026-11-20 09:00", ANN)
    shown = office.admin("2026-11-20 10:00", wanted)
    assert shown == ZH.usage_nobody.format(name=f"`{wanted.replace('`', ' ').strip()}`")


def test_names_are_not_markup(office: Office) -> None:
    """Somebody's display name cannot put a link or a heading into an administrator's chat."""
    office.ask("2026-11-20 09:00", Sender("x", "x", "`[a](http://evil.example)\n# b"))
    shown = office.admin("2026-11-20 10:00", "全部")
    assert "`[a](http://evil.example) # b` `x`" in shown


@pytest.mark.parametrize("text", ["全部", "Bob", "@Bob", "bob", "ann"])
@pytest.mark.parametrize("role", ["", "vip"])
def test_others_usage_is_for_administrators(office: Office, text: str, role: str) -> None:
    """Anybody else is refused in words, in private and in groups, and nothing is counted."""
    office.ask("2026-11-20 09:00", BOB)
    assert office.usage("2026-11-20 10:00", ANN, text, role) == ZH.refused_admins_only
    assert office.usage("2026-11-20 10:00", ANN, text, role, group=True) == ZH.refused_admins_only
    assert office.outcomes[-2:] == ["refused", "refused"]


@pytest.mark.parametrize("text", ["全部", "Bob"])
def test_others_usage_is_for_private_chats(office: Office, text: str) -> None:
    """In a group an administrator is told to ask in private; the own usage is shown anywhere."""
    office.ask("2026-11-20 09:00", BOB)
    assert office.admin("2026-11-20 10:00", text, group=True) == ZH.refused_only_private
    assert office.admin("2026-11-20 10:00", "", group=True) == own((0, 0), (0, 0))


@pytest.mark.parametrize(("age", "allowed"), [(0, True), (FRESH_MS, True), (FRESH_MS + 1, False), (None, False)])
def test_others_usage_needs_a_fresh_signature(office: Office, age: int | None, allowed: bool) -> None:
    """The body is not signed: an old pair of headers shows nothing of others, and neither does an unknown age."""
    office.ask("2026-11-20 09:00", BOB)
    signed_at = 0 if age is None else int(at("2026-11-20 10:00") * 1000) - age
    shown = office.admin("2026-11-20 10:00", "Bob", signed_at=signed_at)
    assert (shown != ZH.refused_stale) == allowed
    own_too = allowed or age is None  # an event that does not say is an earlier version's
    assert (office.admin("2026-11-20 10:00", "", signed_at=signed_at) != ZH.refused_stale) == own_too


@pytest.mark.parametrize("text", ["", "全部", "Bob"])
def test_storage_that_is_down_is_explained(office: Office, text: str) -> None:
    """A sentence with the request id, a line that says so, and one ERROR line in all."""
    shutil.rmtree(office.world.mount)
    office.world.mount.write_text("no folder")
    shown = office.admin("2026-11-20 10:00", text)
    assert shown.startswith(ZH.usage_unavailable.split("{")[0])
    assert len(office.world.lines("usage_unread")) == 1
    assert len(office.world.errors()) == 1


def test_usage_does_not_enter_prompts(office: Office) -> None:
    """What an administrator was shown about others is not sent to the model."""
    office.ask("2026-11-20 09:00", BOB)
    office.admin("2026-11-20 10:00", "全部")
    office.do("2026-11-20 10:01", ADMIN, "and now?", role="admin")
    assert [m.content for m in office.world.model.asked[-1]] == ["and now?"]


def test_people_who_used_nothing_are_not_counted(office: Office) -> None:
    """Somebody who only sent commands is no person who used anything."""
    office.usage("2026-11-20 09:00", BOB)
    assert office.world.services().ledger.month(message(id="asking")).people == {}
    office.ask("2026-11-20 09:30", ANN)
    month = office.world.services().ledger.month(message(id="asking"))
    assert month.people == {"ann": Tally(1, 10, "Ann", "ann")}
    assert month.days == {"2026-11-20": DayTotal(1, 10, 1)}
