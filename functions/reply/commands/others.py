"""What every command asks whose answer is for an administrator alone."""

from __future__ import annotations

from reply.run import Run

FRESH_MS = 5 * 60 * 1000
"""How old (ms) a signature may be that shows anything confidential: the body that came with it is not signed."""


def forbidden(run: Run) -> str:
    """Why this message may see nothing confidential, in words; "" when it may."""
    words, message = run.services.wording, run.message
    if message.role != "admin":
        return words.refused_admins_only
    if message.group:
        return words.refused_only_private
    return words.refused_stale if message.handed_over_at - message.signed_at > FRESH_MS else ""
