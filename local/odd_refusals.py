"""Refusals as providers and relays really send them: in the words of a bill, inside a 200, with codes of their own.

https://help.aliyun.com/zh/model-studio/error-code , https://docs.bigmodel.cn/cn/api/api-code ,
https://platform.minimaxi.com/docs/api-reference/errorcode , https://openrouter.ai/docs/api-reference/errors ,
https://github.com/QuantumNous/new-api
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from local.replies import Reply

_BILL = "You exceeded your current quota, please check your plan and billing details."


def _error(status: int, message: str, code: object = None, **more: object) -> tuple[int, object]:
    return status, {"error": {"message": message, "type": "error", "param": None, "code": code, **more}}


def _minimax(code: int, words: str) -> tuple[int, object]:
    return 200, {"id": "0", "choices": None, "base_resp": {"status_code": code, "status_msg": words}}


_REFUSALS: Mapping[str, tuple[int, object]] = {
    "dashscope-rate": _error(429, f"{_BILL} Please try again in 1s", "insufficient_quota"),
    "gemini-rate": (
        429,
        [{"error": {"code": 429, "message": f"{_BILL} Please retry in 1.2s.", "status": "RESOURCE_EXHAUSTED"}}],
    ),
    "minimax-rate": _minimax(1002, "rate limit exceeded(RPM)"),
    "one-api-quota": _error(403, "token quota is not enough, token remain quota: 0", "pre_consume_token_quota_failed"),
    "siliconflow-balance": (403, {"code": 30001, "message": "Sorry, your account balance is insufficient"}),
    "ark-balance": _error(403, "your account has an overdue balance", "AccountOverdueError"),
    "minimax-balance": _minimax(1008, "insufficient balance"),
    "no-channel": _error(503, "No available channel for model m under group default", "model_not_found"),
    "success-false": (200, {"success": False, "message": "无效的令牌"}),
    "openrouter-moderation": _error(403, "Your input was flagged", 403, metadata={"flagged_input": "…"}),
    "zhipu-filter": (400, {"contentFilter": [{"level": 1}], "error": {"code": "1301", "message": "内容不安全或敏感"}}),
    "ark-filter": _error(400, "The request failed", "InputTextSensitiveContentDetected"),
    "minimax-filter": _minimax(1026, "input new_sensitive"),
    "zhipu-length": (400, {"error": {"code": "1261", "message": "Prompt 超长"}}),
    "vllm-length": _error(400, "max_tokens must be at least 1, got -99."),
    "ollama-length": (400, {"error": "the input length exceeds the context length"}),
}

REFUSALS = tuple(_REFUSALS)


def odd_refusal(form: str) -> Reply:
    """The refusal of this form, one of REFUSALS."""
    status, body = _REFUSALS[form]
    return Reply(status=status, raw=json.dumps(body, ensure_ascii=False).encode())
