"""Thinking: the question is noted, waits for earlier ones, and is asked with what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reply.asking import ask, instructions
from reply.conversation import EXPIRED, State, Turn, Value
from reply.prompt import round_tokens
from reply.records import Record
from reply.run import Run
from reply.services import Answer, Usage
from reply.session import Session, session
from reply.waiting import wait_for_earlier
from shared.errors import ModelFailed
from shared.remedies import CUT_REMEDIES, MODEL_REMEDIES


def noted(run: Run, turn: Turn) -> Turn:
    """Save the message as pending, together with the end of the session where that has come; the turn as saved.

    One that is not fresh stands alone and ends no session: whoever kept old headers learns and changes nothing.
    """
    held, fresh = _session(run, turn), run.message.fresh
    turn = replace(turn, alone=held.single or run.services.settings.rounds == 0 or not fresh)
    if run.services.limits.in_tokens and not run.message.command:
        turn = replace(turn, reserved=turn.reserved or _most_tokens(run, turn))
    run.speaker.reserved = turn.reserved
    if held.ended_at is None or not fresh:
        run.memory.keep(turn)
        return turn
    turn = replace(turn, preface=EXPIRED)
    run.memory.keep_value(EXPIRED, Value(held.ended_at.at, held.ended_at.id), turn)
    return turn


def think(run: Run, turn: Turn) -> str:
    """Wait for earlier questions, ask the model, and show what it said or why not; returns the outcome.

    Raises DeliveryDelayed.
    """
    queued = run.now_ms
    wait_for_earlier(run, turn)
    timings = {"wait_ms": run.now_ms - queued}
    asked = run.now_ms
    try:
        given, turn = ask(run, turn)
    except ModelFailed as failed:
        told = run.log.texts(provider_error=failed.detail)
        remedy = MODEL_REMEDIES[failed.reason]
        run.log.error("model_failed", reason=failed.reason.value, **failed.facts, **told, remedy=remedy)
        record = Record("failed", timings={**timings, "model_ms": run.now_ms - asked})
        return run.explain(getattr(run.services.wording, f"failed_{failed.reason.value}"), turn, record)
    return _settle(
        run, turn, given, {**timings, "first_token_ms": given.first_token_ms, "model_ms": run.now_ms - asked}
    )


def _settle(run: Run, turn: Turn, given: Answer, timings: Mapping[str, int]) -> str:
    if given.cut:
        code, remedy = given.cut_code or None, CUT_REMEDIES[given.cut]
        run.log.warning("answer_cut", reason=given.cut, code=code, model=given.model, remedy=remedy)
    usage = given.usage or Usage(0, 0)
    text = run.services.sensitive.masked(given.text)
    tokens = usage.prompt_tokens + usage.completion_tokens
    done = replace(turn, state=State.ANSWERED, answer=text, cut=given.cut, pictures=given.pictures, tokens=tokens)
    record = Record("answered", given.model, usage.prompt_tokens, usage.completion_tokens, timings=timings)
    return run.settle(done, replace(record, cut=given.cut, cut_code=given.cut_code))


def _session(run: Run, turn: Turn) -> Session:
    settings = run.services.settings
    return session(
        run.memory.document,
        turn.position,
        default_single=settings.default_single,
        timeout_ms=settings.session_seconds * 1000,
    )


def _most_tokens(run: Run, turn: Turn) -> int:
    """What the question can cost, estimated: prompt and answer.

    Questions before it that are still open become context with their answers, however long those are.
    """
    settings, document = run.services.settings, run.memory.document
    longest = run.services.limits.answer_tokens
    rounds: list[int] = []
    if not turn.alone:
        remembered = document.remembered(turn.position, settings.rounds)
        rounds += [round_tokens(known.question, known.answer) for known in remembered]
        rounds += [round_tokens(open.question) + longest for open in document.pending_before(turn.position)]
    alone = round_tokens(*instructions(run), turn.question)
    context = sum(rounds[-settings.rounds :])
    if settings.prompt_tokens:
        context = min(context, max(0, settings.prompt_tokens - alone))
    return alone + context + longest
