"""Builds what receiving needs from settings; it is kept for the life of the instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from conversation.channels.dingtalk import DingTalk
from conversation.dispatch import Dispatch
from conversation.fc2_call import Fc2Call
from conversation.fc3_call import Fc3Call
from conversation.instant import Instant
from conversation.outgoing import Send
from conversation.receive import Receiver
from conversation.settings import Settings
from conversation.templates import Templates, shipped
from conversation.triage import Triage
from shared.clock import Clock
from shared.deployed import Template
from shared.log import Log
from shared.wording import wording


def build(
    environ: Mapping[str, str],
    clock: Clock,
    send: Send,
    stream: TextIO | None = None,
    templates: Sequence[Template] | None = None,
) -> Receiver:
    """Everything receiving needs; with settings that are missing or wrong it refuses messages, and says why in the log.

    Without `templates` those that ship with the code are used.
    """
    settings = Settings.read(environ)
    log = Log(
        level=settings.log_level,
        secrets=settings.secrets,
        fields={"function": "conversation"},
        stream=stream,
        with_texts=settings.log_text,
    )
    words = wording(settings.language)
    fc2 = Fc2Call(settings.dispatch) if settings.dispatch.service else None
    dispatch = Dispatch(Fc3Call(settings.dispatch, clock), fc2, send, clock, log)
    channels = (DingTalk(settings.dingtalk, words, clock),)
    prompts = Templates(shipped if templates is None else lambda: templates)
    triage = Triage(settings.guards, prompts, Instant(words, prompts, settings.offer), words)
    return Receiver(
        channels,
        triage,
        settings.instant_in_body,
        dispatch,
        settings.problems,
        log,
        clock,
        closed=settings.closed,
    )
