"""The benchmarks run, and measure what they say, on the smallest sample."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import account, capacity, cold, history, load, messages, sensitive, settings, warm
from benchmarks.capacity import Limits, Times, simulate
from benchmarks.launch import Instance, run
from benchmarks.limits import NoGroup, Size, group_maker
from benchmarks.packages import Packages
from benchmarks.report import NAMED, Report, Row, machine, plot_cold, plot_load
from benchmarks.standins import Standins
from shipping.target import TARGETS

FUNCTIONS = Path(__file__).parent.parent.parent / "functions"
WHOLE = Size(1, 512)


@pytest.fixture
def bench(tmp_path: Path) -> object:
    """Our functions from their sources, run by this Python; the comparison is not built for tests."""
    for name in ("conversation", "reply"):
        folder = tmp_path / name
        folder.mkdir()
        for part in (name, "shared"):
            (folder / part).symlink_to(FUNCTIONS / part)
        (folder / "index.py").write_text(f"from {name}.index import handler\n")
    packages = Packages(tmp_path, [sys.executable], TARGETS[0], {}, {})
    with Standins() as standins:
        yield cold.Bench(packages, standins, NoGroup)


def test_a_cold_acknowledgement_is_measured(bench: cold.Bench) -> None:
    """One sample has time and CPU, and the message was handed over."""
    [sample] = cold.acknowledgements(bench, WHOLE, 1, ("ours",))["ours"]
    assert sample.cpu_ms > 0
    assert sample.ms == pytest.approx(sample.cpu_ms)  # without a group: derived from CPU
    [request] = bench.standins.of("invoke")
    assert json.loads(request.body)["text"] == messages.QUESTION


def test_a_warm_acknowledgement_is_measured(bench: cold.Bench) -> None:
    """Every callback is handed over, by stub and over loopback."""
    assert len(warm.stubbed(bench, 3).cpu) == 3
    assert warm.acknowledgements(bench, 3, "ours").per_cpu_second > 0


def test_the_callback_is_signed_and_refused_otherwise(bench: cold.Bench) -> None:
    """What is measured is the accepting of a valid callback: another secret makes the benchmark fail."""
    front = bench.front("ours")
    other = Instance(front.folder, front.form, {**front.environ, "DINGTALK_APP_SECRET": "other"}, front.python)
    run(other, [bench.callback("ours")], NoGroup(WHOLE))
    assert bench.standins.of("invoke") == []


def test_settings_of_ours_are_complete() -> None:
    """Neither function has a problem with the settings it is measured with."""
    from conversation.settings import Settings
    from reply.settings import ReplySettings

    assert Settings.read(settings.conversation("127.0.0.1:1")).problems == ()
    assert ReplySettings.read(settings.reply("127.0.0.1:1", "/mnt")).problems == ()


def test_history_does_not_slow_down() -> None:
    """A conversation's folder holds one file, however many turns it has had."""
    found = history.loading((1, 5), 2)
    assert set(found) == {1, 5}
    assert min(found.values()) > 0


def test_masking_is_measured() -> None:
    """An ordinary answer and one of such words only."""
    found = sensitive.masking(50, 200, 2)
    assert {"ordinary", "all hits", "one beginning", "almost hits", "one in another"} <= set(found)
    assert min(found.values()) >= 0


def test_groups_hold_what_they_say(tmp_path: Path) -> None:
    """Where groups can be made, a process in one gets its share of CPU and is counted; elsewhere that is said."""
    maker, said = group_maker()
    if maker is NoGroup:
        assert "derived" in said
        return
    (tmp_path / "index.py").write_text(
        "import time\ndef handler(event, context):\n    while time.process_time() < 0.15:\n        pass\n"
    )
    with maker(Size(0.25, 128)) as group:
        done = run(Instance(tmp_path, "event", {}, [sys.executable]), [b"{}"], group)
    assert done.first_ms > 300
    assert done.kills == 0


def test_memory_that_runs_out_is_seen(tmp_path: Path) -> None:
    """An instance that needs more than its group has is reported as killed."""
    maker, _ = group_maker()
    (tmp_path / "index.py").write_text("def handler(event, context):\n    b'x' * 300_000_000\n")
    instance = Instance(tmp_path, "event", {}, [sys.executable])
    with maker(Size(1, 128)) as group:
        assert run(instance, [b"{}"], group).kills == (1 if group.enforced else 0)


def test_saturation_loses_nothing() -> None:
    """Each level says how many came through and how many were lost."""
    [point] = load.curve((2,), 4, instances=2)
    assert point.lost == 0
    assert point.per_second > 0


@pytest.mark.parametrize(
    ("per_second", "instances", "most_waiting", "least_waiting"),
    [(0.5, 100, 2, 0), (50, 100, 1e9, 60), (50, 1000, 2, 0)],
    ids=["few messages", "more than the instances can do", "enough instances"],
)
def test_the_simulation_knows_the_limits(
    per_second: float, instances: int, most_waiting: float, least_waiting: float
) -> None:
    """Nobody waits below the limit; above it the queue grows."""
    found = simulate(per_second, Limits(instances=instances, starts=50), Times(), messages=4000)
    assert least_waiting <= found.wait_p99 <= most_waiting


def test_a_report_is_written(tmp_path: Path) -> None:
    """Table, JSON and plots come from the same rows."""
    report = Report(
        {"system": "a machine"}, [Row("a row", "1", "2", "≤ 3", True, "a note"), Row("b", "1", "", "≤ 0", False)]
    )
    report.write(tmp_path)
    assert "| a row | 1 | 2 | ≤ 3 | yes |" in (tmp_path / "latest.md").read_text()
    assert "**no**" in (tmp_path / "latest.md").read_text()
    assert json.loads((tmp_path / "latest.json").read_text())["rows"][0]["what"] == "a row"
    plot_cold({"one": {"ours": [1.0, 2.0]}, "two": {"ours": [1.0], "comparison": [2.0]}}, tmp_path / "cold.png")
    plot_load([{"at_once": 1, "per_second": 2, "p50_ms": 3, "p99_ms": 4}], tmp_path / "load.png")
    assert (tmp_path / "cold.png").stat().st_size > 1000


def test_steps_grow_to_internet_scale() -> None:
    """The steps of docs/capacity.md are in order of people."""
    people = [step.people for step in capacity.STEPS]
    assert people == sorted(people)
    assert people[-1] >= 100_000_000


def test_versions_are_told() -> None:
    """What ran the functions, and the libraries of both sides, are named with their versions."""
    told = machine([sys.executable], dict.fromkeys(NAMED, "1.2.3"), "none")
    assert told["functions run by"].endswith(".".join(map(str, sys.version_info[:3])))
    assert told["libraries"].count("1.2.3") == len(NAMED)


def test_the_account_is_measured() -> None:
    """Waiting is the mount's, whatever the machine does: a question's own share is two accesses one after the other."""
    rows = account.rows(account.Size(400, 40), 3)
    cells = {(row.split(" | ")[1], row.split(" | ")[2]): row.split(" | ")[3:] for row in rows}
    for limit in ("far", "near"):
        p50 = cells["after", "a question, the limit far" if limit == "far" else "a question, near the limit"][0]
        assert 60 <= int(p50.removesuffix(" ms")) < 100
    assert "2 files written, 18 pages listed" in cells["after", "a question, near the limit"][-1]
    assert "43 pages listed" in cells["before", "a question, near the limit"][-1]
