"""Which reason a refusal has: by its code, by its words, by its status."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reply.llm import signs
from reply.llm.told import Told
from shared.errors import ModelFailure

_BY_WORDS: tuple[tuple[ModelFailure, re.Pattern[str]], ...] = (
    (ModelFailure.TOO_LONG, signs.TOO_LONG),
    (ModelFailure.UNKNOWN_MODEL, signs.UNKNOWN_MODEL),
    (ModelFailure.KEY_REFUSED, signs.KEY_REFUSED),
    (ModelFailure.BUSY, signs.RATE),
)
_PAID_AT_OPENAI = re.compile(r"platform\.openai\.com", re.IGNORECASE)


def reason_of(status: int, body: object, said: Told, *, waits: bool) -> ModelFailure:
    """The reason that code, words or status name, in this order; `waits` is whether a wait is asked for."""
    is_json = not isinstance(body, str)
    if is_json or (len(said.text) < 500 and "<" not in said.text):
        known = _by_code(said) or _by_words(status, said, waits) or _by_vague_code(said)
        if known:
            return known
    if status == 404 and is_json and re.search("model|deployment", said.text, re.IGNORECASE):
        return ModelFailure.UNKNOWN_MODEL
    plain = signs.PLAIN_ANSWERS
    if status < 200 or 300 <= status < 400 or (400 <= status < 500 and not is_json and status not in plain):
        return ModelFailure.NOT_JSON
    return signs.BY_STATUS.get(status, ModelFailure.BAD_REQUEST if 400 <= status < 500 else ModelFailure.SERVER)


def _by_code(said: Told) -> ModelFailure | None:
    return None if said.code in signs.AMBIGUOUS else _code_table(said).get(said.code)


def _by_vague_code(said: Told) -> ModelFailure | None:
    return _code_table(said).get(said.code)


def _code_table(said: Told) -> Mapping[str, ModelFailure]:
    return {"base_resp": signs.MINIMAX, "error": signs.ZHIPU, "top": signs.SILICONFLOW}.get(said.place, {})


def _by_words(status: int, said: Told, waits: bool) -> ModelFailure | None:
    text = said.text
    if signs.REGION.search(text):
        return ModelFailure.REGION
    if signs.BANNED.search(text):
        return ModelFailure.KEY_REFUSED
    if signs.FILTERED.search(text):
        return ModelFailure.FILTERED
    if signs.ARREARS.search(text):
        return ModelFailure.QUOTA
    if signs.QUOTA.search(text):
        paces = waits or signs.RATE.search(text)
        return ModelFailure.BUSY if paces and not _PAID_AT_OPENAI.search(text) else ModelFailure.QUOTA
    if status == 429:
        return ModelFailure.TOO_LONG if signs.TOO_LARGE.search(text) else None
    return next((reason for reason, words in _BY_WORDS if words.search(text)), None)
