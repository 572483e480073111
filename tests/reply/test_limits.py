"""Limits in a scripted world: what is refused costs nothing and leaves nothing, and a dead bucket stops nobody."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reply.answer import answer
from reply.guards import Limits
from reply.prompt import round_tokens
from reply.services import Answer, Usage
from shared.errors import DeliveryDelayed, ModelFailed, ModelFailure, Undeliverable
from shared.message import Message, Sender
from tests.reply.kit import NOW, ZH, FakeClock, FakeModel, Killed, World, message

ROLES = ("admin", "vip")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, limits=Limits(questions_per_day=2))


def run(world: World, what: Message) -> str:
    return answer(what, world.services(), world.until())


def ask(world: World, number: int, *, at: float = 0.0, **changes: object) -> str:
    at = at or NOW + number
    world.clock.time = at
    text = "" if "command" in changes else f"q{number}"
    return run(world, message(text, **{"id": f"m{number}", "at": at, **changes}))


def refusal(starts: str = "2026-09-22 00:00 (Asia/Shanghai)", limit: int = 2) -> str:
    return ZH.limit_questions.format(limit=limit, starts=starts)


def test_questions_over_the_limit_are_refused(world: World) -> None:
    """The next one is told when it starts again, costs no model call and is on record as refused."""
    assert [ask(world, number) for number in range(4)] == ["answered", "answered", "refused", "refused"]
    assert len(world.model.asked) == 2
    assert world.chat.seen[2:] == [refusal()] * 2
    assert sorted(world.records()) == ["answered.7.json", "answered.7.json", "refused.0.json", "refused.0.json"]
    assert len(world.lines("refused_limit")) == 2


def test_a_refusal_leaves_no_trace_in_prompts(world: World) -> None:
    """The next day's question sees the answered rounds, and neither the refused question nor its refusal."""
    for number in range(3):
        ask(world, number)
    ask(world, 3, at=NOW + 86_400)
    assert [m.content for m in world.model.asked[-1]] == ["q0", "echo: q0", "q1", "echo: q1", "q3"]


def test_a_refused_question_is_out_of_the_way_before_it_is_shown(world: World) -> None:
    """Others that wait for it do not wait for DingTalk."""
    seen: list[list[str]] = []
    world.chat.on_shown = lambda: seen.append(world.records())
    for number in range(3):
        ask(world, number)
    assert "open" in seen[0]
    assert "open" not in seen[2]


def test_a_refusal_is_shown_once(world: World) -> None:
    """FC's retry and a redelivery of a refused message: nothing more is said."""
    for number in range(3):
        ask(world, number)
    assert ask(world, 2) == "done"
    assert len(world.chat.seen) == 3


def test_a_refusal_that_was_not_shown_is_shown_by_the_retry(world: World) -> None:
    """The same sentence, and still no model call."""
    for number in range(2):
        ask(world, number)
    world.chat.errors = [DeliveryDelayed("busy")]
    with pytest.raises(DeliveryDelayed):
        ask(world, 2)
    assert ask(world, 2) == "refused"
    assert world.chat.seen[-1] == refusal()
    assert len(world.model.asked) == 2
    assert "refused.0.json" in world.records()
    assert "failed.0.json" not in world.records()


@pytest.mark.parametrize("role", ROLES)
def test_administrators_and_vips_are_exempt(world: World, role: str) -> None:
    """From every limit."""
    world.limits = Limits(1, 1, 1)
    assert {ask(world, number, role=role) for number in range(4)} == {"answered"}


def test_people_have_limits_of_their_own(world: World) -> None:
    """Whose day is used up stops nobody else; one person's groups and private chats count together."""
    ask(world, 0)
    ask(world, 1, group=True, conversation_id="cidG")
    assert ask(world, 2, group=True, conversation_id="cidG") == "refused"
    assert ask(world, 3, sender=Sender("user2", "user2", "Bob")) == "answered"


def test_only_answered_questions_count(world: World) -> None:
    """Failures, undeliverable answers, refusals and commands are free, and commands work over the limit too."""
    world.model.queue = [ModelFailed(ModelFailure.BUSY)] * 3
    assert {ask(world, number) for number in range(3)} == {"failed"}
    world.chat.errors = [Undeliverable("gone")]
    assert ask(world, 3) == "undeliverable"
    commands = ["clear", "single", "context", "persona", "usage"]
    assert {ask(world, 10 + n, command=name) for n, name in enumerate(commands)} == {"command"}
    assert [ask(world, number) for number in (20, 21, 22)] == ["answered", "answered", "refused"]
    assert {ask(world, 30 + n, command=name) for n, name in enumerate(commands)} == {"command"}


def test_no_limit(world: World) -> None:
    """0 is none: nothing is counted, and no total is kept."""
    world.limits = Limits()
    assert {ask(world, number) for number in range(5)} == {"answered"}
    assert totals(world) == []


MIDNIGHT = datetime.fromisoformat("2026-09-22T00:00:00+08:00").timestamp()


def test_a_new_day_begins_at_midnight_of_the_time_zone(world: World) -> None:
    """The second before it belongs to the old day, the second after it to the new one."""
    ask(world, 0, at=MIDNIGHT - 100)
    ask(world, 1, at=MIDNIGHT - 50)
    assert ask(world, 2, at=MIDNIGHT - 1) == "refused"
    assert ask(world, 3, at=MIDNIGHT) == "answered"


def test_the_day_is_that_of_timezone(world: World) -> None:
    """Another TIMEZONE, another midnight, and the sentence says which."""
    world.timezone = ZoneInfo("America/New_York")
    ask(world, 0, at=MIDNIGHT - 100)
    ask(world, 1, at=MIDNIGHT + 100)
    assert ask(world, 2, at=MIDNIGHT + 200) == "refused"
    assert world.chat.seen[-1] == refusal("2026-09-22 00:00 (America/New_York)")
    assert ask(world, 3, at=MIDNIGHT + 12 * 3600) == "answered"


def test_tokens_of_a_day(world: World) -> None:
    """Once they are used no new question is begun, nor one whose words alone are more than what is left."""
    world.limits = Limits(tokens_per_day=27, answer_tokens=5)
    assert [ask(world, number, conversation_id=f"c{number}") for number in range(2)] == ["answered", "answered"]
    starts = "2026-09-22 00:00 (Asia/Shanghai)"
    assert run(world, message("words " * 20, id="long")) == "refused"
    assert world.chat.seen[-1] == ZH.limit_tokens_left.format(left=13, limit=27, starts=starts)
    assert ask(world, 2, conversation_id="c2") == "answered"
    world.model.queue = [Answer("x", "fake", usage=Usage(1, 5))]
    assert ask(world, 3, conversation_id="c3") == "answered"
    assert ask(world, 4, conversation_id="c4") == "refused"
    assert world.chat.seen[-1] == ZH.limit_tokens_day.format(limit=27, starts=starts)
    assert ask(world, 5, at=MIDNIGHT) == "answered"


@pytest.mark.parametrize("cut", ["", "stalled"])
def test_tokens_that_the_provider_does_not_count(world: World, cut: str) -> None:
    """They are estimated, so that the limit holds there too; what the provider counts is taken as it is."""
    world.limits = Limits(tokens_per_day=8)
    world.model.queue = [Answer("one two three four five", "fake", cut)]
    assert [ask(world, number) for number in range(2)] == ["answered", "refused"]
    [record] = [name for name in world.records() if name.startswith("answered")]
    assert 6 <= int(record.split(".")[1]) <= 10


def test_tokens_of_a_month(world: World) -> None:
    """Everybody's together, and from nothing on the first of the next month."""
    world.limits = Limits(tokens_per_month=30)
    other = Sender("user2", "user2", "Bob")
    assert ask(world, 0) == "answered"
    assert ask(world, 1, sender=other) == "answered"
    assert ask(world, 2, conversation_id="c2") == "answered"
    assert ask(world, 3, sender=other, conversation_id="c3") == "answered"
    assert ask(world, 4, sender=other, conversation_id="c4") == "refused"
    assert world.chat.seen[-1] == ZH.limit_tokens_month.format(starts="2026-10-01 00:00 (Asia/Shanghai)")
    october = datetime.fromisoformat("2026-10-01T00:00:00+08:00").timestamp()
    assert ask(world, 904, at=october - 1) == "refused"
    assert ask(world, 905, at=october) == "answered"


MILLION = 1_000_000


def totals(world: World) -> list[Path]:
    return [path for path in world.files("account") if path.parent.name == "totals"]


def test_the_total_of_a_month_is_at_most_five_minutes_old(world: World) -> None:
    """While the limit is far: until then it costs one listing; then one new file takes the place of the old one."""
    world.limits = Limits(tokens_per_month=10 * MILLION)
    ask(world, 0)
    [first] = totals(world)
    world.model.queue = [
        Answer("dear", "fake", usage=Usage(8 * MILLION, 0)),
        Answer("dear", "fake", usage=Usage(0, MILLION)),
    ]
    assert {ask(world, number) for number in (1, 2, 3, 299)} == {"answered"}
    assert totals(world) == [first]
    assert ask(world, 301) == "answered"
    [second] = totals(world)
    assert second != first


def test_near_the_limit_of_a_month_every_question_counts_anew(world: World) -> None:
    """In its last tenth, and in its last 500,000 tokens: what was used a second ago counts, and no file is written."""
    world.limits = Limits(tokens_per_month=10 * MILLION)
    world.model.queue = [Answer("dear", "fake", usage=Usage(9 * MILLION, 0))]
    ask(world, 0)
    ask(world, 301)
    [total] = totals(world)
    world.model.queue = [Answer("dear", "fake", usage=Usage(MILLION, 0))]
    assert [ask(world, number) for number in (302, 303, 304)] == ["answered", "refused", "refused"]
    assert totals(world) == [total]


@pytest.mark.parametrize("limits", [Limits(questions_per_day=1), Limits(tokens_per_day=9), Limits(tokens_per_month=9)])
def test_a_bucket_that_is_down_stops_nobody(world: World, limits: Limits) -> None:
    """The limit is not enforced then, and a line says so; each run has one ERROR line."""
    world.limits = limits
    shutil.rmtree(world.mount)
    world.mount.write_text("no folder")
    assert [ask(world, number) for number in range(3)] == ["answered"] * 3
    assert len(world.errors()) == 3
    assert len(world.lines("limit_not_enforced")) == 3


@pytest.mark.parametrize(
    "name", ["", ".DS_Store", "1790000000000.x.0123456789abcdef", "1790000000000.5", "2026-09-21", "9" * 13]
)
def test_a_total_of_others_is_none(world: World, name: str) -> None:
    """A file that is not named like one neither lets everybody through nor stops anybody."""
    world.limits = Limits(tokens_per_month=7, answer_tokens=1)
    ask(world, 0)
    [file] = totals(world)
    file.unlink()
    if name:
        (file.parent / name).write_bytes(b"")
    assert ask(world, 1) == "refused"


def test_two_instances_at_once_never_exceed(world: World) -> None:
    """Each sees the other's open question: with one left, one of them is asked, and the other is refused."""
    world.limits = Limits(questions_per_day=1)
    outcomes: list[str] = []

    def meanwhile() -> Answer:
        outcomes.append(run(world, message("late", id="m2", conversation_id="cid2")))
        return Answer("mine", "fake", usage=Usage(1, 1))

    world.model.queue = [meanwhile]
    assert run(world, message("first", id="m1")) == "answered"
    assert outcomes == ["refused"]
    assert len(world.model.asked) == 1


class RealTime(FakeClock):
    """A clock whose sleep lets other threads run, a hundred times as fast as it says."""

    def sleep(self, seconds: float) -> None:
        threading.Event().wait(seconds / 100)
        self.time += seconds / 12  # shared by as many threads as sleep at once


@pytest.mark.parametrize(("at_once", "limit"), [(12, 1), (12, 5), (12, 11), (12, 12)])
def test_many_instances_at_once_never_exceed(tmp_path: Path, at_once: int, limit: int) -> None:
    """All questions of one person in the same moment: no more than the limit are asked, and at least one is."""
    world = World(tmp_path, clock=RealTime(), limits=Limits(questions_per_day=limit), model=FakeModel())
    together = threading.Barrier(at_once)

    def one(number: int) -> str:
        services = world.services()
        together.wait()
        return answer(message("?", id=f"m{number}", conversation_id=f"cid{number}"), services, world.until())

    with ThreadPoolExecutor(at_once) as pool:
        outcomes = list(pool.map(one, range(at_once)))
    assert set(outcomes) <= {"answered", "refused"}
    assert 1 <= outcomes.count("answered") == len(world.model.asked) <= limit
    assert len(world.chat.seen) == at_once
    assert not [name for name in world.records() if name == "open"]


def test_a_dead_predecessor_does_not_count_against_its_own_retry(world: World) -> None:
    """The open note that a killed run left is this question's own."""
    world.limits = Limits(questions_per_day=1)
    world.services().records.open(message())
    assert run(world, message()) == "answered"


def test_a_question_whose_note_was_left_behind_counts_until_it_ends(world: World) -> None:
    """Nobody knows whether a dead run was paid for: it counts, and is given up in time."""
    world.limits = Limits(questions_per_day=1)
    dead = replace(message(), id="dead")
    world.services().records.open(dead)
    assert ask(world, 1) == "refused"
    world.services().records.forget_open(dead)
    assert ask(world, 2) == "answered"


MOST = 40
"""Tokens of an answer here."""


@pytest.mark.parametrize("limits", [Limits(0, 100, 0, MOST), Limits(0, 0, 100, MOST)], ids=["day", "month"])
@pytest.mark.parametrize("conversation", ["one", "each its own"])
def test_questions_in_flight_exceed_by_one_answer_at_most(tmp_path: Path, limits: Limits, conversation: str) -> None:
    """All that begin in the same moment, with the longest answers: never more than the limit and one answer."""
    at_once, words = 12, round_tokens("?")
    world = World(tmp_path, clock=RealTime(), limits=limits)
    world.model.queue = [lambda: Answer("x", "fake", usage=Usage(words, MOST))] * at_once
    together = threading.Barrier(at_once)

    def one(number: int) -> str:
        services = world.services()
        together.wait()
        place = "cid" if conversation == "one" else f"cid{number}"
        return answer(message("?", id=f"m{number}", conversation_id=place), services, world.until())

    with ThreadPoolExecutor(at_once) as pool:
        outcomes = list(pool.map(one, range(at_once)))
    assert set(outcomes) <= {"answered", "refused"}
    assert outcomes.count("answered") == len(world.model.asked)
    assert len(world.model.asked) * (words + MOST) <= 100 + MOST
    assert not [name for name in world.records() if name.endswith("open")]
    assert limits.tokens_per_month or world.model.asked


def test_the_bound_of_a_limit_in_tokens(world: World) -> None:
    """Only the answer is not known before: a question whose words just fit is asked, and is over by its answer."""
    fits = round_tokens("q0")
    world.limits = Limits(tokens_per_day=100 + fits, answer_tokens=MOST)
    world.model.queue = [Answer("x", "fake", usage=Usage(100, 0)), Answer("x", "fake", usage=Usage(fits, MOST))]
    assert ask(world, 0, conversation_id="one") == "answered"
    assert ask(world, 0, id="other", conversation_id="two") == "answered"
    assert sum(int(name.split(".")[1]) for name in world.records()) == 100 + fits + MOST
    assert ask(world, 1, conversation_id="three") == "refused"


def test_context_that_is_still_being_answered_is_reserved(world: World) -> None:
    """An earlier question of the conversation becomes context with its answer, as long as that may be."""
    world.limits = Limits(tokens_per_day=10**6, answer_tokens=MOST)
    seen: list[str] = []

    def meanwhile() -> Answer:
        run(world, message("second", id="m2", at=NOW + 1))
        return Answer("mine", "fake", usage=Usage(1, 1))

    def noted() -> Answer:
        seen.extend(name for name in world.records() if name.endswith(".open"))
        return Answer("late", "fake", usage=Usage(1, 1))

    world.model.queue = [meanwhile, noted]
    run(world, message("first", id="m1"))
    first = round_tokens("first") + MOST
    second = round_tokens("second") + round_tokens("first") + 2 * MOST
    assert sorted(seen) == sorted([f"{first}.open", f"{second}.open"])
    assert sorted(world.records()) == ["answered.2.json"] * 2


def test_a_retry_has_the_note_of_its_predecessor(world: World) -> None:
    """Under the same name, whatever was remembered since: it is gone with the outcome."""
    world.limits = Limits(tokens_per_day=10**6)
    world.model.queue = [Killed()]
    with pytest.raises(Killed):
        run(world, message("first", id="m1"))
    ask(world, 0, at=NOW - 5)
    assert run(world, message("first", id="m1")) == "answered"
    assert sorted(world.records()) == ["answered.7.json"] * 2


def test_administrators_reserve_of_the_month_too(world: World) -> None:
    """No limit stops them, but what they cost is the deployment's."""
    world.limits = Limits(tokens_per_month=100, answer_tokens=MOST)
    outcomes: list[str] = []

    def meanwhile() -> Answer:
        outcomes.append(run(world, message("x" * 400, id="m2", sender=Sender("u2", "u2", "Bob"), conversation_id="2")))
        return Answer("mine", "fake", usage=Usage(1, 1))

    world.model.queue = [meanwhile]
    run(world, message("first", id="m1", role="admin"))
    assert outcomes == ["refused"]
