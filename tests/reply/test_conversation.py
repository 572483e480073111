"""The conversation document: merging loses nothing, whatever the order, and trimming drops only what nobody needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply.conversation import (
    CLEARED,
    DAY_MS,
    SHRINK_AFTER_MS,
    Document,
    Position,
    State,
    Turn,
    Value,
    from_json,
    merge,
    to_json,
    trimmed,
)

ids = st.sampled_from(["a", "b", "c", "d"])
turns = st.builds(
    Turn,
    id=ids,
    at=st.integers(0, 3),
    state=st.sampled_from(State),
    attempt=st.integers(1, 3),
    deadline=st.integers(0, 2),
    handover=st.sampled_from(["", "x", "y"]),
    question=st.sampled_from(["", "q"]),
    answer=st.sampled_from(["", "one", "two"]),
    sent=st.integers(0, 2),
    runner=st.sampled_from(["", "r", "s"]),
)
values = st.builds(Value, at=st.integers(0, 3), id=ids, content=st.sampled_from(["", "v", "w"]))
documents = st.builds(
    lambda ts, vs: Document({t.id: t for t in ts}, vs),
    st.lists(turns, max_size=4),
    st.dictionaries(st.sampled_from([CLEARED, "mode"]), values),
)


@given(documents, documents, documents)
def test_merge_is_a_union(a: Document, b: Document, c: Document) -> None:
    """Merge is commutative, associative and idempotent, and never loses a turn or a value."""
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, a) == a
    both = merge(a, b)
    assert set(both.turns) == set(a.turns) | set(b.turns)
    assert set(both.values) == set(a.values) | set(b.values)
    for one in (a, b):
        assert all(both.turns[key].state >= turn.state for key, turn in one.turns.items())


@given(documents, documents)
def test_a_turn_is_contested_when_two_runs_are_at_it(a: Document, b: Document) -> None:
    """Of two documents, whichever is asked; what either of them has finished is nobody's any more."""
    assert a.contested(b) == b.contested(a)
    assert not a.contested(a)
    for key in a.contested(b):
        assert a.turns[key].runner != b.turns[key].runner
        assert not merge(a, b).turns[key].finished


@given(documents)
def test_json_round_trip(document: Document) -> None:
    """What is written is what is read."""
    assert from_json(to_json(document)) == document


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"v":1}',
        b'{"v":2,"turns":{},"values":{}}',
        b'{"v":"1","turns":{},"values":{}}',
        b'{"v":1,"turns":[],"values":{}}',
        b'{"v":1,"turns":{"a":{"id":"b","at":1,"state":1}},"values":{}}',
        b'{"v":1,"turns":{"a":{"id":"a","at":"1","state":1}},"values":{}}',
        b'{"v":1,"turns":{"a":{"id":"a","at":1,"state":9}},"values":{}}',
        b'{"v":1,"turns":{"a":{"id":"a","at":1,"state":1,"question":5}},"values":{}}',
        b'{"v":1,"turns":{},"values":{"mode":{"at":1}}}',
        b'{"v":1,"turns":{},"values":{"cleared":{"at":"x","id":"y"}}}',
        b'{"v":1,"turns":{},"values":{"persona":{"at":1,"id":"y","content":5}}}',
        b"\x80\x04]",
        to_json(Document(turns={"a": Turn("a", 1, State.PENDING)}))[:-9],
        b"[" * 100_000,
    ],
)
def test_foreign_content_is_refused(data: bytes) -> None:
    """Truncated, corrupt, foreign or later content is a ValueError, whatever it is."""
    with pytest.raises(ValueError, match=r".*"):
        from_json(data)


def test_fields_of_a_later_version_are_left_out() -> None:
    """While one version replaces the other, neither sets the other's files aside."""
    data = b'{"v":1,"turns":{"a":{"id":"a","at":1,"state":1,"new":[]}},"values":{"mode":{"at":1,"id":"a","new":0}}}'
    document = from_json(data)
    assert (document.turns["a"].id, document.values["mode"].at) == ("a", 1)


def answered(key: str, at: int) -> Turn:
    return Turn(key, at, State.ANSWERED, question=f"q{key}", answer=f"a{key}")


def test_prompt_sees_the_newest_answered_rounds_in_order() -> None:
    """Order is by position; failed, pending, later and command turns are not remembered."""
    document = Document(
        {
            "3": answered("3", 3),
            "1": answered("1", 1),
            "2": answered("2", 2),
            "f": Turn("f", 2, State.FAILED, question="q", answer="sorry"),
            "p": Turn("p", 2, State.PENDING, question="q"),
            "k": Turn("k", 2, State.ANSWERED, answer="done"),
            "9": answered("9", 9),
        }
    )
    assert [turn.id for turn in document.remembered(Position(5, "x"), 2)] == ["2", "3"]
    assert [turn.id for turn in document.remembered(Position(5, "x"), 9)] == ["1", "2", "3"]
    assert document.remembered(Position(5, "x"), 0) == []


def test_cleared_hides_what_was_before_and_nothing_later() -> None:
    """The newest `\\clear` wins, wherever it was saved; a turn in progress then is not remembered."""
    document = Document({"1": answered("1", 1), "2": answered("2", 2), "4": answered("4", 4)})
    late = document.with_value(CLEARED, Value(3, "c")).with_value(CLEARED, Value(2, "b"))
    assert [turn.id for turn in late.remembered(Position(9, ""), 5)] == ["4"]


def test_trimming_keeps_the_window_and_a_day() -> None:
    """Outside the window: text goes when no retry can want it, the id after a day; inside, all stays."""
    now = 10 * DAY_MS
    document = Document(
        {
            turn.id: turn
            for turn in [
                answered("ancient", now - 3 * DAY_MS),
                answered("old", now - DAY_MS // 2),
                answered("recent", now - SHRINK_AFTER_MS // 2),
                Turn("stuck", now - DAY_MS // 2, State.PENDING, question="q"),
                Turn("dead", now - 2 * DAY_MS, State.PENDING, question="q"),
                answered("newest", now),
            ]
        }
    )
    kept = trimmed(document, 1, now).turns
    assert set(kept) == {"old", "recent", "stuck", "newest"}
    assert kept["old"].answer == ""
    assert kept["old"].state is State.ANSWERED
    assert kept["recent"].answer
    assert kept["stuck"].question
    assert set(trimmed(document, 4, now).turns) == {"ancient", "old", "recent", "stuck", "newest"}


@given(documents, st.integers(0, 5), st.integers(0, 5))
def test_trimming_never_changes_the_prompt(document: Document, rounds: int, later: int) -> None:
    """Whatever is dropped, the next prompt is the same."""
    now = later * DAY_MS
    at = Position(now + DAY_MS, "")
    assert trimmed(document, rounds, now).remembered(at, rounds) == document.remembered(at, rounds)
