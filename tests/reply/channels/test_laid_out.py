"""A saved answer is shown, whatever laying it out comes to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.cloud import LocalCloud, Options, Reply
from reply.markdown import prepared
from reply.parts import LONGEST_BLANK, MOST_PARTS, Layout, Limits, showable, slices, split
from shared.remedies import REMEDIES
from shared.wording import wording
from tests.proof.broken import broken

ZH = wording("zh")
ANSWER = "| a |\n" + " " * 40_000 + "|x\n\n**完**"
LOOP = "    while text:\n        pass\n"
SLOW_RULE = '    return bool(re.fullmatch("(?: |  )*-", text))\n'

BROKEN = {
    "preparing fails": (
        "reply/markdown.py",
        "    lines = list(walk(",
        '    raise IndexError("no")\n    lines = list(walk(',
    ),
    "preparing takes for ever": ("reply/markdown.py", "    lines = list(walk(", f"{LOOP}    lines = list(walk("),
    "one pattern takes for ever": (
        "reply/markdown.py",
        '    cells = text.strip(" \\t")',
        f'{SLOW_RULE}    cells = text.strip(" \\t")',
    ),
    "the title fails": (
        "reply/markdown.py",
        "    for line in walk(text[:LOOKED_AT]",
        "    assert not text\n    for line in walk(text[:LOOKED_AT]",
    ),
    "cleaning fails": (
        "reply/markdown.py",
        '    text = _LINE_END.sub("\\n", text)',
        '    assert not text\n    text = _LINE_END.sub("\\n", text)',
    ),
    "parting fails": ("reply/parts.py", "    whole = _Cutter(", "    raise RecursionError\n    whole = _Cutter("),
    "parting takes for ever": ("reply/parts.py", "    whole = _Cutter(", f"{LOOP}    whole = _Cutter("),
    "a fence fails": (
        "reply/fences.py",
        "    fence: Fence | None = None\n    for line",
        "    fence: Fence | None = None\n    assert lines is None\n    for line",
    ),
}
"""What is broken in a copy of the functions."""


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_laid_out_is_shown_plain(case: str, tmp_path: Path) -> None:
    """It is shown once, as text, whole, and on record as answered; the log says what an operator must know."""
    file, right, wrong = BROKEN[case]
    [code] = broken(tmp_path, file, right, wrong)
    limit = code / "reply" / "channels" / "laid_out.py"
    limit.write_text(limit.read_text(encoding="utf-8").replace("LONGEST_S = 10.0", "LONGEST_S = 1.0"), encoding="utf-8")
    with LocalCloud(Options(code=(code,))) as cloud:
        cloud.model.script(Reply(ANSWER))
        sent = cloud.say(cloud.person(), "写一个表格")
        shown = cloud.wait(sent, 60)
        assert {one.kind for one in shown} == {"text"}
        assert "".join("".join(one.text.split()) for one in shown).endswith("|x**完**")
        lines = [json.loads(line.text) for line in cloud.logs("reply")]
    assert [line["outcome"] for line in lines if line["event"] == "outcome"] == ["answered"]
    assert [line["remedy"] for line in lines if line["level"] == "ERROR"] == [REMEDIES["layout_failed"]]


@pytest.mark.parametrize(
    "text",
    [
        "a\n" * 500_000,
        "| a |\n|-|\n" * 100_000,
        "哈" * 1_000_000,
        "```\n" * 250_000,
        "a \n\n" * 250_000,
        "😀" * 1_000_000,
    ],
    ids=["lines", "tables", "one line", "fences", "paragraphs", "emoji"],
)
def test_no_more_is_laid_out_than_can_be_shown(text: str) -> None:
    """The parts of an answer of a million characters are those of its beginning, and the last says that it was cut."""
    words = ZH.not_remembered
    layout = Layout(ZH, Limits(parts=MOST_PARTS), lambda part: part.encode())
    whole, shown = f"{text}\n\n{words}", showable(f"{text}\n\n{words}")
    assert len(shown) < 150_000
    parts = split(prepared(shown), layout)
    assert len(parts) == MOST_PARTS
    assert parts[-1].text.endswith(f"{ZH.parts_cut.format(shown=MOST_PARTS)}\n\n{words}")
    assert "".join(part.body for part in parts)[:2000] == prepared(whole[:5000])[:2000]


@pytest.mark.parametrize("count", [LONGEST_BLANK, LONGEST_BLANK + 1, 100_000])
def test_a_long_run_of_blanks_hides_nothing(count: int) -> None:
    """What follows it is shown; only the run's own middle is left out."""
    layout = Layout(ZH, Limits(), lambda part: part.encode())
    shown = split(prepared(showable(f"a{' ' * count}\n    b")), layout)
    assert [part.body.strip() for part in shown if part.body.strip()][-1].endswith("b")
    assert shown[0].body.startswith("a")


@pytest.mark.parametrize(
    "text", ["哈" * 9000, "\x00" * 9000 + "a", '"\\' * 5000, "😀" * 9000, "a\ud800" * 4000, " " * 7000 + "a"]
)
@pytest.mark.parametrize("parts", [1, 2, 5])
def test_slices_fit_whatever_they_are_cut_from(text: str, parts: int) -> None:
    """Each is within every limit, none is blank, and where some are missing the last says so."""
    for limits in (Limits(parts=parts), Limits(1700, 9000, parts), Limits(800, 4000, parts)):
        layout = Layout(ZH, limits, lambda part: json.dumps({"text": part}, ensure_ascii=False).encode(), "@somebody")
        found = slices(text, layout)
        assert 1 <= len(found) <= parts
        assert all(len(one.text) <= limits.characters for one in found)
        assert all(len(layout.encode(one.text)) <= limits.body_bytes for one in found)
        assert all(one.body.strip() for one in found)
        visible = sum(len(one.body.strip()) for one in found)
        assert (ZH.parts_cut.format(shown=len(found)) in found[-1].text) == (visible < len(text.strip()))
