"""What stands for `dataclasses` and `typing` in the package of `conversation` (`shipping.flatten`).

Importing these two, and generating every class at every start, takes longer than all of the acknowledging function's
own work. Shipped as `shared/plain`; it imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
Any = TextIO = object
UNSET = object()


class Protocol:
    """A base that says nothing at run time."""


class _Anything:
    def __getitem__(self, _: object) -> type:
        return object


Literal = _Anything()


def cast(_, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, D103, RUF100 - as typing.cast
    return value


class Record:
    """A class of named fields that compares by value. `_fields` are their names, `_hidden` those not in its `repr`."""

    _fields: tuple[str, ...] = ()
    _hidden: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _values(self) == _values(other)

    __hash__ = None  # type: ignore[assignment]  # what can change is not hashable

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self._fields if name not in self._hidden)
        return f"{self.__class__.__qualname__}({', '.join(shown)})"


class FrozenRecord(Record):
    """The same, unchangeable and so hashable."""

    def __hash__(self) -> int:  # type: ignore[override]  # the other base is not hashable
        return hash(_values(self))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete field {name!r}")


def _values(record) -> tuple[object, ...]:  # type: ignore[no-untyped-def]  # any record
    return tuple([getattr(record, name) for name in record._fields])


def replace(record, /, **changes):  # type: ignore[no-untyped-def]  # noqa: D103 - as dataclasses.replace
    for name in record._fields:
        if name not in changes:
            changes[name] = getattr(record, name)
    return record.__class__(**changes)


def asdict(record) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """The fields and their values, records inside included; no field may hold a list or mapping of records."""
    values = {name: getattr(record, name) for name in record._fields}
    return {name: asdict(value) if isinstance(value, Record) else value for name, value in values.items()}
