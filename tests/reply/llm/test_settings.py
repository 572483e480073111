"""How the model's settings are read."""

from __future__ import annotations

import pytest

from reply.llm.settings import DEFAULT_AZURE_VERSION, DEFAULT_BASE_URL, DEFAULT_MODEL, Azure, ChatSettings
from shared.settings import SettingsReader

KEY = "sk-secret-0123456789"
AZURE = {
    "AZURE_ON": "true",
    "AZURE_RESOURCE_NAME": "our-resource",
    "AZURE_DEPLOYMENT_NAME": "gpt-5.4_mini",
    "AZURE_OPENAI_TOKEN": KEY,
}


def read(**values: str) -> tuple[ChatSettings, list[str]]:
    reader = SettingsReader(values)
    return ChatSettings.read(reader), reader.problems


def test_needs_only_a_key() -> None:
    """With a key alone everything else has a default, and nothing optional is sent."""
    settings, problems = read(CHATGPT_API_KEY=KEY)
    assert problems == []
    assert settings == ChatSettings((KEY,), DEFAULT_BASE_URL, DEFAULT_MODEL, None, None, "", None)


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"CHATGPT_API_KEY": " sk-a , sk-b，sk-c,,sk-a "}, ("sk-a", "sk-b", "sk-c")),
        ({"CHATGPT_API_KEY": "sk-a\n"}, ("sk-a",)),
        ({"CHATGPT_API_KEY": "\r\n 'sk-a' \r\n"}, ("sk-a",)),
        ({"CHATGPT_API_KEY": '"sk-a,sk-b"'}, ("sk-a", "sk-b")),
        ({"CHATGPT_API_KEY": '["sk-a", "sk-b"]'}, ("sk-a", "sk-b")),
        ({"CHATGPT_API_KEY": "sk-a; 'sk-b'；“sk-c”"}, ("sk-a", "sk-b", "sk-c")),
        ({"CHATGPT_API_KEY": "sk-a\nsk-b\r\nsk-c\n"}, ("sk-a", "sk-b", "sk-c")),
        ({"USER_API_KEY": "“sk-a”"}, ("sk-a",)),
        ({"USER_API_KEY": "sk-u"}, ("sk-u",)),
        ({"APIKEY": "sk-k"}, ("sk-k",)),
        ({"CHATGPT_API_KEY": "  ", "USER_API_KEY": "sk-u", "APIKEY": "sk-k"}, ("sk-u",)),
        ({"CHATGPT_API_KEY": "sk-c", "USER_API_KEY": "sk-u"}, ("sk-c",)),
    ],
)
def test_reads_keys(values: dict[str, str], keys: tuple[str, ...]) -> None:
    """Several keys keep their order, each once; the Connector's and chatgpt-dingtalk's names work."""
    settings, problems = read(**values)
    assert (settings.keys, problems) == (keys, [])


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("api.openai.com", "https://api.openai.com/v1"),
        ("relay.example:8443", "https://relay.example:8443/v1"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("http://[::1]:8000/", "http://[::1]:8000/v1"),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
        ),
        ("https://api.deepseek.com/beta/", "https://api.deepseek.com/beta"),
        ("https://open.bigmodel.cn/api/paas/v4/", "https://open.bigmodel.cn/api/paas/v4"),
    ],
)
@pytest.mark.parametrize("name", ["BASE_URL", "ENDPOINT"])
def test_reads_base_urls(name: str, found: str, wanted: str) -> None:
    """An address without a path gets /v1; a path of its own is kept; the Connector's name works."""
    settings, problems = read(CHATGPT_API_KEY=KEY, **{name: found})
    assert (settings.base_url, problems) == (wanted, [])


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("https://proxy.example:3128/", "https://proxy.example:3128"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://user:pass@proxy.example:1080", "socks5h://user:pass@proxy.example:1080"),
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
    ],
)
def test_reads_proxies(found: str, wanted: str) -> None:
    """HTTP and SOCKS5 proxies, with and without a password."""
    settings, problems = read(CHATGPT_API_KEY=KEY, HTTP_PROXY=found)
    assert (settings.proxy, problems) == (wanted, [])


def test_reads_what_the_model_is_told() -> None:
    """Any model's name will do; temperature and length are numbers."""
    settings, problems = read(CHATGPT_API_KEY=KEY, MODEL="qwen/qwen3:8b", TEMPERATURE="0", MAX_ANSWER_LEN="2048")
    assert (settings.model, settings.temperature, settings.max_answer_len, problems) == ("qwen/qwen3:8b", 0.0, 2048, [])


@pytest.mark.parametrize(
    ("resource", "endpoint"),
    [
        ("our-resource", "https://our-resource.openai.azure.com"),
        ("https://our-resource.openai.azure.com/", "https://our-resource.openai.azure.com"),
        ("our-resource.openai.azure.com", "https://our-resource.openai.azure.com"),
        (
            "https://x.cognitiveservices.azure.com/openai/deployments/d?api-version=1",
            "https://x.cognitiveservices.azure.com",
        ),
        ("https://gateway.example/models/openai", "https://gateway.example/models"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_reads_azure(resource: str, endpoint: str) -> None:
    """Azure is found by the resource's name or by any form of its endpoint, and needs no other key."""
    settings, problems = read(**{**AZURE, "AZURE_RESOURCE_NAME": resource})
    assert problems == []
    assert settings.azure == Azure(endpoint, "gpt-5.4_mini", DEFAULT_AZURE_VERSION)
    assert settings.keys == (KEY,)


def test_azure_settings_are_idle_while_it_is_off() -> None:
    """What is left over from Azure does not disturb another provider, nor the other way round."""
    leftovers = {"AZURE_RESOURCE_NAME": "x y", "AZURE_API_VERSION": "new", "AZURE_OPENAI_TOKEN": "a b"}
    settings, problems = read(CHATGPT_API_KEY=KEY, **leftovers)
    assert (settings.azure, settings.keys, problems) == (None, (KEY,), [])
    settings, problems = read(**AZURE, CHATGPT_API_KEY="a b")
    assert (settings.keys, problems) == ((KEY,), [])


WRONG = {
    "no key": ({"CHATGPT_API_KEY": ""}, "CHATGPT_API_KEY is not set; set it to a key"),
    "commas only": ({"CHATGPT_API_KEY": ",，"}, "CHATGPT_API_KEY has commas only"),
    "blank in a key": ({"CHATGPT_API_KEY": f"sk-a,Bearer {KEY}"}, "CHATGPT_API_KEY: key 2 of 2 has a blank"),
    "half a quote": ({"CHATGPT_API_KEY": f"“{KEY}"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
    "a quote inside": ({"CHATGPT_API_KEY": f"sk-b;{KEY[:4]}'{KEY[4:]}"}, "CHATGPT_API_KEY: key 2 of 2 has a blank"),
    "an unseen character": ({"CHATGPT_API_KEY": f"\u200b{KEY}"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
    "a line end in words": ({"CHATGPT_API_KEY": f"sk-a\\n{KEY}"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
    "a place for a key": ({"CHATGPT_API_KEY": f"<{KEY}>"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
    "a line of .env": ({"CHATGPT_API_KEY": f"CHATGPT_API_KEY={KEY}"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
    "scheme twice": ({"BASE_URL": "https://https://a.example"}, "BASE_URL is 'https://https://a.example'"),
    "half a scheme": ({"BASE_URL": "https:/a.example/v1"}, "BASE_URL is 'https:/a.example/v1'"),
    "wrong scheme": ({"BASE_URL": "ftp://api.openai.com"}, "BASE_URL is 'ftp://api.openai.com'"),
    "no host": ({"BASE_URL": "https://"}, "BASE_URL is 'https://'"),
    "port": ({"BASE_URL": "https://a.example:99999"}, "BASE_URL is"),
    "port 0": ({"BASE_URL": "https://a.example:0"}, "BASE_URL is"),
    "blank": ({"BASE_URL": "https://a b.example"}, "BASE_URL is"),
    "backslash": ({"BASE_URL": "https://a.example\\@b.example"}, "BASE_URL is an address"),
    "bracket": ({"BASE_URL": "https://[::1"}, "BASE_URL is"),
    "user": ({"BASE_URL": f"https://me:{KEY}@a.example"}, "BASE_URL is an address with a user name"),
    "query": ({"BASE_URL": f"https://a.example/v1?key={KEY}"}, "BASE_URL is an address with a user name or a query"),
    "proxy's scheme": ({"HTTP_PROXY": f"socks4://me:{KEY}@p.example:1080"}, "HTTP_PROXY is no proxy address"),
    "proxy with a path": ({"HTTP_PROXY": "http://p.example/pac"}, "HTTP_PROXY is no proxy address"),
    "proxy's port": ({"HTTP_PROXY": "http://p.example:port"}, "HTTP_PROXY is no proxy address"),
    "temperature": ({"TEMPERATURE": "warm"}, "TEMPERATURE is 'warm'; wanted a number from 0 to 2"),
    "temperature, too high": ({"TEMPERATURE": "2.1"}, "TEMPERATURE is '2.1'"),
    "length in words": ({"MAX_ANSWER_LEN": "long"}, "MAX_ANSWER_LEN is 'long'"),
    "half a token": ({"MAX_ANSWER_LEN": "10.5"}, "MAX_ANSWER_LEN is 10.5; wanted a whole number"),
    "no token": ({"MAX_ANSWER_LEN": "0"}, "MAX_ANSWER_LEN is '0'"),
    "model": ({"MODEL": "gpt 5"}, "MODEL is 'gpt 5'"),
    "azure switch": ({"AZURE_ON": "maybe"}, "AZURE_ON is 'maybe'; wanted on or off"),
    "azure name": ({**AZURE, "AZURE_RESOURCE_NAME": "our_resource"}, "AZURE_RESOURCE_NAME is 'our_resource'"),
    "azure endpoint": ({**AZURE, "AZURE_RESOURCE_NAME": "ftp://x.example"}, "AZURE_RESOURCE_NAME is 'ftp"),
    "azure version": ({**AZURE, "AZURE_API_VERSION": "latest"}, "AZURE_API_VERSION is 'latest'"),
    "azure deployment": ({**AZURE, "AZURE_DEPLOYMENT_NAME": "a/b"}, "AZURE_DEPLOYMENT_NAME is 'a/b'"),
    "azure key missing": ({**AZURE, "AZURE_OPENAI_TOKEN": ""}, "AZURE_OPENAI_TOKEN is not set; AZURE_ON is on"),
    "azure deployment missing": ({**AZURE, "AZURE_DEPLOYMENT_NAME": ""}, "AZURE_DEPLOYMENT_NAME is not set"),
    "azure resource missing": ({**AZURE, "AZURE_RESOURCE_NAME": ""}, "AZURE_RESOURCE_NAME is not set"),
}


@pytest.mark.parametrize(("values", "sentence"), WRONG.values(), ids=WRONG)
def test_says_what_is_wrong(values: dict[str, str], sentence: str) -> None:
    """A wrong value is reported once, with what was wanted, and without a key or password."""
    _, problems = read(**{"CHATGPT_API_KEY": KEY, **values})
    (problem,) = problems
    assert problem.startswith(sentence)
    assert KEY not in problem
    assert ";" in problem


def test_reports_everything_at_once() -> None:
    """Three mistakes are three sentences."""
    _, problems = read(BASE_URL="x:y", TEMPERATURE="warm")
    assert [problem.split()[0] for problem in problems] == ["CHATGPT_API_KEY", "BASE_URL", "TEMPERATURE"]


def test_shows_no_secret() -> None:
    """Keys and the proxy's password are known as secrets and not part of the text form."""
    settings, _ = read(CHATGPT_API_KEY=f"{KEY},sk-b", HTTP_PROXY="http://me:p%40ss@p.example:1")
    assert set(settings.secrets) == {KEY, "sk-b", "p%40ss", "p@ss"}
    assert KEY not in repr(settings)
    assert "p%40ss" not in repr(settings)


def test_every_name_is_known_to_the_documentation() -> None:
    """The reader lists every name, with default or alias."""
    reader = SettingsReader({})
    ChatSettings.read(reader)
    assert set(reader.names) == {
        *("CHATGPT_API_KEY", "USER_API_KEY", "APIKEY", "BASE_URL", "ENDPOINT", "PROVIDER", "MODEL", "TEMPERATURE"),
        *("MAX_ANSWER_LEN", "HTTP_PROXY", "AZURE_ON", "AZURE_RESOURCE_NAME", "AZURE_DEPLOYMENT_NAME"),
        *("AZURE_API_VERSION", "AZURE_OPENAI_TOKEN"),
    }
