"""Ways to a model: addresses, Azure, proxies, and what the environment may not change."""

from __future__ import annotations

import threading
from typing import Any

import openai
import pytest

from reply.llm.request import Dialect
from reply.llm.settings import Azure, ChatSettings
from reply.services import ChatMessage
from shared.settings import SettingsReader
from tests.reply.llm.conftest import KEY, Setup
from tests.reply.llm.server import ScriptedServer, answered, refusal

ASKED = [ChatMessage("user", "Hello")]
UNREACHABLE = "http://model.example.invalid"


def test_keeps_the_path_of_a_base_url(setup: Setup) -> None:
    """The request goes to the provider's own path, as the settings were read."""
    reader = SettingsReader(
        {"CHATGPT_API_KEY": KEY, "BASE_URL": f"http://{setup.server.address}/compatible-mode/v1/", "MODEL": "qwen-x"}
    )
    setup.server.then(answered("yes"))
    settings = ChatSettings.read(reader)
    assert setup.model(base_url=settings.base_url).ask(ASKED, 5).text == "yes"
    assert setup.server.requests[0].line == "POST /compatible-mode/v1/chat/completions HTTP/1.1"


@pytest.mark.parametrize("azure", [False, True])
def test_sends_what_the_package_sends(setup: Setup, azure: bool) -> None:
    """The request is, field by field, the one that the package's own method for completions makes."""
    setup.server.then(answered("yes")).then(answered("yes"))
    there = Azure(f"http://{setup.server.address}", "our-deployment", "2024-10-21") if azure else None
    model = setup.model(azure=there, temperature=0.5, max_answer_len=9)
    model.ask(ASKED, 5)
    arguments = {"temperature": 0.5, "max_tokens": 9, "stream": True, "stream_options": {"include_usage": True}}
    messages: Any = [{"role": "user", "content": "Hello"}]
    completions: Any = model._client(KEY, model.base_url).chat.completions.with_streaming_response
    timeout = openai.Timeout(5.2, connect=10.0)
    with completions.create(model="m-asked", messages=messages, timeout=timeout, **arguments) as response:
        list(response.iter_bytes())
    ours, theirs = setup.server.requests
    assert ours.line == theirs.line
    assert ours.body == theirs.body
    assert theirs.headers.pop("x-stainless-raw-response") == "stream"
    assert ours.headers == theirs.headers
    assert ours.headers["accept-encoding"] == "identity"


def test_uses_the_wait_for_the_first_answer(setup: Setup) -> None:
    """What delivering needs is prepared once, when the first question is on its way, before it is answered."""
    prepared = threading.Event()
    times = []

    def meanwhile() -> None:
        times.append(threading.current_thread().name)
        prepared.set()

    # The server answers once that has been done; it never would be after the answer.
    setup.server.then(prepared, answered("yes")).then(answered("yes again"))
    model = setup.model(meanwhile=meanwhile)
    assert not times
    assert [model.ask(ASKED, 5).text, model.ask(ASKED, 5).text] == ["yes", "yes again"]
    assert times == ["meanwhile"]


def test_asks_azure(setup: Setup) -> None:
    """Azure gets its own path, version and key header, and keys rotate there, too."""
    setup.server.then(refusal(401, "Access denied due to invalid subscription key")).then(answered("yes"))
    azure = Azure(f"http://{setup.server.address}/gateway", "our-deployment", "2024-10-21")
    assert setup.model(azure=azure, keys=("azure-1", "azure-2"), base_url=UNREACHABLE).ask(ASKED, 5).text == "yes"
    line = "POST /gateway/openai/deployments/our-deployment/chat/completions?api-version=2024-10-21 HTTP/1.1"
    assert [request.line for request in setup.server.requests] == [line, line]
    assert [request.headers["api-key"] for request in setup.server.requests] == ["azure-1", "azure-2"]
    assert "authorization" not in setup.server.requests[0].headers


@pytest.mark.parametrize("user", ["", "me:p%40ss@"])
def test_goes_through_an_http_proxy(setup: Setup, user: str) -> None:
    """A plain address is asked through the proxy, by its full name."""
    setup.server.then(answered("yes"))
    model = setup.model(base_url=f"{UNREACHABLE}/v1", proxy=f"http://{user}{setup.server.address}")
    assert model.ask(ASKED, 5).text == "yes"
    (request,) = setup.server.requests
    assert request.line == f"POST {UNREACHABLE}/v1/chat/completions HTTP/1.1"
    assert ("proxy-authorization" in request.headers) is bool(user)


def test_goes_through_a_socks_proxy(setup: Setup) -> None:
    """SOCKS5 works, and the proxy looks up the model's name: here it may not be known."""
    setup.server.socks = True
    setup.server.then(answered("yes"))
    model = setup.model(base_url=f"{UNREACHABLE}/v1", proxy=f"socks5://{setup.server.address}")
    assert model.ask(ASKED, 5).text == "yes"
    assert setup.server.socks_targets == [("model.example.invalid", 80)]


OTHER = "https://relay.example/v1"
AZURE = Azure("https://x.openai.azure.com", "d", "2024-10-21")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (ChatSettings((KEY,), max_answer_len=9), "max_completion_tokens"),
        (ChatSettings((KEY,), max_answer_len=9, base_url=OTHER), "max_tokens"),
        (ChatSettings((KEY,), max_answer_len=9, azure=AZURE), "max_tokens"),
    ],
)
def test_begins_with_the_name_that_the_server_knows(settings: ChatSettings, name: str) -> None:
    """OpenAI is told the limit by its present name, everybody else by the one that all know."""
    assert {"max_tokens", "max_completion_tokens"} & set(Dialect.of(settings).parameters) == {name}


def test_the_environment_changes_nothing(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxy variables and the package's own variables are not this product's settings."""
    with ScriptedServer().then(answered("stolen")) as other:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY", "OPENAI_BASE_URL"):
            monkeypatch.setenv(name, f"http://{other.address}")
        monkeypatch.setenv("OPENAI_ORG_ID", "org-other")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-other")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
        setup.server.then(answered("yes"))
        assert setup.model().ask(ASKED, 5).text == "yes"
        assert other.requests == []
    (request,) = setup.server.requests
    assert request.key == KEY
    assert not {"openai-organization", "openai-project"} & set(request.headers)
