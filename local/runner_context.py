"""The `context` a handler is given, as FC makes it for each runtime.

Attributes per runtime: https://www.alibabacloud.com/help/en/functioncompute/context-1 .
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any


class Part:
    """A part of the context; only what is given exists."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Context(Part):
    """The second argument of a handler."""

    def getLogger(self) -> logging.Logger:
        """Return the runtime's logger."""
        return logging.getLogger()


def make_context(request_id: str, facts: Mapping[str, Any]) -> Context:
    """Build the context; python3.12 has no credentials and no service, python3.10 has both."""
    function = Part(name=facts["function"], handler=facts["handler"], memory=facts["memory"], timeout=facts["timeout"])
    context = Context(
        request_id=request_id, region=facts["region"], account_id=facts["account_id"], function=function, tracing=Part()
    )
    if facts["runtime"] == "python3.10":
        context.credentials = Part(**facts["credentials"])  # type: ignore[attr-defined]  # made of what is given
        context.service = Part(  # type: ignore[attr-defined]  # the same
            name=facts["service"], log_project="", log_store="", qualifier="LATEST", version_id=""
        )
    else:
        function.__dict__.update(version_id="LATEST", qualifier="LATEST")
        context.__dict__.update(log_project="", log_store="")
        context.logger = None  # type: ignore[attr-defined]  # documented as initially None
    return context
