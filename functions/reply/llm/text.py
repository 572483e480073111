"""What of a model's text is meant for the person."""

from __future__ import annotations

import re

_BLANKS = " \t\r\n\u3000\ufeff"
_BLANK_LINES = re.compile(r"\A(?:[ \t\u3000\ufeff]*[\r\n]+)+")


def visible(text: str) -> str:
    """The answer without the thinking in front of it, without blank lines around it; empty when there is none.

    What is thinking, `reply.llm.thoughts` says. Tags anywhere else are the answer's own: a person may have asked about
    them.
    """
    if any(sign in text for sign in "<[◁"):
        from reply.llm.thoughts import without_thoughts  # its patterns are compiled only where they can match

        text = without_thoughts(text)
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
