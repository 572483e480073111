"""Faults of the bucket that are addressed to one operation of one run."""

import pytest

from local.cloud import LocalCloud, Sent
from local.faults import Fault


def said(cloud: LocalCloud, prefix: str) -> list[str]:
    return [line.text.removeprefix(prefix) for line in cloud.logs("reply") if line.text.startswith(prefix)]


def disk_fault(plain: LocalCloud, sent: Sent, name: str, **details: object) -> None:
    """A fault of the bucket for the runs of `reply` for one message."""
    plain.fc.disk.add(Fault(name, None, sent.conversation.id, function="reply", parameters=details))


def test_the_operations_of_a_run_can_be_traced(new_cloud, plain_options) -> None:
    """Every operation below the mount, with its number, changes and reads; a paced slowness costs no real time."""
    plain = new_cloud(**plain_options, watch_files=True)
    lin = plain.person()
    (plain.bucket / "notes").mkdir(exist_ok=True)
    (plain.bucket / "notes" / "known.txt").write_bytes(b"0123456789")
    sent = plain.compose(lin, "read")
    disk_fault(plain, sent, "trace")
    disk_fault(plain, sent, "slow", seconds=60.0, paced=True)
    plain.deliver(sent)
    plain.wait(sent)
    changes = [change for change in plain.fc.pools["reply"].files if change.request_id == request_of(plain, sent)]
    assert [(change.number, change.operation) for change in changes] == [
        (1, "os.mkdir"),
        (2, "write"),
        (2, "saved"),
        (3, "read"),
    ]


def request_of(plain: LocalCloud, sent: Sent) -> str:
    return plain.invocations(sent, "async")[0].request_id


@pytest.mark.parametrize(
    ("at", "only", "state", "reads"),
    [
        (2, True, "EACCES", "whole"),
        (3, True, "written", "PermissionError"),
        (4, True, "written", "whole"),
        (2, False, "EACCES", "PermissionError"),
    ],
)
def test_one_operation_can_fail(plain, at: int, only: bool, state: str, reads: str) -> None:
    """The operation of that number fails, or it and all that follow."""
    (plain.bucket / "notes").mkdir(exist_ok=True)
    (plain.bucket / "notes" / "known.txt").write_bytes(b"whole")
    sent = plain.compose(plain.person(), "read")
    disk_fault(plain, sent, "permission", at=at, only=only)
    plain.deliver(sent)
    plain.wait(sent)
    errors = {outcome.error_type for outcome in plain.invocations(sent, "async")[0].outcomes}
    assert said(plain, "disk ")[0] == state
    assert errors == ({reads} if reads == "PermissionError" else {""})


def test_reads_can_end_early(plain) -> None:
    """What is stored stays whole."""
    (plain.bucket / "notes").mkdir(exist_ok=True)
    (plain.bucket / "notes" / "known.txt").write_bytes(b"0123456789")
    sent = plain.compose(plain.person(), "read")
    disk_fault(plain, sent, "truncated", at=3, only=True)
    plain.deliver(sent)
    plain.wait(sent)
    assert said(plain, "reads ") == [repr(b"01234")]


def test_what_is_known_of_a_path_is_believed(new_cloud, plain_options) -> None:
    """A file that was missing stays missing for a minute though another wrote it; one's own changes are known."""
    plain = new_cloud(**plain_options, watch_files=True, instances=1)
    (plain.bucket / "notes").mkdir(exist_ok=True)
    lin = plain.person()
    kinds = []
    for wait in (0, 1, 61):
        plain.advance(wait)
        sent = plain.compose(lin, "read")
        disk_fault(plain, sent, "remembers")
        plain.deliver(sent)
        plain.wait(sent)
        kinds.append(plain.invocations(sent, "async")[0].outcomes[0].error_type)
        (plain.bucket / "notes" / "known.txt").write_bytes(b"0123456789")
    assert kinds == ["FileNotFoundError", "FileNotFoundError", ""]
    assert said(plain, "disk ")[0] == "written"


def test_listings_can_show_what_is_gone(plain) -> None:
    """A name that was removed, in the folder that is named."""
    (plain.bucket / "notes").mkdir(exist_ok=True)
    sent = plain.compose(plain.person(), "list")
    disk_fault(plain, sent, "gone", names={"notes": ["0.txt"], "other": ["1.txt"]})
    plain.deliver(sent)
    plain.wait(sent)
    assert "0.txt" in said(plain, "sees ")[0].split(",")
    assert "1.txt" not in said(plain, "sees ")[0]
