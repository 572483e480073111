"""What a `conversation` of another version hands over: both functions are not replaced at the same moment."""

from __future__ import annotations

import json
from typing import Any

_LATER_ADDITIONS = (
    "robot_before",
    "signed_at",
    "role",
    "quote_unreadable",
    "notice",
    "command",
    "handed_over_at",
    "body_hash",
)
"""Fields that may be missing in an event of an earlier version."""


def of_version(which: str, event: bytes) -> bytes:
    """The event as that version would have written it.

    "older" has not all the fields; "newer" has one more, and another version number where "newer-breaking" is asked
    for; "newer-unreadable" has also changed the form of what was there.
    """
    fields: dict[str, Any] = json.loads(event)
    if which == "older":
        for name in _LATER_ADDITIONS:
            fields.pop(name, None)
        return json.dumps(fields).encode("ascii")
    fields["attachments"] = [{"kind": "picture", "url": "https://files.example/1"}]
    if which != "newer":
        fields["v"] += 1
    if which == "newer-unreadable":
        fields["text"] = [{"kind": "text", "value": fields["text"]}]
        fields["sender"] = {"ids": {"staff": fields["sender"].get("staff_id", "")}}
        del fields["created_at"]
    return json.dumps(fields).encode("ascii")
