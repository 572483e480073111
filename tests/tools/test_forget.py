"""`make forget`: what is stored of one person goes, everybody else's stays, and nothing goes unasked."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import forget
from forgetting.places import Folder
from forgetting.stored import Change, carry_out
from local.cloud import LocalCloud, Sent
from local.functions import ACCESS_KEY_ID, ACCESS_KEY_SECRET, REGION, SECURITY_TOKEN
from local.oss import BUCKET
from local.people import Person
from reply.bucket import path_part
from reply.conversation import PERSONA, Document, State, Turn, Value, to_json
from reply.journal import Used, open_file, sheet_file
from reply.sheets import Sheet
from reply.sheets import from_json as sheet_of
from reply.sheets import to_json as sheet_file_content
from reply.tallies import Tally
from reply.tallies import from_json as tallies_of
from reply.tallies import to_json as rollup
from tests.documents import ROOT

NewCloud = Callable[..., LocalCloud]
KEY = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY_ID,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
    "ALIBABA_CLOUD_SECURITY_TOKEN": SECURITY_TOKEN,
}
# The client's version 4 takes the time in a way that Python 3.12 calls deprecated; and when Python first compiles the
# client, it warns of the escapes in its texts.
pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*invalid escape sequence"),
]


class Office:
    """Two people who talked in private, in a group, and to an administrator who looked at what they had asked."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.lin, self.zhou = cloud.person("Lin"), cloud.person("Zhou")
        self.boss = cloud.person("Boss", staff_id="boss")
        self.group = cloud.group(self.lin, self.zhou)
        for person, words in ((self.lin, "herring"), (self.zhou, "mackerel")):
            self.say(person, f"{words} in private")
            self.say(person, f"{words} in the group", group=True)
        self.say(self.lin, "角色 herring expert", group=True)
        for person in (self.lin, self.zhou):
            self.say(self.boss, f"#查对话 userid:{person.staff_id}")
        day = next((cloud.bucket / "records").glob("*/*")).name
        tallies = {p.staff_id: Tally(2, 9, p.name, p.staff_id) for p in (self.lin, self.zhou)}
        self.write(f"rollups/{day}/1790000000000-0123456789abcdef.json", rollup(tallies))

    def say(self, person: Person, text: str, *, group: bool = False) -> Sent:
        sent = self.cloud.say(person, text, self.group if group else None)
        assert self.cloud.wait(sent)
        return sent

    def write(self, key: str, content: bytes) -> None:
        path = self.cloud.bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def files(self) -> dict[str, bytes]:
        root = self.cloud.bucket
        return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def office(new_cloud: NewCloud) -> Office:
    return Office(
        new_cloud(
            CONTEXT_SCOPE="group", CLAIM="oss", ADMIN_USERS="boss", ADMIN_EXPORT="on", OSS_BUCKET=BUCKET, language="en"
        )
    )


def traces(files: dict[str, bytes], person: Person, word: str) -> list[str]:
    """Where somebody is still to be found, by their words, their id or their folders."""
    needles = (word.encode(), person.staff_id.encode())
    return [key for key, content in files.items() if person.staff_id in key or any(n in content for n in needles)]


def mounted(office: Office) -> list[str]:
    return ["--folder", str(office.cloud.bucket)]


def test_first_everything_is_shown_and_nothing_changed(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --yes every file that would go is a line, and every byte is where it was."""
    before = office.files()
    assert forget.main([office.lin.staff_id, *mounted(office)], {}) == 0
    said = capsys.readouterr().out
    assert office.files() == before
    for key in before:
        if office.lin.staff_id in key:
            assert f"remove   {key}\n" in said
    assert "nothing was changed: run it again with YES=1" in said


def test_one_person_goes_and_everybody_else_stays(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """Records, conversations, their turns and persona in a shared context, their line of a day: no trace is left."""
    before = office.files()
    assert traces(before, office.lin, "herring")
    assert forget.main([office.lin.staff_id, "--yes", *mounted(office)], {}) == 0, capsys.readouterr()
    after = office.files()
    assert traces(after, office.lin, "herring") == []
    others = {key: content for key, content in before.items() if office.zhou.staff_id in key}
    assert others
    assert others.items() <= after.items()
    shared = [json.loads(content) for key, content in after.items() if "/=group/" in key]
    assert [turn["question"] for turn in shared[0]["turns"].values()] == ["mackerel in the group"]
    [day] = [tallies_of(content) for key, content in after.items() if key.startswith("rollups/")]
    assert list(day) == [office.zhou.staff_id]
    assert not any(office.lin.staff_id in path.name for path in office.cloud.bucket.rglob("*"))


def test_the_others_go_on_where_they_were(office: Office) -> None:
    """The next prompt of a shared context has what the other said; the person themselves begins anew."""
    forget.main([office.lin.staff_id, "--yes", *mounted(office)], {})
    office.say(office.zhou, "and now?", group=True)
    assert [m["content"] for m in office.cloud.model.requests[-1].messages if m["role"] == "user"] == [
        "mackerel in the group",
        "and now?",
    ]
    office.say(office.lin, "who am I?")
    assert [m["role"] for m in office.cloud.model.requests[-1].messages] == ["user"]


def test_the_deployed_bucket_is_reached_through_oss(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The same through OSS's own interface, with claims and exports, in several listings, below a mounted folder."""
    oss = office.cloud.oss
    assert any(key.startswith("claims/") for key in oss.objects)
    exported = [key for key, content in oss.objects.items() if office.lin.staff_id.encode() in content]
    assert len(exported) == 1
    oss.objects.update({f"bot/{key}": content for key, content in office.files().items()})
    oss.objects.update({f"bot/records/2026-01-01/{office.lin.staff_id}/": b""})  # a mount leaves such folders
    oss.objects.update({f"bot/records/2026-01-02/other/{number:032x}.open": b"{}" for number in range(1200)})
    where = ["--bucket", BUCKET, "--endpoint", oss.site.url, "--region", REGION, "--path", "bot/"]
    claims = {key for key in oss.objects if key.startswith("claims/")}
    before = dict(oss.objects)
    assert forget.main([office.lin.staff_id, *where], KEY) == 0
    assert oss.objects == before
    assert forget.main([office.lin.staff_id, "--yes", *where], KEY) == 0, capsys.readouterr()
    assert traces(oss.objects, office.lin, "herring") == []
    gone = claims - set(oss.objects)
    assert len(gone) == 3
    assert any("mackerel" in content.decode() for key, content in oss.objects.items() if "/=group/" in key)
    assert ACCESS_KEY_SECRET not in str(capsys.readouterr())


def test_whose_turns_nobody_knows_is_noted(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """A shared context that does not tell who asked, whose records are gone: said and left, or removed as a whole."""
    [key] = [key for key in office.files() if "/=group/" in key]
    document = json.loads(office.files()[key])
    for turn in document["turns"].values():
        turn.pop("by", None)
    office.write(key, json.dumps(document).encode())
    for path in (office.cloud.bucket / "records").rglob("*.json"):
        path.unlink()
    assert forget.main([office.lin.staff_id, *mounted(office)], {}) == 0
    assert f"note     {key} has 2 turn(s) of which nothing says whose they are" in capsys.readouterr().out
    assert forget.main([office.lin.staff_id, "--yes", "--whole-groups", *mounted(office)], {}) == 0
    assert not [key for key in office.files() if "/=group/" in key]


def test_an_unreadable_shared_context_is_noted(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is neither rewritten nor destroyed."""
    [key] = [key for key in office.files() if "/=group/" in key]
    office.write(f"{key}.1790000000000.set-aside", b"{")
    assert forget.main([office.lin.staff_id, "--yes", *mounted(office)], {}) == 0
    assert ".set-aside cannot be read; it may hold their words" in capsys.readouterr().out
    assert office.files()[f"{key}.1790000000000.set-aside"] == b"{"


def test_ids_are_taken_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sender id as DingTalk writes it, and the name of its folder, are one person."""
    sender = "$:LWCP_v1:$abc/def=="
    for user in (sender, path_part(sender)):
        folder = tmp_path / "records" / "2026-11-20" / path_part(sender)
        folder.mkdir(parents=True)
        (folder / f"{'0' * 32}.answered.3.json").write_text("{}")
        assert forget.main(["--folder", str(tmp_path), "--yes"], {"FORGET_USER": user}) == 0
        assert not folder.exists()
    capsys.readouterr()
    assert forget.main(["--folder", str(tmp_path), "nobody"], {}) == 0
    assert capsys.readouterr().out == "nothing is stored of nobody\n"


@pytest.mark.parametrize("user", ["..", "../records", "/", "*", "a/b"])
def test_no_id_leads_anywhere_else(tmp_path: Path, user: str) -> None:
    """An id is one name in a path, whatever it holds."""
    kept = tmp_path / "records" / "2026-11-20" / "other" / f"{'0' * 32}.answered.3.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    assert forget.main(["--folder", str(tmp_path), "--yes", "--whole-groups", user], {}) == 0
    assert kept.exists()


REFUSED = [
    (["--folder", "."], {}, "no person was named; wanted a staff id or sender id"),
    (["--folder", "/nothing/here", "lin"], {}, "/nothing/here is no folder; wanted the mounted bucket"),
    (["lin"], {"HOME": "/"}, "no key to Alibaba Cloud is at hand; wanted ALIBABA_CLOUD_ACCESS_KEY_ID"),
    (["lin", "--bucket", "b", "--endpoint", "https://oss.example.com"], KEY, "found bucket b, endpoint"),
    (["lin"], {**KEY, "OSS_BUCKET": ""}, "found bucket none, endpoint"),
]


@pytest.mark.parametrize(("arguments", "environ", "sentence"), REFUSED)
def test_what_it_cannot_do_is_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    environ: dict[str, str],
    sentence: str,
) -> None:
    """Found, wanted, what to do; exit code 2, and nothing was looked at."""
    deployed = tmp_path / "s.yaml"
    deployed.write_text((ROOT / "s.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert forget.main(["--file", str(deployed), *arguments], environ) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"forget: {sentence}")


def test_a_refused_key_is_one_sentence_without_it(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """The bucket's refusal is told, the secret is not."""
    where = ["--bucket", BUCKET, "--endpoint", office.cloud.oss.site.url, "--region", REGION]
    wrong = {**KEY, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "not-this-one"}
    assert forget.main([office.lin.staff_id, *where], wrong) == 2
    said = capsys.readouterr().err
    assert "SignatureDoesNotMatch; wanted a bucket that this key may list" in said
    assert "not-this-one" not in said


PERSON = "$:lin/1=="
"""An id whose folder is spelled otherwise."""
PART = path_part(PERSON)
SHOWN = [
    "**对话记录** `Lin` `{id}`\n\n[下载](https://x)",
    "# `{id}` 的对话记录",
    "- `Lin` `{id}`：3 个问题",
    "有 2 个人叫 `Lin`：\n\n- `#查对话 userid:{id}`，最近一次在 2026-11-20\n- `#查对话 userid:other`",
    "There are 2 people: \n- `#查对话 userid:{id}`, last seen on 2026-11-20",
]


def put(root: Path, key: str, content: bytes | dict[str, object]) -> Path:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode())
    return path


def forgotten(root: Path, *more: str) -> int:
    return forget.main([PERSON, "--yes", "--folder", str(root), *more], {})


@pytest.mark.parametrize("layout", ["records/robot", "records"])
@pytest.mark.parametrize("outcome", ["command", "failed", "undeliverable", "answered", "refused"])
@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("spelling", [PERSON, PART], ids=["id", "folder"])
def test_what_an_administrator_was_shown_of_them(
    tmp_path: Path, layout: str, outcome: str, shown: str, spelling: str
) -> None:
    """It goes whatever became of the command, in either spelling of the id; that it was given stays."""
    record: dict[str, object] = {"user": "boss", "question": "", "answer": shown.format(id=spelling)}
    if layout != "records":
        record["command"] = "usage" if "个问题" in shown else "export"
    path = put(tmp_path, f"{layout}/2026-11-20/boss/{'0' * 32}.{outcome}.0.json", record)
    assert forgotten(tmp_path) == 0
    assert json.loads(path.read_bytes()) == {**record, "answer": ""}


@pytest.mark.parametrize(
    "record",
    [
        {"command": "", "question": f"Who is `{PERSON}`?", "answer": f"`{PERSON}` is a fish"},
        {"question": "Who?", "answer": f"`{PERSON}` is a fish"},
        {"command": "export", "question": "", "answer": f"`{PERSON}2`, `userid:x{PERSON}`"},
        {"command": "export", "question": "", "answer": "`other`"},
        {"command": ["export"], "question": "q", "answer": f"`{PERSON}`"},
        {"command": "persona", "question": "", "answer": "`a pirate`"},
    ],
)
def test_what_others_asked_stays(tmp_path: Path, record: dict[str, object]) -> None:
    """Questions of others are theirs, whatever they are about; and no id is found in a longer one."""
    path = put(tmp_path, f"records/robot/2026-11-20/boss/{'0' * 32}.answered.0.json", record)
    assert forgotten(tmp_path) == 0
    assert json.loads(path.read_bytes()) == record


def group(values: dict[str, Value], *turns: Turn) -> bytes:
    return to_json(Document({turn.id: turn for turn in turns}, values))


GROUP_KEY = "conversations/robot/cid/=group/1790000000000-0123456789abcdef.json"


@pytest.mark.parametrize(
    ("value", "turns", "recorded", "gone", "noted"),
    [
        (Value(5, "a" * 32, "herring", PERSON), [], "", True, False),
        (Value(5, "a" * 32, "herring"), [Turn("a" * 32, 5, State.ANSWERED, by=PERSON)], "", True, False),
        (Value(5, "a" * 32, "herring"), [], PART, True, False),
        (Value(5, "a" * 32, "herring"), [], "", False, True),
        (Value(5, "a" * 32, "herring"), [], "other", False, False),
        (Value(5, "a" * 32, "herring", "other"), [], "", False, False),
        (Value(5, "a" * 32, "herring"), [Turn("a" * 32, 5, State.ANSWERED, by="other")], "", False, False),
        (Value(5, "a" * 32, ""), [], "", False, False),
    ],
)
def test_a_groups_persona(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    value: Value,
    turns: list[Turn],
    recorded: str,
    gone: bool,
    noted: bool,
) -> None:
    """It goes with whoever gave it, also without their record; where nothing says who that was, it is named."""
    put(tmp_path, GROUP_KEY, group({PERSONA: value}, *turns))
    if recorded:
        put(tmp_path, f"records/robot/2026-11-20/{recorded}/{'a' * 32}.command.0.json", b"{}")
    assert forgotten(tmp_path) == 0
    left = b"".join(path.read_bytes() for path in (tmp_path / "conversations").rglob("*.json"))
    assert (b"herring" not in left) == (gone or not value.content)
    assert ("a persona of which nothing says who gave it" in capsys.readouterr().out) == noted
    if noted:
        assert forgotten(tmp_path, "--whole-groups") == 0
        assert not list((tmp_path / "conversations").rglob("*.json"))


@pytest.mark.parametrize("robot", ["robot1", "robot2", "=~2026-11-20", "wecom=2fagent"])
def test_the_account_of_every_robot(tmp_path: Path, robot: str) -> None:
    """Notes, sheets and days that were counted before: their lines go, the sums and everybody else's stay."""
    month, turn = f"account/{robot}/2026-11", "a" * 32
    theirs = Used("b" * 32, 1790000000000, "2026-11-20", 1, 5, PART, "Lin")
    other = Used("c" * 32, 1790000000001, "2026-11-20", 1, 7, "other", "Zhou")
    put(tmp_path, f"records/{robot}/2026-11-20/{PART}/{turn}.open", b"{}")
    put(tmp_path, f"{month}/03/{theirs.file}", b"")
    put(tmp_path, f"{month}/03/{other.file}", b"")
    put(tmp_path, f"{month}/03/{open_file(turn, 1790000000000, 5)}", b"")
    put(tmp_path, f"{month}/03/{open_file('d' * 32, 1790000000000, 5)}", b"")
    put(tmp_path, f"{month}/03/{sheet_file(5, 12)}", sheet_file_content(Sheet().with_used([theirs, other])))
    tallies = {PART: Tally(1, 5, "Lin", PERSON), "other": Tally(1, 7, "Zhou", "other")}
    put(tmp_path, f"{month}/earlier/2026-11-19.0123456789abcdef.json", rollup(tallies))
    put(tmp_path, f"{month}/totals/1790000000000.12.0123456789abcdef", b"")
    put(tmp_path, f"{month}/03/.DS_Store", b"x")
    assert forgotten(tmp_path) == 0
    kept = {path.name: path.read_bytes() for path in (tmp_path / "account").rglob("*") if path.is_file()}
    assert not [name for name in kept if PART in name or turn in name]
    assert len(kept) == 6
    [sheet] = [sheet_of(content) for name, content in kept.items() if name.startswith("~")]
    assert (list(sheet.people), sheet.totals()["2026-11-20"].tokens) == (["other"], 12)
    [earlier] = [tallies_of(content) for name, content in kept.items() if name.startswith("2026-11-19.")]
    assert list(earlier) == ["other"]
    assert not list((tmp_path / "records").rglob("*.open"))


def test_a_sheet_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can say whose lines it has."""
    path = put(tmp_path, f"account/r/2026-11/03/{sheet_file(5, 12)}", b"{")
    assert forgotten(tmp_path) == 0
    assert f"{path.relative_to(tmp_path)} cannot be read" in capsys.readouterr().out
    assert path.exists()


@pytest.mark.parametrize(
    "content", [b"{", b'{"command": "export", "answer": "`lin` asked', b"[1]", b"\xff\x00", b"[" * 9000]
)
def test_a_record_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    """Nobody can say whom a command of its person showed; one that was never written holds nothing."""
    path = put(tmp_path, f"records/r/2026-11-20/boss/{'a' * 32}.failed.0.json", content)
    put(tmp_path, f"records/r/2026-11-20/boss/{'b' * 32}.failed.0.json", b"")
    assert forgotten(tmp_path) == 0
    said = capsys.readouterr().out
    assert f"{path.relative_to(tmp_path)} cannot be read" in said
    assert said.count("cannot be read") == 1
    assert path.read_bytes() == content


def test_what_stays_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be removed is named in a sentence, and the rest goes all the same."""
    folder = tmp_path / "records" / "2026-11-20" / "lin"
    folder.mkdir(parents=True)
    for name in ("0", "1"):
        (folder / f"{name * 32}.answered.3.json").write_text("{}")
    stuck = Change(f"records/2026-11-20/lin/{'0' * 32}.answered.3.json")
    gone = Change(f"records/2026-11-20/lin/{'1' * 32}.answered.3.json")
    # What was a file when it was looked for has become a folder: that stops root, too.
    (tmp_path / stuck.key).unlink()
    (tmp_path / stuck.key).mkdir()
    [sentence] = carry_out(Folder(tmp_path), [stuck, gone])
    assert sentence.startswith(f"{stuck.key} cannot be read or changed (")
    assert not (tmp_path / gone.key).exists()


def test_make_never_takes_the_user_of_the_shell(tmp_path: Path) -> None:
    """USER is a variable of every shell: only the one on the command line counts, and `$` in it stays."""
    probe = tmp_path / "probe"
    probe.write_text('#!/bin/sh\nprintf "%s|%s\\n" "$FORGET_USER" "$*"\n')
    probe.chmod(0o755)

    def run(*arguments: str) -> str:
        command = ["make", "-s", "-o", "/dev/null", "forget", f"VENV_PYTHON={probe}", "INSTALLED=/dev/null", *arguments]
        environ = {**os.environ, "USER": "whoever-is-logged-in"}
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environ).stdout.strip()

    assert run() == "|tools/forget.py"
    assert run("USER=$:LWCP_v1:$a b") == "$:LWCP_v1:$a b|tools/forget.py"
    assert run("USER=lin", "YES=1", "ARGS=--folder x") == "lin|tools/forget.py --yes --folder x"
