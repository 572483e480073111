"""What is known of providers beforehand: a row each, found by the host of BASE_URL or named by PROVIDER.

Only what a request could not learn, or only at the price of a refusal; a provider without a row works too. Streams,
usage and errors are read the same way for all (`stream`, `signs`): a relay hands through what others said, so its host
does not tell whose words come.

https://developers.openai.com/api/docs/deprecations
https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-dashscope
https://platform.kimi.ai/docs/api/models-overview
https://docs.bigmodel.cn/cn/guide/develop/openai/introduction
https://www.volcengine.com/docs/82379/1494384
https://ai.google.dev/gemini-api/docs/openai
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import NamedTuple
from urllib.parse import urlsplit

SHORT, LONG = "max_tokens", "max_completion_tokens"
"""The two names under which the length of an answer is sent; compatible servers know the first."""

SOON_S = 60 * 86400
"""A model that ends within this time (s) is spoken of."""


@dataclass(frozen=True)
class Retired:
    """Models by their names (snapshots with a date belong to them), and the day (UTC) from which they are off."""

    day: str
    names: tuple[str, ...]

    def has(self, model: str) -> bool:
        """Whether it is one of these."""
        return any(re.fullmatch(re.escape(name) + r"(-\d[\d-]*)?(-preview)?", model) for name in self.names)

    @property
    def at(self) -> float:
        """The day's begin, in seconds since the epoch."""
        return datetime.fromisoformat(self.day).replace(tzinfo=timezone.utc).timestamp()


class Ending(NamedTuple):
    """That a model is off (`over`), or soon will be: one sentence for whoever deploys."""

    over: bool
    sentence: str


@dataclass(frozen=True)
class Profile:
    """One provider. Models are told by how their names begin.

    `hosts` are its hosts, or what they end with after a dot; `path` is where its API is below the host. `long_names`
    are the models that want `max_completion_tokens`, `fixed` those that refuse a temperature, `most` the tokens that an
    answer of a model may have. `instead` is a model to name where one is off. `others` are hosts with the path `/v1`
    all the same: DashScope's coding plan has one of its own.
    """

    name: str
    title: str
    hosts: tuple[str, ...] = ()
    path: str = "/v1"
    long_names: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    most: tuple[tuple[str, int], ...] = ()
    retired: tuple[Retired, ...] = ()
    instead: str = ""
    others: tuple[str, ...] = ()

    def path_at(self, host: str) -> str:
        """Where its API is below one of its hosts."""
        return "/v1" if host in self.others else self.path

    def length_name(self, model: str) -> str:
        """The parameter that bounds an answer's length."""
        return LONG if model.startswith(self.long_names) else SHORT

    def fixes_temperature(self, model: str) -> bool:
        """Whether the model refuses TEMPERATURE."""
        return model.startswith(self.fixed) if self.fixed else False

    def most_tokens(self, model: str) -> int:
        """How many tokens an answer may have, as far as is known; 0 where it is not."""
        return next((tokens for beginning, tokens in self.most if model.startswith(beginning)), 0)

    def ending(self, model: str, now: float) -> Ending | None:
        """What is to be said of a model that is off, or soon will be, at `now` (s since the epoch)."""
        gone = next((gone for gone in self.retired if gone.has(model) and gone.at - now < SOON_S), None)
        if gone is None:
            return None
        over = gone.at <= now
        when = f"{'switched off' if over else 'switches off'} on {gone.day}"
        wanted = "wanted one that answers; set MODEL to another one of the provider's"
        return Ending(over, f"MODEL is {model!r}, which {self.title} {when}; {wanted}, such as {self.instead}")


_OPENAI_GONE = (
    Retired(
        "2026-10-23",
        (
            *("gpt-3.5-turbo", "gpt-3.5-turbo-16k", "gpt-4", "gpt-4-32k", "gpt-4-turbo", "gpt-4-vision"),
            *("o1", "o1-mini", "o3-mini", "o4-mini", "gpt-4.1-nano"),
        ),
    ),
    Retired("2026-12-11", ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3")),
    Retired("2027-01-14", ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini")),
    Retired("2027-04-01", ("gpt-5.1", "gpt-5.4-nano")),
)
_KIMI_GONE = Retired("2026-05-25", ("kimi-k2-0711", "kimi-k2-0905", "kimi-k2-turbo", "kimi-k2-thinking", "kimi-latest"))

OTHER = Profile("other", "no provider that is known by its address")

PROFILES: tuple[Profile, ...] = (
    Profile(
        "openai",
        "OpenAI",
        ("api.openai.com",),
        long_names=("",),
        fixed=("gpt-5.6", "gpt-6"),
        retired=_OPENAI_GONE,
        instead="gpt-5.4-mini",
    ),
    Profile("azure", "Azure OpenAI", ("openai.azure.com", "cognitiveservices.azure.com"), "/openai/v1"),
    Profile(
        "dashscope",
        "Alibaba Cloud Model Studio (DashScope)",
        (*(f"dashscope{place}.aliyuncs.com" for place in ("", "-intl", "-us", "-finance")), "maas.aliyuncs.com"),
        "/compatible-mode/v1",
        long_names=("qwen3.8",),
        others=("coding.dashscope.aliyuncs.com", "coding-intl.dashscope.aliyuncs.com"),
    ),
    Profile("deepseek", "DeepSeek", ("api.deepseek.com",)),
    Profile(
        "moonshot",
        "Moonshot (Kimi)",
        ("api.moonshot.cn", "api.moonshot.ai"),
        long_names=("kimi-k2.7", "kimi-k3"),
        fixed=("kimi-k2.5", "kimi-k2.6", "kimi-k2.7", "kimi-k3"),
        most=(("moonshot-v1-8k", 4096),),
        retired=(_KIMI_GONE,),
        instead="kimi-k2.6",
    ),
    Profile("zhipu", "Zhipu", ("open.bigmodel.cn", "api.z.ai"), "/api/paas/v4", most=(("glm-4-", 4095),)),
    Profile("ark", "Volcengine Ark", ("volces.com", "bytepluses.com"), "/api/v3"),
    Profile("siliconflow", "SiliconFlow", ("api.siliconflow.cn", "api.siliconflow.com")),
    Profile("minimax", "MiniMax", ("api.minimaxi.com", "api.minimax.io", "api.minimax.chat")),
    Profile("openrouter", "OpenRouter", ("openrouter.ai",), "/api/v1"),
    Profile("gemini", "Gemini", ("generativelanguage.googleapis.com",), "/v1beta/openai"),
    Profile("xai", "xAI", ("api.x.ai",)),
    Profile("anthropic", "Anthropic", ("api.anthropic.com",)),
    Profile("ollama", "Ollama"),
    Profile("vllm", "vLLM"),
    OTHER,
)

NAMES = tuple(profile.name for profile in PROFILES)
_OLLAMA_PORT = 11434


def profile_of(address: str, named: str = "") -> Profile:
    """The profile of the provider at an address (a URL), or the one of that name where there is one."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    for profile in PROFILES:
        if named and profile.name == named:
            return profile
        if not named and any(host == known or host.endswith(f".{known}") for known in profile.hosts):
            return profile
    ollama = not named and parts.port == _OLLAMA_PORT
    return next(profile for profile in PROFILES if profile.name == "ollama") if ollama else OTHER
