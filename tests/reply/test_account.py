"""The account: what belongs to which robot, on which day it is booked, and that folding and crashes change no sum."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from reply.account import FOLD_AFTER_MS, FOLD_FROM
from reply.answer import answer
from reply.bucket import Bucket, at_once, part_text, path_part
from reply.earlier import KNOWN_FOR_S
from reply.exports import Exports, ExportSettings
from reply.guards import Limits
from reply.journal import LAPSED_MS, Used, listed, open_file, shard_of, sheet_file
from reply.places import Owner, days, parts, robot_part, robots
from reply.records import Record
from reply.sheets import DayTotal, Sheet, from_json, to_json
from reply.tallies import Tally
from reply.tallies import to_json as rollup
from shared.errors import ModelFailed, ModelFailure, StoreUnavailable
from shared.message import Message, Sender
from tests.reply.kit import NOW, ZH, Killed, World, message

ANN, BOB = Sender("ann", "ann", "Ann"), Sender("bob", "bob", "Bob")
BOSS = Sender("boss", "boss", "Boss")
TODAY = "2026-09-21"
DAY_S = 86_400


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, exports=Exports(ExportSettings(allowed=True)))


def run(world: World, what: Message) -> str:
    return answer(what, world.services(), world.until())


def ask(world: World, id: str, robot: str = "robot1", sender: Sender = ANN, **changes: object) -> str:
    asked: dict[str, object] = {"robot": robot, "sender": sender, "at": world.clock.time, **changes}
    asked.setdefault("signed_at", int(world.clock.time * 1000))
    return run(world, message(**{"text": "?", "id": id, **asked}))  # type: ignore[arg-type]  # as its fields want them


def say(world: World, command: str, text: str, robot: str, sender: Sender = ANN, **changes: object) -> str:
    number = len(world.files("records"))
    ask(world, f"{command}-{robot}-{number}", robot, sender, command=command, **{"text": text, **changes})
    return world.chat.seen[-1]


def amount(questions: int, tokens: int) -> str:
    return ZH.usage_amount.format(questions=f"{questions:,}", tokens=f"{tokens:,}")


def used(world: World, robot: str = "robot1", sender: Sender = ANN, **changes: object) -> str:
    """A person's month, as they are told."""
    return [line for line in say(world, "usage", "", robot, sender, **changes).splitlines() if line][2]


def kept_earlier(world: World, number: int, *, robot: str = "robot1", who: Sender = ANN, **changes: object) -> None:
    """A record as the version before wrote it: all robots' together, without the command's name."""
    at = int(changes.get("at", NOW - 3600)) * 1000  # type: ignore[call-overload]  # a number
    one = replace(message(id=f"old{number}"), robot=robot, sender=who, created_at=at)
    day = datetime.fromtimestamp(at / 1000, world.timezone).strftime("%Y-%m-%d")
    content = {"v": 1, "id": one.turn_id, "robot": robot, "user": who.id, "nick": who.nick, "created_at": at}
    content |= {"question": f"earlier {number}", "answer": "said", "outcome": "answered"}
    folder = world.mount / "records" / day / path_part(who.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{one.turn_id}.answered.10.json").write_text(json.dumps(content))


class TestTwoRobots:
    """Two robots on one deployment, with the same people, conversations and message ids: neither sees the other's."""

    def test_a_limit_is_of_one_robot(self, world: World) -> None:
        """Whoever has used up one robot's day has the other's still."""
        world.limits = Limits(questions_per_day=2)
        assert [ask(world, f"m{n}", "robot1") for n in range(3)] == ["answered", "answered", "refused"]
        assert [ask(world, f"m{n}", "robot2") for n in range(3)] == ["answered", "answered", "refused"]

    def test_a_months_limit_is_of_one_robot(self, world: World) -> None:
        """So are the tokens of everybody."""
        world.limits = Limits(tokens_per_month=7, answer_tokens=1)
        assert [ask(world, f"m{n}", "robot1", BOB) for n in range(2)] == ["answered", "refused"]
        assert [ask(world, f"m{n}", "robot2") for n in range(2)] == ["answered", "refused"]

    @pytest.mark.parametrize(("robot", "count"), [("robot1", 2), ("robot2", 1), ("robot3", 0)])
    def test_usage_is_of_one_robot(self, world: World, robot: str, count: int) -> None:
        """One's own, everybody's, somebody's."""
        for number, asked in enumerate(["robot1", "robot1", "robot2"]):
            ask(world, f"m{number}", asked)
        assert amount(count, 7 * count) in used(world, robot)
        admin = {"sender": BOSS, "role": "admin"}
        assert amount(count, 7 * count) in say(world, "usage", "全部", robot, **admin)  # type: ignore[arg-type]
        seen = say(world, "usage", "ann", robot, **admin)  # type: ignore[arg-type]
        assert amount(count, 7 * count) in seen if count else seen == ZH.usage_nobody.format(name="`ann`")

    @pytest.mark.parametrize("wanted", ["userid:ann", "username:Ann", "ann"])
    def test_exports_are_of_one_robot(self, world: World, wanted: str) -> None:
        """An administrator of one robot reads nothing that was said to another."""
        ask(world, "m1", "robot1", text="to the first")
        for robot, found in (("robot1", True), ("robot2", False)):
            assert ("to the first" in say(world, "export", wanted, robot, BOSS, role="admin")) == found

    def test_personas_modes_and_contexts_are_of_one_robot(self, world: World) -> None:
        """The same conversation id at two robots is two conversations."""
        say(world, "persona", "a pirate", "robot1")
        ask(world, "m1", "robot1", text="remember the herring")
        assert say(world, "persona", "", "robot2") == ZH.persona_none
        ask(world, "m2", "robot2", text="what?")
        assert [part.content for part in world.model.asked[-1]] == ["what?"]

    @pytest.mark.parametrize("robot", ["2026-09-21", "wecom/agent-1", "robot1/", "..", "x" * 300, "机器人", "=", "a.b"])
    def test_no_robots_id_is_anybody_elses_folder(self, world: World, robot: str) -> None:
        """Whatever an id looks like, and whatever channel it is of."""
        world.limits = Limits(questions_per_day=1)
        assert [ask(world, "m1"), ask(world, "m2", robot), ask(world, "m3", robot)] == [
            "answered",
            "answered",
            "refused",
        ]
        assert amount(1, 7) in used(world, robot)
        assert world.services().records.earlier.days() == frozenset()


class TestARobotThatGotItsClientId:
    """What is stored under `r…` belongs to the robot that had this id."""

    OLD, NEW = "r0123456789ab", "dingnew"

    def now(self, **changes: object) -> dict[str, object]:
        return {"robot": self.NEW, "robot_before": self.OLD, **changes}

    def test_a_conversation_goes_on(self, world: World) -> None:
        """Context and persona are there, also for later messages, and nothing is left in the old folder."""
        say(world, "persona", "a pirate", self.OLD)
        ask(world, "m1", self.OLD, text="remember the herring")
        world.clock.time += 60
        for number in (2, 3):
            ask(world, f"m{number}", **self.now(text="what?"))  # type: ignore[arg-type]
            assert "remember the herring" in [part.content for part in world.model.asked[-1]]
            assert world.model.asked[-1][0].content == "a pirate"
            world.clock.time += 60
        assert not world.files(f"conversations/{self.OLD}")

    def test_what_was_cleared_since_stays_cleared(self, world: World) -> None:
        """A file that could not be removed there does not come back."""
        ask(world, "m1", self.OLD, text="remember the herring")
        [file] = world.files(f"conversations/{self.OLD}")
        content = file.read_bytes()
        world.clock.time += 60
        ask(world, "c", **self.now(command="clear", text=""))  # type: ignore[arg-type]
        file.write_bytes(content)
        world.clock.time += 60
        ask(world, "m2", **self.now(text="what?"))  # type: ignore[arg-type]
        assert [part.content for part in world.model.asked[-1]] == ["what?"]

    def test_what_was_used_counts(self, world: World) -> None:
        """For the limit of the day, for that of the month, and in what is told."""
        world.limits = Limits(questions_per_day=2, tokens_per_month=1000)
        ask(world, "m1", self.OLD)
        assert amount(1, 7) in used(world, **self.now())  # type: ignore[arg-type]
        assert [ask(world, f"n{n}", **self.now()) for n in range(2)] == ["answered", "refused"]  # type: ignore[arg-type]
        assert amount(2, 14) in used(world, **self.now())  # type: ignore[arg-type]
        month = world.services().ledger.tokens_of_month(message(id="x", **self.now()), 15)  # type: ignore[arg-type]
        assert month == 14
        assert amount(2, 14) in say(world, "usage", "全部", sender=BOSS, role="admin", **self.now())  # type: ignore[arg-type]

    def test_what_was_said_is_exported(self, world: World) -> None:
        """Under both ids, in order."""
        ask(world, "m1", self.OLD, text="first")
        world.clock.time += 60
        ask(world, "m2", **self.now(text="second"))  # type: ignore[arg-type]
        seen = say(world, "export", "userid:ann", sender=BOSS, role="admin", **self.now())  # type: ignore[arg-type]
        assert 0 < seen.index("first") < seen.index("second")

    def test_a_redelivery_is_known(self, world: World) -> None:
        """Also one that comes after the robot was given its id."""
        ask(world, "m1", self.OLD)
        shutil.rmtree(world.mount / "conversations")
        assert ask(world, "m1", **self.now()) == "done"  # type: ignore[arg-type]

    def test_another_robots_things_are_not(self, world: World) -> None:
        """Only the id that this secret gives is the robot's own."""
        ask(world, "m1", "rffffffffffff")
        assert amount(0, 0) in used(world, **self.now())  # type: ignore[arg-type]


class TestWhatAnEarlierVersionStored:
    """`records/<day>/<person>/` of all robots together goes on counting, for its robot."""

    def test_it_counts_for_limits(self, world: World) -> None:
        """Of the day and of the month."""
        kept_earlier(world, 1)
        world.limits = Limits(questions_per_day=2)
        assert [ask(world, f"m{n}") for n in range(2)] == ["answered", "refused"]
        world.limits = Limits(tokens_per_month=20)
        assert world.services().ledger.tokens_of_month(message(id="x"), 20) == 17

    @pytest.mark.parametrize("rolled_up", [False, True], ids=["records", "roll-ups"])
    def test_it_counts_in_what_is_told(self, world: World, rolled_up: bool) -> None:
        """Days that are over from their roll-ups, where there are some; each is counted once, and kept."""
        kept_earlier(world, 1, at=NOW - 3 * DAY_S)
        kept_earlier(world, 2, at=NOW - 3600)
        if rolled_up:
            day = world.mount / "rollups" / "2026-09-18"
            day.mkdir(parents=True)
            (day / "1790000000000-0123456789abcdef.json").write_bytes(rollup({"ann": Tally(1, 10, "Ann", "ann")}))
            shutil.rmtree(world.mount / "records" / "2026-09-18" / "ann")
        ask(world, "m1")
        for _ in range(2):
            assert amount(3, 27) in used(world)
            assert amount(3, 27) in say(world, "usage", "全部", "robot1", BOSS, role="admin")
        shutil.rmtree(world.mount / "rollups", ignore_errors=True)
        assert amount(3, 27) in used(world)

    def test_of_several_robots_each_has_its_own(self, world: World) -> None:
        """The record's content says whose it is: for the limit, for what is told, and for exports."""
        for number, robot in enumerate(["robot1", "robot1", "robot2"]):
            kept_earlier(world, number, robot=robot)
            kept_earlier(world, 10 + number, robot=robot, at=NOW - 3 * DAY_S)
        for robot in ("robot1", "robot2"):
            (world.mount / "conversations" / robot).mkdir(parents=True)
        assert amount(4, 40) in used(world, "robot1")
        assert amount(2, 20) in used(world, "robot2")
        assert amount(2, 20) in say(world, "usage", "全部", "robot2", BOSS, role="admin")
        world.limits = Limits(questions_per_day=2)
        assert ask(world, "m1", "robot1") == "refused"
        assert ask(world, "m1", "robot2") == "answered"
        seen = say(world, "export", "userid:ann", "robot2", BOSS, role="admin")
        assert ["earlier 2" in seen, "earlier 12" in seen, "earlier 0" in seen] == [True, True, False]

    def test_a_message_of_then_is_done(self, world: World) -> None:
        """A redelivery after the update is not answered again."""
        kept_earlier(world, 1, at=NOW)
        assert ask(world, "old1", created_at=int(NOW * 1000)) == "done"


FOREIGN = [
    ".DS_Store",
    "desktop.ini",
    "2026-09-21",
    "2026-09-22",
    "2026-09-20.bak",
    "名字",
    "x.tmp",
    "~1790000000000.5.json",
    "Thumbs.db",
]


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("name", FOREIGN)
def test_names_of_others_are_ignored_everywhere(world: World, name: str, kind: str) -> None:
    """In every folder that the account has: nothing fails, nothing counts, and nobody of that name appears."""
    world.limits = Limits(questions_per_day=9, tokens_per_month=1000)
    kept_earlier(world, 1)
    ask(world, "m1")
    for top in ("account", "records", "conversations"):
        for folder in [world.mount / top, *(path for path in (world.mount / top).rglob("*") if path.is_dir())]:
            if not (folder / name).exists():
                (folder / name).write_bytes(b"x") if kind == "file" else (folder / name).mkdir()
    world.clock.time += KNOWN_FOR_S + 1
    assert ask(world, "m2") == "answered"
    assert amount(3, 24) in used(world)
    seen = say(world, "usage", "全部", "robot1", BOSS, role="admin")
    assert amount(3, 24) in seen
    assert name not in seen.replace(TODAY, "", 1) or name == TODAY
    assert "earlier 1" in say(world, "export", "userid:ann", "robot1", BOSS, role="admin")
    assert not world.lines("internal_error") + world.lines("limit_not_enforced")


class TestTheDayOfTheSignedTime:
    """The unsigned time of a message decides nothing about what is used."""

    @pytest.mark.parametrize("hours", [-24, -20, -9, 0, 0.08])
    def test_a_limit_of_the_day(self, world: World, hours: float) -> None:
        """However a question is dated, it counts today."""
        world.limits = Limits(questions_per_day=1)
        created = int((NOW + hours * 3600) * 1000)
        assert ask(world, "m1", created_at=created) == "answered"
        assert ask(world, "m2", created_at=created) == "refused"
        assert ask(world, "m3") == "refused"

    @pytest.mark.parametrize("hours", [-20, -1, -0.01])
    def test_a_limit_of_the_month(self, world: World, hours: float) -> None:
        """Dated back into the month before, it counts in this one."""
        world.clock.time = datetime.fromisoformat("2026-10-01T00:00:05+08:00").timestamp()
        world.limits = Limits(tokens_per_month=7, answer_tokens=1)
        created = int((world.clock.time + hours * 3600) * 1000)
        assert [ask(world, f"m{n}", created_at=created) for n in range(2)] == ["answered", "refused"]
        assert world.chat.seen[-1] == ZH.limit_tokens_month.format(starts="2026-11-01 00:00 (Asia/Shanghai)")
        assert amount(1, 7) in used(world)

    @pytest.mark.parametrize("seconds", [-20 * 3600, -60, 0, 290])
    def test_a_redelivery_after_midnight(self, world: World, seconds: int) -> None:
        """Signed anew on the next day, it is known by the record of the day before."""
        world.clock.time = datetime.fromisoformat("2026-09-21T23:59:30+08:00").timestamp()
        created = int((world.clock.time + seconds) * 1000)
        assert ask(world, "m1", created_at=created) == "answered"
        shutil.rmtree(world.mount / "conversations")
        world.clock.time += 1800
        assert ask(world, "m1", created_at=created, handover="again") == "done"

    def test_where_no_time_was_signed(self, world: World) -> None:
        """An earlier `conversation` does not say: the message's own counts."""
        world.limits = Limits(questions_per_day=1)
        assert [ask(world, f"m{n}", signed_at=0) for n in range(2)] == ["answered", "refused"]


AHEAD, BACK = 290, -20 * 3600


class TestWhatIsConfirmedHolds:
    """A value is set at the later of its own and the known position, however messages are dated."""

    def at(self, world: World, seconds: int) -> dict[str, object]:
        world.clock.time += 10
        return {"created_at": int((world.clock.time + seconds) * 1000)}

    @pytest.mark.parametrize("first", [AHEAD, 0, BACK])
    @pytest.mark.parametrize("then", [AHEAD, 0, BACK])
    def test_clear(self, world: World, first: int, then: int) -> None:
        """Whatever it was dated, nothing of what was there before it holds."""
        say(world, "persona", "a pirate", "robot1", **self.at(world, first))
        say(world, "single", "", "robot1", **self.at(world, first))
        ask(world, "m1", text="remember the herring", **self.at(world, first))  # type: ignore[arg-type]
        assert say(world, "clear", "", "robot1", **self.at(world, then)) == ZH.cleared
        assert say(world, "persona", "", "robot1", **self.at(world, 0)) == ZH.persona_none
        ask(world, "m2", text="what?", **self.at(world, AHEAD))  # type: ignore[arg-type]
        assert [part.content for part in world.model.asked[-1]] == ["what?"]

    @pytest.mark.parametrize("first", [AHEAD, 0, BACK])
    @pytest.mark.parametrize("then", [AHEAD, 0, BACK])
    @pytest.mark.parametrize("wanted", ["a pirate", "Zorro"])
    def test_persona(self, world: World, first: int, then: int, wanted: str) -> None:
        """The one that was confirmed last; also one that was removed stays removed."""
        say(world, "clear", "", "robot1", **self.at(world, first))
        say(world, "persona", "a monk", "robot1", **self.at(world, first))
        say(world, "persona", wanted, "robot1", **self.at(world, then))
        assert say(world, "persona", "", "robot1") == ZH.persona_shown.format(persona=wanted)
        say(world, "persona", "清除", "robot1", **self.at(world, BACK))
        assert say(world, "persona", "", "robot1") == ZH.persona_none

    @pytest.mark.parametrize("first", [AHEAD, 0, BACK])
    @pytest.mark.parametrize("then", [AHEAD, 0, BACK])
    def test_mode(self, world: World, first: int, then: int) -> None:
        """The one that was chosen last."""
        say(world, "single", "", "robot1", **self.at(world, first))
        say(world, "context", "", "robot1", **self.at(world, then))
        for number in range(2):
            ask(world, f"m{number}", text=f"q{number}", **self.at(world, AHEAD))  # type: ignore[arg-type]
        assert "q0" in [part.content for part in world.model.asked[-1]]


class DyingBucket(Bucket):
    """A bucket whose instance dies before its n-th write or removal."""

    left = 10**9

    def write_new(self, folder: Sequence[str], name: str, content: bytes) -> None:
        self._step()
        super().write_new(folder, name, content)

    def remove(self, folder: Sequence[str], name: str) -> None:
        self._step()
        super().remove(folder, name)

    def _step(self) -> None:
        if self.left <= 0:
            raise Killed
        self.left -= 1


class TestFolding:
    """Folding changes no sum, wherever it dies and whoever folds beside it."""

    def filled(self, world: World, count: int = FOLD_FROM + 8) -> Message:
        services = world.services()
        for number in range(count):
            one = message(id=f"m{number}", sender=ANN, at=world.clock.time)
            services.records.close(one, Record("answered", "m", 3, 4), int(world.clock.time * 1000))
            services.records.book(one, "answered", 7, int(world.clock.time * 1000) + number)
        world.clock.time += FOLD_AFTER_MS / 1000 + 1
        return message(id="late", sender=ANN, at=world.clock.time)

    def sums(self, world: World, last: Message) -> tuple[int, Tally]:
        ledger = world.services().ledger
        for old in (world.mount / "account").rglob("totals/*"):
            old.unlink()
        [listing] = [
            found for found in ledger._account.listings(Owner("robot1"), last.created_at, ledger.now) if found.tokens
        ]
        assert listing.tokens == ledger.tokens_of_month(last, 10**9)
        assert ledger.month(last).people == {"ann": ledger.month_of_sender(last)}
        return listing.tokens, ledger.month_of_sender(last)

    def test_what_is_folded_is_still_counted(self, world: World) -> None:
        """The journal is empty then, and what comes later is added."""
        last = self.filled(world)
        before = self.sums(world, last)
        world.services().ledger.fold(last)
        assert self.sums(world, last) == before
        assert not list((world.mount / "account").rglob("*.used.*"))
        ask(world, "next")
        assert self.sums(world, last)[0] == before[0] + 7

    @pytest.mark.parametrize("steps", [0, 1, 2, 7, FOLD_FROM, FOLD_FROM + 7])
    def test_a_death_at_any_step(self, world: World, steps: int) -> None:
        """What was folded and not removed counts once, and the next fold finishes it."""
        last = self.filled(world)
        before = self.sums(world, last)
        ledger = world.services().ledger
        ledger._account._bucket = bucket = DyingBucket(str(world.mount))
        bucket.left = steps
        with pytest.raises(Killed):
            ledger.fold(last)
        assert self.sums(world, last) == before
        self.filled(world)  # the same messages once more: nothing is counted twice
        world.services().ledger.fold(last)

    def test_two_at_once(self, world: World) -> None:
        """Both write a sheet from what they saw; the later one has everything."""
        last = self.filled(world)
        before = self.sums(world, last)
        at_once([lambda: world.services().ledger.fold(last)] * 4)
        assert self.sums(world, last) == before

    @pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"v":9}', b"[" * 9999, None])
    def test_a_sheet_that_is_spoilt_or_gone(self, world: World, content: bytes | None) -> None:
        """The one before it is read, and what it lacks is still in the journal."""
        last = self.filled(world)
        before = self.sums(world, last)
        folder = next(path.parent for path in world.files("account") if ".used." in path.name)
        spoilt = folder / sheet_file(int(world.clock.time * 1000) - FOLD_AFTER_MS - 1, before[0])
        if content is not None:
            spoilt.write_bytes(content)
        assert world.services().ledger.month_of_sender(last) == before[1]
        assert world.services().ledger.tokens_of_month(last, 10**9) == before[0]

    def test_a_sheet_that_was_not_stored_removes_nothing(self, world: World) -> None:
        """It is read back first."""

        class Lying(DyingBucket):
            def write_new(self, folder: Sequence[str], name: str, content: bytes) -> None:
                super().write_new(folder, name, content[:-1] if name.startswith("~") else content)

        last = self.filled(world)
        before = self.sums(world, last)
        ledger = world.services().ledger
        ledger._account._bucket = Lying(str(world.mount))
        with pytest.raises(StoreUnavailable):
            ledger.fold(last)
        assert ledger.month_of_sender(last) == before[1]

    def test_what_is_young_is_not_folded(self, world: World) -> None:
        """Somebody may still be writing beside it."""
        last = self.filled(world)
        world.clock.time -= 60
        world.services().ledger.fold(last)
        assert not list((world.mount / "account").rglob("~*"))


@pytest.mark.parametrize("steps", range(6))
def test_a_run_that_dies_after_its_answer_is_booked_by_the_next(world: World, steps: int) -> None:
    """Record, booking, both notes: wherever it dies, the message counts once, and no note is left."""
    world.limits = Limits(tokens_per_month=10**6)
    one = message(id="m1", sender=ANN, signed_at=int(NOW * 1000))
    records = world.services().records
    records.open(one, 50)
    for place in (records, records.account):
        place._bucket = bucket = DyingBucket(str(world.mount))
    bucket.left = records.account._bucket.left = steps  # type: ignore[attr-defined]
    at = int(world.clock.time * 1000)
    work = [
        lambda: records.close(one, Record("answered", "m", 3, 4), at),
        lambda: records.book(one, "answered", 7, at),
        lambda: records.forget_open(one, 50),
    ][: min(3, steps)]
    for step in work:
        step()
    assert run(world, one) in ("answered", "done")
    assert run(world, one) == "done"
    for total in (world.mount / "account").rglob("totals/*"):
        total.unlink()
    month = world.services().ledger
    assert month.month_of_sender(one) == Tally(1, 7, "Ann", "ann")
    assert month.tokens_of_month(one, 7) == 7
    assert not [path for path in world.mount.rglob("*") if ".open" in path.name]


@pytest.mark.parametrize("outcome", ["answered", "failed"])
@pytest.mark.parametrize("nth", range(1, 5))
def test_a_run_that_dies_between_its_notes_leaves_none(world: World, nth: int, outcome: str) -> None:
    """Whichever it removed first, the next run removes the other: one that was left counts for three hours."""
    world.limits = Limits(tokens_per_month=10**6)
    left = [nth]

    def dies(operation: str) -> bool:
        left[0] -= operation.startswith("remove")
        if operation.startswith("remove") and not left[0]:
            raise Killed
        return False

    world.refuses = dies
    if outcome == "failed":
        world.model.queue.append(ModelFailed(ModelFailure.SERVER))
    for _ in range(3):
        try:
            ask(world, "m1")
        except Killed:
            continue
    assert not [path for path in world.mount.rglob("*") if ".open" in path.name]
    assert [name.split(".")[0] for name in world.records()] == [outcome]


def test_an_open_question_lapses(world: World) -> None:
    """A note that nobody removed counts for three hours: FC has given up long before."""
    world.limits = Limits(tokens_per_month=100)
    world.services().records.open(message(id="dead", signed_at=int(NOW * 1000)), 90)
    asking = message(id="m", signed_at=int(NOW * 1000))
    assert world.services().ledger.tokens_of_month(asking, 100) == 90
    world.clock.time += LAPSED_MS / 1000 + 1
    assert world.services().ledger.tokens_of_month(asking, 100) == 0


@pytest.mark.parametrize("nick", ["", "Ann", "张三", "a.b.c", "x" * 64, "张" * 64, "../..", "🚫", "\ud800", "a\nb"])
@pytest.mark.parametrize("person", ["ann", "", "$:LWCP_v1:$vbYolzzBgpwpzxrnW9Kf7rAd==", "张三", "y" * 500])
def test_names_of_the_journal(person: str, nick: str) -> None:
    """What is written is read; a name fits any file system, whatever people are called."""
    used = Used("0" * 32, 1790000000000, TODAY, 1, 10**12, path_part(person), nick)
    assert len(used.file.encode()) <= 255
    [read] = listed([used.file], 0).used
    assert replace(read, nick="") == replace(used, nick="")
    assert nick.encode("utf-8", "replace").decode().startswith(read.nick)


def test_a_listing() -> None:
    """What is newer than the newest sheet counts once; what is open counts until it is used; the rest is done."""
    old = Used("a" * 32, 1_000, TODAY, 1, 5, "ann")
    new = Used("b" * 32, 9_000, TODAY, 1, 7, "ann")
    names = [old.file, new.file, replace(new, at=9_001, tokens=6).file, replace(old, at=9_002).file]
    names += [open_file("b" * 32, 1, 99), open_file("c" * 32, 1, 50), open_file("d" * 32, 1, 3), ".DS_Store", "~x"]
    names += [sheet_file(500, 1), sheet := sheet_file(5_000, 100), open_file("e" * 32, 10**7, 8)]
    found = listed(names, LAPSED_MS + 2)
    assert (found.until, found.settled, found.tokens, found.sheets[0]) == (5_000, 100, 107, sheet)
    assert found.used == (new,)
    assert dict(found.open) == {"e" * 32: 8}
    assert old.file in found.done
    assert new.file not in found.done


def test_sheets() -> None:
    """Sums by day and person; of days that are over only sums; a person can be taken out."""
    one = [Used(f"{n:032x}", n, f"2026-09-{10 + n // 4:02}", 1, 10, ("ann", "bob")[n % 2], f"N{n}") for n in range(16)]
    sheet = Sheet().with_used(one[:8]).shortened().with_used(one[8:]).shortened()
    assert from_json(to_json(sheet)) == sheet
    assert sheet.totals() == {f"2026-09-{day}": DayTotal(4, 40, 2) for day in range(10, 14)}
    assert sorted(sheet.recent) == ["2026-09-12", "2026-09-13"]
    assert sheet.people == {"ann": (8, 80, "N14"), "bob": (8, 80, "N15")}
    forgotten = sheet.without("ann")
    assert "ann" not in to_json(forgotten).decode()
    assert forgotten.totals() == sheet.totals()
    assert forgotten.people == {"bob": (8, 80, "N15")}


def test_places() -> None:
    """A day is a day, a person or robot is a path part, and a robot never looks like a day."""
    names = ["2026-09-21", "2026-13-01", "ann", ".DS_Store", "=", "a=2eb", "x.y", "", "张", robot_part("2026-09-21")]
    assert days(names) == ["2026-09-21"]
    assert robots(names) == ["2026-13-01", "ann", "=", "a=2eb", robot_part("2026-09-21")]
    assert set(parts(names)) == {"2026-09-21", *robots(names)}


@pytest.mark.parametrize("text", ["ann", "", "张三", "a/b", "$:LWCP_v1:$x==", " ", "=", "\n"])
def test_an_id_can_be_read_from_its_part(text: str) -> None:
    """As long as it is short."""
    assert part_text(path_part(text)) == text


def test_shards_are_even() -> None:
    """A sixteenth of the people each, and the same for ever."""
    found = [shard_of(path_part(hashlib.sha256(str(n).encode()).hexdigest()[:12])) for n in range(3200)]
    assert len(set(found)) == 16
    assert max(found.count(shard) for shard in set(found)) < 300
    assert shard_of("ann") == shard_of("ann")
