"""Names as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply.lookup.names import Target, ascii_name, read_target, shown_name


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.com", "example.com", 443),
        ("  Example.COM. ", "example.com", 443),
        ("example.com:8443", "example.com", 8443),
        ("https://example.com/a?b#c", "example.com", 443),
        ("HTTP://example.com:80", "example.com", 80),
        ("ｅｘａｍｐｌｅ．ｃｏｍ：８４４３", "example.com", 8443),
        ("example。com", "example.com", 443),
        ("example.com @小助手", "example.com", 443),
        ("中文.中国", "xn--fiq228c.xn--fiqs8s", 443),
        ("bücher.example", "xn--bcher-kva.example", 443),
        ("straße.de", "xn--strae-oqa.de", 443),
        ("xn--fiqs8s.cn", "xn--fiqs8s.cn", 443),
        ("1.1.1.1", "1.1.1.1", 443),
        ("_dmarc.example.com", "_dmarc.example.com", 443),
    ],
)
def test_what_is_read(text: str, host: str, port: int) -> None:
    """Case, width, blanks, a URL around it, a port, mentions, IDN."""
    assert read_target(text) == Target(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "@小助手",
        "example",
        "是什么",
        "example.com example.org",
        "example..com",
        ".com",
        "-a.com",
        "a-.com",
        "exa mple.com",
        "user@example.com",
        "user:pass@example.com",
        "example.com:0",
        "example.com:65536",
        "example.com:",
        "example.com:x",
        "example.com:44３x",
        "[::1]",
        "::1",
        "a" * 64 + ".com",
        ".".join(["a" * 60] * 5),
        "例え！.jp",
        "ex\u0000ample.com",
        "ex\u202eample.com",
        "ftp://example",
        "\ud800.com",
        "😀.com",
    ],
)
def test_what_is_no_name(text: str) -> None:
    """One name with a dot, letters, digits and hyphens, and nothing else."""
    with pytest.raises(ValueError, match="wanted"):
        read_target(text)


@given(st.text())
def test_any_text(text: str) -> None:
    """Either a name in plain ASCII or a ValueError."""
    try:
        target = read_target(text)
    except ValueError:
        return
    assert target.host.isascii()
    assert set(target.host) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(target.host) <= 253
    assert ascii_name(target.host) == target.host
    shown_name(target.host)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("xn--fiq228c.xn--fiqs8s", "中文.中国"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("example.com", "example.com"),
        ("xn--99999999.com", "xn--99999999.com"),
        ("xn--ls8h.com", "xn--ls8h.com"),
    ],
)
def test_how_it_is_shown(name: str, shown: str) -> None:
    """Decoded where it can be read again, else as it is."""
    assert shown_name(name) == shown
