"""The limits at work: whether this question may be asked, by what the bucket says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reply.bucket import at_once
from reply.conversation import Turn
from reply.guards import EXEMPT, Own, per_day
from reply.records import Record
from reply.run import Run
from reply.usage import Total
from shared.commands import COMMANDS
from shared.errors import BUCKET, StoreUnavailable

COUNTED = frozenset(command.name for command in COMMANDS if command.counts)
"""Commands that count as a question."""

PAUSE_S = 0.25
"""Seconds between two looks of a question that waits."""


def refuse_over_limit(run: Run, turn: Turn) -> str:
    """Put a question on record as open, and refuse it where a limit says so; "" when it may be asked, else the outcome.

    A bucket that cannot be read or written stops no answer: then the limits are not enforced, and an ERROR line says
    so. Raises DeliveryDelayed.
    """
    if run.message.role in EXEMPT:
        _note(run, turn)
        return ""
    try:
        last = _noted(run, turn)
        # At the same time: every count that begins after the question was noted as open is as good as a later one.
        limits = _limits(run, turn, last)
        sentence = next(filter(None, at_once(limits)), "")
    except StoreUnavailable as problem:
        run.log.error("limit_not_enforced", cause=BUCKET, problem=str(problem))
        return ""
    return _refuse(run, turn, sentence) if sentence else ""


def _noted(run: Run, turn: Turn) -> Total | None:
    """Note that the question is open; meanwhile list the last total, where it matters."""
    if not run.services.limits.tokens_per_month:
        _note(run, turn)
        return None
    work: list[Callable[[], Total | None]] = [
        partial(_note, run, turn),
        partial(run.services.ledger.last_total, run.message),
    ]
    return at_once(work)[1]


def _note(run: Run, turn: Turn) -> None:
    try:
        run.services.records.open(run.message, turn.reserved)
    except StoreUnavailable as problem:
        run.log.error("record_unopened", cause=BUCKET, problem=str(problem))


def _limits(run: Run, turn: Turn, last: Total | None) -> list[Callable[[], str]]:
    found: list[Callable[[], str]] = []
    if run.services.limits.of_a_person:
        found.append(partial(_of_a_person, run, turn))
    if last is not None:
        found.append(partial(_of_everybody, run, turn, last))
    return found


def _of_a_person(run: Run, turn: Turn) -> str:
    words, limits, ledger = run.services.wording, run.services.limits, run.services.ledger
    began = run.services.clock.now()
    while True:
        asked = ledger.of_sender(run.message)
        own = Own(turn.id, _prompt_tokens(run, turn), run.services.clock.now() - began)
        decision = per_day(limits, asked, own)
        if decision != "wait":
            break
        run.services.clock.sleep(PAUSE_S)
    starts = ledger.days.next_day(run.message.booked_at)
    if decision == "questions":
        return words.limit_questions.format(limit=limits.questions_per_day, starts=starts)
    if decision == "tokens_left":
        left = limits.tokens_per_day - asked.tokens
        return words.limit_tokens_left.format(left=left, limit=limits.tokens_per_day, starts=starts)
    return words.limit_tokens_day.format(limit=limits.tokens_per_day, starts=starts) if decision else ""


def _of_everybody(run: Run, turn: Turn, last: Total) -> str:
    limit, ledger = run.services.limits.tokens_per_month, run.services.ledger
    used = ledger.tokens_of_month(run.message, limit, last)
    if used < limit and used + _prompt_tokens(run, turn) <= limit:
        return ""
    return run.services.wording.limit_tokens_month.format(starts=ledger.days.next_month(run.message.booked_at))


def _prompt_tokens(run: Run, turn: Turn) -> int:
    return max(0, turn.reserved - run.services.limits.answer_tokens)


def _refuse(run: Run, turn: Turn, sentence: str) -> str:
    run.log.info("refused_limit")
    try:
        # At once, not when the refusal is shown: others may be waiting for it to be gone.
        run.services.records.forget_open(run.message, turn.reserved)
    except StoreUnavailable as problem:
        run.log.warning("open_record_left", problem=str(problem))
    return run.explain(sentence, turn, Record("refused"))
