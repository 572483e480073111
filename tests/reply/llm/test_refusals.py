"""What providers, and gateways before them, say instead of an answer: told as what it is, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reply.services import ChatMessage
from shared.errors import ModelFailed, ModelFailure
from tests.reply.llm.conftest import Setup
from tests.reply.llm.server import DONE, HEAD, answered, event, refusal, response, said

REASON = ModelFailure
ASKED = [ChatMessage("user", "你好")]
KEYS = ("sk-one-0123456789", "sk-two-0123456789")


def error(http: int, message: str, code: object = None, kind: str = "invalid_request_error", **more: Any) -> bytes:
    return response(http, {"error": {"message": message, "type": kind, "param": None, "code": code, **more}})


def minimax(code: int, words: str) -> dict[str, Any]:
    return {
        "id": "0",
        "choices": None,
        "usage": {"total_tokens": 0},
        "base_resp": {"status_code": code, "status_msg": words},
    }


GEMINI_BUSY = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details. For more information "
        "on this error, head over to: https://ai.google.dev/gemini-api/docs/rate-limits. * Quota exceeded for metric: "
        "generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "PerMinute"}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36s"},
        ],
    }
}
BILLING = "You exceeded your current quota, please check your plan and billing details."

TOO_LONG = {
    "moonshot": error(400, "Invalid request: Your request exceeded model token limit: 8192 (requested: 90210)"),
    "moonshot, input": error(400, "Input token length too long"),
    "gemini": response(
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (1048577) exceeds the maximum number of tokens allowed "
                    "(1048576).",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    "xai": response(
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        },
    ),
    "zhipu": response(400, {"error": {"code": "1261", "message": "Prompt 超长"}}),
    "zhipu, code alone": response(400, {"error": {"code": "1261", "message": ""}}),
    "ark": error(400, "Total tokens of image and text exceed max message tokens. Request id: 0217", "InvalidParameter"),
    "ark, input": error(400, "Input length 140000 exceeds the maximum length 131072", "InvalidParameter", "BadRequest"),
    "vllm": response(
        400,
        {
            "object": "error",
            "message": "max_tokens must be at least 1, got -1234.",
            "type": "BadRequestError",
            "code": 400,
        },
    ),
    "vllm, prompt": error(400, "The decoder prompt (length 40000) is longer than the maximum model length of 32768."),
    "dashscope": response(
        400,
        {
            "error": {
                "code": "invalid_parameter_error",
                "param": None,
                "message": "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]",
                "type": "invalid_request_error",
            },
            "request_id": "r",
        },
    ),
    "ollama": response(400, {"error": "prompt too long; exceeded max context length by 123 tokens"}),
    "ollama, 500": response(500, {"error": "the input length exceeds the context length"}),
    "llama.cpp": error(
        400,
        "the request exceeds the available context size, try increasing it",
        400,
        "exceed_context_size_error",
        n_ctx=4096,
    ),
    "claude": response(
        400,
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "prompt is too long: 200251 tokens > 200000 maximum"},
        },
    ),
    "bedrock": error(400, "Input is too long for requested model."),
    "siliconflow": response(
        400,
        {
            "code": 20015,
            "message": "length of prompt_tokens (99999) must be less than max_seq_len (32768).",
            "data": None,
        },
    ),
    "minimax": response(200, minimax(2013, "invalid params, context window exceeds limit")),
    "minimax, tokens": response(200, minimax(1039, "token limit")),
    "mistral": error(
        400, "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"
    ),
    "vllm, input tokens": error(
        400,
        "You passed 4097 input tokens and requested 0 output tokens. However, the model's context length is only 4096",
    ),
    "ollama, nothing but": response(400, {"error": {"message": "prompt is too long", "type": "api_error"}}),
    "google's payload": error(400, "Request payload size exceeds the limit: 20971520 bytes."),
    "hunyuan": error(400, "输入的 token 超过限制，输入长度过长"),
    "openrouter": error(
        400, "This endpoint's maximum context length is 32768 tokens. However, you requested about 40000 tokens.", 400
    ),
    "behind openrouter": error(
        400,
        "Provider returned error",
        400,
        metadata={"raw": '{"message":"Input length 9 exceeds the maximum length 8"}'},
    ),
    "ark, both": error(400, "The total length of input and output must not exceed 32768", "InvalidParameter"),
    "tencent": error(400, "The input or output tokens must be less than 4096"),
    "a bound of the prompt": error(400, "total length of prompt must be less than or equal to 98304"),
    "context limit": error(400, "Your request exceeded the context limit of the model"),
    "sequence": error(400, "exceeds maximum sequence length"),
    "tgi": response(422, {"error": "Input validation error: `inputs` must have less than 4096 tokens. Given: 5000"}),
    "tokens, in Chinese": error(400, "请求的token总数超过模型上限"),
    "capacity": error(400, "The input exceeds the model's maximum token capacity"),
    "groq": error(413, "Request too large for model m on tokens per minute (TPM): Limit 6000, Requested 8000"),
}

BUSY = {
    "dashscope's billing words": response(
        429,
        {
            "error": {
                "message": f"{BILLING} For details, see: https://help.aliyun.com/zh/model-studio/error-code#token-limit",
                "type": "insufficient_quota",
                "param": None,
                "code": "insufficient_quota",
            },
            "request_id": "r",
        },
    ),
    "dashscope, with a wait in words": error(429, f"{BILLING} Please try again in 9s", "insufficient_quota"),
    "dashscope, with a wait in the header": refusal(429, BILLING, "insufficient_quota", retry_after="9"),
    "dashscope, allocated": error(
        429, "Allocated quota exceeded, please increase your quota limit.", "Throttling.AllocationQuota"
    ),
    "dashscope, list": error(429, "You exceeded your current requests list.", "limit_requests", "limit_requests"),
    "dashscope, burst": error(429, "Request rate increased too quickly.", "limit_burst_rate", "limit_burst_rate"),
    "gemini": response(429, [GEMINI_BUSY]),
    "gemini, without its list": response(429, GEMINI_BUSY),
    "gemini, exhausted": error(
        429, "Resource has been exhausted (e.g. check quota).", 429, status="RESOURCE_EXHAUSTED"
    ),
    "moonshot": error(
        429,
        "Your account org-1 request reached organization max RPM: 3, please try again after 7 seconds",
        kind="rate_limit_reached_error",
    ),
    "moonshot, engine": error(429, "The engine is currently overloaded", kind="engine_overloaded_error"),
    "zhipu": response(429, {"error": {"code": "1302", "message": "您的账户已达到速率限制，请您控制请求频率"}}),
    "zhipu, load": response(429, {"error": {"code": "1305", "message": "该模型当前访问量过大，请您稍后再试"}}),
    "ark": error(429, "The service is currently unable to handle more requests", "ServerOverloaded"),
    "ark, quota": error(429, "Exceeded", "QuotaExceeded", "TooManyRequests"),
    "minimax": response(200, minimax(1002, "rate limit exceeded(RPM)")),
    "siliconflow": response(
        429, {"code": 50603, "message": "System is really busy. Please try again later.", "data": None}
    ),
    "siliconflow, in plain text": response(429, "TPM limit reached."),
    "one-api": error(429, "当前分组上游负载已饱和，请稍后再试 (request id: 1)", None, "one_api_error"),
    "openrouter": error(
        429, "Provider returned error", 429, metadata={"raw": "m is temporarily rate-limited upstream"}
    ),
    "in a stream": HEAD + event({"error": {"code": "insufficient_quota", "message": f"{BILLING} retry in 9s"}}),
}

QUOTA = {
    "openai": error(
        429,
        f"{BILLING} For more information on this error, read the docs: "
        "https://platform.openai.com/docs/guides/error-codes/api-errors.",
        "insufficient_quota",
        "insufficient_quota",
    ),
    "one-api's token": error(
        403,
        "token quota is not enough, token remain quota: ＄0.250000, need quota: ＄5.500000 (request id: 1)",
        "pre_consume_token_quota_failed",
        "new_api_error",
    ),
    "one-api's user": error(403, "user quota is not enough", "insufficient_user_quota", "one_api_error"),
    "new-api in Chinese": error(403, "用户额度不足, 剩余额度: ＄-0.000002 (request id: 1)", None, "new_api_error"),
    "new-api, before": error(403, "预扣费额度失败, 用户剩余额度: ¥0.1, 需要预扣费额度: ¥0.2", None, "new_api_error"),
    "new-api, 401": error(401, "该令牌额度已用尽", None, "new_api_error"),
    "siliconflow": response(
        403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}
    ),
    "ark": error(
        403,
        "The request failed because your account has an overdue balance. Request id: 1",
        "AccountOverdueError",
        "Forbidden",
    ),
    "zhipu": response(429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试。"}}),
    "moonshot": error(
        429,
        "Your account org-1 is suspended, please check your plan and billing details",
        kind="exceeded_current_quota_error",
    ),
    "minimax": response(200, minimax(1008, "insufficient balance")),
    "deepseek": error(402, "Insufficient Balance", "invalid_request_error", "unknown_error"),
    "dashscope": error(
        400, "Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage"
    ),
    "dashscope, free": error(
        403,
        "The free tier of the model has been exhausted. If you wish to continue, disable the use free tier only mode.",
        "AllocationQuota.FreeTierOnly",
    ),
    "openrouter": error(
        402,
        "This request requires more credits, or fewer max_tokens. You requested up to 9 but can only afford 3.",
        402,
    ),
    "xai": response(
        403,
        {
            "code": "The caller does not have permission",
            "error": "Your team has either used all available credits or reached its monthly spending limit.",
        },
    ),
    "claude": error(400, "Your credit balance is too low to access the Anthropic API."),
    "one-api, before": error(403, "user [1] quota [0] preConsumedQuota [500] is not enough", None, "one_api_error"),
    "one-api, exhausted": error(401, "[sk-x]该令牌额度已用尽 TokenStatusExhausted[sk-x]", None, "one_api_error"),
    "ark's safe mode": error(
        429, "Your account has reached the set inference limit for the m model", "SetLimitExceeded"
    ),
    "openrouter's key": error(403, "Key limit exceeded (total limit). Manage it using https://openrouter.ai", 403),
    "together": error(429, "Credit limit exceeded, please navigate to billing"),
    "xai, nothing yet": response(403, {"code": "No permission", "error": "Your team doesn't have any credits yet."}),
    "gemini, cap": error(429, "Your project has exceeded its spending cap.", 429, status="RESOURCE_EXHAUSTED"),
    "not enough": error(400, "Your account does not have enough credits"),
    "nothing left, in Chinese": error(403, "您的账号余额为0，请先充值"),
    "gemini, prepaid": error(429, "Your prepayment credits are depleted.", 429, status="RESOURCE_EXHAUSTED"),
}

FILTERED = {
    "openrouter": response(
        403,
        {
            "error": {
                "code": 403,
                "message": 'meta/m requires moderation on Z. Your input was flagged for "violence/graphic"',
                "metadata": {"reasons": ["violence/graphic"], "flagged_input": "…", "provider_name": "Z"},
            }
        },
    ),
    "openrouter, metadata alone": response(
        403, {"error": {"code": 403, "message": "Forbidden", "metadata": {"reasons": ["x"], "flagged_input": "…"}}}
    ),
    "zhipu": response(
        400,
        {
            "contentFilter": [{"level": 1, "role": "user"}],
            "error": {
                "code": "1301",
                "message": "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语",
            },
        },
    ),
    "zhipu, code alone": response(400, {"error": {"code": "1301", "message": "request refused"}}),
    "ark": error(
        400,
        "The request failed because the input text may contain sensitive information. Request id: 1",
        "InputTextSensitiveContentDetected",
        "BadRequest",
    ),
    "ark, output": error(400, "The request failed", "OutputTextSensitiveContentDetected.SevereViolation"),
    "ark, risk": error(400, "The request failed", "InputTextRiskDetection"),
    "minimax, asked": response(200, minimax(1026, "input new_sensitive")),
    "minimax, answered": response(200, minimax(1027, "output new_sensitive")),
    "minimax, code alone": response(200, minimax(1026, "")),
    "minimax, streamed": HEAD + event(minimax(1027, "output new_sensitive")) + DONE,
    "minimax behind a relay": error(500, "unusual", "1026", "minimax_error"),
    "azure": error(
        400, "The response was filtered", "content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}
    ),
    "dashscope": error(400, "Input data may contain inappropriate content.", "data_inspection_failed"),
    "moonshot": error(400, "The request was rejected because it was considered high risk", kind="content_filter"),
    "xai": response(
        403, {"code": "x", "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"}
    ),
    "openai": error(
        400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt"
    ),
    "stepfun": error(451, "The content you provided or machine outputted is blocked.", None, "censorship_blocked"),
    "new-api": error(400, "user sensitive words detected", "sensitive_words_detected", "new_api_error"),
    "claude": error(400, "Output blocked by content filtering policy"),
    "ark, words alone": error(400, "The request failed because the input text may contain sensitive information."),
    "azure, words alone": error(
        400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
    ),
    "openai's images": error(400, "Your request was rejected as a result of our safety system.", "moderation_blocked"),
    "bedrock": error(400, "Blocked by guardrail"),
    "google": error(400, "The prompt was blocked: PROHIBITED_CONTENT"),
    "rules": error(400, "内容违反相关规定"),
    "improper": error(400, "您的输入包含不当内容"),
    "forbidden words": error(400, "输入文本包含违禁词"),
    "risk control": error(400, "提示词触发了内容风控"),
    "unsafe": error(400, "unsafe content detected in input"),
    "a check": error(400, "Input content did not pass the safety check"),
    "security, in Chinese": error(400, "请求内容触发安全策略，已被拦截"),
    "regulations": error(400, "The content you input does not comply with regulations"),
    "responsible practices": error(400, "This prompt contains words that violate our Responsible AI practices"),
    "spark": error(400, "输入内容审核不通过，涉嫌违规，请重新调整输入内容", "10013"),
}

UNKNOWN_MODEL = {
    "new-api": error(
        503,
        "No available channel for model gpt-5.4 under group default (distributor) (request id: 1)",
        "model_not_found",
        "new_api_error",
    ),
    "new-api without a code": error(
        503, "No available channel for model gpt-5.4 under group vip (distributor)", None, "new_api_error"
    ),
    "new-api in Chinese": error(503, "分组 default 下模型 gpt-5.4 无可用渠道（distributor）", None, "new_api_error"),
    "new-api, retried": error(503, "分组 default 下模型 gpt-5 的可用渠道不存在（retry）", None, "new_api_error"),
    "one-api": error(503, "当前分组 default 下对于模型 gpt-4 无可用渠道", None, "one_api_error"),
    "new-api, token": error(403, "该令牌无权访问模型 gpt-5.4", None, "new_api_error"),
    "new-api, group": error(403, "无权访问 vip 分组", None, "new_api_error"),
    "new-api, price": error(500, "模型 gpt-x 倍率或价格未配置，请联系管理员设置", "model_price_error", "new_api_error"),
    "openrouter": error(404, "No endpoints found for acme/m.", 404),
    "openrouter, name": error(400, "acme/m is not a valid model ID", 400),
    "ollama": response(404, {"error": 'model "llama9" not found, try pulling it first'}),
    "zhipu": response(400, {"error": {"code": "1211", "message": "模型不存在，请检查模型代码。"}}),
    "siliconflow": response(
        400, {"code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None}
    ),
    "minimax": response(200, minimax(2013, "invalid params, unknown model 'abab9'")),
    "dashscope": error(403, "Model access denied.", "Model.AccessDenied"),
    "ark": error(404, "Your account 2100 has not activated the model m.", "ModelNotOpen", "NotFound"),
    "a token's list": error(400, "The model qwen-x is not allowed for this token"),
    "no provider": error(503, "model gpt-4 has no available provider"),
    "of no kind": error(400, "不支持的模型: abc"),
    "a plan": error(403, "The model is not in your subscription plan"),
    "deepseek, names": error(400, "supported model names are deepseek-flash, but you passed gpt-4o"),
    "minimax's plan": response(200, minimax(2061, "your current token plan not support model, MiniMax-M3")),
    "new-api, price in English": error(500, "model m ratio or price not set", "model_price_error", "new_api_error"),
    "new-api, lookup": error(503, "Failed to get a channel: none", "get_channel_failed", "new_api_error"),
    "groq": error(400, "The model `m` has been decommissioned and is no longer supported.", "model_decommissioned"),
    "openai": error(404, "The model `gpt-3.5-turbo` has been deprecated", "model_not_found"),
    "gemini": error(404, "models/gemini-1.5 is not found for API version v1beta", 404, status="NOT_FOUND"),
}

INSIDE_200 = {
    "success false, key": (
        response(200, {"success": False, "message": "无权进行此操作，未登录且未提供 access token"}),
        REASON.KEY_REFUSED,
    ),
    "success false, code": (response(200, {"success": False, "code": 429, "message": "slow down"}), REASON.BUSY),
    "success false, quota": (response(200, {"success": False, "message": "余额不足"}), REASON.QUOTA),
    "success false, streamed": (HEAD + event({"success": False, "message": "令牌已过期"}), REASON.KEY_REFUSED),
    "success false, errors": (
        response(200, {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}]}),
        REASON.KEY_REFUSED,
    ),
    "success false, nothing more": (response(200, {"success": False}), REASON.SERVER),
    "base_resp, key": (response(200, minimax(1004, "login fail: Please carry the API secret key")), REASON.KEY_REFUSED),
    "base_resp, unknown": (response(200, minimax(1000, "unknown error, 999")), REASON.SERVER),
    "base_resp, rate by tokens": (response(200, minimax(1039, "TPM limit, please try again later")), REASON.BUSY),
    "base_resp, streamed": (HEAD + event(minimax(1008, "insufficient balance")), REASON.QUOTA),
    "base_resp, code as text": (
        response(200, {"base_resp": {"status_code": "1002", "status_msg": "rate limit"}}),
        REASON.BUSY,
    ),
    "iflow": (response(200, {"status": "439", "msg": "Your token has expired"}), REASON.KEY_REFUSED),
    "qianfan": (response(200, {"error_code": 17, "error_msg": "Open api daily request limit reached"}), REASON.BUSY),
    "code and msg": (response(200, {"code": 401, "msg": "令牌无效", "data": None}), REASON.KEY_REFUSED),
    "code that is fine": (response(200, {"code": 200, "msg": "操作成功", "data": None}), REASON.NOT_JSON),
}

KEY_REFUSED = {
    "zhipu": response(
        401, {"error": {"code": "1002", "message": "Authorization Token非法，请确认Authorization Token正确传递。"}}
    ),
    "minimax": response(
        401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid api key"}}
    ),
    "new-api": error(401, "无效的令牌 (request id: 1)", None, "new_api_error"),
    "an account that is closed": error(403, "账号存在违规行为，已被封禁"),
    "deepseek": error(401, "Authentication Fails (no such user)", "invalid_request_error", "authentication_error"),
    "siliconflow, in plain text": response(401, '"Invalid token"'),
    "dashscope": error(401, "Incorrect API key provided.", "invalid_api_key"),
}

BAD_REQUEST = {
    "a parameter": error(400, "Additional properties are prohibited: n"),
    "empty content": error(400, "'content' field is not allowed to be empty"),
    "a combination": error(400, "This model is not supported with n"),
    "a format": error(400, "Invalid parameter: response_format is not allowed with model x"),
    "an image": error(400, "This model does not support image input"),
}
"""What has words of other reasons in it, and is none of them."""

TABLES = {
    REASON.TOO_LONG: TOO_LONG,
    REASON.BUSY: BUSY,
    REASON.QUOTA: QUOTA,
    REASON.FILTERED: FILTERED,
    REASON.UNKNOWN_MODEL: UNKNOWN_MODEL,
    REASON.KEY_REFUSED: KEY_REFUSED,
    REASON.BAD_REQUEST: BAD_REQUEST,
}
CASES = {f"{reason.value}: {name}": (raw, reason) for reason, table in TABLES.items() for name, raw in table.items()}
CASES |= {f"inside 200: {name}": case for name, case in INSIDE_200.items()}


@pytest.mark.parametrize(("raw", "reason"), CASES.values(), ids=CASES)
def test_tells_the_reason(setup: Setup, raw: bytes, reason: ModelFailure) -> None:
    """Every provider's refusal has the reason that its sentence for people needs, and costs one request."""
    setup.server.then(raw)
    with pytest.raises(ModelFailed) as caught:
        setup.model().ask(ASKED, 1.2)
    assert caught.value.reason is reason, caught.value.detail
    assert len(setup.server.requests) == 1


@pytest.mark.parametrize("raw", [*FILTERED.values(), *UNKNOWN_MODEL.values()], ids=[*FILTERED, *UNKNOWN_MODEL])
def test_is_told_at_once_and_burns_no_key(setup: Setup, raw: bytes) -> None:
    """What neither a wait nor another key can mend is asked once, however much time and however many keys there are."""
    setup.server.then(raw)
    with pytest.raises(ModelFailed):
        setup.model(keys=KEYS).ask(ASKED, 60)
    assert [request.key for request in setup.server.requests] == [KEYS[0]]
    assert setup.clock.slept == []


WAITS = {
    "in words": (error(429, "Rate limit reached. Please try again in 7s.", "rate_limit_exceeded"), 7.0),
    "in words, minutes": (error(429, "Rate limit reached. Please try again in 1m30.5s."), 90.5),
    "in words, ms": (error(429, "Please try again in 820ms."), 0.82),
    "moonshot": (error(429, "max RPM: 3, please try again after 1 seconds", kind="rate_limit_reached_error"), 1.0),
    "azure": (error(429, "have exceeded token rate limit. Please retry after 26 seconds.", "429"), 26.0),
    "gemini": (response(429, [GEMINI_BUSY]), 36.0),
    "gemini, in words": (error(429, f"{BILLING} Please retry in 36.9s.", 429, status="RESOURCE_EXHAUSTED"), 36.9),
    "dashscope's header": (refusal(429, BILLING, "insufficient_quota", retry_after="12"), 12.0),
    "in Chinese": (error(429, "请求过于频繁，请 20 秒后重试"), 20.0),
    "in a field": (error(429, "busy", metadata={"retry_after_seconds": 11}), 11.0),
    "in the stream": (HEAD + event({"error": {"code": 429, "message": "retry in 9 seconds"}}), 9.0),
    "no wait": (error(429, "Rate limit reached on requests per day"), 0.5),
    "no amount": (error(429, "Please retry your request 3 times"), 0.5),
}


@pytest.mark.parametrize(("raw", "wait"), WAITS.values(), ids=WAITS)
def test_keeps_the_wait_that_is_named(setup: Setup, raw: bytes, wait: float) -> None:
    """A wait in the header, in a field or in words is kept, and then the answer comes."""
    setup.server.then(raw).then(answered("yes"))
    assert setup.model().ask(ASKED, 200).text == "yes"
    assert setup.clock.slept == [pytest.approx(wait)]


@pytest.mark.parametrize(
    "raw", [refusal(403, "该令牌额度已用尽"), response(200, minimax(1008, "insufficient balance"))]
)
def test_an_empty_account_takes_the_next_key(setup: Setup, raw: bytes) -> None:
    """Quota is the key's: the next one is asked, whatever form the refusal had."""
    setup.server.then(raw).then(answered("yes"))
    assert setup.model(keys=KEYS).ask(ASKED, 5).text == "yes"
    assert [request.key for request in setup.server.requests] == list(KEYS)


def test_the_log_has_what_tells_the_case(setup: Setup) -> None:
    """Status, code, type and parameter are in the line; words only where texts may be logged."""
    raw = error(503, "分组 default 下模型 m 无可用渠道", "model_not_found", "new_api_error", param="model")
    for log_text in (False, True):
        setup.server.scripts[:] = [[error(429, "slow, 你好", "limit_requests", "rate", param="x")], [raw]]
        with pytest.raises(ModelFailed) as caught:
            setup.model(log_text=log_text).ask(ASKED, 60)
        facts = {"status": 503, "code": "model_not_found", "type": "new_api_error", "parameter": "model"}
        assert caught.value.facts == facts
    quiet, loud = map(json.loads, setup.log.splitlines())
    assert quiet == {
        "level": "INFO", "event": "model_retry", "reason": "busy", "wait_s": 0.5, "status": 429,
        "code": "limit_requests", "type": "rate", "parameter": "x",
    }  # fmt: skip
    assert loud == {**quiet, "provider_error": "limit_requests rate x slow, 你好"}


@pytest.mark.parametrize("between", ["_", "-", ".", "/", ""])
@pytest.mark.parametrize("field", ["code", "type", "param"])
def test_words_of_the_question_are_no_code(setup: Setup, field: str, between: str) -> None:
    """Not whole, not in part, whatever a provider puts between them; a parameter that people name too is logged."""
    asked = "my PIN is hunter2 horse battery, and what temperature is it?"
    said = (("HUNTER2 horse battery", "***"), ("PIN is hunter2", "***"), ("temperature", "temperature"))
    for words, logged in said:
        raw = response(400, {"error": {"message": "no", field: words.replace(" ", between)}})
        setup.server.scripts[:] = [[raw]]
        with pytest.raises(ModelFailed) as caught:
            setup.model().ask([ChatMessage("user", asked)], 5)
        assert list(caught.value.facts.values()) == [400, logged]
        assert "hunter2" not in setup.log.lower()


def test_an_error_beside_an_answer_is_none(setup: Setup) -> None:
    """A base_resp that says that all is well, and empty error fields, are part of an answer."""
    fine = {"base_resp": {"status_code": 0, "status_msg": ""}, "error": None}
    setup.server.then(HEAD + said("yes", **fine) + said(finish="stop", **fine) + DONE)
    assert setup.model().ask(ASKED, 5).text == "yes"
