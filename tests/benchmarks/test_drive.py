"""The load tool drives a local cloud that runs, or one of its own, and loses nothing."""

from __future__ import annotations

import pytest

from benchmarks import drive
from local.cloud import LocalCloud, Options
from local.messages import Sent
from local.page_server import PageServer
from tests.local.conftest import STANDIN_OPTIONS


@pytest.fixture
def served():
    with LocalCloud(Options(**STANDIN_OPTIONS)) as cloud:
        server = PageServer(cloud.parts, {"demo": True, "name": "demo"})
        cloud.do(server.site.start())
        yield cloud, server.site.url
        cloud.do(server.stop())


def test_a_cloud_that_runs_is_driven(served, capsys: pytest.CaptureFixture[str]) -> None:
    """Every message is in the simulator once, from several people, and each was answered."""
    cloud, url = served
    assert drive.main(["--url", url, "--messages", "12", "--at-once", "4"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("12 messages, 0 without an answer, ")
    assert [line.split(" after ")[0] for line in said[1:]] == ["acknowledged", "answered"]
    sent = [message for message in cloud.dingtalk.timeline if isinstance(message, Sent)]
    assert len(sent) == 12
    assert len({message.person.id for message in sent}) > 2
    assert all(len(message.answers) == 1 for message in sent)


def test_what_is_not_answered_is_counted(served, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence of DingTalk is no answer, and the exit status says so."""
    cloud, url = served
    cloud.switch_on("webhook-expired", times=1)
    assert drive.main(["--url", url, "--messages", "2", "--at-once", "1"]) == 1
    assert capsys.readouterr().out.startswith("2 messages, 1 without an answer, ")


def test_it_brings_its_own_cloud(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an address one is started, headless, on free ports."""
    assert drive.main(["--demo", "--messages", "2", "--at-once", "2", "--env", "none", "--settings", "docs"]) == 0
    assert capsys.readouterr().out.startswith("2 messages, 0 without an answer, ")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--url", "http://127.0.0.1:9"], 1, "no local cloud was reached at http://127.0.0.1:9"),
        (["--messages", "0"], 2, "--messages must be at least 1"),
        (["--at-once", "0"], 2, "--at-once must be from 1 to 200"),
        (["--at-once", "201"], 2, "--at-once must be from 1 to 200"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, sentence: str
) -> None:
    """Found, and what to do, on the error output."""
    try:
        found = drive.main(arguments)
    except SystemExit as usage:
        found = int(str(usage.code))
    assert found == status
    assert sentence in capsys.readouterr().err.splitlines()[-1]
