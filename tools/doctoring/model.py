"""The model, asked one short question by the same code that `reply` asks it with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

from doctoring.examination import Examination
from doctoring.finding import Finding, ok, problem, skipped, warning
from doctoring.provider import every_form
from reply.llm.settings import ChatSettings
from reply.services import Answer, ChatMessage
from shared.errors import ModelFailed, ModelFailure
from shared.log import Log

CHECKS = ("model.form", "model.reachable", "model.key", "model.name", "model.first-token")
QUESTION = "Answer with the single word: yes"

_KEY = {
    ModelFailure.KEY_REFUSED: "get a valid key of this provider; keys of a region or another provider are refused too",
    ModelFailure.QUOTA: "top up the account, or use another key",
}
_ELSEWHERE = "check BASE_URL, and MODEL_PROXY if you use one; if only this machine cannot reach it, the function may"
_REACH = {
    ModelFailure.UNREACHABLE: _ELSEWHERE,
    ModelFailure.TIMEOUT: _ELSEWHERE,
    ModelFailure.NOT_JSON: "this is no chat completions API: BASE_URL is the provider's base address, up to /v1",
    ModelFailure.REGION: "the provider does not serve this place: choose another REGION, or another provider",
    ModelFailure.BUSY: "try again in a minute; if it stays, raise the account's limits at the provider",
    ModelFailure.SERVER: "try again later; see the provider's status page",
}


def model(examined: Examination) -> Iterator[Finding]:
    """Reachable, every key valid, the model there, and how soon it begins to speak."""
    chat = examined.reply.chat
    if not chat.keys or (chat.azure and not (chat.azure.endpoint and chat.azure.deployment)):
        yield from (skipped(check, "the settings are incomplete: see settings.reply") for check in CHECKS)
        return
    answers: list[Answer | ModelFailed] = []
    written, chat = chat, replace(chat, forms=every_form(chat))
    for key in chat.keys:
        answer, address = _asked(replace(chat, keys=(key,)), examined)
        answers.append(answer)
        if isinstance(answer, Answer):
            chat = replace(chat, base_url=address, forms=())
        elif answer.reason in _REACH:
            yield from _unreached(answer, chat)
            return
    yield _address(written, chat)
    yield ok("model.reachable", _where(chat))
    yield from _keys(answers)
    yield from _answered(answers, chat, examined.options.first_token_seconds)


def _address(written: ChatSettings, found: ChatSettings) -> Finding:
    if written.base_url == found.base_url or written.azure:
        return ok("model.form", f"{_where(found)} is the base address of an API")
    return warning(
        "model.form",
        f"{written.base_url} has no chat completions API, {found.base_url} has one",
        "the address that works: without it each new instance looks for it, and may not find it",
        f"set BASE_URL={found.base_url}",
    )


def _asked(chat: ChatSettings, examined: Examination) -> tuple[Answer | ModelFailed, str]:
    """What came of one question, and the address that was asked last with success."""
    from reply.llm.chat import ChatModel  # heavy; not needed with --offline

    made = ChatModel(chat, Log(stream=io.StringIO()), examined.clock)
    try:
        seconds = min(examined.options.model_seconds, examined.reply.answer.model_seconds)
        return made.ask([ChatMessage("user", QUESTION)], seconds), made.base_url
    except ModelFailed as failed:
        return failed, made.base_url
    finally:
        made.close()


def _unreached(failed: ModelFailed, chat: ChatSettings) -> Iterator[Finding]:
    yield skipped("model.form", "the model was not reached")
    tried = f", and {len(chat.forms)} other forms of it" if failed.reason is ModelFailure.NOT_JSON else ""
    yield problem("model.reachable", f"{_where(chat)}{tried}: {_why(failed)}", "an answer", _REACH[failed.reason])
    yield from (skipped(check, "the model was not reached") for check in CHECKS[2:])


def _keys(answers: list[Answer | ModelFailed]) -> Iterator[Finding]:
    for number, answer in enumerate(answers, 1):
        which = f"key {number} of {len(answers)}"
        if isinstance(answer, ModelFailed) and answer.reason in _KEY:
            found = f"{which}: {_why(answer)}"
            yield problem("model.key", found, "a key that is accepted", _KEY[answer.reason])
        else:
            yield ok("model.key", f"{which} is accepted")


def _answered(answers: list[Answer | ModelFailed], chat: ChatSettings, slow: float) -> Iterator[Finding]:
    accepted = [a for a in answers if not (isinstance(a, ModelFailed) and a.reason in _KEY)]
    if not accepted:
        yield from (skipped(check, "no key is accepted") for check in CHECKS[3:])
        return
    answer = next((a for a in accepted if isinstance(a, Answer)), accepted[0])
    name, first = CHECKS[3:]
    if isinstance(answer, Answer):
        yield ok(name, f"{_name(chat)} answers")
        found = f"it began to speak after {answer.first_token_ms / 1000:.1f} s"
        remedy = "people wait that long: choose a faster model, or a region nearer to it"
        late = answer.first_token_ms > slow * 1000
        yield warning(first, found, f"at most {slow:g} s", remedy) if late else ok(first, found)
    elif answer.reason is ModelFailure.UNKNOWN_MODEL:
        remedy = "set AZURE_DEPLOYMENT_NAME to a deployment of it" if chat.azure else "set MODEL to a name it knows"
        yield problem(name, f"{_name(chat)} is unknown there ({_why(answer)})", "a model this key may use", remedy)
        yield skipped(first, "the model is unknown")
    else:
        yield problem(
            name,
            f"{_name(chat)} gave no usable answer: {_why(answer)}",
            "an answer",
            "check MODEL, TEMPERATURE, MAX_ANSWER_LEN, AZURE_API_VERSION",
        )
        yield skipped(first, "there was no answer")


def _why(failed: ModelFailed) -> str:
    """The reason with what is known of it: the provider's words are of this question alone, so they may be shown."""
    facts = [f"{name} {value}" for name, value in failed.facts.items() if name in ("status", "why")]
    return f"{failed.reason.value} ({', '.join(filter(None, [*facts, failed.detail[:200]]))})"


def _where(chat: ChatSettings) -> str:
    return chat.azure.endpoint if chat.azure else chat.base_url


def _name(chat: ChatSettings) -> str:
    return chat.azure.deployment if chat.azure else chat.model
