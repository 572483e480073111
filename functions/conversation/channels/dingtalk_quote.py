"""The message that a DingTalk message quotes. Undocumented: shapes as read in public code.

github.com/soimy/openclaw-channel-dingtalk, QwenLM/qwen-code#9536, agentscope-ai/QwenPaw#3747 and, for ciphertext,
DingTalk-Real-AI/dingtalk-workspace-cli#552.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conversation.channels.dingtalk_text import rich_text
from conversation.channels.json_fields import Fields, fields, first_text, items, text

_CIPHERTEXT_END = re.compile(r"\|\|\d{1,9}\|\|\d{1,9}\|\|\d{1,9}\s*\Z")


@dataclass(frozen=True)
class Quote:
    """Text of the quoted message, or the news that it has none we can read."""

    text: str = ""
    unreadable: bool = False


def quote_of(body: Fields) -> Quote:
    """What the message quotes; an empty Quote when it quotes nothing."""
    for holder in (fields(body.get("text")), fields(body.get("content"))):
        replied = fields(holder.get("repliedMsg"))
        if replied:
            return _readable(_quoted_text(fields(replied.get("content")), replied))
        if holder.get("isReplyMsg") in (True, "true"):
            return Quote(unreadable=True)
    old = fields(body.get("quoteMessage"))
    if old:
        return _readable(_quoted_text(fields(old.get("text")) or fields(old.get("content")), old))
    return Quote()


def _readable(found: str) -> Quote:
    # With an organisation's message encryption a quote arrives as ciphertext: nothing for a model to see.
    if not found or _CIPHERTEXT_END.search(found):
        return Quote(unreadable=True)
    return Quote(text=found)


def _quoted_text(content: Fields, replied: Fields) -> str:
    nodes = items(content.get("richText"))
    if nodes:
        return rich_text(nodes, group=False)
    found = first_text(content, "text", "content", "recognition", "summary")
    if found:
        return found.strip()
    cards = [child for element in items(content.get("cardContent")) for child in items(element.get("children"))]
    if cards:
        return "".join(first_text(child, "value") for child in cards).strip()
    return "" if content else text(replied.get("content")) or text(replied.get("text"))
