"""What of a model's text is meant for the person."""

from __future__ import annotations

import re

_OPENING = re.compile("<think>", re.IGNORECASE)
_CLOSING = re.compile("</think>", re.IGNORECASE)
_BLANKS = " \t\r\n\u3000\ufeff"
_BLANK_LINES = re.compile(r"\A(?:[ \t\u3000\ufeff]*[\r\n]+)+")
_CLOSING_ALONE = re.compile(r"^[ \t]*</think>[ \t\r]*$", re.IGNORECASE | re.MULTILINE)


def visible(text: str) -> str:
    """The answer without the thinking in front of it, without blank lines around it; empty when there is none.

    Thinking is one or more `<think>…</think>` at the very beginning (blanks aside), in any letter case. One that is not
    closed leaves no answer. Where a server's template has already written the opening tag
    (https://docs.vllm.ai/en/latest/features/reasoning_outputs.html), what stands before a `</think>` that has a line to
    itself, and before any code, is thinking too. Tags anywhere else are the answer's own: a person may have asked about
    them.
    """
    start = text.lstrip(_BLANKS)
    closed_alone = _CLOSING_ALONE.search(text)
    if _OPENING.match(start):
        text = _after_thinking(start)
    elif closed_alone and not re.search(r"`|<think>", text[: closed_alone.start()], re.IGNORECASE):
        text = text[closed_alone.end() :]
    # Blanks before the first word stay: they may be the indentation of code.
    text = _BLANK_LINES.sub("", text.lstrip("\ufeff").rstrip(_BLANKS))
    return text if text.strip() else ""


def well_formed(text: str) -> str:
    """The text as something that UTF-8 can hold: halves of a surrogate pair are joined, lone ones become U+FFFD.

    JSON may carry the halves of one character in two pieces of a stream; people may send lone ones.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _after_thinking(text: str) -> str:
    while _OPENING.match(text):
        closing = _CLOSING.search(text)
        if closing is None:
            return ""
        rest = text[closing.end() :]
        text = rest.lstrip(_BLANKS)
    return rest.lstrip(" \t")
