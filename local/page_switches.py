"""The part of the page's interface that moves the clock, switches faults, and delivers messages again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from local.catalogue import CATALOGUE, GROUPS, Entry, Parameter
from local.catalogue_words import words_of
from local.drafts import MessageRefused
from local.page_state import PageState
from local.parts import Parts
from local.story import Json
from local.switches import SwitchRefused, described

LONGEST_MOVE = 10 * 366 * 86_400
LONGEST_DELAY = 86_400
"""Seconds."""


class PageSwitches:
    """What the page's server asks of the cloud, from JSON to JSON; refusals are MessageRefused."""

    def __init__(self, parts: Parts, state: PageState, demo: bool) -> None:
        self._parts, self._state, self._demo = parts, state, demo

    def catalogue(self) -> Json:
        """Every fault there is, and those that are switched on."""
        return {
            "groups": [
                {"id": name, "title": _both(*title), "available": name != "model" or self._demo}
                for name, title in GROUPS.items()
            ],
            "faults": [_entry(entry) for entry in CATALOGUE.values()],
            "active": self._state.faults(),
        }

    def switch_on(self, wanted: Mapping[str, Any]) -> Json:
        """Switch a fault on, and return it as `active` has it."""
        asked = dict(wanted)
        name, conversation = str(asked.pop("id", "")), asked.pop("conversation", None)
        if conversation is not None and conversation not in self._state.conversations:
            raise MessageRefused("no_conversation")
        if not self._demo and name in CATALOGUE and CATALOGUE[name].group == "model":
            raise MessageRefused("real_model")
        try:
            fault = self._parts.switches.on(name, conversation=conversation or "", **asked)
        except (SwitchRefused, TypeError) as problem:
            raise MessageRefused("fault_refused", problem=problem) from None
        return described(fault)

    def switch_off(self, number: str) -> Json:
        """Switch a fault off."""
        if not (number.isdigit() and self._parts.switches.off(int(number))):
            raise MessageRefused("no_fault")
        return {"faults": self._state.faults()}

    def clear(self) -> Json:
        """Switch every fault off."""
        self._parts.switches.clear()
        return {"faults": self._state.faults()}

    def move_clock(self, wanted: Mapping[str, Any]) -> Json:
        """Move the clock by seconds, or set it right."""
        clock = self._parts.clock
        if wanted.get("reset") is True:
            clock.move_to(0.0)
        else:
            by = _seconds(wanted, "advance", -LONGEST_MOVE, LONGEST_MOVE)
            if abs(clock.offset + by) > LONGEST_MOVE:
                raise MessageRefused("no_seconds", name="advance", low=-LONGEST_MOVE, high=LONGEST_MOVE)
            clock.move_to(clock.offset + by)
        return self._state.clock()

    def redeliver(self, wanted: Mapping[str, Any]) -> Json:
        """Deliver a message again."""
        sent = self._state.question(str(wanted.get("message")))
        if sent is None or not sent.reaches_robot:
            raise MessageRefused("no_story")
        self._parts.callbacks.again(sent, _seconds({"after": 0, **wanted}, "after", 0, LONGEST_DELAY))
        return self._state.message(sent)


def _seconds(wanted: Mapping[str, Any], name: str, low: int, high: int) -> float:
    value = wanted.get(name)
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not low <= number <= high:
        raise MessageRefused("no_seconds", name=name, low=low, high=high)
    return float(number)


def _entry(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "group": entry.group,
        "line": _both(entry.chinese, entry.english),
        "parameters": [_parameter(parameter) for parameter in entry.parameters],
    }


def _parameter(parameter: Parameter) -> Json:
    found: Json = {
        "name": parameter.name,
        "default": parameter.default,
        "line": _both(parameter.chinese, parameter.english),
    }
    if parameter.choices:
        words = {choice: _both(*known) for choice in parameter.choices if (known := words_of(choice))}
        return {**found, "type": "choice", "choices": list(parameter.choices), "words": words}
    if isinstance(parameter.default, str):
        return {**found, "type": "text"}
    return {**found, "type": "number", "min": parameter.low, "max": parameter.high}


def _both(chinese: str, english: str) -> dict[str, str]:
    return {"zh": chinese, "en": english}
