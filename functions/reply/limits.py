"""The limits at work: whether this question may be asked, by what the bucket says."""

from __future__ import annotations

from reply.conversation import Turn
from reply.guards import EXEMPT, Decision, per_day
from reply.records import Record
from reply.run import Run
from shared.commands import COMMANDS
from shared.errors import StoreUnavailable

COUNTED = frozenset(command.name for command in COMMANDS if command.counts)
"""Commands that count as a question."""

PAUSE_S = 0.25
"""Seconds between two looks of a question that waits."""


def refuse_over_limit(run: Run, turn: Turn) -> str:
    """Put a question on record as open, and refuse it where a limit says so; "" when it may be asked, else the outcome.

    A bucket that cannot be read or written stops no answer: then the limits are not enforced, and an ERROR line says
    so. Raises DeliveryDelayed.
    """
    try:
        run.services.records.open(run.message)
    except StoreUnavailable as problem:
        run.log.error("record_unopened", problem=str(problem), remedy="check the OSS mount")
    if run.message.role in EXEMPT:
        return ""
    try:
        sentence = _of_a_person(run) or _of_everybody(run)
    except StoreUnavailable as problem:
        run.log.error("limit_not_enforced", problem=str(problem), remedy="check the OSS mount")
        return ""
    return _refuse(run, turn, sentence) if sentence else ""


def _of_a_person(run: Run) -> str:
    limits = run.services.limits
    if not limits.of_a_person:
        return ""
    began = run.services.clock.now()
    while (decision := _look(run, run.services.clock.now() - began)) == "wait":
        run.services.clock.sleep(PAUSE_S)
    words, starts = run.services.wording, run.services.ledger.days.next_day(run.message.created_at)
    if decision == "questions":
        return words.limit_questions.format(limit=limits.questions_per_day, starts=starts)
    return words.limit_tokens_day.format(limit=limits.tokens_per_day, starts=starts) if decision == "tokens" else ""


def _look(run: Run, waited_s: float) -> Decision:
    asked = run.services.ledger.of_sender(run.message)
    return per_day(run.services.limits, asked, run.message.turn_id, waited_s)


def _of_everybody(run: Run) -> str:
    limit, ledger = run.services.limits.tokens_per_month, run.services.ledger
    if not limit or ledger.tokens_of_month() < limit:
        return ""
    return run.services.wording.limit_tokens_month.format(starts=ledger.days.next_month(ledger.now))


def _refuse(run: Run, turn: Turn, sentence: str) -> str:
    run.log.info("refused_limit")
    try:
        # At once, not when the refusal is shown: others may be waiting for it to be gone.
        run.services.records.forget_open(run.message)
    except StoreUnavailable as problem:
        run.log.warning("open_record_left", problem=str(problem))
    return run.explain(sentence, turn, Record("refused"))
