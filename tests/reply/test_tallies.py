"""A day's file: what is written is read, and two writers do no harm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply.tallies import Tally, added, from_json, merged, to_json, total

TALLIES = st.dictionaries(
    st.sampled_from(["ann", "bob", "zhang"]),
    st.builds(Tally, st.integers(0, 9), st.integers(0, 999), st.sampled_from(["", "Ann", "张三"]), st.just("id")),
)


@settings(deadline=None)
@given(TALLIES)
def test_there_and_back(day: dict[str, Tally]) -> None:
    """What is written is what is read."""
    assert from_json(to_json(day)) == day


@settings(deadline=None)
@given(TALLIES, TALLIES, TALLIES)
def test_merge_laws(one: dict[str, Tally], two: dict[str, Tally], three: dict[str, Tally]) -> None:
    """It does not matter who wrote first, twice or half."""
    assert merged([one, two]) == merged([two, one])
    assert merged([merged([one, two]), three]) == merged([one, merged([two, three])])
    assert merged([one, one]) == merged([one])
    for person, tally in merged([one, two]).items():
        assert tally.tokens == max(day[person].tokens for day in (one, two) if person in day)


def test_adding() -> None:
    """Days are summed up by person, with the newest name; everybody's total has nobody's name."""
    days = [{"a": Tally(1, 10, "Old", "a")}, {"a": Tally(2, 20, "New", "a"), "b": Tally(1, 5, "Bob", "b")}]
    assert added(days) == {"a": Tally(3, 30, "New", "a"), "b": Tally(1, 5, "Bob", "b")}
    assert total(added(days)) == Tally(4, 35)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"v":2,"people":{}}',
        b'{"v":1}',
        b'{"v":1,"people":[]}',
        b'{"v":1,"people":{"a":{"questions":1}}}',
        b'{"v":1,"people":{"a":{"questions":"1","tokens":1,"name":"","id":""}}}',
        b'{"v":1,"people":{"a":{"questions":1,"tokens":1,"name":"","id":"","more":1}}}',
        b"\xff\xfe",
        b"[" * 10_000,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """Truncated, corrupt, foreign or later files raise ValueError and nothing else."""
    with pytest.raises(ValueError, match=r".*"):
        from_json(data)
