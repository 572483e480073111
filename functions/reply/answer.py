"""The whole job: from a message to one outcome that the person sees.

Read `answer` first, then `_one_outcome` and `_work`; what the model is asked is `thinking.think`. What is already done
is not done again; what a dead run left behind is taken over; a failure is explained at once; only what a later run can
still show is raised, so that FC runs it again.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace

from reply.commands.balance import balance
from reply.commands.clear import clear
from reply.commands.export import export
from reply.commands.lookup import certificate, domain
from reply.commands.mode import context, single
from reply.commands.persona import persona
from reply.commands.usage import usage
from reply.conversation import State, Turn
from reply.limits import COUNTED, refuse_over_limit
from reply.records import Record
from reply.run import Run
from reply.services import Services
from reply.speaker import UNDELIVERABLE
from reply.thinking import noted, think
from reply.turn import Standing, is_other_message, take
from reply.waiting import shown_meanwhile
from shared import commands as table
from shared.errors import DeliveryDelayed, Undeliverable
from shared.message import VERSION, Message
from shared.remedies import LATE

TOO_LATE_MS = 10 * 60 * 1000
"""An event this old (ms) at its start is explained instead of answered: a late answer would surprise."""

EXPIRY_MARGIN_MS = 5000
"""A webhook that expires sooner than this (ms) is not worth a model call: the answer would come too late for it."""

COMMANDS: Mapping[str, Callable[[Run, Turn], str]] = {
    "clear": clear,
    "single": single,
    "context": context,
    "persona": persona,
    "usage": usage,
    "balance": balance,
    "domain": domain,
    "certificate": certificate,
    "export": export,
}

OF_THE_STORED = frozenset(command.name for command in table.COMMANDS if command.of_the_stored)
"""Commands that are refused to a message whose signature was old when it was handed over."""


def answer(message: Message, services: Services, until: float) -> str:
    """Bring about one outcome for the message; returns it for the log.

    `until` is when FC kills this instance (seconds since the epoch). Raises DeliveryDelayed, and nothing else, when the
    person has seen nothing yet and a later run can show it.
    """
    run = Run.start(message, services, until)
    sentence = services.wording.failed_timeout.format(request_id=message.request_id)
    try:
        with run.speaker.watchdog(sentence, run.watchdog_at):
            outcome = _one_outcome(run)
        run.settle_account()
        return outcome
    except DeliveryDelayed as delayed:
        run.log.warning("delivery_delayed", code=delayed.code, problem=str(delayed))
        raise
    except Exception as bug:  # noqa: BLE001 - the person must be told whatever went wrong; it is logged as a bug
        _log_bug(run, bug)
        return _say_once(run, services.wording.failed_internal)


def apologise(message: Message, services: Services, until: float) -> str:
    """FC has given up on the message: show what was saved for it, or apologise, once. Never raises."""
    run = Run.start(message, services, until)
    sentence = services.wording.failed_gave_up.format(request_id=message.request_id)
    try:
        with run.speaker.watchdog(sentence, run.watchdog_at):
            outcome = _last_word(run)
    except DeliveryDelayed as delayed:
        closed = Undeliverable(delayed.code, "no attempt is left", remedy=delayed.remedy)
        outcome = run.speaker.close_undeliverable(closed, Record("undeliverable"))
    except Exception as bug:  # noqa: BLE001 - raising here would only make FC run the apology again
        _log_bug(run, bug)
        outcome = "failed"
    # Said last: by then it is known what the person saw, and where they saw nothing another line has said so.
    run.log.error("gave_up", cause=UNDELIVERABLE if outcome == UNDELIVERABLE else "", outcome=outcome)
    return outcome


def _last_word(run: Run) -> str:
    message = run.message
    if _recorded(run):
        return _already_done(run)
    run.memory.load()
    found = run.memory.document.turns.get(message.turn_id)
    run.speaker.reserved = found.reserved if found else 0
    if found and found.finished:
        return _take_over(run, found) if found.answer else _lost(run, found)
    if message.notice:
        return _tell_notice(run, found or _unknown_turn(run))
    return run.explain(run.services.wording.failed_gave_up, found or _unknown_turn(run))


def _one_outcome(run: Run) -> str:
    message, services = run.message, run.services
    if _recorded(run):
        return _already_done(run)
    if not services.claim.holds(message):
        run.speaker.silence()
        run.log.info("duplicate", by="claim")
        return "duplicate"
    run.memory.load()
    asked = "" if message.command or message.notice else message.question(services.wording)
    found = run.memory.document.turns.get(message.turn_id)
    if found and found.at != message.created_at and _recorded(run, found.at):
        return _already_done(run)
    standing, turn = take(
        found,
        message,
        question=asked,
        now_ms=run.now_ms,
        deadline_ms=int(run.until * 1000),
        attempts=services.settings.attempts,
        runner=secrets.token_hex(4),
    )
    run.speaker.reserved = turn.reserved
    return _STEPS[standing](run, turn)


def _work(run: Run, turn: Turn) -> str:
    message, wording = run.message, run.services.wording
    if 0 < message.reply_to.expires_at <= run.now_ms + EXPIRY_MARGIN_MS:
        run.memory.keep(replace(turn, state=State.FAILED))
        closed = Undeliverable("expired", "the session webhook had expired when the message was started", remedy=LATE)
        return run.speaker.close_undeliverable(closed, Record("undeliverable", question=turn.question))
    if message.notice:
        run.memory.keep(turn)
        return _tell_notice(run, turn)
    if run.services.problems:
        run.log.error("settings_incomplete", problems="; ".join(run.services.problems))
        return run.explain(wording.failed_settings, turn)
    if message.version > VERSION:
        run.log.error("later_version", found=message.version, wanted=VERSION)
        return run.explain(wording.failed_version, turn)
    if run.queue_ms is not None and run.queue_ms > TOO_LATE_MS:
        run.log.error("too_late", queue_ms=run.queue_ms, problem=f"wanted at most {TOO_LATE_MS} ms in FC's queue")
        return run.explain(wording.failed_too_late, turn)
    if message.command in OF_THE_STORED and not message.fresh:
        return run.explain(wording.refused_stale, turn, Record("refused"))
    turn = noted(run, turn)
    if message.command and message.command not in COUNTED:
        return COMMANDS[message.command](run, turn)
    if refused := refuse_over_limit(run, turn):
        return refused
    return COMMANDS[message.command](run, turn) if message.command else think(run, turn)


def _tell_notice(run: Run, turn: Turn) -> str:
    notice = run.message.notice
    return run.settle(replace(turn, state=State.ANSWERED, answer=notice), Record("refused", answer=notice))


def _deliver(run: Run, turn: Turn) -> str:
    if shown_meanwhile(run, turn):
        run.speaker.silence()
        return _already_done(run)
    return _take_over(run, run.memory.document.turns.get(turn.id, turn))


def _take_over(run: Run, turn: Turn) -> str:
    run.log.info("took_over", state=turn.state.name.lower(), sent=turn.sent)
    return run.show(turn)


def _lost(run: Run, turn: Turn) -> str:
    run.log.error("answer_lost", state=turn.state.name.lower())
    text = run.services.wording.failed_answer_lost.format(request_id=run.message.request_id)
    return run.show(replace(turn, state=State.FAILED, answer=text))


def _give_up(run: Run, turn: Turn) -> str:
    run.log.error("last_attempt", attempt=turn.attempt)
    run.memory.keep(turn)  # a run that lives after all finds this, and stays silent
    if run.message.notice:
        return _tell_notice(run, turn)
    return run.explain(run.services.wording.failed_gave_up, turn)


def _duplicate(run: Run, turn: Turn) -> str:
    run.log.info("duplicate", by="turn", attempt=turn.attempt)
    return "duplicate"


def _conflict(run: Run, turn: Turn) -> str:
    run.log.warning("same_id_other_body", attempt=turn.attempt)
    return "conflict"


_STEPS: Mapping[Standing, Callable[[Run, Turn], str]] = {
    Standing.WORK: _work,
    Standing.DELIVER: _deliver,
    Standing.LOST: _lost,
    Standing.GIVE_UP: _give_up,
    Standing.DUPLICATE: _duplicate,
    Standing.CONFLICT: _conflict,
}


def _recorded(run: Run, at: int | None = None) -> bool:
    done = run.on_record(at)
    if done:
        run.speaker.silence()
    return done


def _already_done(run: Run) -> str:
    run.memory.load()
    found = run.memory.document.turns.get(run.message.turn_id)
    if found and is_other_message(found, run.message):
        return _conflict(run, found)
    if found and not found.finished:
        # Its run was killed after the watchdog had spoken: later turns must not wait for it.
        run.memory.keep(replace(found, state=State.FAILED))
    # Its run may have been killed right after the record: the note of an open question would stay for ever.
    run.speaker.complete()
    run.log.info("duplicate", by="record")
    return "done"


def _say_once(run: Run, sentence: str) -> str:
    text = sentence.format(request_id=run.message.request_id)
    return run.speaker.say(text, Record("failed", answer=text))


def _unknown_turn(run: Run) -> Turn:
    return Turn(run.message.turn_id, run.message.created_at, State.PENDING)


def _log_bug(run: Run, bug: Exception) -> None:
    where = traceback.extract_tb(bug.__traceback__)[-1]
    run.log.error(
        "internal_error",
        problem=type(bug).__name__,
        where=f"{'/'.join(where.filename.split('/')[-2:])}:{where.lineno}",
    )
