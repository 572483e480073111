"""Entry point of the event function: builds what answering needs and calls one function."""

from __future__ import annotations

import os
import time
from functools import cache

from reply.answer import answer, apologise
from reply.event import read_event
from reply.wiring import Instance, function_seconds
from shared.deployed import Deployed
from shared.errors import EventUnreadable


@cache
def _instance() -> Instance:
    return Instance.start(Deployed.read(os.environ).under(os.environ))


def handler(event: bytes, context: object) -> str:
    """FC's entry point: one message, or FC's report that it gave up on one. Returns the outcome, for the log.

    Raises DeliveryDelayed only: then FC runs the event again.
    """
    until = time.time() + function_seconds(context)
    try:
        received = read_event(event)
    except EventUnreadable as problem:
        _instance().services(context).log.error("event_unreadable", problem=str(problem))
        return "unreadable"
    services = _instance().services(context, received.message.request_id)
    if received.gave_up:
        return apologise(received.message, services, until)
    return answer(received.message, services, until)
