"""Where the model is, which one, and the keys."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from shared.settings import SettingsReader

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
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
_PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


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
    `max_answer_len` (tokens) are None when they are not to be sent; `proxy` is empty when there is none.
    """

    keys: tuple[str, ...] = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    model: str = DEFAULT_MODEL
    temperature: float | None = None
    max_answer_len: int | None = None
    proxy: str = field(default="", repr=False)
    azure: Azure | None = None

    @classmethod
    def read(cls, reader: SettingsReader) -> ChatSettings:
        """Read CHATGPT_API_KEY, BASE_URL, MODEL, TEMPERATURE, MAX_ANSWER_LEN, HTTP_PROXY and AZURE_*.

        BASE_URL may lack its scheme (https is meant), `/v1` or not, or end in `/chat/completions`; a path of its own is
        kept. Every wrong value becomes a problem of the reader; no key is ever part of one.
        """
        on_azure = reader.flag("AZURE_ON", False)
        azure = _azure(reader, on_azure)
        azure_keys = _keys(reader, "AZURE_OPENAI_TOKEN", (), "the key of your Azure resource" if on_azure else "")
        keys = _keys(
            reader,
            "CHATGPT_API_KEY",
            ("USER_API_KEY", "APIKEY"),
            ""
            if on_azure
            else "a key of the model's provider; several are separated by commas; "
            "for a server of your own that needs none, any word will do",
        )
        return cls(
            keys=azure_keys if on_azure else keys,
            base_url=_base_url(reader),
            model=_matching(reader, "MODEL", DEFAULT_MODEL, _MODEL, "a model's name without blanks"),
            temperature=reader.number("TEMPERATURE", None, low=0, high=2),
            max_answer_len=_tokens(reader),
            proxy=_proxy(reader),
            azure=azure if on_azure else None,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be logged: the keys and the proxy's password."""
        password = urlsplit(self.proxy).password or ""
        return (*self.keys, *{password, unquote(password)} - {""})


def _keys(reader: SettingsReader, name: str, aliases: Collection[str], remedy: str) -> tuple[str, ...]:
    value = reader.text(name, aliases=aliases, required=f"set it to {remedy}" if remedy else "")
    keys = [key.strip() for key in value.replace("，", ",").split(",") if key.strip()]
    for number, key in enumerate(keys, start=1):
        if not re.fullmatch(r"[!-~]+", key):
            reader.problem(
                f"{name}: key {number} of {len(keys)} has a blank or a character that no key has; "
                "wanted the key alone, without quotes or 'Bearer'; copy it once more"
            )
    if value and not keys:
        reader.problem(f"{name} has commas only; set it to a key of the model's provider")
    return tuple(dict.fromkeys(keys))


def _base_url(reader: SettingsReader) -> str:
    value = reader.text("BASE_URL", DEFAULT_BASE_URL, aliases=("ENDPOINT",))
    wanted = "https://HOST, https://HOST/v1 or the provider's own base address, such as " + DEFAULT_BASE_URL
    parts = _address(value, ("http", "https"))
    if parts is None or parts.username is not None:
        reader.problem(f"BASE_URL is {_harmless(value)}; wanted {wanted}; correct it or leave it out for the default")
        return DEFAULT_BASE_URL
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def _proxy(reader: SettingsReader) -> str:
    value = reader.text("HTTP_PROXY")
    parts = _address(value, _PROXY_SCHEMES)
    if value and (parts is None or parts.path.strip("/")):
        reader.problem(
            "HTTP_PROXY is no proxy address (not shown: it may hold a password); wanted http://HOST:PORT, "
            "https://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ before HOST if needed; correct or remove it"
        )
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts else ""


def _tokens(reader: SettingsReader) -> int | None:
    value = reader.number("MAX_ANSWER_LEN", None, low=1, high=1_000_000)
    if value is not None and not value.is_integer():
        reader.problem(f"MAX_ANSWER_LEN is {value:g}; wanted a whole number of tokens; change it or leave it out")
        return None
    return None if value is None else int(value)


def _azure(reader: SettingsReader, on: bool) -> Azure:
    def required(remedy: str) -> str:
        return remedy if on else ""

    version_wanted = "a date such as 2024-10-21, with -preview where Azure has it"
    name = reader.text("AZURE_RESOURCE_NAME", required=required("set it to your resource's name or full endpoint"))
    deployment = reader.text("AZURE_DEPLOYMENT_NAME", required=required("set it to the deployment's name"))
    if deployment and not _DEPLOYMENT.fullmatch(deployment):
        reader.problem(
            f"AZURE_DEPLOYMENT_NAME is {deployment[:40]!r}; wanted letters, digits, '-', '_' and '.'; "
            "copy the name from your Azure resource's list of deployments"
        )
    version = _matching(reader, "AZURE_API_VERSION", DEFAULT_AZURE_VERSION, _VERSION, version_wanted)
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


def _address(value: str, schemes: Collection[str], *, keep_query: bool = False) -> SplitResult | None:
    """The parts of a URL with one of `schemes` and a host, else None. Without a scheme https is meant."""
    with_scheme = value if "://" in value or "https" not in schemes or "socks5" in schemes else f"https://{value}"
    if not re.fullmatch(r"[!-~]+", value) or "\\" in value:
        return None
    try:
        parts = urlsplit(with_scheme)
        usable_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    if parts.scheme not in schemes or not usable_port or not _HOST.fullmatch(parts.hostname or ""):
        return None
    if (parts.query or parts.fragment) and not keep_query:
        return None
    return parts


def _harmless(value: str) -> str:
    """What was found, unless it may hold a password or a key."""
    return "an address with a user name or key in it" if "@" in value or "?" in value else repr(value[:60])
