"""What a limit says, from what is on record."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply.guards import ANSWER_TOKENS, Asked, Decision, Limits, Own, per_day
from reply.records import OPEN, Entry
from shared.settings import SettingsReader

ME = "m"
QUESTIONS = Limits(questions_per_day=3)
TOKENS = Limits(tokens_per_day=100)


def asked(questions: int = 0, tokens: int = 0, others: str = "") -> Asked:
    """What is on record when my own open note is there and those of `others`, one letter each."""
    return Asked(questions, tokens, dict.fromkeys([ME, *others], 0))


@pytest.mark.parametrize(
    ("limits", "found", "decision"),
    [
        (Limits(), asked(10**6, 10**9, "abc"), ""),
        (QUESTIONS, asked(0), ""),
        (QUESTIONS, asked(2), ""),
        (QUESTIONS, asked(3), "questions"),
        (QUESTIONS, asked(4), "questions"),
        (QUESTIONS, asked(2, tokens=10**9), ""),
        (QUESTIONS, asked(1, others="a"), ""),
        (QUESTIONS, asked(1, others="z"), ""),
        (QUESTIONS, asked(2, others="a"), "questions"),
        (QUESTIONS, asked(2, others="z"), "wait"),
        (QUESTIONS, asked(1, others="az"), "wait"),
        (QUESTIONS, asked(1, others="ab"), "questions"),
        (QUESTIONS, asked(3, others="z"), "questions"),
        (TOKENS, asked(10**6, 99), ""),
        (TOKENS, asked(0, 100), "tokens"),
        (TOKENS, asked(0, 101), "tokens"),
        (TOKENS, asked(0, 99, "abcdef"), ""),
        (Limits(3, 100), asked(3, 100), "tokens"),
        (Limits(3, 100), asked(3, 99), "questions"),
    ],
)
def test_at_under_and_over_each_limit(limits: Limits, found: Asked, decision: Decision) -> None:
    """Open questions of the same person count; nobody is let through who could exceed."""
    assert per_day(limits, found, Own(ME)) == decision


def test_my_own_note_does_not_count_also_when_it_is_not_seen() -> None:
    """A listing may lag behind."""
    assert per_day(Limits(1), Asked(), Own(ME)) == per_day(Limits(1), asked(), Own(ME)) == ""


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], Asked()),
        ([Entry("a", "answered", 7), Entry("b", "answered", 5)], Asked(2, 12)),
        ([Entry("a", "failed", 0), Entry("b", "refused"), Entry("c", "command")], Asked()),
        ([Entry("a", "undeliverable", 9)], Asked(0, 9)),
        ([Entry("a", OPEN)], Asked(open={"a": 0})),
        ([Entry("a", OPEN, 90), Entry("b", OPEN, 80)], Asked(open={"a": 90, "b": 80})),
        ([Entry("a", OPEN, 90), Entry("a", OPEN, 95)], Asked(open={"a": 95})),
        ([Entry("a", OPEN, 90), Entry("a", "answered", 7)], Asked(1, 7)),
        ([Entry("a", OPEN), Entry("a", "refused")], Asked()),
        ([Entry("a", "answered", 7), Entry("a", "answered", 7)], Asked(1, 7)),
        ([Entry("a", "failed", 3), Entry("a", "answered", 7)], Asked(1, 7)),
    ],
)
def test_what_counts(entries: list[Entry], expected: Asked) -> None:
    """Answers count once, failures and refusals not; tokens were paid whatever became of them."""
    assert Asked.of(entries) == expected


@pytest.mark.parametrize(
    ("others", "waited_s", "decision"),
    [("z", 3.9, "wait"), ("z", 4.0, "questions"), ("bz", 1.9, "wait"), ("bz", 2.0, "questions")],
)
def test_patience(others: str, waited_s: float, decision: Decision) -> None:
    """Whoever has others before it waits less: then the first of those that wait is let through, and not none."""
    assert per_day(Limits(len(others)), asked(0, others=others), Own(ME, waited_s=waited_s)) == decision


@pytest.mark.parametrize(
    ("used", "prompt_tokens", "open_", "waited_s", "decision"),
    [
        (0, 100, {}, 0, ""),
        (0, 101, {}, 0, "tokens_left"),
        (60, 40, {}, 0, ""),
        (60, 41, {}, 0, "tokens_left"),
        (100, 0, {}, 0, "tokens"),
        (0, 40, {"a": 60}, 0, ""),
        (0, 41, {"a": 60}, 0, "tokens_left"),
        (0, 41, {"z": 60}, 0, "wait"),
        (0, 41, {"z": 60}, 4, "tokens_left"),
        (0, 41, {"a": 30, "z": 30}, 1.9, "wait"),
        (0, 41, {"a": 30, "z": 30}, 2, "tokens_left"),
        (50, 40, {"a": 11}, 0, "tokens_left"),
        (0, 40, {ME: 999}, 0, ""),
    ],
)
def test_open_questions_count_with_what_they_can_cost(
    used: int, prompt_tokens: int, open_: dict[str, int], waited_s: float, decision: Decision
) -> None:
    """Used, what others can cost, and one's own prompt must fit; of one's own only the answer is not known yet."""
    assert per_day(TOKENS, Asked(0, used, open_), Own(ME, prompt_tokens, waited_s)) == decision


@settings(deadline=None)
@given(
    st.data(), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=7), st.integers(1, 60)
)
def test_races_exceed_by_one_answer_at_most(data: st.DataObject, costs: list[tuple[int, int]], limit: int) -> None:
    """However questions interleave and end, and cost what they can: never more than the limit and one answer."""
    answer = 20
    names = [chr(ord("a") + number) for number in range(len(costs))]
    prompt = {name: cost[0] for name, cost in zip(names, costs, strict=True)}
    real = {name: sum(cost) for name, cost in zip(names, costs, strict=True)}
    notes: dict[str, int] = {}
    asked_of: set[str] = set()
    waiting, spent = list(names), 0
    for _ in range(200):
        if not waiting:
            break
        name = data.draw(st.sampled_from(sorted({*waiting, *asked_of})))
        if name in asked_of:
            asked_of.remove(name)
            spent += real[name]
            del notes[name]
        elif name not in notes:
            notes[name] = prompt[name] + answer
        elif (decision := per_day(Limits(0, limit), Asked(0, spent, dict(notes)), Own(name, prompt[name]))) != "wait":
            waiting.remove(name)
            if decision:
                del notes[name]
            else:
                asked_of.add(name)
    assert spent + sum(real[name] for name in asked_of) <= limit + answer


@settings(deadline=None)
@given(st.data(), st.integers(0, 6), st.integers(1, 6))
def test_races_refuse_and_never_exceed(data: st.DataObject, before: int, limit: int) -> None:
    """However eight questions interleave: no more are asked than the limit leaves, and one where it leaves any.

    Each notes itself, then looks until it is asked or refused; a refused one takes its note back. Time goes by a
    second whenever nobody can do anything.
    """
    notes: set[str] = set()
    came: dict[str, int] = {}
    waiting, let_through, now = list("abcdefgh"), 0, 0

    def look(turn_id: str) -> Decision:
        return per_day(Limits(limit), Asked(before, 0, dict.fromkeys(notes, 0)), Own(turn_id, 0, now - came[turn_id]))

    while waiting:
        turn_id = data.draw(st.sampled_from(waiting))
        if turn_id not in notes:
            notes.add(turn_id)
            came[turn_id] = now
            continue
        decision = look(turn_id)
        if decision == "wait":
            now += all(one in notes and look(one) == "wait" for one in waiting)
            continue
        waiting.remove(turn_id)
        let_through += decision == ""
        notes -= {turn_id} if decision else set()
    assert min(1, max(0, limit - before)) <= let_through <= max(0, limit - before)


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("MAX_REQUEST", ("", "0", "1", "1000000"), ("-1", "many", "1.5", "1000001")),
        ("MAX_TOKENS_PER_DAY", ("", "0", "50000"), ("-1", "x")),
        ("MAX_TOKENS_PER_MONTH", ("", "0", "5000000"), ("-1", "x")),
    ],
)
def test_settings(name: str, values: tuple[str, ...], problem: tuple[str, ...]) -> None:
    """Whole numbers, 0 and unset for no limit."""
    for value in (*values, *problem):
        reader = SettingsReader({name: value})
        limits = Limits.read(reader)
        assert bool(reader.problems) == (value in problem)
        assert value in problem or sum(vars(limits).values()) - ANSWER_TOKENS == int(value or 0)
