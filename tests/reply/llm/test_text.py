"""Thinking is not part of an answer, however it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reply.llm.reading import Reading
from reply.llm.text import visible, well_formed
from tests.reply.kit import FakeClock
from tests.reply.llm.server import DONE, said

CASES = {
    "plain": ("Hello", "Hello"),
    "blank lines around": ("\n \n\nHello\n\nyou\n\n", "Hello\n\nyou"),
    "indented code": ("\n    x = 1\n", "    x = 1"),
    "in front": ("<think>hm\nhm</think>\n\nHello", "Hello"),
    "behind blanks and a mark": ("\ufeff \n<think>hm</think>Hello", "Hello"),
    "capital letters": ("<THINK>hm</Think> Hello", "Hello"),
    "empty": ("<think></think>Hello", "Hello"),
    "twice": ("<think>a</think>\n<think>b</think>Hello", "Hello"),
    "not closed": ("<think>hm", ""),
    "second not closed": ("<think>a</think><think>b", ""),
    "nothing behind": ("<think>hm</think> \n", ""),
    "letters whose small form is longer": ("<think>İİİİ</think>Hello", "Hello"),
    "closing tag alone on its line": ("hm\nhm\n</think>\n\nHello", "Hello"),
    "closing tag in a sentence": ("Write </think> at the end", "Write </think> at the end"),
    "closing tag in code": ("Use this:\n```\n</think>\n```", "Use this:\n```\n</think>\n```"),
    "in a sentence": ("The tag <think>x</think> is odd", "The tag <think>x</think> is odd"),
    "in code": ("```\n<think>x</think>\n```", "```\n<think>x</think>\n```"),
    "in code behind thinking": ("<think>a</think>`<think>`", "`<think>`"),
    "later in prose": ("First.\n<think>x\n</think>\nSecond.", "First.\n<think>x\n</think>\nSecond."),
    "half a tag": ("<thi", "<thi"),
    "another tag": ("<thinker>a</thinker>", "<thinker>a</thinker>"),
    "blanks only": (" \n\t\u3000\u00a0", ""),
}

FORMS = {
    "thought": ("<thought>hm</thought>Hello", "Hello"),
    "thinking": ("<thinking>\nhm\n</thinking>\n\nHello", "Hello"),
    "thoughts, in capitals": ("<THOUGHTS>hm</Thoughts> Hello", "Hello"),
    "reasoning": ("<reasoning>hm</reasoning>Hello", "Hello"),
    "with a time": ("<think time=3.2s>hm</think>Hello", "Hello"),
    "with attributes": ('<think duration="3" done>hm</think>\nHello', "Hello"),
    "with a prefix": ("<seed:think>hm</seed:think>Hello", "Hello"),
    "with another prefix": ("<mm:think>hm</mm:think>Hello", "Hello"),
    "closed at once": ("<think/>Hello", "Hello"),
    "not closed, with a prefix": ("<seed:think>hm", ""),
    "one in the other": ("<thinking>a <think>b</think> c</thinking>Hello", "Hello"),
    "of several kinds": ("<think>a</think><thought>b</thought>Hello", "Hello"),
    "about its own tag": ("<think>I close with `</think>` then.</think>Hello", "Hello"),
    "with code": ("<think>\n```html\n</think>\n```\nhm</think>Hello", "Hello"),
    "a channel that is closed": ("<|channel>thought\nhm\n<channel|>Hello", "Hello"),
    "a channel that is not closed": ("<|channel>thought\nhm", ""),
    "two channels": ("<|channel>thought\nhm<channel|><|channel>thought\nhm<channel|>Hello", "Hello"),
    "channels": (
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
        "Hello",
    ),
    "a final channel alone": ("<|channel|>final<|message|>Hello", "Hello"),
    "channels without a final one": ("<|channel|>analysis<|message|>hm<|end|>", ""),
    "Kimi's": ("◁think▷hm◁/think▷Hello", "Hello"),
    "Magistral's": ("[THINK]hm[/THINK]Hello", "Hello"),
    "Command's": ("<|START_THINKING|>hm<|END_THINKING|>Hello", "Hello"),
    "alone, in one line": ("The user greets me. I greet back.</think>Hello", "Hello"),
    "alone, in one line, in Chinese": ("用户在打招呼，简单回应即可。</think>你好！", "你好！"),
    "alone, with the word tag in what is thought": ("用户问的是 HTML 标签。</think>好的。", "好的。"),
    "alone, of several lines and one line": ("a\nb\nThe user asks for tags; I list them.</think>1. `a`", "1. `a`"),
    "behind an unseen blank": ("\u200b<think>hm</think>Hello", "Hello"),
    "alone, behind a word": ("The user greets me</think>Hello", "Hello"),
    "alone, between blanks": ("I greet back. </think> Hello", "Hello"),
    "alone, with backquotes": ("I should use `print`.\n</think>\n\nHello", "Hello"),
    "alone, with backquotes, in one line": ("I should use `print` here.</think>Hello `x`", "Hello `x`"),
    "alone, with one backquote": ("A ` is odd.\n</think>\nHello", "Hello"),
    "alone, with code": ("```python\nx = 1\n```\nfine.</think>\n\nHello", "Hello"),
    "alone, with code that is not closed": ("```python\nx = 1\n</think>\n\nHello", "Hello"),
    "with another prefix, in one word": ("<antThinking>hm</antThinking>Hello", "Hello"),
    "with a word before it": ("<internal_thoughts>hm</internal_thoughts>\nHello", "Hello"),
    "closed by another name": ("<think>hm</thinking>\n\nHello", "Hello"),
    "closed by another name, the other way": ("<thinking>hm</think>Hello", "Hello"),
    "Command's, with the answer's own": (
        "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>",
        "Hello",
    ),
    "of Sky-T1": (
        "<|begin_of_thought|>hm<|end_of_thought|>\n\n<|begin_of_solution|>\nHello\n<|end_of_solution|>",
        "Hello",
    ),
    "of R1-Zero": ("<think>hm</think>\n<answer>Hello</answer>", "Hello"),
    "empty, and an answer about tags": ("<think></think>标签有两种。", "标签有两种。"),
    "short, and an answer about tags": ("<think>hm</think>Tags are easy.", "Tags are easy."),
    "alone, and an answer that begins as one may": ("用户问能否退款</think>可以，七天之内。", "可以，七天之内。"),
    "alone, at the very beginning": ("</think>\n\nHello", "Hello"),
    "alone, in front of a word": ("hm\n</think>Hello", "Hello"),
    "alone, of another name": ("hm.</thinking>Hello", "Hello"),
    "alone, with a prefix": ("hm.</seed:think>Hello", "Hello"),
    "alone, Kimi's": ("hm。◁/think▷你好", "你好"),
    "alone, and nothing behind": ("hm.\n</think>\n", ""),
    "alone, and code about it behind": ("hm.\n</think>\nUse `</think>`.", "Use `</think>`."),
}
"""In front: what is thought, in every form; the answer that is left."""

ABOUT = [
    "<think>标签是 DeepSeek 用来包裹推理过程的。",
    "<think> is the tag that DeepSeek writes.",
    "<reasoning> 是自定义的 XML 标签。",
    "<think>...</think> 是推理模型用的标签。",
    "<think>和</think>标签之间是推理。",
    "<think> and </think> are tags.",
    "解析器会查找</think>并丢弃之前的内容。",
    "在提示词末尾加上</think>可以跳过思考。",
    "Write </think> at the end",
    "DeepSeek 用 </think> 结束思考。",
    "思考内容以</think>结尾，之后是回答。",
    "结束标签是</think>，别忘了。",
    "The tags are <think> and </think>.",
    "标签 <think> 与 </think> 成对出现。\n</think>\n是后一个。",
    "Use `</think>` to end it.",
    "Use `<think>`.\n\n```\n<think>\nhm\n</think>\n```\nThat is all.",
    'It ends with "</think>" and nothing else.',
    "最后是它。</think> 是结束标签。",
    "The closing tag is </think>\nIt stands on a line.",
    "它以“</think>”结束。",
    "**</think>** is the end.",
    "- </think>: the end\n- more",
    "| tag | means |\n|---|---|\n| </think> | end |",
    "`<thinking>` is what Claude writes.",
    "In XML, <thought>x</thought> is an element.",
    "A channel is written <|channel>thought<channel|> there.",
    "~~~\n</think>\n~~~",
    "Magistral writes [THINK] and [/THINK].",
    "<thinker>a</thinker>",
    "<b>x</b></think-tank>",
    "1. First\n2. Then `a`, `</think>` and `b`\n",
]


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES)
def test_shows_only_the_answer(text: str, wanted: str) -> None:
    """Thinking in front goes; the same tags inside an answer stay."""
    assert visible(text) == wanted


@pytest.mark.parametrize(("text", "wanted"), FORMS.values(), ids=FORMS)
def test_thinking_goes_in_every_form(text: str, wanted: str) -> None:
    """Whatever a template calls it, and where its opening tag is missing, too."""
    assert visible(text) == wanted


@pytest.mark.parametrize("text", ABOUT)
def test_an_answer_about_thinking_stays(text: str) -> None:
    """In a sentence, in quotes, in code: tags that the answer is about are its own."""
    assert visible(text) == text.strip()


@given(st.text().filter(lambda text: "</think>" not in text.lower()), st.text(alphabet="ab< \n`好").map(str.strip))
def test_any_thinking_goes(thinking: str, answer: str) -> None:
    """Whatever is thought, what stands behind it is the answer."""
    assert visible(f"<think>{thinking}</think>\n\n{answer}") == answer


@given(st.text(alphabet=st.characters(categories=None)))  # type: ignore[arg-type] # None lets surrogates in
def test_any_text_becomes_sendable(text: str) -> None:
    """Every string can be encoded afterwards; one that could before is unchanged."""
    made = well_formed(text)
    assert made.encode().decode() == made
    assert well_formed(made) == made


def test_joins_the_halves_of_a_character() -> None:
    """A surrogate pair in two pieces is one character."""
    assert well_formed("a\ud83d\ude00b") == "a😀b"


def read(chunks: list[bytes]) -> str:
    """What a reading makes of these chunks."""

    @contextmanager
    def source() -> Iterator[list[bytes]]:
        yield chunks

    reading = Reading(FakeClock())
    reading.start(source)
    reading.wait(lambda: 10.0)
    answer = reading.answer(began=0, model="m")
    assert answer is None or answer.cut == ""
    return answer.text if answer else ""


def cut(whole: bytes, at: list[int], unit: int = 1) -> list[bytes]:
    """Split at these places, counted in units of bytes."""
    edges = [0, *sorted(place % (len(whole) // unit + 1) * unit for place in at), len(whole)]
    return [whole[a:b] for a, b in pairwise(edges)]


PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "<thi", "nk>", "</th", "\n", " ", "hm", "好", "😀", "```", "`"]),
    max_size=12,
)
PLACES = st.lists(st.integers(min_value=0, max_value=10_000), max_size=20)


@settings(deadline=None)  # each example starts a thread, which a busy machine may delay
@given(pieces=PIECES, between=PLACES, bytes_at=PLACES)
def test_it_does_not_matter_where_a_stream_is_split(pieces: list[str], between: list[int], bytes_at: list[int]) -> None:
    """The same answer comes out wherever the text is split into events and the events into packets."""
    text = "".join(pieces)
    parts = cut(text.encode("utf-16-le"), between, unit=2)
    events = b"".join(said(part.decode("utf-16-le", "surrogatepass")) for part in parts)
    stream = events + said(finish="stop") + DONE
    assert read(cut(stream, bytes_at)) == visible(text)


@settings(deadline=None)  # each example starts a thread, which a busy machine may delay
@given(pieces=PIECES, bytes_at=PLACES)
def test_it_does_not_matter_where_plain_json_is_split(pieces: list[str], bytes_at: list[int]) -> None:
    """The same holds for an answer that is not streamed."""
    text = "".join(pieces)
    whole = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()
    assert read(cut(whole, bytes_at)) == visible(text)
