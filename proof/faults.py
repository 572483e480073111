"""What can go wrong, and what a person may be shown then: the tables of faults are made of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from proof.outcomes import ANSWERED, FAILED, UNDELIVERABLE, Conditions
from proof.plan import Case


@dataclass(frozen=True)
class Wanted:
    """What may be shown: one of `outcomes`; a failure says one of `sentences`, an answer has the `note`, or none.

    Sentences and notes are names of `shared.wording.Wording`. An answer begins with `text`, and without a note is that.
    """

    outcomes: tuple[str, ...]
    sentences: tuple[str, ...] = ()
    note: str = ""
    text: str = ""

    def __or__(self, other: Wanted) -> Wanted:
        """Either of two."""
        return Wanted(
            self.outcomes + other.outcomes, self.sentences + other.sentences, self.note or other.note, self.text
        )


NORMAL = Conditions()
ANSWER = Wanted((ANSWERED,))
PART = Wanted((ANSWERED,), note="stalled")
CUT_BY_ERROR = Wanted((ANSWERED,), note="error_cut")
CLOSED = Wanted((UNDELIVERABLE,))


def explained(*sentences: str) -> Wanted:
    """A failure that says one of these."""
    return Wanted((FAILED,), sentences)


@dataclass(frozen=True)
class Switch:
    """A fault of `local.catalogue` by its name, met `times` times (None: always), the first `after` spared."""

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    times: int | None = 1
    after: int = 0


@dataclass(frozen=True)
class Trouble:
    """One fault. `once` and `always` are what is wanted when it passes and when it stays; None: it is not tried so.

    `alone` is what is wanted of the first message of a conversation, where that differs. `many` is how often a fault
    that passes is met. `paid` is how often the model may be paid; `answer` is what the model says, its echo where it is
    empty. `dies`: instances are killed or stopped on purpose. `single`: not even a window excuses a second outcome.
    """

    name: str
    switch: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    once: Wanted | None = ANSWER
    always: Wanted | None = None
    alone: Wanted | None = None
    many: int = 1
    after: int = 0
    paid: int = 1
    conditions: Conditions = NORMAL
    answer: str = ""
    dies: bool = False
    single: bool = False


@dataclass(frozen=True)
class Trial:
    """One message that meets faults: in a group or not, as the first of its conversation or after another one."""

    name: str
    switches: tuple[Switch, ...]
    wanted: Wanted
    group: bool = False
    later: bool = False
    paid: int = 1
    conditions: Conditions = NORMAL
    answer: str = ""
    dies: bool = False
    single: bool = False


def trials(troubles: Iterable[Trouble]) -> list[Case]:
    """Every way of trying these: passing and staying, in a private chat and in a group, first and later."""
    found = []
    for trouble in troubles:
        for how, times, wanted in (("once", trouble.many, trouble.once), ("always", None, trouble.always)):
            if wanted is None:
                continue
            switch = Switch(trouble.switch, trouble.parameters, times, trouble.after)
            trial = Trial(
                f"{trouble.name}, {how}",
                (switch,),
                wanted,
                paid=trouble.paid,
                conditions=trouble.conditions,
                answer=trouble.answer,
                dies=trouble.dies,
                single=trouble.single,
            )
            found += [Case(each.name, {"trial": each}) for each in _everywhere(trial, trouble)]
    return found


def _everywhere(trial: Trial, trouble: Trouble) -> Iterable[Trial]:
    for group in (False, True):
        for later in (False, True):
            name = f"{trial.name}, {'group' if group else 'private'}, {'later' if later else 'first'}"
            wanted = trial.wanted if later or trouble.alone is None else trouble.alone
            yield replace(trial, name=name, group=group, later=later, wanted=wanted)
