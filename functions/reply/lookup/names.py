"""Names of hosts as people write them, and as the network wants them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

HTTPS_PORT = 443

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Target:
    """A host (ASCII; IDN in Punycode) and a port."""

    host: str
    port: int = HTTPS_PORT


def read_target(text: str) -> Target:
    """Read what somebody wrote: a name, a URL, full-width forms, with or without a port, mentions after it.

    Raises ValueError when it names no host.
    """
    words = [word for word in unicodedata.normalize("NFKC", text).split() if not word.startswith("@")]
    if len(words) != 1:
        raise ValueError("wanted one name")
    authority = re.split(r"[/?#]", re.sub(r"^https?://", "", words[0], flags=re.IGNORECASE), maxsplit=1)[0]
    host, colon, port = authority.partition(":")
    if colon and not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
        raise ValueError("wanted a port from 1 to 65535")
    return Target(ascii_name(host), int(port) if colon else HTTPS_PORT)


def ascii_name(text: str) -> str:
    """The name in lower-case ASCII without a final dot. Raises ValueError when it is no name with a dot in it.

    Labels are encoded as IDNA 2008 does: what IDNA 2003 made of "ß" would be somebody else's name.
    """
    name = unicodedata.normalize("NFKC", text.translate(_DOTS)).translate(_DOTS).lower().removesuffix(".")
    labels = [_ascii_label(label) for label in name.split(".")]
    joined = ".".join(labels)
    if len(labels) < 2 or len(joined) > 253:
        raise ValueError("wanted a name such as example.com")
    return joined


def shown_name(name: str) -> str:
    """The name as people write it: Punycode decoded where it can be."""
    return ".".join(map(_shown_label, name.split(".")))


def _ascii_label(label: str) -> str:
    if not label.isascii():
        if not all(unicodedata.category(c)[0] in "LMN" or c in "-_" or c in _JOINERS for c in label):
            raise ValueError("wanted letters, digits and hyphens between the dots")
        label = "xn--" + label.encode("punycode").decode("ascii")
    if not _LABEL.fullmatch(label):
        raise ValueError("wanted letters, digits and hyphens between the dots")
    return label


def _shown_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    # Only what would be read as a name again is shown decoded.
    return shown if all(unicodedata.category(c)[0] in "LMN" or c == "-" for c in shown) else label
