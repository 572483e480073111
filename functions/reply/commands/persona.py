"""The command that gives a conversation a persona of its own."""

from __future__ import annotations

from reply.commands.setting import set_value, tell
from reply.conversation import PERSONA, Turn
from reply.run import Run
from shared.commands import without_marks
from shared.folding import plain

LONGEST_PERSONA = 2000
"""Characters of a persona: it goes with every question."""

_REMOVE = frozenset({"清除", "删除", "取消", "clear", "off"})


def persona(run: Run, turn: Turn) -> str:
    """`角色 …` sets it, `角色` shows it, `角色 清除` removes it. Raises DeliveryDelayed."""
    words, wanted = run.services.wording, run.message.text.strip()
    if not wanted:
        current = run.memory.document.persona()
        if run.memory.unread and not current:
            return run.explain(words.persona_unread, turn)
        return tell(run, turn, words.persona_shown.format(persona=current) if current else words.persona_none)
    if plain(without_marks(wanted)) in _REMOVE:
        return set_value(run, turn, PERSONA, "", words.persona_removed)
    if len(wanted) > LONGEST_PERSONA:
        return tell(run, turn, words.persona_too_long.format(size=len(wanted), limit=LONGEST_PERSONA))
    return set_value(run, turn, PERSONA, wanted, words.persona_set.format(persona=wanted))
