"""Order and isolation: many people at once, a word of each that nobody else may ever see, and turns that hang.

Which conversation a request of the model belongs to is known from its connection, not from its content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from proof.isolation_clear import CLEARS
from proof.isolation_crowd import crowd
from proof.isolation_hang import HANGS
from proof.isolation_order import SLOW_FIRSTS
from proof.isolation_robots import ROBOTS
from proof.plan import Case, Plan
from proof.result import Result

_CASES: Mapping[str, Callable[[Plan, Result], None]] = {
    "crowd: a context per member": lambda plan, result: crowd(plan, result, shared=False),
    "crowd: a context per group": lambda plan, result: crowd(plan, result, shared=True),
    **SLOW_FIRSTS,
    **HANGS,
    **CLEARS,
    **ROBOTS,
}


def run(plan: Plan) -> Result:
    """Every case; a share makes the crowds smaller and leaves out what takes real time."""
    result = Result("isolation")
    for case in replace(plan, share=1.0).sample("isolation", [Case(name) for name in _CASES]):
        _CASES[case.name](plan, result)
    return result
