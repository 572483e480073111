"""Names of hosts as people write them, and as the network wants them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from shared.commands import without_marks
from shared.folding import normalized

HTTPS_PORT = 443

LONGEST_NAME, LONGEST_LABEL = 253, 63
"""Characters of a name and of a label in ASCII (RFC 1035)."""

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_QUOTES = "\"'`<>\u2018\u2019\u201c\u201d\u300a\u300b\u300c\u300d"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}://(?:[^/?#@]*@)?", re.IGNORECASE)
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True)
class Target:
    """A host (ASCII; IDN in Punycode) and a port."""

    host: str
    port: int = HTTPS_PORT


Fault = Literal["missing", "several", "address", "port", "no_dot", "digits", "characters"]
"""What is wrong with something that should name a host; `wording` has a sentence for each but "missing"."""


class NoTarget(ValueError):
    """What somebody wrote names no host: `fault` says why, `found` is what they wrote."""

    def __init__(self, fault: Fault, found: str) -> None:
        super().__init__(f"wanted a host such as example.com or example.com:8443: {fault}")
        self.fault = fault
        self.found = found


def read_target(text: str) -> Target:
    """Read what somebody wrote: a name, a URL, full-width forms, with or without a port, mentions after it.

    A mark that ends a sentence and quotes around it are no part of it. Raises NoTarget when it names no host.
    """
    words = [word for word in without_marks(normalized(text)).split() if not word.startswith("@")]
    found = " ".join(words).strip(_QUOTES)
    if len(words) != 1:
        raise NoTarget("several" if words else "missing", found)
    host, port = _host_and_port(found)
    try:
        return Target(ascii_name(host), port)
    except ValueError:
        raise NoTarget("characters" if "." in host.translate(_DOTS).strip(".") else "no_dot", found) from None


def _host_and_port(found: str) -> tuple[str, int]:
    begun = _SCHEME.match(found)
    authority = re.split(r"[/?#]", found[begun.end() :] if begun else found, maxsplit=1)[0]
    if authority.count(":") > 1 and is_address(authority.partition("]")[0].strip("[")):
        raise NoTarget("address", found)
    host, colon, port = authority.partition(":")
    if colon and not (re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
        raise NoTarget("port", found)
    return host, int(port) if colon else HTTPS_PORT


def read_domain(text: str) -> str:
    """As `read_target`, the name alone; an address is none. Raises NoTarget."""
    host = read_target(text).host
    if host[-1].isdigit():  # no TLD ends with a digit, and what an address is must not depend on how it is written
        raise NoTarget("address" if is_address(host) else "digits", host)
    return host


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def ascii_name(text: str) -> str:
    """The name in lower-case ASCII without a final dot. Raises ValueError when it is no name with a dot in it.

    Labels are encoded as IDNA 2008 does: what IDNA 2003 made of "ß" would be somebody else's name.
    """
    name = normalized(text.translate(_DOTS)).translate(_DOTS).lower().removesuffix(".")
    if len(name) > LONGEST_NAME:  # no character gets shorter in ASCII, and Punycode takes its time
        raise ValueError(f"wanted at most {LONGEST_NAME} characters")
    labels = [_ascii_label(label) for label in name.split(".")]
    joined = ".".join(labels)
    if len(labels) < 2 or len(joined) > LONGEST_NAME:
        raise ValueError("wanted a name such as example.com")
    return joined


def shown_name(name: str) -> str:
    """The name as people write it: Punycode decoded where it can be."""
    if len(name) > LONGEST_NAME:
        return name
    return ".".join(map(_shown_label, name.split(".")))


def _ascii_label(label: str) -> str:
    if not label.isascii():
        if len(label) > LONGEST_LABEL:
            raise ValueError(f"wanted at most {LONGEST_LABEL} characters between the dots")
        if not all(unicodedata.category(c)[0] in "LMN" or c in "-_" or c in _JOINERS for c in label):
            raise ValueError("wanted letters, digits and hyphens between the dots")
        label = "xn--" + label.encode("punycode").decode("ascii")
    if not _LABEL.fullmatch(label):
        raise ValueError("wanted letters, digits and hyphens between the dots")
    return label


def _shown_label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > LONGEST_LABEL:
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    # Only what would be read as a name again is shown decoded.
    return shown if all(unicodedata.category(c)[0] in "LMN" or c == "-" for c in shown) else label
