"""What of a model's text is meant for the person."""

from __future__ import annotations

import re

_OPENING, _CLOSING = "<think>", "</think>"
_BLANKS = " \t\r\n\u3000\ufeff"
_CLOSING_ALONE = re.compile(rf"^[ \t]*{_CLOSING}[ \t\r]*$", re.IGNORECASE | re.MULTILINE)


def visible(text: str) -> str:
    """The answer without the thinking in front of it, without blank lines around it; empty when there is none.

    Thinking is one or more `<think>…</think>` at the very beginning (blanks aside), in any letter case. One that is not
    closed leaves no answer. Where a server's template has already written the opening tag
    (https://docs.vllm.ai/en/latest/features/reasoning_outputs.html), what stands before a `</think>` that has a line to
    itself, and before any code, is thinking too. Tags anywhere else are the answer's own: a person may have asked about
    them.
    """
    rest = text.lstrip(_BLANKS)
    closed_alone = _CLOSING_ALONE.search(text)
    if rest[: len(_OPENING)].lower() == _OPENING:
        rest = _after_thinking(rest)
    elif closed_alone and not re.search(r"`|<think>", text[: closed_alone.start()], re.IGNORECASE):
        rest = text[closed_alone.end() :]
    else:
        rest = text
    # Leading blanks of the first line stay: they may be the indentation of code.
    return re.sub(r"\A(?:[ \t\u3000\ufeff]*[\r\n]+)+", "", rest.rstrip(_BLANKS)).lstrip("\ufeff")


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
    while text[: len(_OPENING)].lower() == _OPENING:
        end = text.lower().find(_CLOSING)
        if end < 0:
            return ""
        rest = text[end + len(_CLOSING) :]
        text = rest.lstrip(_BLANKS)
        if text[: len(_OPENING)].lower() != _OPENING:
            return rest
    return text
