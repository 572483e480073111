"""The message that a DingTalk message quotes. Undocumented: shapes as read in public code.

github.com/soimy/openclaw-channel-dingtalk, QwenLM/qwen-code#9536, agentscope-ai/QwenPaw#3747, for cards
chenhg5/cc-connect#1121 and QwenLM/qwen-code#9537, and for ciphertext DingTalk-Real-AI/dingtalk-workspace-cli#552.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from conversation.channels.dingtalk_text import rich_text
from conversation.channels.json_fields import Fields, fields, first_text, items, text

_CIPHERTEXT_END = re.compile(r"\|\|\d{1,9}\|\|\d{1,9}\|\|\d{1,9}\s*\Z")


_MENTION = re.compile(r"\s*[@＠](?P<id>\S{1,64})(?:\s|\Z)")
_FRAMED = re.compile(r"\s*@[\w.@-]{1,64}(?:\n|[ \t]*[(（]\d{1,3}/\d{1,3}[)）]|\s*\Z)")

_SAID = ("text", "content", "markdown", "recognition", "summary")
_FILLED = ("msgContent", "answer", "body", "title")
_HOLDERS = ("actionCard", "card", "data")
_CHILDREN = ("children", "elements", "contents")
_NO_TEXT = frozenset({"IMAGE", "PICTURE", "IMG", "ICON", "AVATAR", "VIDEO", "AUDIO", "FILE"})


@dataclass(frozen=True)
class Quote:
    """Text of the quoted message, or the news that it has none we can read."""

    text: str = ""
    unreadable: bool = False


def quote_of(body: Fields, *, group: bool = False) -> Quote:
    """What the message quotes; an empty Quote when it quotes nothing."""
    for holder in (fields(body.get("text")), fields(body.get("content"))):
        replied = fields(holder.get("repliedMsg"))
        if replied:
            return _readable(_quoted_text(fields(replied.get("content")), replied), replied, body, group)
        if holder.get("isReplyMsg") in (True, "true"):
            return Quote(unreadable=True)
    old = fields(body.get("quoteMessage"))
    if old:
        return _readable(_quoted_text(fields(old.get("text")) or fields(old.get("content")), old), old, body, group)
    return Quote()


def _readable(found: str, replied: Fields, body: Fields, group: bool) -> Quote:
    if group:
        found = _without_robots_mention(found, replied, body)
    # With an organisation's message encryption a quote arrives as ciphertext: nothing for a model to see.
    if not found or _CIPHERTEXT_END.search(found):
        return Quote(unreadable=True)
    return Quote(text=found)


def _without_robots_mention(found: str, replied: Fields, body: Fields) -> str:
    """The text without the mention that the robot begins its answers with: a staff id is not for a model to see."""
    begun = _MENTION.match(found)
    if not begun:
        return found
    sender = text(replied.get("senderId"))
    ids = {text(body.get("senderStaffId")), *(text(user.get("staffId")) for user in items(body.get("atUsers")))}
    by_robot = sender == text(body.get("chatbotUserId")) if sender else bool(_FRAMED.match(found))
    return found[begun.end() :].lstrip() if by_robot or begun["id"] in ids else found


def _quoted_text(content: Fields, replied: Fields) -> str:
    nodes = items(content.get("richText"))
    if nodes:
        return rich_text(nodes, group=False)
    inner = [fields(content.get(name)) for name in (*_SAID, *_HOLDERS)]
    card = next((found for holder in (content, *inner, replied) if (found := _card_text(holder))), "")
    said = (first_text(holder, *_SAID) for holder in (content, *inner))
    found = card or next(filter(None, said), "") or first_text(content, "title")
    return found.strip() or ("" if content else text(replied.get("content")) or text(replied.get("text")))


def _card_text(holder: Fields) -> str:
    """The words of a card: those its template was filled with, else those of its elements."""
    for card in (fields(holder.get("cardData")), holder):
        filled = fields(card.get("cardParamMap"))
        for values in (filled, fields(filled.get("sys_full_json_obj"))):
            if found := first_text(values, *_SAID, *_FILLED):
                return found.strip()
    tree = holder.get("cardContent") or holder.get("children")
    return "".join(_element_texts(tree)).strip()


def _element_texts(tree: object) -> Iterator[str]:
    """The texts of a tree of elements, however deep, each element with children on lines of its own."""
    waiting = [*reversed(_elements(tree))]
    while waiting:
        element = waiting.pop()
        if isinstance(element, str):
            yield element
            continue
        children = next(filter(None, (_elements(element.get(name)) for name in _CHILDREN)), [])
        if text(element.get("elementType")).upper() not in _NO_TEXT:
            said = first_text(element, "value", "text", "content", "markdown")
            yield said or first_text(fields(element.get("text")), "value", "content", "text")
        waiting += ["\n", *reversed(children)] if children else []


def _elements(value: object) -> list[Fields | str]:
    found: list[Fields | str] = [*items(value)]
    return found or [one for one in (fields(value) or text(value),) if one]
