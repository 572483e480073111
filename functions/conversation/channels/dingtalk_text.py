"""What a DingTalk message says: the text that can be used as a question, or what kind of thing it is instead.

Types and shapes: https://open.dingtalk.com/document/orgapp/robot-message-type; undocumented ones as read by
github.com/soimy/openclaw-channel-dingtalk and github.com/DingTalk-Real-AI (dingtalk-openclaw-connector,
dingtalk-workspace-cli).
"""

from __future__ import annotations

import re

from conversation.channels.inbound import Kind
from conversation.channels.json_fields import Fields, fields, first_text, items, text
from shared.commands import find_command, is_bare_mention
from shared.mentions import bare, is_mention, is_spaced_name

_KINDS: dict[str, Kind] = {
    "picture": "picture",
    "video": "video",
    "file": "file",
    "audio": "audio",
    "interactivecard": "card",
    "actioncard": "card",
    "chatrecord": "record",
}
_NAMES_END = re.compile(r"(?:\s[A-Z0-9]\S*|助手|助理|机器人|bot)\Z", re.ASCII)
_TEXT_TYPES = frozenset({"text", "markdown", "reply", ""})


def question_of(body: Fields, msgtype: str, group: bool) -> tuple[str, Kind]:
    """The text of the message without what remains of a mention, and its kind when there is no text to use.

    A text message may be blank: that is a question for help, not an unsupported kind.
    """
    name = msgtype.lower()
    content = fields(body.get("content"))
    if name in _TEXT_TYPES:
        found = _plain(body, content)
        blank: Kind = "" if name == "text" else "other"
        return without_mention(found, group), blank if not found.strip() else ""
    if name == "richtext":
        nodes = items(content.get("richText"))
        found = without_mention(rich_text(nodes, group), group)
        return found, "" if found else _kind_of_nodes(nodes)
    if name == "audio" and text(content.get("recognition")):
        return text(content.get("recognition")), ""
    return "", _KINDS.get(name, "other")


def rich_text(nodes: list[Fields], group: bool) -> str:
    """The text of rich-text nodes in their order, blank ones too, without the robot's mention.

    In groups that is the first words of the message, and a node of its own.
    """
    parts: list[str] = []
    first = group
    for number, node in enumerate(nodes, 1):
        kind = text(node.get("type")) or text(node.get("msgType"))
        if kind == "at":
            found = text(node.get("atName")) or first_text(node, "text", "content")
            found = found if found.startswith("@") or not found else f"@{found}"
        elif kind == "picture" or (not kind and "downloadCode" in node):
            found = "\n"
        else:
            found = _words(node)
        if first and found.strip():
            first = False
            ends = not found[-1].isspace() and number < len(nodes) and _ends_line(nodes[number])
            alone = number == len(nodes) or (ends and not _NAMES_END.search(found))
            if kind == "at" or _is_robots_name(found, alone=alone):
                continue
        parts.append(found)
    return "".join(parts).strip()


def _words(node: Fields) -> str:
    """What a node says, be it a blank or a line end."""
    blank = next((value for value in (node.get("text"), node.get("content")) if isinstance(value, str) and value), "")
    return first_text(node, "text", "content") or blank


def _ends_line(node: Fields) -> bool:
    """Whether a node begins with a line end or is a picture: nothing of the line before it is in it."""
    return "downloadCode" in node or text(node.get("type")) == "picture" or _words(node)[:1] == "\n"


def _is_robots_name(found: str, *, alone: bool) -> bool:
    """Whether a first node is a mention and nothing else; a name may have blanks.

    `alone`, without a node behind it in its line, what follows a blank is taken for words, unless they are written as a
    name is.
    """
    mention = bare(found)
    if is_bare_mention(mention) or not is_mention(mention):
        return is_bare_mention(mention)
    spaced = "\n" not in mention and is_spaced_name(mention[1:]) and find_command(mention) is None
    return spaced and not (alone and re.search(r"\s[^A-Z0-9]", mention))


def without_mention(found: str, group: bool) -> str:
    """The text without blanks around it; a group message that is nothing but one mention is blank.

    DingTalk takes the robot's own mention out of a group's text and leaves the blank behind it. Other names stay: they
    belong to the question.
    """
    text_alone = bare(found)
    return "" if group and is_bare_mention(text_alone) else text_alone


def _plain(body: Fields, content: Fields) -> str:
    for source in (fields(body.get("text")), content):
        found = first_text(source, "content", "text")
        if found:
            return found
    # One official sample has the text itself at the top level.
    return "" if content else first_text(body, "text", "content")


def _kind_of_nodes(nodes: list[Fields]) -> Kind:
    if any("downloadCode" in node or node.get("type") == "picture" for node in nodes):
        return "picture"
    return "" if nodes else "other"
