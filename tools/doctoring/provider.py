"""The provider of the model: who it is, and what of the settings it is known not to take. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from doctoring.examination import Examination
from doctoring.finding import Finding, or_ok, problem, warning
from reply.llm.profiles import OTHER
from reply.llm.settings import ChatSettings

CHECK = "model.provider"


def provider(examined: Examination) -> Iterator[Finding]:
    """Known by its address, the model not switched off, and no setting that is in vain."""
    chat = examined.reply.chat
    yield from or_ok(CHECK, _wrong(chat, examined.clock.now()), _recognised(chat))


def every_form(chat: ChatSettings) -> tuple[str, ...]:
    """Every address that the doctor tries where the one that is set has no API, those that the function tries first."""
    site = "{0.scheme}://{0.netloc}".format(urlsplit(chat.base_url))
    paths = ("/v1", "", "/api/v1", "/openai/v1", "/compatible-mode/v1", "/api/paas/v4", "/api/v3", "/v1beta/openai")
    forms = dict.fromkeys([*chat.forms, *(site + path for path in paths)])
    forms.pop(chat.base_url, None)
    return () if chat.azure else tuple(forms)


def _recognised(chat: ChatSettings) -> str:
    profile = chat.profile
    if chat.azure:
        return f"{profile.title}, by AZURE_ON"
    if chat.provider:
        return f"{profile.title}, by PROVIDER"
    host = urlsplit(chat.base_url).hostname
    if profile is OTHER:
        return f"{host} is {profile.title}: that is fine; docs/providers.md has those that are known"
    return f"{profile.title}, by its address {host}"


def _wrong(chat: ChatSettings, now: float) -> Iterator[Finding]:
    ending = chat.ending(now)
    if ending:
        found, wanted, remedy = ending.sentence.split("; ", 2)
        made = problem if ending.over else warning
        yield made(CHECK, found, wanted.removeprefix("wanted "), remedy)
    if chat.in_vain:
        found, wanted, remedy = chat.in_vain.split("; ", 2)
        yield warning(CHECK, found, wanted.removeprefix("wanted "), remedy)
