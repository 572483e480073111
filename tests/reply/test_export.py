"""`查对话`: who may export whose records, which of them, and how they are handed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reply.answer import answer
from reply.archive import MOST_BYTES, Archive
from reply.commands.export import DEFAULT_DAYS, MOST_CHOICES, MOST_DAYS, MOST_TEXT
from reply.commands.others import FRESH_MS
from reply.exports import Exports, ExportSettings
from reply.places import Owner
from reply.records import Record
from reply.settings import CHINA
from shared.commands import Invoked, find_command
from shared.errors import StoreUnavailable
from shared.message import Message, Sender
from tests.reply.kit import NOW, ZH, World, message

ANN, BOB, OTHER_ANN = Sender("staff-ann", "staff-ann", "张三"), Sender("b", "b", "Bob Lee"), Sender("$:x", "", "张三")
ROBOT = Owner("robot1")
TODAY = datetime.fromtimestamp(NOW, CHINA).date()


@dataclass
class FakeShelf:
    """Keeps what is put; fails when told to."""

    objects: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    seconds: int = 0
    fails: bool = False

    def put(self, key: str, content: bytes, headers: Mapping[str, str]) -> None:
        if self.fails:
            raise StoreUnavailable("putting an object", "AccessDenied 403")
        self.objects[key] = (content.decode(), headers)

    def link(self, key: str, seconds: int) -> str:
        self.seconds = seconds
        return f"https://bucket.example/{key}?signed"


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
def world(tmp_path: Path, shelf: FakeShelf) -> World:
    """A deployment in which exporting is on, and Ann and Bob have asked something."""
    made = World(tmp_path, exports=Exports(ExportSettings(allowed=True), shelf))
    kept(made, ANN, "今天的问题", "今天的回答", id="a1", group=True)
    kept(made, ANN, "上周的问题", "上周的回答", id="a2", at=NOW - 7 * 86400)
    kept(made, BOB, "Bob's question", "Bob's answer", id="b1")
    return made


def kept(world: World, who: Sender, asked: str, said: str, *, outcome: str = "answered", **changes: object) -> None:
    """Put a message of somebody on record."""
    one = message(**{"sender": who, **changes})  # type: ignore[arg-type]  # as its fields want them
    records = world.services().records
    records.close(one, Record(outcome, "m", 3, 4, asked, said))  # type: ignore[arg-type]  # as a test names it


def asking(text: str, **changes: object) -> Message:
    """A message of an administrator, as `conversation` hands it over."""
    found = find_command(text)
    assert isinstance(found, Invoked)
    assert found.command.name == "export"
    boss = Sender("boss", "boss", "Boss")
    made = message(found.argument, id="ask", command="export", role="admin", sender=boss, signed_at=int(NOW * 1000))
    return replace(made, **changes)  # type: ignore[arg-type]  # as its fields want them


def said(world: World, text: str, **changes: object) -> str:
    """What the administrator sees."""
    world.chat.seen.clear()
    answer(asking(text, **changes), world.services(), world.until())
    [seen] = world.chat.seen
    return seen


def exported(world: World, shelf: FakeShelf, text: str) -> str:
    """The document behind the link that is shown."""
    shelf.objects.clear()
    seen = said(world, text, id=f"ask{len(world.files('records'))}")
    [(key, (content, _))] = shelf.objects.items()
    assert f"(https://bucket.example/{key}?signed)" in seen
    return content


# Who may


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"role": ""}, ZH.refused_admins_only),
        ({"role": "vip"}, ZH.refused_admins_only),
        ({"group": True}, ZH.refused_only_private),
        ({"signed_at": 0}, ZH.refused_stale),
        ({"signed_at": int(NOW * 1000) - FRESH_MS - 1}, ZH.refused_stale),
    ],
)
@pytest.mark.parametrize("text", ["查对话", "#查对话 username:张三"])
def test_who_may_not(world: World, shelf: FakeShelf, text: str, changes: dict[str, object], sentence: str) -> None:
    """Only administrators, in private, freshly signed: said here once more, whatever `conversation` let through."""
    assert said(world, text, **changes) == sentence
    assert shelf.objects == {}
    assert "refused.0.json" in world.records()


def test_the_age_at_the_bound(world: World, shelf: FakeShelf) -> None:
    """Five minutes are fresh."""
    said(world, "#查对话 username:张三", signed_at=int(NOW * 1000) - FRESH_MS)
    assert len(shelf.objects) == 1


@pytest.mark.parametrize("text", ["查对话", "#查对话 username:张三"])
def test_it_is_off_unless_set(world: World, shelf: FakeShelf, text: str) -> None:
    """Without ADMIN_EXPORT nothing is exported, and why is said."""
    world.exports = Exports(ExportSettings(), shelf)
    assert said(world, text) == ZH.export_off
    assert shelf.objects == {}


@pytest.mark.parametrize(
    "text",
    [
        "查对话",
        "/查对话",
        "#查对话",
        "#查对话 ",
        "＃查对话 username：",
        "#查对话 userid:",
        "#查对话 2026-11-01..2026-11-20",
    ],
)
def test_alone_it_explains(world: World, text: str) -> None:
    """Without a name: how it is used, with its limits."""
    assert said(world, text) == ZH.export_help.format(days=DEFAULT_DAYS, most=MOST_DAYS)


# Whose


@pytest.mark.parametrize(
    "text",
    [
        "#查对话 username:张三",
        "#查对话 username：张三",
        "＃查对话　ｕｓｅｒｎａｍｅ：张三",
        "#查对话username:张三",
        "#查对话 USERNAME: 张三 ",
        "#查对话 username:@张三",
        "#查对话 用户名：张三",
        "#查对话 张三",
        "查对话 张三",
        "#查对话 username:staff-ann",
        "#查对话 userid:staff-ann",
        "#查对话 userid：staff-ann",
    ],
)
def test_a_person(world: World, shelf: FakeShelf, text: str) -> None:
    """By name or id, with either colon: that person's records, oldest first, and nobody else's."""
    content = exported(world, shelf, text)
    assert content.index("上周的问题") < content.index("上周的回答") < content.index("今天的问题")
    assert "Bob" not in content
    assert "`张三` `staff-ann`" in content


def test_a_name_with_a_blank(world: World, shelf: FakeShelf) -> None:
    """Letter case does not matter."""
    assert "> Bob's question" in exported(world, shelf, "#查对话 username:bob lee")


@pytest.mark.parametrize("name", ["username:李四", "userid:张三", "username:../b", "username:张", "userid:STAFF-ANN"])
def test_nobody(world: World, shelf: FakeShelf, name: str) -> None:
    """Said so, with the days that were looked at."""
    seen = said(world, f"#查对话 {name}")
    first = TODAY - timedelta(days=DEFAULT_DAYS - 1)
    wanted = ZH.export_nobody.format(name=f"`{name.split(':')[1]}`", first=first, last=TODAY)
    assert (seen, shelf.objects) == (wanted, {})


def test_several_people_of_one_name(world: World, shelf: FakeShelf) -> None:
    """They are listed, the latest first, each with what to send for that one; and that works."""
    kept(world, OTHER_ANN, "another's", "theirs", id="c1", at=NOW - 86400)
    seen = said(world, "#查对话 username:张三")
    assert shelf.objects == {}
    commands = re.findall(r"`(#查对话 [^`]*)`", seen)
    assert commands == ["#查对话 userid:staff-ann", "#查对话 userid:$:x"]
    world.chat.seen.clear()
    answer(asking(commands[1], id="again"), world.services(), world.until())
    [(content, _)] = shelf.objects.values()
    assert "another's" in content
    assert "今天的问题" not in content


def test_a_name_that_is_somebodys_id(world: World, shelf: FakeShelf) -> None:
    """The id wins: nobody can hide behind a name."""
    kept(world, Sender("x", "x", "staff-ann"), "impostor's", "", id="d1")
    assert "impostor" not in exported(world, shelf, "#查对话 username:staff-ann")


def test_very_many_of_one_name(world: World) -> None:
    """Only some are listed, and that is said."""
    for number in range(MOST_CHOICES + 2):
        kept(world, Sender(f"s{number}", "", "同名"), "q", "a", id=f"s{number}")
    seen = said(world, "#查对话 username:同名")
    assert seen.count("userid:") == MOST_CHOICES
    assert seen.endswith(ZH.export_choices_cut.format(shown=MOST_CHOICES))


def test_an_id_is_no_markup(world: World) -> None:
    """What stands in a body that nobody signed is shown as it is."""
    for number in (1, 2):
        kept(world, Sender(f"`[x](https://evil.example){number}", "", "同名"), "q", "a", id=f"e{number}")
    seen = said(world, "#查对话 username:同名")
    assert seen.count("`") == 6


# Which days


@pytest.mark.parametrize(
    ("days", "there", "absent"),
    [
        (0, ("今天的问题", "上周的问题"), ("很久以前",)),
        ((40, 1), ("上周的问题", "很久以前"), ("今天的问题",)),
        ((7, 7), ("上周的问题",), ("今天的问题", "很久以前")),
        ((MOST_DAYS - 1, 0), ("上周的问题", "很久以前", "今天的问题"), ()),
    ],
)
def test_days(world: World, shelf: FakeShelf, days: object, there: tuple[str, ...], absent: tuple[str, ...]) -> None:
    """The last 30 days, or those asked for, both ends included."""
    kept(world, ANN, "很久以前", "x", id="a3", at=NOW - 40 * 86400)
    wanted = ""
    if isinstance(days, tuple):
        wanted = " {}..{}".format(*(TODAY - timedelta(days=ago) for ago in days))
    content = exported(world, shelf, f"#查对话 username:张三{wanted}")
    assert [text for text in there if text not in content] == []
    assert [text for text in absent if text in content] == []


@pytest.mark.parametrize("between", ["..", "...", "…", " .. ", "~", "～", "至", "到", "．．"])
def test_how_days_are_written(world: World, shelf: FakeShelf, between: str) -> None:
    """Full-width and Chinese forms too; one day alone is that day."""
    day = TODAY - timedelta(days=7)
    assert "上周的问题" in exported(world, shelf, f"#查对话 username:张三 {day}{between}{TODAY}")
    short = f"{day.year}-{day.month}-{day.day}"
    assert "今天的问题" not in exported(world, shelf, f"#查对话 username:张三 {short}")


@pytest.mark.parametrize(
    "days", ["2026-11-20..2026-11-01", "2026-13-01..2026-13-02", "2026-02-30", "2026-01-01..2026-04-03", "0000-01-01"]
)
def test_days_that_cannot_be_used(world: World, days: str) -> None:
    """Backwards, no dates, or more than the limit: what is wanted is said."""
    assert said(world, f"#查对话 username:张三 {days}") == ZH.export_range_wrong.format(most=MOST_DAYS)


# What is handed over


def test_the_link(world: World, shelf: FakeShelf) -> None:
    """An unguessable name below exports/, saved by browsers instead of shown; how long it opens is said."""
    world.exports = replace(world.exports, settings=ExportSettings(allowed=True, link_seconds=1800))
    seen = said(world, "#查对话 username:张三")
    [(key, (_, headers))] = shelf.objects.items()
    assert re.fullmatch(rf"exports/{TODAY}/[\w-]{{43}}\.md", key)
    assert headers == {"Content-Type": "text/markdown; charset=utf-8", "Content-Disposition": "attachment"}
    assert shelf.seconds == 1800
    assert " 30 分钟" in seen
    assert "今天的问题" not in seen
    said(world, "#查对话 username:张三", id="again")
    assert len(shelf.objects) == 2


def test_who_exported_whom_is_in_the_log(world: World) -> None:
    """Ids and a count, no texts and no link."""
    said(world, "#查对话 username:张三")
    [line] = world.lines("exported")
    assert (line["by"], line["of"], line["records"]) == ("boss", "staff-ann", 2)
    assert "bucket.example" not in world.stream.getvalue()
    assert "张三" not in world.stream.getvalue()


def test_an_entry(world: World, shelf: FakeShelf) -> None:
    """Time in the deployment's zone, where, outcome, tokens; texts quoted, whatever markup is in them."""
    kept(world, BOB, "# not a title\n\n---", "", id="b2", at=NOW + 60, outcome="failed")
    content = exported(world, shelf, "#查对话 username:Bob Lee")
    time = datetime.fromtimestamp(NOW, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    assert f"## {time} · {ZH.name_private} · {ZH.outcome_answered} · 7 个 token" in content
    assert "> # not a title\n> \n> ---" in content
    assert ZH.outcome_failed in content
    assert content.count("\n# ") == 0


def test_what_a_command_answered_is_not_handed_on(world: World, shelf: FakeShelf) -> None:
    """An administrator's records do not hold the links that they were given."""
    kept(world, ANN, "", "[link](https://bucket.example/old)", outcome="command", id="a9")
    assert "bucket.example/old" not in exported(world, shelf, "#查对话 username:张三")


def test_without_texts(world: World, shelf: FakeShelf) -> None:
    """With RECORD_TEXT=off that is said, and times and outcomes remain."""
    world.exports = replace(world.exports, texts_kept=False)
    assert ZH.export_texts_off in said(world, "#查对话 username:张三")
    [(content, _)] = shelf.objects.values()
    assert ZH.export_texts_off in content


def test_without_a_bucket_for_links(world: World) -> None:
    """The export itself is the answer, the latest first to stay, up to a limit that is said."""
    world.exports = replace(world.exports, shelf=None)
    assert "上周的问题" in said(world, "#查对话 username:张三")
    for number in range(30):
        kept(world, ANN, f"long {number} " + "x" * 1000, "y", id=f"l{number}", at=NOW + number)
    seen = said(world, "#查对话 username:张三", id="again")
    assert len(seen) < MOST_TEXT + 500
    assert "long 29" in seen
    assert "上周的问题" not in seen
    assert ZH.export_cut.format(count=seen.count("\n## ")) in seen


def test_too_many_records(world: World) -> None:
    """The latest are kept."""
    archive = Archive(world.services().records, ROBOT, "2020-01-01", str(TODAY), lambda: True, most=1)
    [ann] = archive.people("张三", by_name=True)
    found = archive.of(ann)
    assert ([one.question for one in found.kept], found.cut) == (["今天的问题"], True)


def test_what_could_be_read_in_time(world: World) -> None:
    """Running out of time while reading one person's records keeps the latest, too."""
    looks = iter([True] * 3 + [False] * 3)
    records = world.services().records
    [ann] = Archive(records, ROBOT, "2020-01-01", str(TODAY), lambda: True).people("staff-ann", by_name=False)
    found = Archive(records, ROBOT, "2020-01-01", str(TODAY), lambda: next(looks)).of(ann)
    assert found.cut
    assert [one.question for one in found.kept] == ["今天的问题"]


def test_no_time_left(world: World, shelf: FakeShelf) -> None:
    """A mount too slow for it: explained, well before FC ends the run."""
    slow = world.services()
    names = slow.records.people

    def people(owner: Owner, day: str) -> list[str]:
        world.clock.time += 200
        return names(owner, day)

    slow.records.people = people  # type: ignore[method-assign]  # a slow disk
    answer(asking("#查对话 username:张三"), slow, world.until())
    assert world.chat.seen == [ZH.export_slow.format(request_id=asking("查对话").request_id)]
    assert shelf.objects == {}


@pytest.mark.parametrize("where", ["shelf", "mount"])
def test_storage_down(world: World, shelf: FakeShelf, where: str) -> None:
    """A sentence with the request id, a line that says what to check, and one ERROR line in all."""
    if where == "shelf":
        shelf.fails = True
    else:
        day = world.mount / "records" / "robot1" / str(TODAY - timedelta(days=1))
        day.symlink_to(day)  # the system refuses to follow it
    assert said(world, "#查对话 username:张三") == ZH.export_failed.format(request_id=asking("查对话").request_id)
    [line] = world.lines("export_failed")
    assert "OSS_BUCKET" in line["remedy"]
    assert len(world.errors()) == 1


def test_broken_records_are_left_out(world: World, shelf: FakeShelf) -> None:
    """What cannot be read does not stop the rest."""
    [file] = [path for path in world.files("records") if str(TODAY) in str(path) and "staff-ann" in str(path)]
    (file.parent / f"{'0' * 32}.answered.5.json").write_text("{")
    (file.parent / f"{'1' * 32}.answered.5.json").write_text("[]")
    (file.parent / f"{'2' * 32}.answered.5.json").write_text('{"created_at": "x", "question": 5, "group": 1}')
    (file.parent / f"{'3' * 32}.open").write_text("{}")
    assert exported(world, shelf, "#查对话 userid:staff-ann").count("\n## ") == 3


@pytest.mark.parametrize(
    ("character", "size", "count"),
    [
        ("a", 1024 * 1024, 7),
        ("哈", 1024 * 1024, 2),
        ("😀", 1024 * 1024, 1),
        ("\n", 3 * 1024 * 1024, 2),
        ("é", 1024, 12),
    ],
    ids=["ASCII", "three bytes", "four bytes", "lines", "small"],
)
def test_an_export_has_a_size(world: World, character: str, size: int, count: int) -> None:
    """At most so many bytes of text are taken, whatever they are; that there is more is said."""
    carl = Sender("carl", "carl", "Carl")
    for number in range(12):
        kept(world, carl, "q", character * size, id=f"c{number}")
    archive = Archive(world.services().records, ROBOT, "2020-01-01", str(TODAY), lambda: True)
    [person] = archive.people("carl", by_name=False)
    found = archive.of(person)
    assert sum(one.size for one in found.kept) <= MOST_BYTES
    assert (len(found.kept), found.cut) == (count, count < 12)


def test_an_export_that_was_cut_says_so(world: World, shelf: FakeShelf) -> None:
    """The document is bounded, and names how many records are in it."""
    carl = Sender("carl", "carl", "Carl")
    for number in range(4):
        kept(world, carl, "q", "哈\n" * 700_000, id=f"c{number}")
    said(world, "#查对话 userid:carl")
    [(content, _)] = shelf.objects.values()
    assert ZH.export_cut.format(count=2) in content
    assert len(content.encode()) < 3 * MOST_BYTES
