"""Which model answers locally: a real one when the environment or `.env` names one, else the demonstration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SWITCHES = ("CHATGPT_API_KEY", "USER_API_KEY", "APIKEY", "BASE_URL", "AZURE_ON")
_FROM_ENVIRONMENT = (
    *_SWITCHES,
    "PROVIDER",
    "MODEL",
    "TEMPERATURE",
    "MAX_ANSWER_LEN",
    "SYSTEM_PROMPT",
    "AZURE_RESOURCE_NAME",
    "AZURE_DEPLOYMENT_NAME",
    "AZURE_API_VERSION",
    "AZURE_OPENAI_TOKEN",
)
_OWN = re.compile(
    r"DINGTALK_.*|OSS_.*|WEBHOOK_HOSTS|INVOKE_ENDPOINT|CHATGPT_FUNCTION|SERVICE_NAME|CALLBACK_PATH|CLAIM|FC_.*|ALIBABA_.*"
)
"""Settings that describe the deployment: here the local cloud is the deployment."""
_NOT_FOR_CONVERSATION = re.compile(r".*(KEY|TOKEN|SECRET|PROXY|ENDPOINT).*")
_ONLY_WITH_PROVIDER = (*_FROM_ENVIRONMENT, "ENDPOINT", "HTTP_PROXY")


@dataclass(frozen=True)
class Provider:
    """The model, and the settings that the two functions get."""

    demo: bool
    name: str
    settings: Mapping[str, str] = field(repr=False)

    @property
    def conversation_settings(self) -> dict[str, str]:
        """Settings for the function that needs no secret of the provider's."""
        return {name: value for name, value in self.settings.items() if not _NOT_FOR_CONVERSATION.fullmatch(name)}


def provider(environment: Mapping[str, str], dotenv: Mapping[str, str], *, demo: bool = False) -> Provider:
    """Choose the model. The environment wins over the file; an empty value means unset."""
    found = {name: value for name, value in dotenv.items() if value.strip() and not _OWN.fullmatch(name)}
    found |= {name: environment[name] for name in _FROM_ENVIRONMENT if environment.get(name, "").strip()}
    switched = [name for name in _SWITCHES if name in found and not (name == "AZURE_ON" and _off(found[name]))]
    if demo or not switched:
        # A proxy or a key of the real provider has no place between the functions and the stand-in.
        kept = {name: value for name, value in found.items() if name not in _ONLY_WITH_PROVIDER}
        return Provider(True, "demo", kept)
    if "BASE_URL" not in found:
        found["BASE_URL"] = found.get("ENDPOINT", "")
    return Provider(False, found.get("MODEL") or found.get("AZURE_DEPLOYMENT_NAME") or "default", found)


def _off(value: str) -> bool:
    return value.strip().lower() in {"off", "false", "no", "0"}
