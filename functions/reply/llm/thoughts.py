"""Thinking that a model's server leaves in the text of an answer, and how it is told from an answer about it.

Forms: https://docs.vllm.ai/en/latest/features/reasoning_outputs.html ,
https://cookbook.openai.com/articles/openai-harmony (channels), and what templates of DeepSeek, Qwen, Kimi, Seed, Gemma,
Magistral and Command write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_THOUGHTS = 20
"""Thoughts one behind the other that are taken out: each is looked for to the end of the text."""

_BLANKS = " \t\r\n\u3000\ufeff\u200b"
_NEAR = 16
_NAME = r"(?:[a-z_]{1,20}[:_]|ant)?(?:think(?:ing)?|thoughts?|reasoning)"
_OPENING = re.compile(
    rf"<({_NAME})(?:\s[^<>]{{0,200}}?)?(/?)>|◁think▷|(?-i:\[THINK\])|<\|(?:START_THINKING|begin_of_thought)\|>",
    re.IGNORECASE,
)
_CLOSING = rf"</{_NAME}\s{{0,9}}>|◁/think▷|(?-i:\[/THINK\])|<\|(?:END_THINKING|end_of_thought)\|>|<channel\|>"
_TOKEN = re.compile(
    rf"(?P<line>\n)|(?m:^)[ ]{{0,3}}(?P<fence>`{{3,}}|~{{3,}})|(?P<ticks>`+)|(?P<closing>{_CLOSING})", re.IGNORECASE
)
_CHANNEL = re.compile(r"(?:<\|start\|>assistant)?<\|channel\|?>", re.IGNORECASE)
_FINAL = re.compile(
    r"<\|channel\|?>\s{0,9}final\b[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?(?:<\|message\|>)?", re.IGNORECASE
)
_OVER = re.compile(r"<\|(?:end|return|call)\|>\s*\Z", re.IGNORECASE)

_ANSWER = re.compile(
    r"<\|(?:START_RESPONSE|begin_of_solution)\|>(.*?)(?:<\|(?:END_RESPONSE|end_of_solution)\|>\s*)?\Z"
    r"|<answer>(.*)</answer>\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
"""What some templates put around the answer behind the thinking."""

_SUBJECT = re.compile(
    r"[ \t]*(?:标签|标记|标识|是[^。\n]{0,30}(?:标签|标记|标识)|表示|用来|和|与|及|、"
    r"|(?:is|are|means|marks|opens|and|or|tags?)\b)"
)
"""What follows an opening tag that a sentence begins with, where nothing closes it, or a closing tag comes next."""

_SENTENCE_ENDS = frozenset(".!?。！？…~～）)；;：:")
_WRAPPED = re.compile(r"[\"'“‘「『《（(\[<*\\]\0[\"'”’」』》）)\]>*]")
_BETWEEN = frozenset({"…", "...", "……", "和", "与", "及", "、", "and", "or", "/", ","})
_ABOUT = re.compile(r"标签|标记|标识|闭合|分隔符|\btags?\b|\btokens?\b|\bdelimiter", re.IGNORECASE)
_GOES_ON = re.compile(
    r"(?:[以用由写加到和与或在为把将]|输出|生成|查找|寻找|匹配|检测|遇到|看到|加上|添加|插入|补上|删除|去掉|移除|直到|缺少|没有|包含)\0|\0(?:结尾|结束|收尾|之前|之后|之间|作为|是|来|表示|代表|[,，、)）])"
)


def without_thoughts(text: str) -> str:
    """The text without the thinking in front of it; empty when there is nothing but that.

    Thinking stands at the very beginning (blanks aside) between tags or in channels; one that is not closed leaves no
    answer. Where a template has already written the opening tag, it is what stands before a lone closing tag that is
    neither in code nor part of a sentence.
    """
    start = text.lstrip(_BLANKS)
    if _CHANNEL.match(start):
        return _after_channels(start)
    if _OPENING.match(start):
        return _after_tags(start)
    opened = [found.start() for found in (_OPENING.search(text), _CHANNEL.search(text)) if found]
    for closing in _closings(text, 0):
        if opened and min(opened) < closing.start():
            return text
        if _ends_thinking(text, closing):
            return text[closing.end() :].lstrip(" \t")
    return text


def _after_tags(text: str) -> str:
    at, rest = 0, text
    for _ in range(MOST_THOUGHTS):
        opening = _OPENING.match(text, at)
        if not opening:
            break
        at = opening.end() if opening[2] == "/" else _end_of(opening, text)
        if rest is text and _is_subject(text, opening, at):
            return text
        if at < 0:
            return ""
        rest = text[at:]
        at = len(text) - len(rest.lstrip(_BLANKS))
    answer = _ANSWER.match(rest.lstrip(_BLANKS))
    return (answer[1] or answer[2] or "").strip(_BLANKS) if answer else rest.lstrip(" \t")


def _is_subject(text: str, opening: re.Match[str], end: int) -> bool:
    """Whether a sentence begins with the opening tag: it goes on at once as one about tags does.

    Between two tags that are spoken of there is hardly a word.
    """
    if end < 0:
        return bool(_SUBJECT.match(text, opening.end()))
    between = re.sub(_CLOSING, "", text[opening.end() : min(end, opening.end() + 40)], flags=re.IGNORECASE).strip()
    return between in _BETWEEN and bool(_ABOUT.search(text[end : end + _NEAR].partition("\n")[0]))


def _end_of(opening: re.Match[str], text: str) -> int:
    """Where the tag ends that closes a thought: the first outside of code, of its name where there is one; or -1."""
    name = f"</{opening[1]}".lower() if opening[1] else ""
    same = re.compile(rf"{re.escape(name)}\s{{0,9}}>" if name else _CLOSING, re.IGNORECASE)
    first = same.search(text, opening.end())
    if not first:
        same = re.compile(_CLOSING, re.IGNORECASE)
        first = same.search(text, opening.end())
    for closing in _closings(text, opening.end()) if first else ():
        if same.fullmatch(closing[0]):
            return closing.end()
    return first.end() if first else -1


def _after_channels(text: str) -> str:
    """What the final channel says; where a channel is closed by a tag of its own, what stands behind it."""
    finals = [final.end() for final in _FINAL.finditer(text)]
    if finals:
        return _OVER.sub("", text[finals[-1] :]).strip(_BLANKS)
    for _ in range(MOST_THOUGHTS):
        if not _CHANNEL.match(text):
            break
        _, closed, rest = text.partition("<channel|>")
        text = rest.lstrip(_BLANKS)
        if not closed:
            return ""
    return text


def _closings(text: str, start: int) -> Iterator[re.Match[str]]:
    """The closing tags that stand in no code: not in a fence that is closed, nor between backquotes of one line."""
    fence, ticks = "", ""
    held: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text, start):
        if token["closing"]:
            if fence or ticks:
                held.append(token)  # until it is known whether this is code
            else:
                yield token
        elif token["fence"]:
            if fence and token["fence"].startswith(fence):
                fence, held = "", []
            elif not fence:
                fence, ticks = token["fence"], ""
        elif fence:
            continue
        elif token["line"]:
            yield from held
            ticks, held = "", []
        elif token["ticks"] == ticks:
            ticks, held = "", []
        else:
            ticks = ticks or token["ticks"]
    yield from held


def _ends_thinking(text: str, closing: re.Match[str]) -> bool:
    """Whether a lone closing tag ends what was thought, and is not one that the answer is about.

    It has a line to itself, or it follows a sentence or a word directly; one inside of a sentence does neither, is
    wrapped in quotes, or is called a tag.
    """
    before = text[max(0, closing.start() - 40) : closing.start()].rpartition("\n")[2]
    after = text[closing.end() : closing.end() + 40].partition("\n")[0]
    if not before.strip() and not after.strip():
        return True
    around = f"{before[-_NEAR:]}\0{after[:_NEAR]}"
    if _WRAPPED.search(around) or _ABOUT.search(after[:_NEAR]):
        return False
    if not before.strip():
        return not re.match(r"[ \t]+[a-z]|[ \t]*(?:结尾|结束|是|表示)", after)
    if before.rstrip()[-1] in _SENTENCE_ENDS:
        return not (before[-1].isspace() and re.match(r"[ \t]+[a-z]", after))
    return not (before[-1].isspace() or _ABOUT.search(around) or _GOES_ON.search(around))
