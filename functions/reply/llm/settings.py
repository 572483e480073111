"""Where the model is, which one, and the keys."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from reply.llm.profiles import NAMES, OTHER, Ending, Profile, profile_of
from shared.settings import SettingsReader, separated

DEFAULT_MODEL = "gpt-5.4-mini"
"""A small OpenAI chat model without a shutdown date (https://developers.openai.com/api/docs/deprecations)."""

DEFAULT_BASE_URL = "https://api.openai.com/v1"

DEFAULT_AZURE_VERSION = "2024-10-21"
"""The latest dated version of Azure's chat completions that is not a preview.

https://learn.microsoft.com/azure/ai-services/openai/api-version-lifecycle
"""

_AZURE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_DEPLOYMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_MODEL = re.compile(r"[!-~]{1,200}")
_TAIL = re.compile(
    r"/(?:chat/completions|completions|models|responses|embeddings|messages|text/chatcompletion(?:_v2|_pro)?)$"
    r"|(?<=/v\d)/chat$|/api/(?:chat|generate|tags)$",
    re.IGNORECASE,
)
"""What people copy along with an address: the end of one of its interfaces."""

_AROUND_ADDRESS = "<>,;，；。、 "
"""What stands around an address in the sentence or the list that it was copied from."""

_VERSIONED = re.compile(r"/v\d+[a-z0-9]*(?:/|$)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")


@dataclass(frozen=True)
class Azure:
    """A deployment on Azure OpenAI. `endpoint` has no path but a gateway's own prefix."""

    endpoint: str
    deployment: str
    version: str


@dataclass(frozen=True)
class ChatSettings:
    """How the model is reached. Keys and the proxy's address are not part of its repr.

    `keys` is never empty unless a problem was reported; `base_url` has no trailing slash; `temperature` and
    `max_answer_len` (tokens) are None when they are not to be sent; `proxy` is empty when there is none. `forms` are
    other addresses that may have been meant, to be asked where `base_url` has no API; `provider` names a profile, ""
    for the one of the address.
    """

    keys: tuple[str, ...] = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    model: str = DEFAULT_MODEL
    temperature: float | None = None
    max_answer_len: int | None = None
    proxy: str = field(default="", repr=False)
    azure: Azure | None = None
    forms: tuple[str, ...] = ()
    provider: str = ""

    @property
    def profile(self) -> Profile:
        """What is known of the provider."""
        return profile_of(self.azure.endpoint, "azure") if self.azure else profile_of(self.base_url, self.provider)

    def ending(self, now: float) -> Ending | None:
        """What is to be said of a MODEL that its provider has switched off, or will soon (`now`: s since the epoch)."""
        return self.profile.ending(self.model, now)

    @property
    def in_vain(self) -> str:
        """What is to be said of a TEMPERATURE that the model refuses, and that is not sent; "" when there is none."""
        if self.temperature in (None, 1) or not self.profile.fixes_temperature(self.model):
            return ""
        found = (
            f"TEMPERATURE is {self.temperature:g}, which {self.model} of {self.profile.title} refuses: it is not sent"
        )
        return f"{found}; wanted no TEMPERATURE for this model; remove TEMPERATURE, or set another MODEL"

    @classmethod
    def read(cls, reader: SettingsReader) -> ChatSettings:
        """Read CHATGPT_API_KEY, BASE_URL, PROVIDER, MODEL, TEMPERATURE, MAX_ANSWER_LEN, HTTP_PROXY and AZURE_*.

        BASE_URL may lack its scheme (https is meant), `/v1` or not, or end in `/chat/completions`; where a provider is
        known its path is added, another path is kept. Every wrong value becomes a problem of the reader; no key is ever
        part of one.
        """
        on_azure = reader.flag("AZURE_ON", False)
        azure = _azure(reader, on_azure)
        keys = _openai_keys(reader, not on_azure), _azure_keys(reader, on_azure)
        base_url, *forms = _base_urls(reader)
        return cls(
            keys=keys[on_azure],
            base_url=base_url,
            model=_matching(reader, "MODEL", DEFAULT_MODEL, _MODEL, "a model's name without blanks"),
            temperature=reader.number("TEMPERATURE", None, low=0, high=2),
            max_answer_len=_tokens(reader),
            proxy=_proxy(reader),
            azure=azure,
            forms=tuple(forms),
            provider=_provider(reader),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be logged: the keys and the proxy's password."""
        password = urlsplit(self.proxy).password or ""
        return (*self.keys, *{password, unquote(password)} - {""})


def _openai_keys(reader: SettingsReader, used: bool) -> tuple[str, ...]:
    remedy = (
        "set it to a key of the model's provider; several are separated by commas; "
        "for a server of your own that needs none, any word will do"
    )
    value = reader.text("CHATGPT_API_KEY", aliases=("USER_API_KEY", "APIKEY"), required=remedy if used else "")
    return _keys(reader, "CHATGPT_API_KEY", value) if used else ()


def _azure_keys(reader: SettingsReader, used: bool) -> tuple[str, ...]:
    remedy = "AZURE_ON is on: set it to a key of your Azure resource"
    value = reader.text("AZURE_OPENAI_TOKEN", required=remedy if used else "")
    return _keys(reader, "AZURE_OPENAI_TOKEN", value) if used else ()


def _keys(reader: SettingsReader, name: str, value: str) -> tuple[str, ...]:
    keys = separated(value)
    for number, key in enumerate(keys, start=1):
        if not re.fullmatch(r"(?![A-Z_]+=.)[!#-&(-;=?-Z^-z|~-]+", key):
            reader.problem(
                f"{name}: key {number} of {len(keys)} has a blank or a character that no key has; "
                "wanted the key alone, without 'Bearer'; copy it once more"
            )
    if value and not keys:
        reader.problem(f"{name} has commas only; wanted a key; set it to a key of the model's provider")
    return tuple(dict.fromkeys(keys))


def _provider(reader: SettingsReader) -> str:
    value = reader.text("PROVIDER").lower()
    if value and value not in NAMES:
        names = ", ".join(NAMES)
        reader.problem(f"PROVIDER is {value[:40]!r}; wanted one of {names}; correct it or leave it out")
        return ""
    return value


def _base_urls(reader: SettingsReader) -> list[str]:
    """The address that is meant, and others that may be."""
    value = reader.text("BASE_URL", DEFAULT_BASE_URL, aliases=("ENDPOINT",)).strip(_AROUND_ADDRESS)
    wanted = "https://HOST, https://HOST/v1 or the provider's own base address, such as " + DEFAULT_BASE_URL
    parts = _address(value, ("http", "https"))
    if parts is None or parts.username is not None or parts.hostname in ("http", "https"):
        reader.problem(f"BASE_URL is {_harmless(value)}; wanted {wanted}; correct it or leave it out for the default")
        return [DEFAULT_BASE_URL]
    site = f"{parts.scheme}://{parts.netloc}"
    profile = profile_of(site)
    known = profile.path_at(parts.hostname or "")
    return [site + path for path in _paths(parts.path, known if profile is not OTHER else "")]


def _paths(path: str, known: str) -> list[str]:
    """What may be meant by a path, the likeliest first.

    chatgpt-dingtalk put `/v1` behind every address; others want the whole path. A provider that is `known` has one.
    """
    path = re.sub("/+", "/", path).rstrip("/")
    path = _TAIL.sub("", path).rstrip("/")
    if known:
        meant = path in ("", "/v1", known) or known.startswith(f"{path}/")
        return [known] if meant else [path, known]
    if not path:
        return ["/v1", ""]
    if path.endswith("/v1"):
        return [path, path.removesuffix("/v1")]
    return [path] if _VERSIONED.search(path) else [path, f"{path}/v1"]


def _proxy(reader: SettingsReader) -> str:
    value = reader.text("HTTP_PROXY")
    if not value:
        return ""
    parts = _address(value, ("http", "https", "socks5", "socks5h"), without_scheme="http")
    if parts is None or parts.path.strip("/"):
        reader.problem(
            "HTTP_PROXY is no proxy address (not shown: it may hold a password); wanted http://HOST:PORT, "
            "https://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ before HOST if needed; correct or remove it"
        )
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _tokens(reader: SettingsReader) -> int | None:
    value = reader.number("MAX_ANSWER_LEN", None, low=1, high=1_000_000)
    if value is not None and not value.is_integer():
        reader.problem(f"MAX_ANSWER_LEN is {value:g}; wanted a whole number of tokens; change it or leave it out")
        return None
    return None if value is None else int(value)


def _azure(reader: SettingsReader, on: bool) -> Azure | None:
    def required(remedy: str) -> str:
        return f"AZURE_ON is on: set it to {remedy}" if on else ""

    name = reader.text("AZURE_RESOURCE_NAME", required=required("your resource's name or full endpoint"))
    deployment = reader.text("AZURE_DEPLOYMENT_NAME", required=required("the deployment's name"))
    version = reader.text("AZURE_API_VERSION", DEFAULT_AZURE_VERSION)
    if not on:
        return None
    if deployment and not _DEPLOYMENT.fullmatch(deployment):
        reader.problem(
            f"AZURE_DEPLOYMENT_NAME is {deployment[:40]!r}; wanted letters, digits, '-', '_' and '.'; "
            "copy the name from your Azure resource's list of deployments"
        )
    if not _VERSION.fullmatch(version):
        reader.problem(
            f"AZURE_API_VERSION is {version[:40]!r}; wanted a date such as {DEFAULT_AZURE_VERSION}, "
            "with -preview where Azure has it; change it or leave it out for the default"
        )
    return Azure(_azure_endpoint(reader, name) if name else "", deployment, version)


def _azure_endpoint(reader: SettingsReader, name: str) -> str:
    if _AZURE_NAME.fullmatch(name):
        return f"https://{name}.openai.azure.com"
    parts = _address(name, ("http", "https"), keep_query=True)
    if parts is None or parts.username is not None or ("://" not in name and "." not in name):
        reader.problem(
            f"AZURE_RESOURCE_NAME is {_harmless(name)}; wanted the resource's name or its endpoint, such as "
            "https://NAME.openai.azure.com; copy it from the resource's page in the Azure portal"
        )
        return ""
    prefix = parts.path.partition("/openai")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{prefix}"


def _matching(reader: SettingsReader, name: str, default: str, shape: re.Pattern[str], wanted: str) -> str:
    value = reader.text(name, default)
    if shape.fullmatch(value):
        return value
    reader.problem(f"{name} is {value[:40]!r}; wanted {wanted}; change it or leave it out for the default")
    return default


def _address(
    value: str, schemes: Collection[str], *, without_scheme: str = "https", keep_query: bool = False
) -> SplitResult | None:
    """The parts of a URL with one of `schemes` and a host, else None."""
    if not re.fullmatch(r"[!-~]+", value) or "\\" in value:
        return None
    try:
        parts = urlsplit(value if "://" in value else f"{without_scheme}://{value}")
        usable = parts.scheme in schemes and parts.port != 0 and _HOST.fullmatch(parts.hostname or "")
    except ValueError:
        return None
    if not usable or ((parts.query or parts.fragment) and not keep_query):
        return None
    return parts


def _harmless(value: str) -> str:
    """What was found, unless it may hold a password or a key."""
    return "an address with a user name or a query in it" if "@" in value or "?" in value else repr(value[:60])
