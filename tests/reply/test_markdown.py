"""What an answer's text becomes before it is posted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reply.fences import open_at_end, walk
from reply.markdown import LONGEST_TITLE, clean, is_blank, is_joined, prepared, title_of, with_fence_closed
from shared.wording import wording

ZH = wording("zh")

LINES = st.sampled_from(
    [
        "",
        "文字",
        "text  ",
        "- item",
        "  continued",
        "1. one",
        "# heading",
        "> quoted",
        "| a | b |",
        "|---|---|",
        "---",
        "```python",
        "```",
        "~~~~",
        "  ```",
        "> ```",
        "- ```js",
    ]
)
DOCUMENTS = st.lists(st.one_of(LINES, st.text("ab `~>|-#.\t中😀", max_size=12)), min_size=1, max_size=25).map("\n".join)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("a\r\nb\rc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("a\x00b\x07c\x1b[0m\x7f\x9f", "abc[0m"),
        ("tab\tstays", "tab\tstays"),
        ("\n \n    indented\n\n", "    indented"),
        ("lone \ud83d and \ude00", "lone \ufffd and \ufffd"),
        ("pair \ud83d\ude00", "pair 😀"),
        ("<b>&lt;'\"</b>", "<b>&lt;'\"</b>"),
        ("", ""),
    ],
)
def test_clean(found: str, wanted: str) -> None:
    """Line ends become \\n, control characters go, nothing is escaped, every character can be encoded."""
    assert clean(found) == wanted


@given(st.text(st.characters(codec=None)))
def test_clean_always_encodable(text: str) -> None:
    """Whatever a model sends can be posted, and cleaning it twice changes nothing more."""
    done = clean(text)
    done.encode()
    assert clean(done) == done


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("one\ntwo", "one  \ntwo"),
        ("one  \ntwo", "one  \ntwo"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("# head\ntext", "# head\ntext"),
        ("text\n# head", "text  \n# head"),
        ("text\n- a\n- b", "text\n\n- a  \n- b"),
        ("text\n1. a\n   more\n2. b", "text\n\n1. a  \n   more  \n2. b"),
        ("text\n2) a", "text\n\n2) a"),
        ("2023.5 was\n3.14 is", "2023.5 was  \n3.14 is"),
        ("**bold**\n*em*", "**bold**  \n*em*"),
        ("text\n* * *\nmore", "text  \n* * *\nmore"),
        ("text\n| a | b |\n|---|:-:|\n| 1 | 2 |", "text\n\n| a | b |\n|---|:-:|\n| 1 | 2 |"),
        ("a | b\n--|--\n1 | 2", "a | b\n--|--\n1 | 2"),
        ("x | y\nno table", "x | y  \nno table"),
        ("text\n```py\na\nb\n```\nafter", "text\n\n```py\na\nb\n```\nafter"),
        ("- item\n  ```py\n  a\n  ```\n- next", "- item\n\n  ```py\n  a\n  ```\n- next"),
        ("```\n- a\n| b |\n|---|\n```", "```\n- a\n| b |\n|---|\n```"),
        ("> a\n> b", "> a  \n> b"),
        ("> a\n> ```\n> x\n> ```", "> a\n> ```\n> x\n> ```"),
        ("if a < b && c > \"d\":\n'e'", "if a < b && c > \"d\":  \n'e'"),
        ("", ""),
    ],
)
def test_prepared(found: str, wanted: str) -> None:
    """Newlines show, lists, tables and fences begin after a blank line, code is left alone."""
    assert prepared(found) == wanted


@given(DOCUMENTS)
def test_prepared_adds_blanks_only(text: str) -> None:
    """Preparing loses nothing, leaves code as it is, and is done after the first time."""
    done = prepared(text)
    assert [line.rstrip(" \t") for line in done.split("\n") if line.strip()] == [
        line.rstrip(" \t") for line in text.split("\n") if line.strip()
    ]
    code = ("opens", "code", "closes")
    assert [line.text for line in walk(done.split("\n")) if line.role in code] == [
        line.text for line in walk(text.split("\n")) if line.role in code
    ]
    assert prepared(done) == done


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("你好", "你好"),
        ("## 标题 **粗体**\n正文", "标题 粗体"),
        ("> - [x] `done` ~~not~~", "done not"),
        ("1. [链接](https://example.com/a_b) 见 ![图](https://example.com/p.png)", "链接 见 图"),
        ("[long](https://example.com/" + "x" * 900 + ")", "long"),
        ("snake_case_name and _em_", "snake_case_name and…"),
        ("---\n\n正文", "正文"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("| 名 | 值 |\n|---|---|", "名 值"),
        ("一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十"),
        ("一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…"),
        ("a" * 18 + "👍🏽 yes", "a" * 18 + "…"),
        ("a\tb   c", "a b c"),
        ("***", "回答"),
        ("\u200b", "回答"),
        ("", "回答"),
    ],
)
def test_title(text: str, title: str) -> None:
    """A title is the beginning of the answer without markup, at most 20 characters, or a word that fits always."""
    assert title_of(text, ZH) == title


@given(st.one_of(DOCUMENTS, st.text(max_size=200)))
def test_title_limits(text: str) -> None:
    """A title is never empty, never longer than 20 characters and has no line end."""
    title = title_of(clean(text), ZH)
    assert 0 < len(title) <= LONGEST_TITLE
    assert title.strip()
    assert "\n" not in title


@pytest.mark.parametrize(
    ("text", "at", "joined"),
    [
        ("ab", 1, False),
        ("e\u0301", 1, True),
        ("👍🏽", 1, True),
        ("👩‍💻", 1, True),
        ("👩‍💻", 2, True),
        ("❤️", 1, True),
        ("🇨🇳🇫🇷", 1, True),
        ("🇨🇳🇫🇷", 2, False),
        ("ab", 0, False),
        ("ab", 2, False),
    ],
)
def test_joined(text: str, at: int, joined: bool) -> None:
    """Characters that are shown as one are recognised."""
    assert is_joined(text, at) is joined


@pytest.mark.parametrize(
    ("text", "blank"), [("", True), (" \n\u3000", True), ("\u200b\ufeff", True), (".", False), ("😀", False)]
)
def test_blank(text: str, blank: bool) -> None:
    """What nobody would see counts as blank."""
    assert is_blank(text) is blank


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("```py\na", "```"),
        ("```py\na\n```", None),
        ("````md\n```\na\n```", "````"),
        ("~~~\n```", "~~~"),
        ("```\n~~~", "```"),
        ("``` a`b\nx", None),
        ("~~~ a`b\nx", "~~~"),
        ("``\nx", None),
        ("```\n    ```", "```"),
        ("   ```\n      ```", None),
        ("          ```\n          x", "          ```"),
        ("```\n``` py", "```"),
        ("```\n`````", None),
        ("> ```\n> a", "> ```"),
        ("> ```\n> a\nb", None),
        ("> ```\n> a\n> ```", None),
        ("```\n> ```", "```"),
        ("- ```sh\n  a", "  ```"),
        ("- ```sh\n  a\n  ```", None),
        ("`" * 41, None),
    ],
)
def test_open_fence(text: str, wanted: str | None) -> None:
    """A fence is closed by its own kind only, at least as long, without info, in its own quote."""
    fence = open_at_end(text)
    assert (fence.closing if fence else None) == wanted


def test_note_after_open_fence() -> None:
    """What is appended to an answer that stopped in its code is not code."""
    assert with_fence_closed("text\n```py\na") == "text\n```py\na\n```"
    assert with_fence_closed("text") == "text"
