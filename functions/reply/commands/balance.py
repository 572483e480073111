"""The command that tells administrators what is left on the account with the model's provider."""

from __future__ import annotations

from datetime import datetime

from reply.commands.others import forbidden
from reply.commands.setting import tell
from reply.conversation import Turn
from reply.markdown import inline_code
from reply.records import Record
from reply.run import Run
from reply.services import Balance
from shared.errors import BalanceUnknown

ASK_SECONDS = 20.0
"""How long the provider may take in all."""


def balance(run: Run, turn: Turn) -> str:
    """`余额`: asked now, never remembered, in private chats only; where the provider does not tell, it says so.

    Raises DeliveryDelayed.
    """
    words = run.services.wording
    if refusal := forbidden(run):
        return run.explain(refusal, turn, Record("refused"))
    seconds = min(ASK_SECONDS, max(0.0, run.work_ends - run.services.clock.now()))
    try:
        found = run.services.model.balance(seconds)
    except BalanceUnknown as unknown:
        run.log.warning("balance_unknown", offered=unknown.offered, provider_error=unknown.detail)
        return tell(run, turn, words.balance_failed if unknown.offered else words.balance_not_offered)
    lines = "\n".join(f"- {_line(run, one)}" for one in found)
    return tell(run, turn, words.balance_found.format(lines=lines))


def _line(run: Run, found: Balance) -> str:
    words = run.services.wording
    if found.left is not None:
        line = words.balance_left.format(left=inline_code(f"{found.left} {found.currency}"))
    else:
        line = words.balance_used.format(granted=inline_code(found.granted), used=inline_code(found.used))
    if not found.expires_at:
        return line
    day = datetime.fromtimestamp(found.expires_at, run.services.ledger.days.timezone).date()
    return line + words.balance_expires.format(day=day)
