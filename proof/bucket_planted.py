"""Files that nobody of ours wrote, put into a conversation's folder and a person's records before the message comes.

They must stop no answer and hide nothing that was stored, and they must be there afterwards, as they were: where they
stood, or beside it, set aside.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from local.cloud import LocalCloud
from proof.bucket_history import History, name_of, write
from proof.bucket_trials import Broken, Story, Trial, checked, settled
from proof.plan import Case, Plan
from proof.result import Result
from reply.bucket import LARGEST, path_part
from reply.conversation import Document, State, Turn, Value, from_json, to_json

_DEEP = 100_000
_OLD_MS, _YOUNG_MS = 3_600_000, 5_000
MANY = 1_000
"""Files that crashes, or a role without the right to remove, left behind."""

_AT_ONCE = 12
_CHINA = timezone(timedelta(hours=8))
_STORY = Story("planted", "and now?")

_TURN = '{"id":"a","at":1,"state":3,"question":"q","answer":"a"}'
CONTENTS: Mapping[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 4,
    "a pickle": b"\x80\x04cos\nsystem\n.",
    "half a document": to_json(Document({"a": Turn("a", 1, State.ANSWERED, answer="x" * 500)}))[:-40],
    "a list": b"[]",
    "a string": b'"conversation"',
    "null": b"null",
    "not a number": b"NaN",
    "no turns": b'{"v":1}',
    "a later version": b'{"v":99,"turns":{},"values":{}}',
    "a version in words": b'{"v":"1","turns":{},"values":{}}',
    "turns in a list": b'{"v":1,"turns":[],"values":{}}',
    "an unknown state": b'{"v":1,"turns":{"a":{"id":"a","at":1,"state":9}},"values":{}}',
    "a state in words": b'{"v":1,"turns":{"a":{"id":"a","at":1,"state":"answered"}},"values":{}}',
    "a turn without id": b'{"v":1,"turns":{"a":{"at":1,"state":3}},"values":{}}',
    "a turn under another's id": f'{{"v":1,"turns":{{"b":{_TURN}}},"values":{{}}}}'.encode(),
    "a question that is a list": b'{"v":1,"turns":{"a":{"id":"a","at":1,"state":3,"question":[]}},"values":{}}',
    "a time that is true": b'{"v":1,"turns":{"a":{"id":"a","at":true,"state":3}},"values":{}}',
    "a value without place": b'{"v":1,"turns":{},"values":{"mode":{"content":"single"}}}',
    "deep lists": b"[" * _DEEP,
    "deep objects": b'{"v":' * _DEEP,
    "a number without end": b'{"v":' + b"9" * 6000 + b',"turns":{},"values":{}}',
    "not UTF-8": b'{"v":1,"turns":{"\xff\xfe":{}},"values":{}}',
    "UTF-16": '{"v":1,"turns":{},"values":{}} '.encode("utf-16")[:-1],
}
ODD_NAMES = (
    *(".json", "\n.json", "😀.json", "notes.txt", "%2e%2e", "-rf", "*.json", " ", "CON", "a" * 250, "..json"),
    *("0000000000001-0123456789abcdef.json.bak", "0000000000001-0123456789ABCDEF.json", "x.0000000000001.set-aside"),
    *("\udcff\udcfe.json", "１２３４５６７８９０１２３-0123456789abcdef.json", "0000000000001-0123456789abcdef.json\n"),
)

Plant = Callable[[Path, Trial], None]


def run(plan: Plan, cloud: LocalCloud, result: Result) -> None:
    """Plant everything everywhere, or a share of it."""
    plants = dict(_plants())
    chosen = plan.sample("bucket_planted", [Case(f"planted {name}") for name in plants])
    for start in range(0, len(chosen), _AT_ONCE):
        trials = [
            (Trial(case, _STORY, cloud), case.name.removeprefix("planted ")) for case in chosen[start:][:_AT_ONCE]
        ]
        before = [_planted(trial, plants[name]) for trial, name in trials]
        settled(cloud, [trial for trial, _ in trials], result)
        for (trial, _), held in zip(trials, before, strict=True):
            checked(cloud, trial, result)
            _unharmed(trial, held, result)
        cloud.reset()
    result.numbers["files and folders planted, in ways"] = len(plants)


def _plants() -> Iterator[tuple[str, Plant]]:
    for name, content in CONTENTS.items():
        for age, age_ms in (("old", _OLD_MS), ("young", _YOUNG_MS)):
            yield f"{name}, {age}", _file(content, age_ms)
    yield "a huge file", _huge
    for number, name in enumerate(ODD_NAMES):
        yield f"a file with odd name {number}", _named(name, b"\x00 not ours")
        yield f"a folder with odd name {number}", _folder_named(name)
    yield "a folder with a name of ours", _folder
    for number, target in enumerate(("nowhere", "itself", "/etc/hostname", "/")):
        yield f"a link {number} with a name of ours", _link(target)
        yield f"a link {number} with another name", _link(target, "link.json")
    yield "a turn that is at work for ever", _for_ever
    yield "turns and values of absurd times", _absurd
    yield "a thousand documents", _leftovers
    yield "a thousand documents in a slow bucket", _leftovers_slow
    yield "a thousand files of others", _strangers
    yield "a thousand failed uploads", _failed_uploads
    yield "records of others", _in_records


def _file(content: bytes, age_ms: int) -> Plant:
    def plant(folder: Path, trial: Trial) -> None:
        (folder / name_of(trial.sent.at - age_ms)).write_bytes(content)
        trial.mended = age_ms == _OLD_MS

    return plant


def _named(name: str, content: bytes) -> Plant:
    def plant(folder: Path, _: Trial) -> None:
        (folder / name).write_bytes(content)

    return plant


def _folder_named(name: str) -> Plant:
    return lambda folder, _: (folder / name).mkdir()


def _folder(folder: Path, trial: Trial) -> None:
    (folder / name_of(trial.sent.at - _OLD_MS)).mkdir()
    trial.mended = False


def _link(target: str, name: str = "") -> Plant:
    def plant(folder: Path, trial: Trial) -> None:
        path = folder / (name or name_of(trial.sent.at - _OLD_MS))
        trial.mended = bool(name)
        path.symlink_to(path if target == "itself" else Path(target))

    return plant


def _huge(folder: Path, trial: Trial) -> None:
    with (folder / name_of(trial.sent.at - _OLD_MS)).open("wb") as file:
        file.truncate(LARGEST + 10_000_000)  # a hole: it costs no disk


def _for_ever(_: Path, trial: Trial) -> None:
    working = Turn("b" * 32, trial.sent.at - 1000, State.PENDING, deadline=10**15, handover="x")
    write(trial.history, Document({working.id: working}), trial.sent.at - _OLD_MS)


def _absurd(_: Path, trial: Trial) -> None:
    times = (-(10**18), -1, 0, 10**15, 10**30)
    turns = [Turn(f"{number:032x}", at, State.FAILED, deadline=at, attempt=at) for number, at in enumerate(times)]
    values = {name: Value(0, "", "nonsense") for name in ("mode", "persona ", "expired", "", "other")}
    write(trial.history, Document({turn.id: turn for turn in turns}, values), trial.sent.at - _OLD_MS)


def _leftovers(_: Path, trial: Trial) -> None:
    turns = sorted(trial.history.turns.values(), key=lambda turn: turn.at)
    for number in range(MANY):
        turn = turns[number % len(turns)]
        other = replace(turn, id=secrets.token_hex(16), at=turns[0].at - number - 1)
        write(trial.history, Document({turn.id: turn, other.id: other}), trial.sent.at - _OLD_MS + number)


def _leftovers_slow(folder: Path, trial: Trial) -> None:
    _leftovers(folder, trial)
    trial.fault("slow", seconds=0.03, paced=True)


def _strangers(folder: Path, _: Trial) -> None:
    for number in range(MANY):
        (folder / f"photo {number}.png").write_bytes(b"\x89PNG")


def _failed_uploads(folder: Path, trial: Trial) -> None:
    for number in range(MANY):
        (folder / name_of(trial.sent.at - _OLD_MS - number)).touch()


def _in_records(_: Path, trial: Trial) -> None:
    day = datetime.fromtimestamp(trial.sent.at / 1000, _CHINA).strftime("%Y-%m-%d")
    folder = trial.history.mount / "records" / trial.history.key.robot / day / path_part(trial.person.staff_id)
    folder.mkdir(parents=True)
    for name in ODD_NAMES:
        (folder / name).write_bytes(b"\x00")
    turn = secrets.token_hex(16)
    for name in (f"{turn}.open", f"{turn}.answered.0.json", f"{turn}.answered.-1.json", f"{turn}.{'9' * 100}.json"):
        (folder / name).write_bytes(b"[]")
    (folder / f"{secrets.token_hex(16)}.failed.7.json").mkdir()
    (folder / "loop").symlink_to(folder / "loop")


def _planted(trial: Trial, plant: Plant) -> Mapping[Path, bytes]:
    """Plant, and return what is there that no document of ours is."""
    folder = trial.history.folder
    plant(folder, trial)
    return {path: held for path in _walk(trial.history) if (held := _held(path)) is not None}


def _walk(history: History) -> list[Path]:
    records = history.mount / "records"
    person = path_part(history.key.member)
    folders = [history.folder, *(path / person for path in records.glob("*/*"))]
    return [folder / name for folder in folders if folder.is_dir() for name in os.listdir(folder)]


def _held(path: Path) -> bytes | None:
    """What a file, link or folder is, in some bytes; None for a document of ours, which may be merged into another."""
    if path.is_symlink():
        return b"link to " + os.fsencode(os.readlink(path))
    if path.is_dir():
        return b"folder"
    if path.stat().st_size > LARGEST:
        return f"{path.stat().st_size} bytes".encode()
    content = path.read_bytes()
    with suppress(ValueError):
        from_json(content)
        return None
    return content


def _unharmed(trial: Trial, before: Mapping[Path, bytes], result: Result) -> None:
    broken = Broken(trial.case.name, result)
    now = {path: _held(path) for path in _walk(trial.history)}
    for path, held in before.items():
        kept = [other for other in now if other.parent == path.parent and other.name.startswith(path.name)]
        found = [now[other] for other in kept]
        broken.unless(held in found, f"{path.name[:60]!r} is {found}", f"it stays, or is set aside: {held[:40]!r}")
