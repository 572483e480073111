"""What a stream of each provider looks like: the person sees its text, and the usage is the provider's."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reply.llm.profiles import OTHER, PROFILES, profile_of
from reply.llm.settings import ChatSettings
from reply.services import ChatMessage, Usage
from shared.settings import SettingsReader
from tests.documents import Document, code_in
from tests.reply.llm.conftest import KEY, Setup
from tests.reply.llm.server import CHUNKED, DONE, chunked, event

ASKED = [ChatMessage("user", "你好")]
COUNTED = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
GROWING = {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}


def chunk(delta: object = None, finish: str | None = None, usage: object = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta if delta is not None else {}, "finish_reason": finish}
    return event(
        {"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], "usage": usage, **more}
    )


def text(content: str, **more: Any) -> bytes:
    return chunk({"content": content}, **more)


def last(usage: dict[str, Any] = COUNTED, **more: Any) -> bytes:
    return event({"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": usage, **more})


THINKING = chunk({"content": None, "reasoning_content": "Let me see."})
STOP = chunk({}, "stop")

STREAMS: dict[str, list[bytes]] = {
    "openai": [
        chunk({"role": "assistant", "content": "", "refusal": None}, obfuscation="x"),
        text("你"), text("好"), STOP,
        last({**COUNTED, "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}}), DONE,
    ],
    "azure": [
        event({"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}),
        chunk({"role": "assistant", "content": ""}), text("你好"), STOP, last(), DONE,
    ],
    "dashscope": [
        chunk({"content": None, "reasoning_content": "", "role": "assistant"}), THINKING,
        chunk({"content": "你好", "reasoning_content": None}),
        chunk({"content": "", "reasoning_content": None}, "stop"),
        last({**COUNTED, "completion_tokens_details": {"reasoning_tokens": 3}}), DONE,
    ],
    "deepseek": [
        b": keep-alive\n\n", chunk({"role": "assistant", "content": None, "reasoning_content": ""}), THINKING,
        text("你好"), STOP, last({**COUNTED, "prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": 7}), DONE,
    ],
    "moonshot": [
        chunk({"role": "assistant", "content": ""}), text("你好"),
        event({"choices": [{"delta": {}, "finish_reason": "stop", "usage": {**COUNTED, "cached_tokens": 0}}]}),
        DONE,
    ],
    "zhipu": [
        chunk({"role": "assistant", "reasoning_content": "Let me see."}),
        chunk({"role": "assistant", "content": "你好"}),
        chunk({"role": "assistant", "content": ""}, "stop",
              {**COUNTED, "prompt_tokens_details": {"cached_tokens": 0}}), DONE,
    ],
    "ark": [
        chunk({"content": "", "reasoning_content": "Let me see.", "role": "assistant"}),
        chunk({"content": "你好", "role": "assistant"}, service_tier="default"),
        chunk({"content": "", "role": "assistant"}, "stop"),
        last({**COUNTED, "prompt_tokens_details": {"cached_tokens": 0, "provisioned_tokens": 0}}), DONE,
    ],
    "siliconflow": [
        chunk({"content": "", "reasoning_content": None, "role": "assistant"}, usage=GROWING),
        text("你好", usage=GROWING), chunk({"content": ""}, "stop", COUNTED), DONE,
    ],
    "minimax": [
        text("<think>\nLet me see.\n</think>\n\n", base_resp={"status_code": 0, "status_msg": ""}),
        text("你好"), STOP, last({**COUNTED, "total_characters": 0}), DONE,
    ],
    "openrouter": [
        b": OPENROUTER PROCESSING\n\n", b": OPENROUTER PROCESSING\n\n",
        chunk({"role": "assistant", "content": "", "reasoning": "Let me see.", "reasoning_details": []}),
        text("你好", provider="Z"), chunk({"role": "assistant", "content": ""}, "stop"),
        chunk({"role": "assistant", "content": ""}, None, {**COUNTED, "cost": 0.01, "is_byok": False}), DONE,
    ],
    "gemini": [
        chunk({"role": "assistant", "content": "你"}, None, GROWING),
        chunk({"role": "assistant", "content": "好"}, "stop", COUNTED), DONE,
    ],
    "xai": [
        chunk({"role": "assistant", "reasoning_content": "Let me see."}), text("你好", system_fingerprint="fp"), STOP,
        last({**COUNTED, "num_sources_used": 0}), DONE,
    ],
    "anthropic": [chunk({"role": "assistant", "content": "你好"}), STOP, last(), DONE],
    "ollama": [
        chunk({"role": "assistant", "content": "", "reasoning": "Let me see."}),
        chunk({"role": "assistant", "content": "你好"}),
        chunk({"role": "assistant", "content": ""}, "stop"), last(), DONE,
    ],
    "vllm": [
        chunk({"role": "assistant", "content": ""}), chunk({"reasoning": "Let me see."}),
        text("你好", usage=GROWING), chunk({"content": ""}, "stop", stop_reason=None), last(), DONE,
    ],
    "other": [text("你好"), STOP, last(), DONE],
}  # fmt: skip


@pytest.mark.parametrize("name", [profile.name for profile in PROFILES])
def test_a_stream_of_each_provider(setup: Setup, name: str) -> None:
    """The answer is the text alone, whole, and its tokens are those that the provider counted last."""
    setup.server.then(CHUNKED, *(chunked(part) for part in STREAMS[name]), b"0\r\n\r\n")
    answer = setup.model(provider=name).ask(ASKED, 10)
    assert (answer.text, answer.cut, answer.usage) == ("你好", "", Usage(7, 5))
    assert setup.log == ""


ADDRESSES = {
    "openai": ("https://api.openai.com", "https://api.openai.com/v1"),
    "azure": ("https://ours.openai.azure.com", "https://ours.openai.azure.com/openai/v1"),
    "dashscope": ("dashscope.aliyuncs.com", "https://dashscope.aliyuncs.com/compatible-mode/v1"),
    "deepseek": ("https://api.deepseek.com/chat/completions", "https://api.deepseek.com/v1"),
    "moonshot": ("https://api.moonshot.cn", "https://api.moonshot.cn/v1"),
    "zhipu": ("https://open.bigmodel.cn/v1", "https://open.bigmodel.cn/api/paas/v4"),
    "ark": ("https://ark.cn-beijing.volces.com/v1", "https://ark.cn-beijing.volces.com/api/v3"),
    "siliconflow": ("https://api.siliconflow.cn", "https://api.siliconflow.cn/v1"),
    "minimax": ("https://api.minimaxi.com/v1/", "https://api.minimaxi.com/v1"),
    "openrouter": ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
    "gemini": (
        "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        "https://generativelanguage.googleapis.com/v1beta/openai",
    ),
    "xai": ("https://api.x.ai", "https://api.x.ai/v1"),
    "anthropic": ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1"),
    "ollama": ("http://192.168.1.9:11434", "http://192.168.1.9:11434/v1"),
    "other": ("https://relay.example//v1//", "https://relay.example/v1"),
}

PASTED = {
    "https://coding.dashscope.aliyuncs.com/v1": "https://coding.dashscope.aliyuncs.com/v1",
    "https://coding-intl.dashscope.aliyuncs.com": "https://coding-intl.dashscope.aliyuncs.com/v1",
    "https://dashscope-us.aliyuncs.com/v1": "https://dashscope-us.aliyuncs.com/compatible-mode/v1",
    "https://api.minimaxi.com/v1/text/chatcompletion_v2": "https://api.minimaxi.com/v1",
    "http://127.0.0.1:11434/api/chat": "http://127.0.0.1:11434/v1",
    "https://relay.example/v1/messages": "https://relay.example/v1",
    "https://relay.example/v1;": "https://relay.example/v1",
    "<https://relay.example/v1>，": "https://relay.example/v1",
    "https://open.bigmodel.cn/api/coding/paas/v4/chat/completions": "https://open.bigmodel.cn/api/coding/paas/v4",
    "https://ark.cn-beijing.volces.com/api/coding/v3": "https://ark.cn-beijing.volces.com/api/coding/v3",
    "https://qianfan.baidubce.com/v2": "https://qianfan.baidubce.com/v2",
}


@pytest.mark.parametrize(("name", "address"), ADDRESSES.items())
def test_knows_a_provider_by_its_address(name: str, address: tuple[str, str]) -> None:
    """The host tells the provider, and its path is added where it is not written."""
    reader = SettingsReader({"CHATGPT_API_KEY": KEY, "BASE_URL": address[0]})
    settings = ChatSettings.read(reader)
    assert (settings.base_url, settings.profile.name, reader.problems) == (address[1], name, [])


@pytest.mark.parametrize(("pasted", "meant"), PASTED.items())
def test_an_address_is_taken_as_people_paste_it(pasted: str, meant: str) -> None:
    """With the end of an interface or a sign behind it, and where one provider has several paths."""
    reader = SettingsReader({"CHATGPT_API_KEY": KEY, "BASE_URL": pasted})
    assert (ChatSettings.read(reader).base_url, reader.problems) == (meant, [])


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://llm-abc.cn-beijing.maas.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://API.DeepSeek.com", "deepseek"),
        ("https://api.deepseek.com.evil.example/v1", "other"),
        ("https://notopenrouter.ai/v1", "other"),
        ("https://api.openai.com.", "openai"),
        ("http://127.0.0.1:8000/v1", "other"),
    ],
)
def test_a_host_is_compared_as_a_whole(address: str, name: str) -> None:
    """Letter case and a last dot do not matter; what only looks like a host is none of them."""
    assert profile_of(address).name == name


def test_a_provider_can_be_named() -> None:
    """PROVIDER decides over the address; one that nobody knows is a problem, and the address decides."""
    reader = SettingsReader({"CHATGPT_API_KEY": KEY, "BASE_URL": "https://proxy.example", "PROVIDER": "DashScope"})
    assert ChatSettings.read(reader).profile.name == "dashscope"
    reader = SettingsReader({"CHATGPT_API_KEY": KEY, "PROVIDER": "clopenai"})
    assert ChatSettings.read(reader).profile.name == "openai"
    assert reader.problems[0].startswith("PROVIDER is 'clopenai'; wanted one of openai, azure,")


def test_the_guide_has_the_table() -> None:
    """docs/providers.md has a row for each profile, in the same order, with its hosts, its path and its name."""
    (rows, *_) = Document.at("docs/providers.md").section("Providers").tables
    assert [code_in(row[1])[0] for row in rows] == [profile.name for profile in PROFILES]
    for row, profile in zip(rows, PROFILES, strict=True):
        assert profile is OTHER or row[0] == profile.title
        known = " ".join(code_in(row[2]))
        assert all(host in known or "and its regions" in row[2] for host in profile.hosts), profile.name
        assert code_in(row[3])[0] == profile.path
        assert set(re.findall(r"max_\w*tokens", row[4])) == {
            profile.length_name(model) for model in ("x", *profile.long_names)
        }
