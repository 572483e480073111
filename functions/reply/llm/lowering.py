"""A length of answer that is too much for a model, and the one that its refusal, or nothing better, names."""

from __future__ import annotations

import re
from dataclasses import dataclass

ROOM = 256
"""Tokens of an answer that are worth asking for: with less left, the prompt must be shortened."""

LEAST = 16
"""Below this, no refusal is about the length any more."""

_NUMBER = r"(?<!\d)(?:\d{1,3}(?:,\d{3})+|\d+)"
_FREE_NUMBER = re.compile(rf"(?<![\w.])(?<![A-Za-z]-)(?:{_NUMBER})(?!\w|\.\d)")
"""A number that is no part of a model's name."""

_BOUND = re.compile(
    rf"(?:[\[(]\s*\d+\s*[,~-]|at most|up to|<=|≤|equal to|maximum (?:value )?(?:is|of)"
    rf"|不(?:能|可|得)?(?:超过|大于)|最大[^0-9]{{0,8}}|小于等于)"
    rf"[^0-9A-Za-z]{{0,4}}({_NUMBER})(?!\w|\.\d)",
    re.IGNORECASE,
)

_THOUSANDS = re.compile(r"(?<![\w.-])(\d+)\s?[kK](?![\w-])")
_CONTEXT = re.compile(
    rf"(?:context (?:length|window|size)(?: limit)?|model context|max_seq_len|maximum model length"
    rf"|max_new_tokens. must be <="
    rf"|(?:model|context) (?:token )?limit)"
    rf"[^0-9]{{0,40}}({_NUMBER})",
    re.IGNORECASE,
)
_REQUESTED = re.compile(
    rf"(?:requested|request(?:ed)? (?:about|has)|max_total_tokens|given)[^0-9]{{0,20}}({_NUMBER})", re.IGNORECASE
)
_PROMPT = re.compile(
    rf"({_NUMBER})(?: tokens)? (?:in|from|of) (?:the |your )?(?:text |input )?(?:messages?|prompt|input)"
    rf"|({_NUMBER}) .?inputs?.? tokens|(?:prompt|input)(?: contains| has| is|:)[^0-9]{{0,20}}({_NUMBER})"
    rf"|(?:prompt|input)(?: (?:length|tokens))? ?\(({_NUMBER})",
    re.IGNORECASE,
)
_SUM = re.compile(rf"({_NUMBER}) \+ ({_NUMBER}) > ({_NUMBER})")
_EXCLUSIVE = re.compile(
    rf"(?:{_NUMBER}) ?\(exclusive\)|(?:less|smaller|lower|fewer) than (?!or )[^0-9]{{0,3}}(?:{_NUMBER})"
    rf"|[\[(]\s*\d+\s*,\s*(?:{_NUMBER})\s*\)",
    re.IGNORECASE,
)
_AFFORDABLE = re.compile(rf"can only afford ({_NUMBER})", re.IGNORECASE)


@dataclass(frozen=True)
class Lowered:
    """`now` is the length for the question at hand, `kept` the one to begin with from now on."""

    now: int
    kept: int


def left_by_prompt(text: str, sent: int) -> Lowered | None:
    """What to send instead of `sent` tokens where prompt and answer together are too much for the model.

    That is what the prompt leaves, or what can be paid for; None where the refusal names neither, or too little.
    """
    affordable = _AFFORDABLE.search(text)
    if affordable:
        value = _value(affordable[1])
        return Lowered(value, sent) if ROOM <= value < sent else None
    limit, left = _context(text, sent)
    if not ROOM <= left < sent:
        return None
    # A length that no prompt at all leaves room for is never asked for again.
    return Lowered(left, limit // 2 if sent + ROOM > limit else sent)


def lowered(text: str, sent: int, most: int = 0) -> Lowered | None:
    """What to send instead of `sent` tokens after a refusal of that value; None when no smaller one can help.

    The refusal decides; else `most`, what the provider's profile knows (0 for nothing); else it is half.
    """
    named = _named(text, sent)
    value = named or (most if 0 < most < sent else sent // 2)
    return Lowered(value, value) if named or value >= LEAST else None


def _context(text: str, sent: int) -> tuple[int, int]:
    """The model's context and what of it the prompt leaves, zeros where the refusal does not name both."""
    summed = _SUM.search(text)
    if summed:
        one, other, limit = map(_value, summed.groups())
        return limit, limit - (other if one == sent else one)
    context = _CONTEXT.search(text)
    if not context:
        return 0, 0
    limit = _value(context[1])
    prompt, requested = _PROMPT.search(text), _REQUESTED.search(text)
    if prompt:
        return limit, limit - _value(next(filter(None, prompt.groups())))
    if requested and _value(requested[1]) > limit:
        return limit, sent - (_value(requested[1]) - limit)
    return 0, 0


def _named(text: str, sent: int) -> int:
    """The bound that a refusal names, or the largest number in it below `sent`; 0 when there is none."""
    found = [_value(number) for number in _BOUND.findall(text)]
    found = [number for number in found if 1 < number < sent]
    if not found:
        every = [_value(number) for number in _FREE_NUMBER.findall(text)]
        every += [int(number) * 1024 for number in _THOUSANDS.findall(text)]
        found = [number for number in every if 1 < number < sent]
    exclusive = bool(_EXCLUSIVE.search(text))
    if not found:
        return sent - 1 if exclusive and str(sent) in text else 0
    return max(found) - exclusive


def _value(number: str) -> int:
    return int(number.replace(",", ""))
