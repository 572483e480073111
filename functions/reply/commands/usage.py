"""The command that tells what was used: one's own to everybody, other people's to administrators."""

from __future__ import annotations

from collections.abc import Mapping

from reply.bucket import path_part
from reply.commands.others import forbidden
from reply.commands.setting import tell
from reply.conversation import Turn
from reply.guards import EXEMPT, Asked
from reply.markdown import inline_code
from reply.records import Record
from reply.run import Run
from reply.tallies import Tally, total
from shared.commands import without_marks
from shared.errors import BUCKET, StoreUnavailable
from shared.folding import plain

MOST_PEOPLE = 10
"""How many people are listed: those who used most, or those to choose from."""

_EVERYBODY = frozenset({"全部", "所有", "all"})


def usage(run: Run, turn: Turn) -> str:
    """`用量`, `用量 全部`, `用量 @name`, `用量 id`. Raises DeliveryDelayed."""
    wanted = run.message.text.strip().lstrip("@＠").strip()
    words = run.services.wording
    # `conversation` cannot tell: `用量` alone is for all.
    refusal = forbidden(run) if wanted else ""
    if refusal:
        return run.explain(refusal, turn, Record("refused"))
    try:
        if not wanted:
            sentence = _own(run)
        else:
            sentence = _everybody(run) if _folded(without_marks(wanted)) in _EVERYBODY else _somebody(run, wanted)
    except StoreUnavailable as problem:
        run.log.error("usage_unread", cause=BUCKET, problem=str(problem))
        return run.explain(words.usage_unavailable, turn)
    return tell(run, turn, sentence)


def _own(run: Run) -> str:
    words, ledger = run.services.wording, run.services.ledger
    asked = ledger.of_sender(run.message)
    today, month = Tally(asked.questions, asked.tokens), ledger.month_of_sender(run.message)
    left = "\n".join(f"- {line}" for line in _left(run, asked))
    return words.usage_own.format(today=_used(run, today), month=_used(run, month), left=left)


def _left(run: Run, asked: Asked) -> list[str]:
    words, limits = run.services.wording, run.services.limits
    if run.message.role in EXEMPT or not limits.of_a_person:
        return [words.usage_no_limit]
    lines = []
    if limits.questions_per_day:
        left = max(0, limits.questions_per_day - asked.questions - len(asked.open))
        lines.append(words.usage_questions_left.format(left=f"{left:,}", limit=f"{limits.questions_per_day:,}"))
    if limits.tokens_per_day:
        left = max(0, limits.tokens_per_day - asked.tokens - sum(asked.open.values()))
        lines.append(words.usage_tokens_left.format(left=f"{left:,}", limit=f"{limits.tokens_per_day:,}"))
    starts = run.services.ledger.days.next_day(run.message.booked_at)
    return [*lines, words.usage_starts.format(starts=starts)]


def _everybody(run: Run) -> str:
    words, limit = run.services.wording, run.services.limits.tokens_per_month
    month_so_far = run.services.ledger.month(run.message)
    used = total(month_so_far.people)
    lines = [
        words.usage_day.format(day=day, used=_used(run, Tally(sums.questions, sums.tokens)), people=sums.people)
        for day, sums in sorted(month_so_far.days.items())
    ]
    most = sorted(month_so_far.people.values(), key=lambda tally: (-tally.tokens, -tally.questions, tally.id))[
        :MOST_PEOPLE
    ]
    top = [words.usage_person.format(who=_who(tally), used=_used(run, tally)) for tally in most]
    month = _used(run, used)
    if limit:
        left = f"{max(0, limit - used.tokens):,}"
        month += "\n\n" + words.usage_month_left.format(left=left, limit=f"{limit:,}")
    return words.usage_everybody.format(month=month, days="\n".join(lines), people="\n".join(top)).rstrip()


def _somebody(run: Run, wanted: str) -> str:
    words = run.services.wording
    month_so_far = run.services.ledger.month(run.message)
    people = month_so_far.people
    found = _find(people, wanted)
    if not found:
        return words.usage_nobody.format(name=inline_code(wanted))
    if len(found) > 1:
        choices = "\n".join(words.usage_choice.format(who=_who(people[person])) for person in found[:MOST_PEOPLE])
        return words.usage_choose.format(count=len(found), name=inline_code(wanted), choices=choices)
    today, month = month_so_far.today.get(found[0], Tally()), people[found[0]]
    return words.usage_somebody.format(who=_who(month), today=_used(run, today), month=_used(run, month))


def _find(people: Mapping[str, Tally], wanted: str) -> list[str]:
    """The one with this id, else all of this name, else all whose name has it in it."""
    folded = _folded(wanted)
    if path_part(wanted) in people:
        return [path_part(wanted)]
    names = {person: _folded(tally.name) for person, tally in people.items()}
    exact = [person for person, name in names.items() if name == folded]
    return exact or [person for person, name in names.items() if folded in name]


def _folded(text: str) -> str:
    return plain(text)


def _used(run: Run, tally: Tally) -> str:
    return run.services.wording.usage_amount.format(questions=f"{tally.questions:,}", tokens=f"{tally.tokens:,}")


def _who(tally: Tally) -> str:
    identity = inline_code(tally.id)
    return f"{inline_code(tally.name)} {identity}" if tally.name else identity
