"""Entry point of the HTTP function: builds what receiving needs and calls one function."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache

from conversation.http import serve
from conversation.outgoing import send
from conversation.receive import Receiver, receive
from conversation.wiring import build
from shared.clock import SystemClock
from shared.deployed import Deployed


@cache
def _receiver() -> Receiver:
    deployed = Deployed.read(os.environ)
    return build(deployed.under(os.environ), SystemClock(), send, templates=deployed.templates)


def handler(event: object, context: object) -> dict[str, object] | Iterable[bytes]:
    """FC's entry point: an HTTP trigger's event and context (3.0), or WSGI's environ and start_response (2.0)."""
    return serve(event, context, os.environ, lambda request: receive(request, _receiver()))
