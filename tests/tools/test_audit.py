"""`make audit`: what is known is an error, and an audit that could not be made is never taken for a clean one."""

from __future__ import annotations

import json

import pytest

import audit


def report(**package: object) -> str:
    """A report of pip-audit on one package."""
    return json.dumps({"dependencies": [{"name": "requests", "version": "2.0", **package}], "fixes": []})


def test_what_is_known_is_a_line() -> None:
    """Package, version, id, and where it is mended."""
    found = [{"id": "PYSEC-1", "fix_versions": ["2.1"]}, {"id": "PYSEC-2", "fix_versions": []}]
    assert audit.weaknesses(report(vulns=found)) == [
        "requests 2.0: PYSEC-1, mended in 2.1",
        "requests 2.0: PYSEC-2, mended in no version yet",
    ]
    assert audit.weaknesses(report(vulns=[])) == []


@pytest.mark.parametrize("told", ["", "[]", "{}", report(skip_reason="not found")])
def test_no_answer_is_not_a_clean_one(told: str) -> None:
    """A report that is missing something says that the audit was left out."""
    with pytest.raises(audit.LeftOut):
        audit.weaknesses(told)
