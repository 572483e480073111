"""What is asked otherwise after a refusal: lengths of answers, instructions, addresses; over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reply.llm.settings import ChatSettings
from reply.services import ChatMessage
from shared.errors import ModelFailed, ModelFailure
from shared.settings import SettingsReader
from tests.reply.llm.conftest import KEY, Setup
from tests.reply.llm.server import HEAD, answered, event, refusal, response

ASKED = [ChatMessage("user", "你好")]
SENT = 8192
PAGE = "<!DOCTYPE html><html><body>Welcome to nginx!</body></html>"


def minimax(words: str) -> bytes:
    return HEAD + event({"choices": None, "base_resp": {"status_code": 2013, "status_msg": words}})


def pydantic(kind: str, bound: str, value: int) -> bytes:
    wrong = {
        "type": kind,
        "loc": ["body", "max_tokens"],
        "msg": "Input should be less",
        "input": SENT,
        "ctx": {bound: value},
    }
    return response(422, {"detail": [wrong]})


OF_THE_VALUE = {
    "openai": (
        refusal(
            400,
            "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided "
            "8192.",
            "invalid_value",
            "max_tokens",
        ),
        4096,
    ),
    "a relay, in the parameter": (
        response(
            400,
            {
                "error": {
                    "message": "Param Incorrect",
                    "type": "upstream_error",
                    "param": "max_tokens is too large: 8192. This model supports at most 2048 completion tokens.",
                    "code": "400",
                }
            },
        ),
        2048,
    ),
    "deepseek": (refusal(400, "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]"), 4096),
    "dashscope": (
        refusal(400, "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 2000]"),
        2000,
    ),
    "without a blank": (refusal(400, "max_tokens must be in [1,2048]"), 2048),
    "half open": (refusal(400, "max_tokens must be in [1, 4097)"), 4096),
    "ark": (
        refusal(
            400,
            "The parameter `max_tokens` specified in the request are not valid: integer above maximum value, expected "
            "a value <= 4096, but got 8192 instead. Request id: 0217",
            "InvalidParameter",
            "max_tokens",
        ),
        4096,
    ),
    "claude": (
        refusal(
            400,
            "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-opus-20240229",
        ),
        4096,
    ),
    "gemini": (
        refusal(
            400,
            "Unable to submit request because it has a maxOutputTokens value of 8192 but the supported range is from 1 "
            "(inclusive) to 2049 (exclusive).",
        ),
        2048,
    ),
    "groq": (refusal(400, "`max_tokens` must be less than or equal to `1024`", param="max_tokens"), 1024),
    "less than": (refusal(400, "max_tokens must be less than 4096"), 4095),
    "go": (refusal(400, "field MaxTokens invalid, should be in [1, 6000]", "3", "max_tokens"), 6000),
    "minimax": (minimax("invalid params, tokens to generate must be at most 4096"), 4096),
    "zhipu, with a number": (
        response(400, {"error": {"code": "1214", "message": "max_tokens 取值范围[1, 4095]"}}),
        4095,
    ),
    "hunyuan": (refusal(400, "max_tokens 不能超过 1,024"), 1024),
    "in thousands": (refusal(400, "max_tokens exceeds the limit of 4k"), 4096),
    "beside a model's name": (refusal(400, "max_tokens for gpt-4-1106 must be at most 1000"), 1000),
    "siliconflow": (
        response(400, {"code": 20015, "message": "max_tokens should be less than or equal to 4096", "data": None}),
        4096,
    ),
    "pydantic": (pydantic("less_than_equal", "le", 4096), 4096),
    "between": (refusal(400, "max_tokens should be between 1 and 2048"), 2048),
    "ernie": (refusal(400, "the max_output_tokens range is [2, 2048]"), 2048),
    "cohere": (refusal(400, "too many tokens: max_tokens must be less than or equal to 4096"), 4096),
    "in brackets": (refusal(400, "max_tokens (8192) exceeds model's maximum output tokens (4096)"), 4096),
    "no number at all": (response(400, {"error": {"code": "1210", "message": "max_tokens参数非法"}}), 4096),
    "no number below": (refusal(400, "max_tokens is too large: 8192", param="max_tokens"), 4096),
}
"""Refusals of 8,192 tokens, and the length that is asked for instead, then and for every later question."""


@pytest.mark.parametrize(("raw", "wanted"), OF_THE_VALUE.values(), ids=OF_THE_VALUE)
def test_lowers_a_length_that_is_refused(setup: Setup, raw: bytes, wanted: int) -> None:
    """The value is lowered to what the refusal names, under the same name, and stays so; nobody waits."""
    setup.server.then(raw).then(answered("yes"))
    model = setup.model(max_answer_len=SENT)
    assert [model.ask(ASKED, 30).text, model.ask(ASKED, 30).text] == ["yes", "yes"]
    assert [request.body["max_tokens"] for request in setup.server.requests] == [SENT, wanted, wanted]
    assert setup.clock.slept == []
    assert f'"lowered_to": {wanted}' in setup.log


OF_BOTH = {
    "openai": (
        "This model's maximum context length is 8192 tokens. However, you requested 8210 tokens (18 in the messages, "
        "8192 in the completion). Please reduce the length of the messages or completion.",
        8174,
        4096,
    ),
    "vllm": (
        "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 8192 "
        "tokens and your request has 18 input tokens (8192 > 8192 - 18).",
        8174,
        4096,
    ),
    "moonshot": ("Invalid request: Your request exceeded model token limit: 8192 (requested: 8210)", 8174, 4096),
    "openrouter": (
        "This endpoint's maximum context length is 8192 tokens. However, you requested about 8210 tokens (18 of text "
        "input, 8192 in the output).",
        8174,
        4096,
    ),
    "siliconflow": ("max_total_tokens (8210) must be less than or equal to max_seq_len (8192)", 8174, 4096),
    "claude": ("input length and `max_tokens` exceed context limit: 2000 + 8192 > 10000, decrease either", 8000, SENT),
    "a longer prompt": (
        "This model's maximum context length is 16,384 tokens. However, you requested 18,192 tokens (10,000 in the "
        "messages, 8,192 in the completion).",
        6384,
        SENT,
    ),
    "in your prompt": (
        "This model's maximum context length is 8192 tokens, however you requested 8213 tokens (21 in your prompt; "
        "8192 for the completion).",
        8171,
        4096,
    ),
    "tgi": (
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: 21 `inputs` tokens and "
        "8192 `max_new_tokens`",
        8171,
        4096,
    ),
    "what can be paid": (
        "This request requires more credits, or fewer max_tokens. You requested up to 8192 tokens, but can only "
        "afford 900.",
        900,
        SENT,
    ),
}
"""Refusals of prompt and answer together, the length for that question, and the one to begin with from then on."""


@pytest.mark.parametrize(("words", "now", "kept"), OF_BOTH.values(), ids=OF_BOTH)
def test_leaves_room_for_the_prompt(setup: Setup, words: str, now: int, kept: int) -> None:
    """An 8k model answers 你好: the answer gets what the prompt leaves; only what never fits is remembered."""
    setup.server.then(refusal(402 if "afford" in words else 400, words)).then(answered("yes"))
    model = setup.model(max_answer_len=SENT)
    assert [model.ask(ASKED, 30).text, model.ask(ASKED, 30).text] == ["yes", "yes"]
    assert [request.body["max_tokens"] for request in setup.server.requests] == [SENT, now, kept]


PROMPT_ALONE = {
    "openai": "This model's maximum context length is 8192 tokens. However, you requested 17000 tokens (8808 in the "
    "messages, 8192 in the completion).",
    "no room": "This model's maximum context length is 8192 tokens. However, you requested 16300 tokens (8108 in the "
    "messages, 8192 in the completion).",
    "vllm": "max_tokens must be at least 1, got -1234.",
    "gemini": "The input token count (9000) exceeds the maximum number of tokens allowed (8192).",
    "xai": "This model's maximum prompt length is 8192 but the request contains 9000 tokens.",
    "claude": "prompt is too long: 9000 tokens > 8192 maximum",
    "moonshot": "Invalid request: Your request exceeded model token limit: 8192 (requested: 17000)",
}


@pytest.mark.parametrize("words", PROMPT_ALONE.values(), ids=PROMPT_ALONE)
def test_does_not_shorten_the_answer_for_a_long_prompt(setup: Setup, words: str) -> None:
    """A prompt that leaves no room is told as too long at once, so that the context can be shortened."""
    setup.server.then(refusal(400, words))
    with pytest.raises(ModelFailed) as caught:
        setup.model(max_answer_len=SENT).ask(ASKED, 30)
    assert caught.value.reason is ModelFailure.TOO_LONG
    assert len(setup.server.requests) == 1


NAMES = {
    "openai": refusal(
        400,
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "unsupported_parameter",
        "max_tokens",
    ),
    "unrecognized": refusal(400, "Unrecognized request argument supplied: max_tokens"),
    "pydantic": pydantic("extra_forbidden", "x", 1),
    "unknown": refusal(400, "Unknown parameter: 'max_tokens'.", "unknown_parameter", "max_tokens"),
    "named only": refusal(400, "no", param="max_tokens"),
    "in Chinese": refusal(400, "不支持的参数 max_tokens"),
}


@pytest.mark.parametrize("raw", NAMES.values(), ids=NAMES)
def test_tells_a_name_from_a_value(setup: Setup, raw: bytes) -> None:
    """A name that is refused is exchanged for the other one, with the whole length."""
    setup.server.then(raw).then(answered("yes"))
    setup.model(max_answer_len=SENT).ask(ASKED, 30)
    bodies = [request.body for request in setup.server.requests]
    assert [bodies[0]["max_tokens"], bodies[1]["max_completion_tokens"]] == [SENT, SENT]
    assert "max_tokens" not in bodies[1]


def test_lowers_again_and_ends(setup: Setup) -> None:
    """A bound that does not hold is lowered again; one that refuses every length, under the other name."""
    raw = refusal(400, "max_tokens is too large", param="max_tokens")
    for _ in range(10):
        setup.server.then(raw)
    setup.server.then(answered("yes"))
    assert setup.model(max_answer_len=SENT).ask(ASKED, 30).text == "yes"
    lengths = [request.body.get("max_tokens") for request in setup.server.requests]
    assert lengths[:10] == [8192 >> n for n in range(10)]
    assert "max_completion_tokens" in setup.server.requests[10].body


@pytest.mark.parametrize(
    ("provider", "model", "sent"),
    [
        ("openai", "gpt-5.4-mini", {"max_completion_tokens": SENT, "temperature": 0.5}),
        ("openai", "gpt-6-sol", {"max_completion_tokens": SENT}),
        ("dashscope", "qwen3.8-max", {"max_completion_tokens": SENT, "temperature": 0.5}),
        ("dashscope", "qwen3.6-plus", {"max_tokens": SENT, "temperature": 0.5}),
        ("moonshot", "kimi-k3", {"max_completion_tokens": SENT}),
        ("moonshot", "moonshot-v1-8k", {"max_tokens": 4096, "temperature": 0.5}),
        ("zhipu", "glm-4-plus", {"max_tokens": 4095, "temperature": 0.5}),
        ("zhipu", "glm-5.3", {"max_tokens": SENT, "temperature": 0.5}),
        ("vllm", "anything", {"max_tokens": SENT, "temperature": 0.5}),
        ("", "anything", {"max_tokens": SENT, "temperature": 0.5}),
    ],
)
def test_begins_as_the_profile_says(setup: Setup, provider: str, model: str, sent: dict[str, Any]) -> None:
    """What is known of a model is not learnt at the price of a refusal."""
    setup.server.then(answered("yes"))
    setup.model(provider=provider, model=model, max_answer_len=SENT, temperature=0.5).ask(ASKED, 30)
    body = setup.server.requests[0].body
    ours = {name: body[name] for name in ("max_tokens", "max_completion_tokens", "temperature") if name in body}
    assert ours == sent


NO_SYSTEM = {
    "gemma on vllm": refusal(400, "System role not supported"),
    "mistral on vllm": refusal(400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    "mistral": refusal(400, "Only user and assistant roles are supported!"),
    "mistral, newer": refusal(400, "Only user, assistant and tool roles are supported, got system."),
    "lm studio": response(
        400, {"error": 'Error rendering prompt with jinja template: "Only user and assistant roles are supported!"'}
    ),
    "gemma at google": response(
        400,
        [{"error": {"code": 400, "message": "Developer instruction is not enabled for models/gemma-3-27b-it"}}],
    ),
    "o1": refusal(
        400,
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "unsupported_value",
        "messages[0].role",
    ),
    "claude": refusal(
        400, 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter'
    ),
    "llama.cpp, 500": refusal(500, "System role not supported"),
    "minimax": minimax("invalid params, invalid message role: system"),
    "qianfan": refusal(400, "the role of message must be user or assistant"),
    "dashscope": refusal(400, "This model does not support system messages."),
    "in Chinese": refusal(400, "该模型不支持 system 角色"),
    "in Chinese, the other way": refusal(400, "system 角色暂不支持"),
    "plainly": refusal(400, "system messages are not supported by this model"),
    "role in quotes": refusal(400, "'system' role is not supported"),
    "role not allowed": refusal(400, "role 'system' is not allowed"),
    "openapi": refusal(400, "'system' is not one of ['user', 'assistant'] - 'messages.0.role'"),
    "must not": refusal(400, "system message must not be used with this model"),
    "zhipu": refusal(400, "角色信息不能为system", "1214"),
    "role invalid": refusal(400, "Invalid role: system"),
    "role unsupported": refusal(422, "unsupported role: system"),
    "gemma in jinja": refusal(400, "Jinja Exception: System role not supported"),
    "google's roles": refusal(400, "Please use a valid role: user, model."),
    "validated": response(
        422,
        {
            "detail": [
                {"loc": ["body", "messages", 0, "role"], "msg": "Input should be 'user' or 'assistant'", "type": "enum"}
            ]
        },
    ),
}
INSTRUCTED = [
    ChatMessage("system", "Be brief."),
    ChatMessage("user", "q1"),
    ChatMessage("assistant", "a1"),
    ChatMessage("user", "q2"),
]


@pytest.mark.parametrize("raw", NO_SYSTEM.values(), ids=NO_SYSTEM)
def test_puts_instructions_into_the_first_message(setup: Setup, raw: bytes) -> None:
    """A model without a role for instructions gets them in front of the first message, and so from then on."""
    setup.server.then(raw).then(answered("yes"))
    model = setup.model()
    assert [model.ask(INSTRUCTED, 30).text, model.ask(INSTRUCTED, 30).text] == ["yes", "yes"]
    first, second, third = [request.body["messages"] for request in setup.server.requests]
    assert [message["role"] for message in first] == ["system", "user", "assistant", "user"]
    assert (
        second
        == third
        == [
            {"role": "user", "content": "Be brief.\n\nq1"},
            {"role": "assistant", "content": "a1"},
            {"role": "user", "content": "q2"},
        ]
    )
    assert setup.clock.slept == []


UNRELATED = {
    "system busy": refusal(500, "unknown error, system busy"),
    "system error": refusal(500, "Unknown system error"),
    "a key": refusal(401, "Invalid key for the system"),
    "a word": refusal(400, "The parameter is not valid for this system"),
}


@pytest.mark.parametrize("raw", UNRELATED.values(), ids=UNRELATED)
def test_a_system_is_no_role(setup: Setup, raw: bytes) -> None:
    """The word alone says nothing about the role: instructions stay where they are."""
    setup.server.then(raw)
    with pytest.raises(ModelFailed):
        setup.model().ask(INSTRUCTED, 1.2)
    assert [request.body["messages"][0]["role"] for request in setup.server.requests] == ["system"]


def test_without_instructions_nothing_is_folded(setup: Setup) -> None:
    """The same refusal of a prompt without instructions is a refusal; it is not asked in a circle."""
    setup.server.then(refusal(400, "Conversation roles must alternate user/assistant/user/assistant/..."))
    for prompt, requests in ((ASKED, 1), (INSTRUCTED, 3)):
        with pytest.raises(ModelFailed) as caught:
            setup.model().ask(prompt, 30)
        assert caught.value.reason is ModelFailure.BAD_REQUEST
        assert len(setup.server.requests) == requests


def read(**values: str) -> ChatSettings:
    reader = SettingsReader({"CHATGPT_API_KEY": KEY, **values})
    settings = ChatSettings.read(reader)
    assert reader.problems == []
    return settings


NOWHERE = {
    "a page": response(200, PAGE),
    "a page of 404": response(404, PAGE),
    "404 in JSON": response(404, {"detail": "Not Found"}),
    "new-api": refusal(404, "Invalid URL (POST /chat/completions)"),
    "spring": response(404, {"status": 404, "error": "Not Found", "path": "/chat/completions"}),
    "405": response(405, {"detail": "Method Not Allowed"}),
    "text": response(200, "OK"),
    "other JSON": response(200, {"status": "ok"}),
}


@pytest.mark.parametrize("wrong", NOWHERE.values(), ids=NOWHERE)
@pytest.mark.parametrize(
    ("written", "first", "second"),
    [
        ("", "/v1", ""),
        ("/v1/", "/v1", ""),
        ("/v1/chat/completions", "/v1", ""),
        ("/openai", "/openai", "/openai/v1"),
        ("/relay/v1", "/relay/v1", "/relay"),
        ("/relay/chat/completions/", "/relay", "/relay/v1"),
    ],
)
def test_asks_the_other_form_of_an_address(setup: Setup, wrong: bytes, written: str, first: str, second: str) -> None:
    """Where the first form has no API the second is asked at once, and the one that answers is kept."""
    settings = read(BASE_URL=f"http://{setup.server.address}{written}")
    setup.server.then(wrong).then(answered("yes"))
    model = setup.model(base_url=settings.base_url, forms=settings.forms)
    assert [model.ask(ASKED, 5).text, model.ask(ASKED, 5).text] == ["yes", "yes"]
    assert [request.line.split()[1] for request in setup.server.requests] == [
        f"{path}/chat/completions" for path in (first, second, second)
    ]
    assert setup.clock.slept == []


def test_an_address_that_has_answered_is_not_doubted(setup: Setup) -> None:
    """Once an answer has come, a page is a failure of that address, and no other one is asked."""
    settings = read(BASE_URL=f"http://{setup.server.address}")
    setup.server.then(answered("yes")).then(response(404, PAGE))
    model = setup.model(base_url=settings.base_url, forms=settings.forms)
    model.ask(ASKED, 5)
    with pytest.raises(ModelFailed):
        model.ask(ASKED, 5)
    assert len(setup.server.requests) == 2


def test_no_form_answers(setup: Setup) -> None:
    """When none has an API, the failure is that of the form that was set, and the next question tries them again."""
    settings = read(BASE_URL=f"http://{setup.server.address}")
    setup.server.then(response(404, PAGE)).then(response(405, PAGE)).then(response(404, PAGE))
    model = setup.model(base_url=settings.base_url, forms=settings.forms)
    for requests in (2, 4):
        with pytest.raises(ModelFailed) as caught:
            model.ask(ASKED, 5)
        assert (caught.value.reason, caught.value.facts["status"]) == (ModelFailure.NOT_JSON, 404)
        assert len(setup.server.requests) == requests
    assert [json.loads(line)["event"] for line in setup.log.splitlines()] == ["model_address_tried"] * 2
