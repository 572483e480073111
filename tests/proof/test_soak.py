"""The soak: the same choices for the same seed, every fault of the catalogue, and results that add up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conversation.dispatch import FIRST_TRY_SECONDS
from local.catalogue import CATALOGUE
from local.faults import Fault, Faults
from local.switches import Switches
from proof.mutations import MUTATIONS
from proof.outcomes import OUTCOMES, Conditions, Verdict
from proof.plan import Plan
from proof.publish import ROOT, blocks, replaced
from proof.result import RESULTS
from proof.soak import Sample, Soaked, soak
from proof.soak_faults import KINDS, LEFT_OUT, TRY_S, Dose, conditions, doses
from proof.soak_measure import crowded, files, percentile
from proof.soak_memory import GROWTH_MB, Lives, growth, harmless, lives
from proof.soak_runs import RunsDiffer, kept, runs, summary
from proof.soak_traffic import Town


def test_a_short_soak_keeps_the_promise() -> None:
    """The whole of it is part of `make prove`."""
    found = soak(Plan(seed=2, share=0.01), curve=False, lives=False)
    assert not found.tally.violations
    assert not found.violations
    assert found.tally.messages == sum(found.tally.outcomes[outcome] for outcome in OUTCOMES) == 200
    assert found.acknowledged
    assert found.overhead
    assert found.samples[-1].records


def test_a_soak_of_a_broken_build_fails_and_says_which_message(tmp_path: Path) -> None:
    """A post that is repeated after success is seen at once, and reported with the number of the message."""
    twice = next(mutation for mutation in MUTATIONS if "repeated after success" in mutation.name)
    copy = twice.applied(Plan().code[0], tmp_path / "copy")
    found = soak(Plan(share=0.001, code=(copy,)), curve=False, lives=False)
    assert len(found.tally.violations) > 5
    assert found.tally.violations[0].violation.split(",")[0].isdigit()


def test_the_seed_makes_every_choice() -> None:
    """The same seed plans the same messages and faults, another seed others."""

    def planned(seed: int) -> list[str]:
        choose = Plan(seed).random("soak")
        town = Town.of(choose)
        return [str(town.message(number, choose)) for number in range(1, 200)]

    assert planned(1) == planned(1) != planned(2)


def test_every_fault_of_the_catalogue_is_tried_or_left_out_for_a_reason() -> None:
    """A fault that is added to the catalogue is tried from then on, with parameters that it takes."""
    tried = {name for names in KINDS.values() for name in names}
    assert tried | set(LEFT_OUT) == set(CATALOGUE)
    assert not tried & set(LEFT_OUT)
    switches = Switches({entry.queue: Faults() for entry in CATALOGUE.values()})
    choose, drawn = Plan().random("doses"), set()
    for dose in (dose for _ in range(3000) for dose in doses(choose)):
        switches.on(dose.name, conversation="c1", times=dose.times, **dose.parameters)
        drawn.add(dose.name)
    assert drawn == tried


def met(name: str, seconds: float = 0.0, **parameters: str) -> Fault:
    return Fault("any", switch=name, seconds=seconds, parameters=parameters)


def test_the_judge_is_told_of_what_it_cannot_see() -> None:
    """A bucket that failed, and a hand-over of which FC did not say that it was taken."""
    assert conditions([met("bucket-full", match=""), met("errcode")]) == Conditions(bucket=True)
    assert conditions([met("bucket-full", match="conversations")]) == Conditions(bucket=True, records=False)
    twice = conditions([met("bucket-full", match="conversations"), met("invoke-duplicated")])
    assert twice == Conditions(bucket=True)
    assert conditions([met("invoke-unknown")]).acceptance
    slow = [conditions([met("invoke-slow", seconds=seconds)]).acceptance for seconds in (TRY_S - 0.1, TRY_S)]
    assert slow == [False, True]
    nothing = conditions([met(name) for name in ("errcode", "killed", "bucket-slow", "invoke-duplicated")])
    assert (nothing.bucket, nothing.acceptance) == (False, False)


def test_the_first_try_of_a_hand_over_is_as_long_as_the_judge_believes() -> None:
    """A longer one would make FC's silence a window where it was none."""
    assert TRY_S == FIRST_TRY_SECONDS


def test_what_lies_in_the_bucket_is_counted_by_what_it_is(tmp_path: Path) -> None:
    """Documents, records, open notes, what was set aside, and the rest."""
    place, day = tmp_path / "conversations" / "r" / "c" / "m", tmp_path / "records" / "r" / "2026-01-01" / "p"
    place.mkdir(parents=True)
    day.mkdir(parents=True)
    for number in range(2):
        (place / f"{number:013d}-0123456789abcdef.json").write_text("{}")
    (place / "0000000000000-0123456789abcdef.json-01234567.set-aside").write_text("x")
    (day / f"{'a' * 32}.answered.12.json").write_text("{}")
    (day / f"{'b' * 32}.open").write_text("{}")
    (place / "upload.tmp").write_text("")
    found = files(tmp_path)
    assert (found.conversations, found.documents, found.most_in_one, found.records) == (1, 2, 2, 1)
    assert (found.kept_aside, found.open, list(found.others)) == (1, {"b" * 32}, ["conversations/r/c/m/upload.tmp"])
    assert found.all == 6
    assert crowded(tmp_path) == ["conversations/r/c/m"]


def test_growth_is_that_of_warm_instances() -> None:
    """What an instance takes to become warm is no growth, and one that served little says nothing."""
    warming = [(100, 40.0), (300, 60.0)]
    warm = [(500, 60.0), (1000, 61.0), (1500, 62.0), (2000, 63.0), (2500, 64.0)]
    assert growth([*warming, *warm]) == pytest.approx(2.0)
    assert growth([*warming, *warm[1:]]) is None
    assert growth([]) is None


def test_percentiles_are_values_that_were_seen() -> None:
    """Nothing is made up between two of them."""
    assert (percentile([], 0.5), percentile([3, 1, 2], 0.5), percentile([1, 2], 1.0)) == (0.0, 2, 2)


@pytest.mark.parametrize(("slope", "broken"), [(GROWTH_MB - 0.1, 0), (GROWTH_MB, 0), (GROWTH_MB + 0.1, 1)])
def test_a_function_that_grows_is_reported(slope: float, broken: int) -> None:
    """At the limit it may, above it may not."""
    found = Lives({"reply": [(runs, 50 + slope * runs / 1000) for runs in range(0, 2501, 100)]})
    found.judge(whole=True)
    assert len(found.violations) == broken


@pytest.mark.parametrize(("whole", "broken"), [(False, 0), (True, 1)])
def test_what_was_not_measured_is_no_growth_of_nothing(whole: bool, broken: int) -> None:
    """A share is too short to tell; the whole must."""
    found = Lives({"reply": [(100, 50.0), (500, 50.0)]})
    found.judge(whole=whole)
    assert (len(found.violations), found.growth) == (broken, {})


def test_one_instance_of_each_function_serves_everything() -> None:
    """What is measured is one process, whatever goes wrong around it."""
    found = lives(Plan(seed=3, share=0.04))
    assert not found.violations
    assert {name: [runs for runs, _ in points] for name, points in found.points.items()}["conversation"] == [100]
    assert all(size > 10 for points in found.points.values() for _, size in points)


def test_an_instance_that_ends_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Size says nothing about growth when the process is another one."""
    monkeypatch.setattr("proof.soak_memory.harmless", lambda doses: doses)
    monkeypatch.setattr("proof.soak_traffic.doses", lambda _: (Dose("killed", 1, {"step": "start"}),))
    assert any("reply needed" in violation.found for violation in lives(Plan(share=0.04)).violations)


def test_what_ends_an_instance_or_waits_is_left_out_of_a_long_life() -> None:
    """Every other fault of the catalogue is met there too."""
    choose = Plan().random("doses")
    met = {dose.name for _ in range(3000) for dose in harmless(doses(choose))}
    waiting = {entry.id for entry in CATALOGUE.values() if any(p.name == "seconds" for p in entry.parameters)}
    assert met == {name for name, entry in CATALOGUE.items() if entry.group != "fc"} - waiting - set(LEFT_OUT)


def made(seed: int) -> Soaked:
    found = Soaked(seed, samples=[Sample(0, 0.0, 0, 0, 0, 0, 0.0, 0.0, 0.0)])
    for verdict in (Verdict("1", "answered"), Verdict("2", "answered", 1, 1), Verdict("3", "none", violation="lost")):
        found.tally.add(verdict)
    found.tally.add(Verdict("4", "answered", 1, 0, "twice"))
    found.by_fault["killed"] = Counter(answered=2)
    return found


def test_kept_runs_add_up(tmp_path: Path) -> None:
    """What is read is what was found, and the last line of the table is the sum."""
    for seed in (1, 2):
        (tmp_path / f"soak-{seed}.json").write_text(kept(made(seed), 1.0, "code"), encoding="utf-8")
    [first, _] = found = runs(tmp_path)
    assert (first.messages, first.outcomes["answered"], first.none, first.outside) == (4, 3, 1, 1)
    assert len(first.violations) == 2
    assert summary(found).splitlines()[-1] == "| all | 8 | 6 | 0 | 0 | 0 | 2 | 0 | 0 | 2 | 2 |"


def test_runs_of_different_code_are_not_added_up(tmp_path: Path) -> None:
    """A sum over two programs says nothing about either."""
    for seed in (1, 2):
        (tmp_path / f"soak-{seed}.json").write_text(kept(made(seed), 1.0, f"code {seed}"), encoding="utf-8")
    with pytest.raises(RunsDiffer, match=r"soak-2\.json is of code 2"):
        runs(tmp_path)


def test_runs_of_different_judges_are_not_added_up(tmp_path: Path) -> None:
    """Nor do the tables of the parts and of the soaks stand side by side then."""
    for seed in (1, 2):
        kept_as = json.loads(kept(made(seed), 1.0, "code")) | {"judge": f"judge {seed}"}
        (tmp_path / f"soak-{seed}.json").write_text(json.dumps(kept_as), encoding="utf-8")
    with pytest.raises(RunsDiffer, match=r"soak-2\.json was judged by judge 2"):
        runs(tmp_path)
    (tmp_path / "soak-2.json").unlink()
    (tmp_path / "proof.json").write_text(json.dumps({"code": "code", "judge": "judge 2"}), encoding="utf-8")
    with pytest.raises(RunsDiffer, match=r"proof\.json and the soaks"):
        blocks(tmp_path)


def test_documents_say_what_the_committed_runs_say() -> None:
    """`python -m proof.publish` has been run: no number of a document was typed by hand."""
    for (name, marker), text in blocks().items():
        document = (ROOT / name).read_text(encoding="utf-8")
        assert replaced(document, marker, text) == document, f"{name} ({marker}): run python -m proof.publish"


def test_committed_runs_kept_the_promise() -> None:
    """Every message of the runs that are kept has one outcome, or a second one in a window."""
    for run in runs(RESULTS):
        assert (list(run.violations), run.none, run.outside) == ([], 0, 0), f"soak-{run.seed}.json"
        assert run.messages == sum(run.outcomes.values())
    if (proof := RESULTS / "proof.json").is_file():
        parts = json.loads(proof.read_text(encoding="utf-8"))["parts"]
        assert {name: part["violations"] for name, part in parts.items() if part["violations"]} == {}
        assert sum(part["seconds"] for part in parts.values()) <= 3600, "make prove says that it takes under an hour"


def test_markers_must_be_there() -> None:
    """A document that lost its place for the results is an error, not a silence."""
    with pytest.raises(ValueError, match="wanted once"):
        replaced("nothing here", "proof", "text")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nonsense"], "no such part"),
        (["--share", "2"], "--share is 2"),
        (["crash", "--seeds", "1-2"], "--seeds is for `soak` alone"),
        (["--only", "a name"], "--only needs the parts"),
        (["crash", "soak", "--only", "a name"], "`soak` has none with names"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], problem: str) -> None:
    """A mistake in the arguments ends with a sentence and status 2."""
    command = [sys.executable, "-m", "proof", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert problem in ended.stderr
