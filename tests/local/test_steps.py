"""Steps of a run: every side effect is found and named without secrets, and a process dies on either side of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local import runner_upload
from local.cloud import LocalCloud, Reply, Sent
from local.deaths import Death
from local.fc import AsyncRules
from local.runner_steps import RETURN, START, Steps, label_of_line
from local.runs import Outcome

NewCloud = Callable[..., LocalCloud]
POST = ("send more of POST dingtalk /robot/sendBySession", 0)
RECORD = ("save records/*/*/*/*.answered.*.json", 0)


@pytest.fixture
def traced(cloud: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud that notes every step."""
    cloud.fc.traced = True
    yield cloud
    cloud.fc.traced = False


def runs(cloud: LocalCloud, sent: Sent, how: str = "async") -> list[Outcome]:
    cloud.wait(sent)
    return [outcome for invocation in cloud.invocations(sent, how) for outcome in invocation.outcomes]


def test_a_run_is_told_from_its_start_to_its_return(traced: LocalCloud) -> None:
    """Files, requests and log lines of both functions, in order, with the time that each took."""
    sent = traced.say(traced.person(), "hello")
    [reply], [conversation] = runs(traced, sent), runs(traced, sent, "trigger")
    for run in (reply, conversation):
        assert [run.steps[0].label, run.steps[-1].label] == [START, RETURN]
        times = [time for step in run.steps for time in (step.began, step.ended)]
        assert times == sorted(times)  # type: ignore[type-var]  # nothing died, so every step has ended
    names = [step.name for step in reply.steps]
    asked = names.index(("send more of POST model /v1/chat/completions", 0))
    shown, recorded = names.index(POST), names.index(RECORD)
    assert asked < shown < recorded < names.index(("remove records/*/*/*/*.open", 0)) < names.index(("log outcome", 0))
    assert ("send POST fc /*/functions/reply/invocations", 0) in [step.name for step in conversation.steps]


def test_names_of_steps_hold_nothing_of_a_message(traced: LocalCloud) -> None:
    """No id, person, day, session or size: the same step has the same name in every run."""
    first, second = (
        [step.name for step in runs(traced, traced.say(traced.person(name), "hello"))[0].steps]
        for name in ("小林", "Zhou")
    )
    assert [name for name in first if not name[0].startswith(("mkdir", "connect", "subprocess"))] == [
        name for name in second if not name[0].startswith(("mkdir", "connect", "subprocess"))
    ]
    assert not [label for label, _ in (*first, *second) if re.search(r"\d", label.replace("/v1/", "/"))]


def test_nothing_is_told_where_nobody_asked(cloud: LocalCloud) -> None:
    """Tracing costs only those who want it."""
    assert [run.steps for run in runs(cloud, cloud.say(cloud.person(), "hello"))] == [()]


@pytest.mark.parametrize(("side", "shown"), [("before", 1), ("after", 2)])
def test_an_instance_dies_on_the_side_that_was_asked_for(cloud: LocalCloud, side: str, shown: int) -> None:
    """Just before the post nobody has seen anything; just after it DingTalk has, and the retry posts once more."""
    sent = cloud.compose(cloud.person(), "hello")
    cloud.fc.deaths.append(Death(sent.id, "reply", "async", POST, side))
    cloud.deliver(sent)
    assert [run.kind for run in runs(cloud, sent)] == ["exit", "result"]
    assert len(sent.answers) == shown


def test_other_messages_live(cloud: LocalCloud) -> None:
    """A death is one message's, in the runs that were named, and in no other."""
    doomed, other = cloud.compose(cloud.person(), "hello"), cloud.compose(cloud.person(), "hello")
    cloud.fc.deaths.append(Death(doomed.id, "reply", "async", (START, 0), runs=frozenset({0, 1})))
    cloud.deliver_all([doomed, other])
    assert [run.kind for run in runs(cloud, doomed)] == ["exit", "exit", "result"]
    assert [run.kind for run in runs(cloud, other)] == ["result"]


def test_an_instance_that_dies_after_its_return_has_answered(cloud: LocalCloud) -> None:
    """The run has succeeded; nobody else is given to the dying instance."""
    sent = cloud.compose(cloud.person(), "hello")
    cloud.fc.deaths.append(Death(sent.id, "reply", "async", (RETURN, 0), "after"))
    cloud.deliver(sent)
    assert [run.kind for run in runs(cloud, sent)] == ["result"]
    again = cloud.say(sent.person, "hello")
    assert [run.kind for run in runs(cloud, again)] == ["result"]


@pytest.mark.parametrize(("side", "shown"), [("before", 1), ("after", 2)])
def test_a_run_can_stop_without_ending(new_cloud: NewCloud, side: str, shown: int) -> None:
    """It neither goes on nor ends, its watchdog included, until FC's time-out; then FC runs it again."""
    cloud = new_cloud(reply_timeout=3)
    sent = cloud.compose(cloud.person(), "hello")
    cloud.fc.deaths.append(Death(sent.id, "reply", "async", POST, side, stops=True))
    cloud.deliver(sent)
    assert [run.kind for run in runs(cloud, sent)] == ["timeout", "result"]
    assert len(sent.answers) == shown


def test_a_death_can_have_a_time(cloud: LocalCloud) -> None:
    """Killed from outside while the model thinks; FC's retry answers."""
    cloud.model.script(Reply(text="too late", first_token=20), "in time")
    sent = cloud.compose(cloud.person(), "hello")
    cloud.fc.deaths.append(Death(sent.id, "reply", "async", after=0.5))
    cloud.deliver(sent)
    assert [run.kind for run in runs(cloud, sent)] == ["exit", "result"]
    assert len(sent.answers) == 1


@pytest.mark.parametrize(("side", "files"), [("before", 0), ("after", 1)])
def test_a_file_is_in_the_bucket_when_it_is_closed(new_cloud: NewCloud, side: str, files: int) -> None:
    """As on an OSS mount: who dies before closing leaves nothing, not even an empty file."""
    cloud = new_cloud(rules=AsyncRules(retries=0, on_failure=""))
    sent = cloud.compose(cloud.person(), "hello")
    cloud.fc.deaths.append(Death(sent.id, "reply", "async", RECORD, side))
    cloud.deliver(sent)
    assert [run.kind for run in runs(cloud, sent)] == ["exit"]
    assert len(list(cloud.bucket.glob("records/*/*/*/*.json"))) == files
    assert not list(cloud.bucket.parent.glob(f"{cloud.bucket.name}?*"))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Any]:
    """`open` for writing below a mount."""
    (tmp_path / "mount").mkdir()

    def opened(name: str, mode: str = "w", **how: Any) -> Any:
        path, mount = str(tmp_path / "mount" / name), str(tmp_path / "mount")
        return runner_upload.opened(path, mode, lambda p: lambda content: runner_upload.put(p, content, mount), **how)

    return opened


def test_a_file_comes_whole_and_at_close(tmp_path: Path, write: Callable[..., Any]) -> None:
    """Text and bytes; a file that is written anew is empty meanwhile, as the mount has it."""
    path = tmp_path / "mount" / "a.txt"
    with write("a.txt", encoding="utf-8", newline="\r\n") as file:
        file.write("字\n")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == "字\r\n".encode()
    with write("a.txt", "wb") as file:
        file.write(b"new")
        assert path.read_bytes() == b""
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["mount"]


@pytest.mark.parametrize(
    ("name", "mode", "error"),
    [
        ("missing/a.txt", "w", FileNotFoundError),
        ("there.txt", "x", FileExistsError),
        ("there.txt/a.txt", "w", NotADirectoryError),
        (".", "w", IsADirectoryError),
        ("a" * 300, "w", OSError),
        ("a\0b", "w", ValueError),
    ],
)
def test_opening_fails_as_ever(
    tmp_path: Path, write: Callable[..., Any], name: str, mode: str, error: type[Exception]
) -> None:
    """What cannot be written is told when it is opened, not when it is closed."""
    (tmp_path / "mount" / "there.txt").touch()
    with pytest.raises(error):
        write(name, mode)


def test_lines_are_named_by_their_event() -> None:
    """A line is a step by its event; whatever else is in it stays out."""
    assert label_of_line('{"event": "outcome", "request_id": "12"}') == "log outcome"
    assert [label_of_line(line) for line in ("plain 12", "[]", '{"a": 1}')] == ["log"] * 3


def test_threads_have_steps_of_their_own(tmp_path: Path) -> None:
    """What one thread does inside a step is part of it; what another does meanwhile is a step."""
    told: list[tuple[str, int, str]] = []
    steps = Steps(str(tmp_path), {}, lambda: 0.0, lambda f: told.append((f["label"], f["number"], f["side"])))
    steps.begin(trace=True, death=None)

    def elsewhere() -> None:
        with steps.step("outer"):
            pass

    with steps.step("outer"), steps.step("inner"):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert told == [("outer", 0, "before"), ("outer", 1, "before"), ("outer", 1, "after"), ("outer", 0, "after")]
