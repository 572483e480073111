"""How a local cloud is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.fc import AsyncRules
from local.functions import CODE

CONVERSATION, REPLY = "conversation.index.handler", "reply.index.handler"
"""This project's own entry points."""


@dataclass(frozen=True)
class Options:
    """Everything that can differ between two local clouds.

    `settings` go to both functions, `conversation_settings` and `reply_settings` to one; a value of None removes a
    default. `handler`s are entry points as FC names them, found in `code`; where only `conversation_handler` is another
    than this project's, or `reply_handler` is "", it is one function alone, which gets every setting.
    `instances` is the most of each function.
    `platform` is "fc3" or "fc2" (how the trigger calls), `runtime` "python3.12" or "python3.10" (what the context
    has). `pace` is how many real seconds a function's sleep of one second takes, and `pace_of_doubles` the same for
    events that "invoke-duplicated" has run twice: their runs wait for each other. `model_pace` is what the echo waits
    between two chunks, in seconds. `bucket` is a folder, or a temporary one when it is None; with `bucket_kept` the
    page's reset leaves what is in it. `watch_files` records what changes in it. `skew` is how many seconds the clocks
    of a function's instances are ahead of everything else's, one instance after the other, by the function's name.
    """

    settings: Mapping[str, str | None] = field(default_factory=dict)
    conversation_settings: Mapping[str, str | None] = field(default_factory=dict)
    reply_settings: Mapping[str, str | None] = field(default_factory=dict)
    code: tuple[Path, ...] = (CODE,)
    conversation_handler: str = CONVERSATION
    reply_handler: str = REPLY
    conversation_timeout: float = 60
    reply_timeout: float = 180
    instances: int = 10
    idle_seconds: float = 300
    platform: str = "fc3"
    runtime: str = "python3.12"
    rules: AsyncRules = field(default_factory=AsyncRules)
    bucket: Path | None = None
    bucket_kept: bool = False
    language: str = "zh"
    secret: str = "local-robot-secret"  # noqa: S105  # invented; signs loopback callbacks only
    pace: float = 0.02
    pace_of_doubles: float | None = None
    model_pace: float = 0.0
    watch_files: bool = False
    skew: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """Whether the bot is one function."""
        return not self.reply_handler or (self.reply_handler == REPLY and self.conversation_handler != CONVERSATION)
