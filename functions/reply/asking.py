"""Asking the model with as much of the conversation as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reply.conversation import LEFT_OUT, REFUSED, Turn, Value
from reply.prompt import counted, prompt, within
from reply.run import Run
from reply.services import Answer
from shared.errors import ModelFailed, ModelFailure

OF_THE_CONTEXT = frozenset({ModelFailure.FILTERED, ModelFailure.BAD_REQUEST})
"""Reasons that lie in what was said before, when the question alone is answered: the context would meet them again."""

_PERHAPS = OF_THE_CONTEXT | {ModelFailure.TOO_LONG, ModelFailure.EMPTY, ModelFailure.NOT_JSON}
"""A page may be that of a firewall in front of the model, which minds some words of what was said."""

_INTERNAL_ERROR = 500


def ask(run: Run, turn: Turn) -> tuple[Answer, Turn]:
    """The answer, and the turn, which says so where the answer was given without the context.

    A context that is too long is halved until it fits. Where a failure may lie in the context, the question is asked
    once without it; if that helps and the failure would come again, the context ends here. Raises ModelFailed.
    """
    settings, now = run.services.settings, run.services.clock.now
    ends = min(now() + settings.model_seconds, run.work_ends)
    told = instructions(run)
    history = [] if turn.alone else run.memory.document.remembered(turn.position, settings.rounds)
    history = within(settings.prompt_tokens, told, history, turn.question)

    def asked(context: Sequence[Turn]) -> Answer:
        messages = prompt(told, context, turn.question)
        return counted(run.services.model.ask(messages, ends - now()), messages)

    context = history
    while True:
        try:
            return asked(context), turn
        except ModelFailed as failed:
            cause = failed
        if not context or not _may_lie_in_context(cause):
            raise cause
        if cause.reason is not ModelFailure.TOO_LONG or len(context) == 1:
            break
        context = context[(len(context) + 1) // 2 :]
        run.log.info("context_shortened", rounds=len(context))
    try:
        answer = asked(())
    except ModelFailed as still:
        raise (still if cause.reason is ModelFailure.TOO_LONG else cause) from None
    return answer, _without_context(run, turn, cause.reason, history[-1])


def instructions(run: Run) -> tuple[str, str]:
    """The deployer's, and the conversation's persona for whoever is known to be asking now."""
    return run.services.settings.system_prompt, run.memory.document.persona() if run.message.fresh else ""


def _may_lie_in_context(failed: ModelFailed) -> bool:
    return failed.reason in _PERHAPS or failed.facts.get("status") == _INTERNAL_ERROR


def _without_context(run: Run, turn: Turn, reason: ModelFailure, newest: Turn) -> Turn:
    """The turn as one that was asked without context, which ends at `newest` where it would fail again."""
    dropped = reason in OF_THE_CONTEXT
    run.log.warning("asked_without_context", reason=reason.value, dropped=dropped)
    turn = replace(turn, preface=REFUSED if dropped else LEFT_OUT)
    if dropped:
        run.memory.keep_value(REFUSED, Value(newest.at, newest.id), turn)
    return turn
