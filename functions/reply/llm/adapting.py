"""What another try says differently after a refusal: a parameter less, a shorter answer, instructions elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reply.llm.failures import Refused
from reply.llm.lowering import Lowered, left_by_prompt, lowered
from reply.llm.profiles import Profile
from reply.llm.request import SYSTEM, Dialect
from shared.errors import ModelFailure

_OTHER_CAUSE = frozenset({ModelFailure.FILTERED, ModelFailure.KEY_REFUSED, ModelFailure.REGION, ModelFailure.BUSY})
_OF_THE_REQUEST = frozenset({400, 422})

_LENGTH = re.compile(
    r"max[_ ]?(completion|output|new|total)?[_ ]?tokens|tokens to generate|(completion|output) tokens"
    r"|最大(输出|生成)",
    re.IGNORECASE,
)
"""How the length of an answer is called in refusals, whatever it was sent as."""

_UNKNOWN_NAME = re.compile(
    r"unsupported[_ ]parameter|un(known|recognized|expected)[_ ](request )?(parameter|argument|field|keyword|name|key)"
    r"|extra[_ ](fields?|inputs?)|extra_forbidden|not permitted|use '?max_completion_tokens|is not supported with"
    r"|不支持[^。]{0,12}参数|未知参数",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"value|range|too (large|big|high)|exceed|maximum|at most|less than|must be|should be|larger|greater|above|between"
    r"|out of|up to|limit|<=|≤|fewer|非法|范围|取值|不能|最大|超",
    re.IGNORECASE,
)
_OF_THE_PROMPT = re.compile(r"at least 1\b|prompt|input|message|context|inputs", re.IGNORECASE)

_NO_SYSTEM = re.compile(
    r"(system|developer)['\"`]?[ _](role|messages?|prompts?|instructions?)[^.]{0,40}"
    r"(not (been )?(support|allow|permit|enabled|valid)|isn.t support|unsupported|invalid|disabled|doesn.t exist)"
    r"|role[s]?[^.]{0,20}['\"`]?(system|developer)\b[^.]{0,30}(not |n.t |unsupported|invalid)"
    r"|(not support|n.t support|not allow|unsupported|invalid|unexpected|unknown)[^.]{0,30}role[^.]{0,20}"
    r"(system|developer)"
    r"|(not support|n.t support)[^.]{0,12}(a |the )?['\"`]?(system|developer)['\"`]?\b"
    r"|only[^.]{0,40}user[^.]{0,30}(assistant|model)[^.]{0,40}(role|support|allow)|roles? must alternate|got system\b"
    r"|role[^.]{0,60}(must|should) be [^.]{0,30}(user|assistant)|valid role: ?['\"`]?user"
    r"|input should be [^.]{0,6}user.{0,3} or .{0,3}assistant"
    r"|(system|developer)['\"`]? is not one of|system (role|messages?)[^.]{0,12}(must not|cannot|can't) be"
    r"|角色[^。]{0,8}不[能可][^。]{0,4}(system|系统)"
    r"|不支持[^。]{0,12}(system|系统)|(system|系统)[^。]{0,10}(角色|消息|提示|role)?[^。]{0,6}不支持",
    re.IGNORECASE,
)
"""Chat templates of Gemma and Mistral (raised as errors by vLLM, LM Studio, llama.cpp), Google's API for Gemma, o1."""


@dataclass(frozen=True)
class Change:
    """The parameter that is refused: to be left out or renamed, or, where lengths are given, sent with another one.

    `now` is the length for the question at hand, `kept` the one to begin with from then on.
    """

    parameter: str
    now: int = 0
    kept: int = 0


def change(dialect: Dialect, refused: Refused, profile: Profile, model: str, *, instructed: bool) -> Change | None:
    """What to change in order to ask again after a refusal, or None when nothing about the request can mend it.

    `instructed` is whether the prompt has instructions.
    """
    if instructed and dialect.system and refused.reason not in _OTHER_CAUSE and _NO_SYSTEM.search(refused.said.text):
        return Change(SYSTEM)
    shorter = _shorter(dialect, refused, profile.most_tokens(model)) if dialect.limit else None
    if shorter:
        return Change(dialect.limit, shorter.now, shorter.kept)
    name = _refused_name(dialect, refused)
    return Change(name) if name else None


def _shorter(dialect: Dialect, refused: Refused, most: int) -> Lowered | None:
    text = refused.said.text
    if refused.reason in _OTHER_CAUSE:
        return None
    room = left_by_prompt(text, dialect.tokens)
    if room or refused.reason is ModelFailure.QUOTA:
        return room
    if not _LENGTH.search(text) or _UNKNOWN_NAME.search(text) or not _VALUE.search(text):
        return None
    if refused.reason is ModelFailure.TOO_LONG and _OF_THE_PROMPT.search(text):
        return None
    return lowered(_words_alone(refused), dialect.tokens, most)


def _refused_name(dialect: Dialect, refused: Refused) -> str:
    """The parameter that the refusal is about, or "".

    The field `param` decides where it is there; else the first name that stands in the text as a word.
    """
    wrong = refused.status in _OF_THE_REQUEST or refused.reason is ModelFailure.BAD_REQUEST
    if not wrong or refused.reason in _OTHER_CAUSE | {ModelFailure.TOO_LONG}:
        return ""
    if refused.said.parameter in dialect.refusable:
        return refused.said.parameter
    for name in dialect.refusable:
        # `stream` is an ordinary word, too: it counts only in quotes.
        quoted = rf"['\"`]{name}['\"`]" if name == "stream" else rf"(?<![\w]){name}(?![\w])"
        if re.search(quoted, refused.said.text):
            return name
    return ""


def _words_alone(refused: Refused) -> str:
    """What was said, without the code in front of it, which may be a number."""
    return refused.said.text.removeprefix(refused.said.code)
