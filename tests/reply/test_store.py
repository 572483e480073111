"""Conversations on the bucket: nothing is lost under any interleaving of load, save, stale listing and crash."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reply.bucket import LONGEST_PART, Bucket, path_part
from reply.conversation import CLEARED, DAY_MS, SHRINK_AFTER_MS, Document, State, Turn, Value, to_json
from reply.store import YOUNG_MS, ConversationKey, Opened, Store
from shared.errors import StoreUnavailable
from shared.log import Log
from tests.reply.kit import NOW, FakeClock, World

KEY = ConversationKey("robot", "cid", "user")


class StaleBucket(Bucket):
    """A bucket whose listings can hide new files, and which can die before any removal."""

    hidden: frozenset[str] = frozenset()
    dies_in_remove = False

    def names(self, folder: Sequence[str]) -> list[str]:
        return [name for name in super().names(folder) if name not in self.hidden]

    def remove(self, folder: Sequence[str], name: str) -> None:
        if self.dies_in_remove:
            raise KeyboardInterrupt
        super().remove(folder, name)


def opened_store(mount: str, bucket: Bucket | None = None, stream: io.StringIO | None = None) -> Store:
    return Store(bucket or Bucket(mount), FakeClock(), Log(stream=stream or io.StringIO()), rounds=5)


STEPS = ["load", "stale load", "ask", "finish", "clear", "crash in save", "half an hour", "a day"]
steps = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(STEPS)), max_size=30)
PASSING = {"half an hour": 1800.0, "a day": 86_400.0}


class Story:
    """Three instances at work on one conversation, and what must be there in the end."""

    def __init__(self, mount: str) -> None:
        self.clock = FakeClock()
        self.bucket = StaleBucket(mount)
        self.store = Store(self.bucket, self.clock, Log(stream=io.StringIO()), rounds=2)
        self.views = [Opened(Document(), frozenset())] * 3
        self.saved: dict[str, Turn] = {}
        self.cleared = ""

    def step(self, number: int, who: int, what: str) -> None:
        self.clock.time += PASSING.get(what, 1.0)
        if what in ("load", "stale load"):
            if what == "stale load":
                self.bucket.hidden = frozenset(Bucket.names(self.bucket, KEY.folder())[-1:])
            self.views[who] = self.store.load(KEY, self.views[who])
            self.bucket.hidden = frozenset()
        elif what not in PASSING:
            self._save(number, who, what)

    def _save(self, number: int, who: int, what: str) -> None:
        now = int(self.clock.time * 1000)
        pending = [t for t in self.views[who].document.turns.values() if not t.finished]
        turn = Turn(f"t{number}", now, State.PENDING, deadline=now + 180_000, question="q")
        if what == "finish" and pending:
            turn = replace(pending[0], state=State.ANSWERED, answer=f"a{number}", deadline=now + 180_000)
        document = self.views[who].document.with_turn(turn)
        if what == "clear":
            document, self.cleared = document.with_value(CLEARED, Value(now, turn.id)), turn.id
        self.bucket.dies_in_remove = what == "crash in save"
        try:
            self.views[who] = self.store.save(KEY, replace(self.views[who], document=document))
        except KeyboardInterrupt:
            self.views[who] = Opened(Document(), frozenset())  # a new instance takes the dead one's place
        self.bucket.dies_in_remove = False
        held = self.saved.get(turn.id)
        self.saved[turn.id] = max(turn, held, key=Turn.rank) if held else turn


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
@example([(0, "clear"), (0, "finish"), (0, "a day"), (0, "ask"), (0, "ask")])
def test_nothing_is_lost_under_any_interleaving(plan: list[tuple[int, str]]) -> None:
    """Load, save, stale listing, crash between write and remove, hours and days: no turn of a day is lost, none sinks
    to a lower state, and none loses its text while FC could still want it.
    """
    with tempfile.TemporaryDirectory() as mount:
        story = Story(mount)
        for number, (who, what) in enumerate(plan):
            story.step(number, who, what)
        final = story.store.load(KEY).document
        now = story.clock.time * 1000
        for key, turn in story.saved.items():
            age = now - max(turn.at, turn.deadline)
            if age <= DAY_MS:
                assert final.turns[key].state >= turn.state
            if age <= SHRINK_AFTER_MS:
                assert final.turns[key] == turn
        if story.cleared:
            assert final.values[CLEARED].id == story.cleared


def test_a_save_leaves_one_file(tmp_path: Path) -> None:
    """However often a conversation is saved, its folder holds one file, so a load reads one."""
    store = opened_store(str(tmp_path))
    opened = store.load(KEY)
    for number in range(5):
        turn = Turn(f"t{number}", int(NOW * 1000) + number, State.ANSWERED, question="q", answer="a")
        opened = store.save(KEY, replace(opened, document=opened.document.with_turn(turn)))
    assert len(list(tmp_path.rglob("*.json"))) == 1
    assert len(store.load(KEY).document.turns) == 5


FOREIGN = {
    "corrupt": (f"{int(NOW * 1000) - YOUNG_MS:013d}-0123456789abcdef.json", b"\x80\x04]q\x00."),
    "truncated": (
        f"{int(NOW * 1000) - YOUNG_MS:013d}-0123456789abcdef.json",
        to_json(Document({"a": Turn("a", 1, State.PENDING)}))[:-5],
    ),
    "empty": (f"{int(NOW * 1000) - YOUNG_MS:013d}-0123456789abcdef.json", b""),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_unreadable_files_are_set_aside_and_kept(tmp_path: Path, case: str) -> None:
    """The conversation goes on, the content is kept under another name, one ERROR line names it, and it is not read
    again."""
    name, content = FOREIGN[case]
    stream = io.StringIO()
    store = opened_store(str(tmp_path), stream=stream)
    turn = Turn("t", int(NOW * 1000), State.ANSWERED, question="q", answer="a")
    store.save(KEY, Opened(Document({"t": turn}), frozenset()))
    folder = tmp_path.joinpath(*KEY.folder())
    (folder / name).write_bytes(content)
    assert store.load(KEY).document.turns == {"t": turn}
    aside = [path for path in folder.iterdir() if path.name.endswith(".set-aside")]
    assert [path.read_bytes() for path in aside] == [content]
    assert not (folder / name).exists()
    assert stream.getvalue().count("unreadable_file_set_aside") == 1
    assert store.load(KEY).document.turns == {"t": turn}
    assert stream.getvalue().count("unreadable_file_set_aside") == 1


@pytest.mark.parametrize("name", ["notes.txt", "Ann.pkl", "0-1.json", "\n", "x.set-aside", "\udc80", "😀.json"])
def test_files_of_others_are_left_alone(tmp_path: Path, name: str) -> None:
    """A name that is none of ours is not read, whatever it is, and nothing is said of it."""
    stream = io.StringIO()
    store = opened_store(str(tmp_path), stream=stream)
    folder = tmp_path.joinpath(*KEY.folder())
    (folder / name).mkdir(parents=True)
    opened = store.load(KEY)
    assert (opened.document, opened.problem) == (Document(), "")
    store.save(KEY, opened)
    assert (folder / name).is_dir()
    assert stream.getvalue() == ""


class Misreading(Bucket):
    """A bucket that gives only the beginning of what is stored, so many times."""

    times = 0

    def read(self, folder: Sequence[str], name: str) -> bytes | None:
        content = super().read(folder, name)
        if not self.times or content is None:
            return content
        self.times -= 1
        return content[:20]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_what_a_mount_misreads_is_not_lost(tmp_path: Path, times: int) -> None:
    """However old the file is: read twice at once, looked at again later, and never written anew from what was read."""
    bucket, clock = Misreading(str(tmp_path)), FakeClock()
    store = Store(bucket, clock, Log(stream=io.StringIO()), rounds=5)
    turn = Turn("t", int(NOW * 1000), State.ANSWERED, question="q", answer="a")
    store.save(KEY, Opened(Document({"t": turn}), frozenset()))
    clock.time += 3600
    bucket.times = times
    first = store.load(KEY)
    assert (first.document.turns == {}) == bool(first.problem) == (times > 1)
    other = Turn("u", int(clock.time * 1000), State.ANSWERED, question="q", answer="a")
    store.save(KEY, replace(first, document=first.document.with_turn(other)))
    bucket.times = 0
    later = store.load(KEY)
    assert later.document.turns == {"t": turn, "u": other}
    assert len(store.save(KEY, later).files) == len(World(tmp_path).files("conversations")) == 1


def test_one_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """What is readable is used, what is not stays where it is, and the problem is told."""
    store = opened_store(str(tmp_path))
    turn = Turn("t", int(NOW * 1000), State.ANSWERED, question="q", answer="a")
    store.save(KEY, Opened(Document({"t": turn}), frozenset()))
    directory = tmp_path.joinpath(*KEY.folder()) / "0000000000001-0123456789abcdef.json"
    directory.mkdir()
    opened = store.load(KEY)
    assert opened.document.turns == {"t": turn}
    assert "reading a file failed" in opened.problem
    store.save(KEY, opened)
    assert directory.is_dir()


@pytest.mark.parametrize("age_s", [1, 3600])
def test_what_a_failed_upload_leaves_hides_nothing(tmp_path: Path, age_s: int) -> None:
    """An empty file: whoever could not save has said so, and nobody is told again that something is missing."""
    store = opened_store(str(tmp_path))
    folder = tmp_path.joinpath(*KEY.folder())
    folder.mkdir(parents=True)
    (folder / f"{int(NOW - age_s) * 1000:013d}-0123456789abcdef.json").touch()
    assert store.load(KEY).problem == ""
    assert len(list(folder.iterdir())) == 1


def test_names_that_stay_without_files_are_a_problem(tmp_path: Path) -> None:
    """A listing that keeps showing what is gone: something newer may be missing, and the caller knows."""

    class Outdated(Bucket):
        def names(self, folder: Sequence[str]) -> list[str]:
            return [*super().names(folder), "0000000000001-0123456789abcdef.json"]

    assert "gone" in opened_store("", Outdated(str(tmp_path))).load(KEY).problem


def test_a_file_still_on_its_way_is_left_alone(tmp_path: Path) -> None:
    """A half-written file of another instance, younger than a minute, is neither destroyed nor fatal."""
    store = opened_store(str(tmp_path))
    store.load(KEY)
    path = tmp_path.joinpath(*KEY.folder()) / f"{int(NOW * 1000) - YOUNG_MS + 1:013d}-0123456789abcdef.json"
    whole = to_json(Document({"a": Turn("a", 1, State.PENDING)}))
    path.write_bytes(whole[:10])
    assert store.load(KEY).document.turns == {}
    path.write_bytes(whole)
    assert set(store.load(KEY).document.turns) == {"a"}


def test_a_vanished_file_means_listing_again(tmp_path: Path) -> None:
    """A file that another instance replaces while it is read costs nothing but one more listing."""

    class Replacing(Bucket):
        def read(self, folder: Sequence[str], name: str) -> bytes | None:
            if name == first:
                (tmp_path.joinpath(*folder) / name).unlink(missing_ok=True)
                other = Turn("new", 2, State.ANSWERED, question="q", answer="a")
                name = f"{int(NOW * 1000) + 1:013d}-ffffffffffffffff.json"
                if name not in self.names(folder):
                    self.write_new(folder, name, to_json(Document({"new": other})))
                return None
            return super().read(folder, name)

    plain = opened_store(str(tmp_path))
    [first] = plain.save(KEY, Opened(Document(), frozenset())).files
    assert set(opened_store("", Replacing(str(tmp_path))).load(KEY).document.turns) == {"new"}


@pytest.mark.parametrize("broken", ["not a directory", "unwritable"])
def test_a_broken_mount_is_named(tmp_path: Path, broken: str) -> None:
    """A mount that is a file, or is missing and cannot be made, raises StoreUnavailable with what was tried."""
    mount = tmp_path / "file"
    mount.write_text("x")
    target = mount if broken == "not a directory" else mount / "below"
    with pytest.raises(StoreUnavailable, match="failed"):
        opened_store(str(target)).load(KEY)
    with pytest.raises(StoreUnavailable, match="failed"):
        opened_store(str(target)).save(KEY, Opened(Document(), frozenset()))


HOSTILE = [
    "..",
    ".",
    "",
    "/",
    "../../etc",
    "a/b",
    "\0",
    "x" * 10_000,
    "中文" * 100,
    "%2e%2e",
    "~",
    "\ud800",
    "CON",
    "😀",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_id_leaves_its_folder(tmp_path: Path, text: str) -> None:
    """Whatever an id holds, it is one path part of bounded length below its folder."""
    part = path_part(text)
    assert 0 < len(part.encode()) <= LONGEST_PART
    assert "/" not in part
    assert part not in (".", "..")
    store = opened_store(str(tmp_path))
    store.save(ConversationKey(text, text, text), Opened(Document(), frozenset()))
    assert len(World(tmp_path).files("conversations")) == 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_different_ids_have_different_folders(one: str, other: str) -> None:
    """No two ids share a folder, and no member can pose as the whole group."""
    assert (path_part(one) == path_part(other)) == (one == other)
    assert ConversationKey("r", "c", one).folder() != ConversationKey("r", "c", "").folder() or one == ""
