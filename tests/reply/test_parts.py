"""An answer in parts: within the limits, nothing lost, fences whole, always the same."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reply.fences import open_at_end
from reply.markdown import clean, prepared
from reply.parts import Layout, Limits, Part, split
from shared.wording import wording

ZH = wording("zh")
MANY = 10_000


def encode(text: str) -> bytes:
    """A body as it is posted, with a title and a mention."""
    body = {"msgtype": "markdown", "markdown": {"title": "标题", "text": text}, "at": {"atUserIds": ["staff1"]}}
    return json.dumps(body, ensure_ascii=False).encode()


def layout(characters: int = 3500, body_bytes: int = 20_000, parts: int = MANY, **changes: object) -> Layout:
    made = Layout(ZH, Limits(characters, body_bytes, parts), encode)
    return replace(made, **changes)  # type: ignore[arg-type] - test shorthand


def shown(part: Part) -> str:
    """A part without its number."""
    return re.sub(r"^（\d+/\d+）\n\n", "", part.text)


LINE = st.one_of(
    st.sampled_from(
        ["", "", "```python", "```", "~~~", "~~~~ x y", "````", "  ```js", "> ```", "> q", "- ```sh", "- a", "# h"]
    ),
    st.text('ab c。！.`~>"\\中😀\u0301\u200d', max_size=120),
    st.builds(
        lambda c, n: c * n, st.sampled_from(["长", "x ", "```", "`", "~", " ", "句。", "👍🏽"]), st.integers(1, 400)
    ),
)
TEXTS = st.lists(LINE, max_size=40).map("\n".join).map(clean).filter(bool)
SMALL = st.builds(lambda c, b: layout(c, b), st.integers(260, 600), st.integers(900, 3000))


@given(TEXTS, SMALL, st.booleans(), st.sampled_from(["", "@staff1"]))
def test_laws(text: str, small: Layout, markdown: bool, mention: str) -> None:
    """Whatever the answer: limits hold, nothing is lost, fences are whole, and the parts are always the same."""
    small = replace(small, markdown=markdown, mention=mention)
    text = prepared(text) if markdown else text
    parts = split(text, small)
    assert "".join(part.body for part in parts) == text
    at = 0
    for part in parts:
        assert part.start == at
        at += len(part.body)
        assert len(part.text) <= small.limits.characters
        assert len(encode(part.text)) <= small.limits.body_bytes
        assert part.body.rstrip() in part.text
        assert re.sub(r"^(@staff1)? ?(（\d+/\d+）)?", "", part.text).strip()
        assert not markdown or open_at_end(part.text) is None
        assert part.text.startswith(mention) or part.number > 1
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert split(text, small) == parts


@given(TEXTS, SMALL, st.integers(1, 20))
def test_cut_laws(text: str, small: Layout, most: int) -> None:
    """However long the answer, there are no more parts than allowed, and the last one says what is missing."""
    small = replace(small, limits=replace(small.limits, parts=most))
    parts = split(text, small)
    whole = "".join(part.body for part in parts)
    assert len(parts) <= most
    assert text.startswith(whole)
    assert (ZH.parts_cut.format(shown=most) in parts[-1].text) == (whole != text)
    for part in parts:
        assert len(part.text) <= small.limits.characters
        assert len(encode(part.text)) <= small.limits.body_bytes
        assert open_at_end(part.text.removesuffix(ZH.parts_cut.format(shown=most))) is None


@given(TEXTS, st.text("ab。\n中", min_size=1, max_size=60), SMALL)
def test_note_at_the_end_moves_no_earlier_part(text: str, note: str, small: Layout) -> None:
    """A run that resumes with another note at the end skips exactly what an earlier run showed."""
    before, after = split(text, small), split(f"{text}\n\n{note}", small)
    assume(len(before) > 2)
    assert [part.body for part in before[:-2]] == [part.body for part in after[: len(before) - 2]]


@pytest.mark.parametrize(("length", "count"), [(3499, 1), (3500, 1), (3501, 2)])
def test_characters_at_the_limit(length: int, count: int) -> None:
    """3,500 characters are one part without a number, one more makes two."""
    parts = split("字" * length, layout())
    assert len(parts) == count
    assert parts[0].text.startswith("（1/2）") == (count == 2)


@pytest.mark.parametrize(("spare", "count"), [(1, 1), (0, 1), (-1, 2)])
@pytest.mark.parametrize("character", ["a", '"', "\\", "\t", "字", "😀"])
def test_bytes_at_the_limit(character: str, spare: int, count: int) -> None:
    """The body is measured as it is posted: escaped, with title and mention."""
    text = "x" + character * 300 + "y"
    limit = len(encode(text)) + spare
    assert len(split(text, layout(body_bytes=limit))) == count


def test_30000_characters_are_cut_after_five() -> None:
    """A very long answer is shown in five numbered parts, and the last one says that it was cut."""
    parts = split("很长的回答。" * 5000, layout(parts=5))
    assert [part.text[:5] for part in parts] == [f"（{n}/5）" for n in range(1, 6)]
    assert parts[-1].text.endswith(ZH.parts_cut.format(shown=5))
    assert all(part.body.endswith("。") for part in parts)
    assert all(len(part.text) > 3300 for part in parts)


def test_one_part_only() -> None:
    """With one part allowed there is no number, and a note where it was cut."""
    (part,) = split("字" * 5000, layout(parts=1))
    assert part.text.startswith("字")
    assert part.text.endswith(ZH.parts_cut.format(shown=1))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("甲" * 200 + "\n\n" + "乙" * 100 + "\n" + "丙" * 300, "甲" * 200),
        ("甲" * 200 + "\n" + "乙" * 60 + "。" + "丙" * 300, "甲" * 200),
        ("甲" * 200 + "。" + "乙" * 40 + "，" + "丙" * 300, "甲" * 200 + "。"),
        ("He said so. " * 12 + "wordy " * 40, "He said so. " * 12),
        ("甲" * 200 + " " + "乙" * 300, "甲" * 200),
        ("pi is 3." + "1" * 600, None),
        ("甲\n\n" + "乙" * 200 + "\n" + "丙" * 300, "甲\n\n" + "乙" * 200),
        ("甲" * 150 + "\n```\nx\n```\n" + "乙" * 50 + "\n" + "丙" * 300, "甲" * 150 + "\n```\nx\n```"),
        ("甲" * 150 + "\n```\n" + "x\n" * 60 + "```\n" + "乙" * 300, "甲" * 150),
        ("甲" * 150 + "\n```\n" + "x\n" * 20 + "```\n" + "乙" * 300, "甲" * 150 + "\n```\n" + "x\n" * 20 + "```"),
    ],
)
def test_where_it_is_cut(text: str, first: str | None) -> None:
    """Cuts fall between paragraphs, else lines, else sentences, else words, but never leave a part nearly empty."""
    parts = split(text, layout(270, parts=9))
    if first is None:
        assert len(parts[0].text) == 270
    else:
        assert shown(parts[0]).rstrip() == first.rstrip()


@pytest.mark.parametrize(
    ("opening", "reopened", "closing"),
    [
        ("```python", "```python", "```"),
        ("~~~ js {1,2}", "~~~ js {1,2}", "~~~"),
        ("````md", "````md", "````"),
        ("   ```c", "   ```c", "   ```"),
        ("> ```c", "> ```c", "> ```"),
        ("- ```c", "  ```c", "  ```"),
    ],
)
def test_code_goes_on_as_code(opening: str, reopened: str, closing: str) -> None:
    """A fence is closed where a part ends in it, and reopened with the same info string."""
    prefix = "> " if opening.startswith(">") else ""
    code = "".join(f"{prefix}line {n}\n" for n in range(120))
    parts = split(f"{opening}\n{code}{closing}\n\nafter", layout(300))
    assert len(parts) > 2
    assert all(shown(part).endswith(f"\n{closing}") for part in parts[:-1])
    assert all(shown(part).startswith(f"{reopened}\n{prefix}line ") for part in parts[1:])


def test_longer_fence_with_fences_inside() -> None:
    """Fences inside a longer one are its content, in every part."""
    inner = "```sh\nls\n```\n"
    parts = split("````md\n" + inner * 60 + "````", layout(300))
    assert len(parts) > 2
    assert all(shown(part).startswith("````md\n") and part.text.endswith("\n````") for part in parts)


def test_no_empty_code_block() -> None:
    """A cut falls neither right after an opening fence nor right before a closing one."""
    for before in range(100, 260):
        for code in ("x = 1\n" * 3, "x = 1\n" * 40, "x" * 600 + "\n"):
            text = "字" * before + "\n```py\n" + code + "```\n" + "字" * 200
            for part in split(text, layout(270, parts=9)):
                assert "```py\n```" not in part.text, (before, code)


def test_text_does_not_become_a_fence() -> None:
    """A cut in the middle of a line falls where what follows begins no code block."""
    parts = split("a" * 255 + " ```" + "b" * 300, layout(270, parts=9))
    assert len(parts) == 3
    assert not any("\n" in shown(part) for part in parts)


def test_code_in_a_quote() -> None:
    """Code in a quote goes on in a quote, also in the middle of a line, and ends where the quote ends."""
    _, second, _ = split("> ```c\n> " + "x" * 600 + "\n> ```", layout(300, parts=9))
    assert shown(second).startswith("> ```c\n> x")
    first, second = split("> ```\n" + "> x\n" * 60 + "字" * 200, layout(270, parts=9))
    assert first.text.endswith("\n> x\n> ```")
    assert shown(second) == "字" * 200
    for part in split("> ```\n" + " " * 241 + "\n```python\nx = 1\n```", layout(260)):
        assert open_at_end(part.text) is None


def test_no_part_of_blanks() -> None:
    """White space makes no part of its own, whatever the text ends with."""
    for blanks in (" " * 300, "\n" * 300, "\n" + " " * 300, " \n" * 300):
        assert [shown(part)[-1] for part in split("字" * 255 + blanks, layout(270, parts=9))] == ["字"], blanks
        first, second = split("字" * 255 + blanks + "后", layout(270, parts=9))
        assert (shown(first)[-1], shown(second)) == ("字", "后")


def test_indentation_is_kept() -> None:
    """A part that begins with an indented line begins with its indentation."""
    _, second = split("a" * 200 + "\n  - " + "b" * 200, layout(270, parts=9))
    assert shown(second) == "  - " + "b" * 200


def test_characters_shown_as_one_stay_whole() -> None:
    """A family of emoji is not torn apart."""
    family = "👨‍👩‍👧‍👦"
    for part in split(family * 200, layout(300)):
        assert part.body == family * (len(part.body) // len(family))


def test_mention_in_first_part_only() -> None:
    """Only the first part names the person."""
    first, second = split("字" * 400, layout(300, mention="@staff1"))
    assert first.text.startswith("@staff1 （1/2）\n\n字")
    assert second.text.startswith("（2/2）\n\n字")


HEADS = {
    "plain": "| 名称 | 价格 |\n|---|---:|\n",
    "no outer pipes": "名称 | 价格\n:--|--:\n",
    "indented": "  | 名称 | 价格 |\n  | --- | --- |\n",
    "quoted": "> | 名称 | 价格 |\n> |---|---|\n",
    "one column": "| 名称 |\n|-|\n",
}


def rows_of(head: str, count: int, width: int = 40) -> list[str]:
    before = head[: len(head) - len(head.lstrip(" >"))]
    return [f"{before}| {number:04} 第一句。第二句 a b | {'x ' * (width // 2)}|\n" for number in range(count)]


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("behind", ["", "\n后记。\n"])
def test_a_table_goes_on_under_its_head(head: str, behind: str) -> None:
    """Every part of a long table begins with the head, and every row is whole."""
    rows = rows_of(head, 60)
    parts = split(f"说明。\n\n{head}{''.join(rows)}{behind}", layout(500))
    assert len(parts) > 4
    for part in parts[1:-1]:
        assert shown(part).startswith(head)
        assert part.opening == head
    lines = [line for part in parts for line in shown(part).split("\n")]
    assert [line for line in lines if "第一句" in line] == [row.rstrip("\n") for row in rows]


@pytest.mark.parametrize("width", [40, 150, 220, 260, 380])
@pytest.mark.parametrize("before", [0, 10, 100, 200, 250, 300, 390])
@pytest.mark.parametrize("markdown", [True, False])
def test_no_row_is_torn_that_fits(before: int, width: int, markdown: bool) -> None:
    """However wide the rows are and wherever the table begins; also in plain text."""
    head = HEADS["plain"]
    rows = rows_of(head, 12, width)
    text = "".join(("字" * before, "\n\n" if before else "", head, *rows))
    parts = split(text, layout(450, markdown=markdown))
    lines = [line for part in parts for line in shown(part).split("\n")]
    assert [line for line in lines if "第一句" in line] == [row.rstrip("\n") for row in rows]
    heads = [part.text.count("|---|---:|") for part in parts if "第一句" in part.text]
    assert heads == ([1] * len(heads) if markdown else [1] + [0] * (len(heads) - 1))


@pytest.mark.parametrize(
    "text",
    [
        "| a |\n|---|\n" + "| " + "长" * 900 + " |\n" + "| b |\n" * 3,
        "| " + "头" * 300 + " |\n|---|\n" + "| b | c |\n" * 60,
        "```\n| a |\n|---|\n" + "| b | c |\n" * 60 + "```",
        "| a |\n|---|\n" + "| b | c |\n" * 20 + "\n| d |\n|---|\n" + "| e | f |\n" * 40,
        "| a |\n|---|\n" * 80,
        "a | b\n" * 80,
    ],
)
def test_odd_tables(text: str) -> None:
    """A row wider than a part, a head that leaves no room, code, two tables, heads only, none: limits and text hold."""
    parts = split(text, layout(300))
    assert "".join(part.body for part in parts) == text
    assert all(len(part.text) <= 300 and open_at_end(part.text) is None for part in parts)
    for part in parts:
        assert part.opening in ("", "```\n", "| a |\n|---|\n", "| d |\n|---|\n")
        assert ("| e |" in part.text) <= ("| d |\n|---|" in part.text)


def test_a_table_in_the_last_part_allowed() -> None:
    """Where an answer is cut, the last part has the head, whole rows, and the note."""
    head = HEADS["plain"]
    parts = split(head + "".join(rows_of(head, 100)), layout(500, parts=3))
    assert shown(parts[-1]).startswith(head)
    assert re.search(r"x \|\n\n" + re.escape(ZH.parts_cut.format(shown=3)) + r"\Z", parts[-1].text)


TABLES = st.builds(
    lambda head, cells: head + "".join(f"| {cell} | b |\n" for cell in cells),
    st.sampled_from([HEADS["plain"], HEADS["one column"], "| a |\n|---|\n"]),
    st.lists(st.text("ab c。！.`~>中😀\u0301", max_size=150), max_size=30),
)


@given(st.lists(TEXTS | TABLES, min_size=1, max_size=4).map("\n\n".join).map(clean).filter(bool), SMALL)
def test_laws_with_tables(text: str, small: Layout) -> None:
    """Among anything else: limits hold, nothing is lost, and the parts are always the same."""
    text = prepared(text)
    parts = split(text, small)
    assert "".join(part.body for part in parts) == text
    assert split(text, small) == parts
    for part in parts:
        assert len(part.text) <= small.limits.characters
        assert len(encode(part.text)) <= small.limits.body_bytes
        assert part.opening + part.body.rstrip() in part.text


def test_plain_text_is_left_as_it_is() -> None:
    """Plain text has no fence repair."""
    parts = split("```\n" + "x\n" * 300, layout(300, markdown=False))
    assert "```" not in parts[0].text[10:]
    assert "```" not in parts[1].text


def test_rest_goes_on_with_its_number() -> None:
    """The rest of an answer laid out anew keeps counting, within the same number of parts."""
    parts = split("字" * 5000, layout(300, parts=5), first=4)
    assert [part.text[:5] for part in parts] == ["（4/5）", "（5/5）"]
    assert parts[-1].text.endswith(ZH.parts_cut.format(shown=5))
    (only,) = split("字", layout(300, parts=5), first=4)
    assert only.text == "（4/4）\n\n字"


@pytest.mark.parametrize("name", ["no_memory", "not_recalled", "not_remembered"])
def test_what_an_answer_says_of_memory_survives_its_cut(name: str) -> None:
    """However much of an answer is left out, the person is told that it is not remembered, or was made without."""
    note = getattr(ZH, name)
    parts = split(f"{'A sentence. ' * 3000}\n\n{note}", layout(parts=2))
    assert len(parts) == 2
    assert parts[-1].text.endswith(f"{ZH.parts_cut.format(shown=2)}\n\n{note}")
    assert len(parts[-1].text) <= 3500
    assert note not in parts[0].text
