"""Switching faults on and off by their names in the catalogue."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.catalogue import CATALOGUE, Parameter
from local.faults import Fault, Faults

MOST = 1000
"""Times, or messages, that one fault can be asked for."""


class SwitchRefused(ValueError):
    """There is no such fault, or a parameter is not what it must be; the text says what was found and wanted."""


class Switches:
    """The faults that were switched on, over the queues of the parts (by the names that the catalogue uses)."""

    def __init__(self, queues: Mapping[str, Faults]) -> None:
        self._queues = queues

    def on(
        self,
        name: str,
        *,
        conversation: str = "",
        times: int | None = None,
        messages: int | None = None,
        after: int = 0,
        **parameters: object,
    ) -> Fault:
        """Switch a fault on: `times`, or for so many `messages`, or until it is switched off. Raises SwitchRefused.

        The first `after` that would meet it are spared.
        """
        entry = CATALOGUE.get(name)
        if entry is None:
            raise SwitchRefused(f"found fault {name!r}, wanted one of {', '.join(CATALOGUE)}")
        _check_count("times", times)
        _check_count("messages", messages)
        if times is not None and messages is not None:
            raise SwitchRefused("found times and messages, wanted one of them")
        unknown = parameters.keys() - {parameter.name for parameter in entry.parameters}
        if unknown:
            raise SwitchRefused(f"{name} has no parameter {', '.join(sorted(unknown))}")
        chosen = {p.name: _checked(p, parameters.get(p.name, p.default)) for p in entry.parameters}
        if entry.queue == "disk":
            chosen["since"] = time.time()  # files have the machine's times
        fault = Fault(
            entry.kind.format(**chosen),
            times,
            conversation,
            float(chosen.get("seconds", 0.0)),
            entry.function,
            messages,
            after,
            name,
            chosen,
        )
        self._queues[entry.queue].add(fault)
        return fault

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a fault was switched on or off, or met."""
        for queue in self._queues.values():
            queue.changed = listener

    def active(self) -> list[Fault]:
        """What is switched on and will still be met, in the order it was switched on."""
        found = [fault for queue in self._queues.values() for fault in queue.waiting]
        return sorted((f for f in found if f.switch and f.messages_left != 0), key=lambda fault: fault.number)

    def off(self, number: int) -> bool:
        """Switch one off; False when there is none with this number."""
        for queue in self._queues.values():
            for fault in queue.waiting:
                if fault.number == number:
                    queue.remove(fault)
                    return True
        return False

    def clear(self) -> None:
        """Switch everything off, also what was not switched on by name."""
        for queue in self._queues.values():
            queue.clear()


def described(fault: Fault) -> dict[str, Any]:
    """A fault that is switched on, as the page knows it."""
    return {
        "number": fault.number,
        "id": fault.switch,
        "conversation": fault.where or None,
        "times": fault.times if fault.messages is None else None,
        "messages": fault.messages_left,
        "parameters": {name: value for name, value in fault.parameters.items() if name != "since"},
    }


def _check_count(name: str, count: object) -> None:
    if count is not None and not (isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MOST):
        raise SwitchRefused(f"{name} is {count!r}, wanted a whole number from 1 to {MOST}")


def _checked(parameter: Parameter, value: object) -> Any:
    name = parameter.name
    if parameter.choices:
        if str(value) not in parameter.choices:
            raise SwitchRefused(f"{name} is {value!r}, wanted one of {', '.join(parameter.choices)}")
        return str(value)
    if isinstance(parameter.default, str):
        if not isinstance(value, str):
            raise SwitchRefused(f"{name} is {value!r}, wanted text")
        return value
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not parameter.low <= number <= parameter.high:
        raise SwitchRefused(f"{name} is {value!r}, wanted a number from {parameter.low:g} to {parameter.high:g}")
    return number
