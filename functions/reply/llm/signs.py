"""By which words and codes providers, and the gateways before them, name a reason. Data only; `failures` reads it.

One table for all of them: a relay hands through what others said, so its host does not tell whose words come.

https://platform.openai.com/docs/guides/error-codes
https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
https://help.aliyun.com/zh/model-studio/error-code
https://api-docs.deepseek.com/quick_start/error_codes
https://platform.moonshot.cn/docs/api/chat
https://docs.bigmodel.cn/cn/api/api-code
https://www.volcengine.com/docs/82379/1299023
https://docs.siliconflow.cn/cn/faqs/error-code
https://platform.minimaxi.com/docs/api-reference/errorcode
https://openrouter.ai/docs/api-reference/errors
https://ai.google.dev/gemini-api/docs/troubleshooting
https://docs.x.ai/docs/key-information/debugging
https://github.com/songquanpeng/one-api, https://github.com/QuantumNous/new-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.errors import ModelFailure as Is


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


REGION = _words(
    r"unsupported_country|country, region, or territory|location is not supported",
    r"not available in your (country|region)",
)

FILTERED = _words(
    r"content[_ ]?filter|content[_ ]policy|content_violation|data_?inspection_?failed|content exists risk",
    r"responsible_?ai|inappropriate content|sensitive_?content|risk_?detect|considered high risk",
    r"(requires|content|failed|by) moderation|moderation[_ ](blocked|failed|error)|flagged (for|as|by)",
    r"input was flagged",
    r"(violat\w+|against) [^.]{0,40}(usage|content|safety) (guideline|polic)|safety_check|prohibited_content",
    r"sensitive (information|content|material)|prohibited[_ ](content|words?|topic)|content[^.]{0,20} prohibited",
    r"guardrail|content management policy|was filtered|violates? our|responsible ai practices",
    r"not comply with [^.]{0,30}(regulation|law|polic)|unsafe content",
    r"(pass|fail\w*) (the )?(content |safety )+(check|review)|content (you|that) [^.]{0,30} not allowed|安全策略",
    r"censorship|new_sensitive|sensitive[_ ]words?|prompt[_ ](was |is |has been )?blocked|blocked by [^.]{0,30}filter",
    r"content[_ ]?(is |was |has been )?(blocked|unsafe|sensitive)|invalid_prompt",
    r"(safety|security) (filter|block|setting)",
    r"(blocked|rejected|refused)[^.]{0,40}(safety|moderation|content)|due to safety",
    r"敏感|涉敏|违规|违禁|违反[^。]{0,12}(规|法|政策)|不[当良]内容|风控|不安全|(内容|安全)审[核查]|审核[^。]{0,6}(未|不)通过|内容安全|不适当",
)

BANNED = _words(r"(账[号户]|用户|令牌)[^。]{0,20}(封禁|封号|停用)|account[^.]{0,20} (banned|deactivated)")
"""An account that is closed, whatever for."""

ARREARS = _words(
    r"arrear|overdue|exceeded_current_quota_error|billing_(hard_limit|not_active)|good standing|payment required",
    r"insufficient[_ ]balance|insufficient [^.]{0,25}(balance|credits?\b|funds)|credit balance|balance_not_enough",
    r"balance [^.]{0,30}(insufficient|not enough|not sufficient|too low|exhausted|used up|negative)",
    r"key limit exceeded|credit limit|limit exceeded \((total|daily|weekly|monthly)",
    r"(out of|no( more| remaining)?|have (any|enough)|not enough|requires more|all available|all of your) credits",
    r"credits? [^.]{0,20}(depleted|exhausted|used up)|spend(ing)? (limit|cap)|can only afford",
    r"suspended[^.]{0,50}(balance|plan|billing|payment)|commoditynotpurchased|freetieronly|setlimitexceeded",
    r"free ?(tier|trial|allocated)[^.]{0,60}(exhausted|used up|exceeded|expired)|exhausted its free|推理限额",
    r"余额[^。]{0,6}(不足|不够|为 ?0|用尽|用完|耗尽)|欠费|请[^。]{0,6}充值|额度已?[^。]{0,4}(用尽|用完|耗尽)",
)
"""Money: only paying mends it."""

QUOTA = _words(
    r"insufficient[_ ](\w+[_ ])?quota|quota[^.]{0,25}(not enough|exceeded|exhausted|insufficient|used up|reached)",
    r"exceeded[^.]{0,30}quota|quota_(not_enough|exhausted)|pre_consume_|usage[_ ]limit|AllocationQuota",
    r"(额度|配额)[^。]{0,10}(不足|不够|超出|失败)|(资源包|套餐)[^。]{0,12}(到期|不足|用完|用尽|耗尽)",
)
"""A quota: of money, unless a wait or the words of a rate stand beside it."""

RATE = _words(
    r"rate_?limit|rate limit|too many requests|throttl|overloaded|server is busy|resource_?exhausted",
    r"requests? (rate|limit)",
    r"(per|a) (second|minute|hour|day)|\b[rt]p[mds]\b|\bqps\b|requests list|allocated quota exceeded|token-limit",
    r"limit_(requests|burst)|concurren|capacity|try again (later|in|after)|retry (after|in)|QuotaExceeded\b",
    r"速率|频率|并发|限流|请求过?(多|快)|繁忙|稍[后候]|负载|访问量过大",
)

TOO_LONG = _words(
    r"context_length_exceeded|string_above_max_length|exceed_context|(maximum|max) (context|prompt|input|model) length",
    r"context[_ ](window|length|size)|(prompt|input|request|message)s? (is |are )?too (long|large)",
    r"prompt too long|length too long|too many (input |prompt )?tokens|range of input length",
    r"reduce (the|your) (length|message)",
    r"exceed\w* [^.]{0,25}token limit|token (count|length)[^.]{0,40}exceed|input length[^.]{0,40}exceed",
    r"(tokens?|length)\b[^.]{0,60}(exceed|(longer|greater|larger|more) than)[^.]{0,60}(max|limit|allow|length)",
    r"payload size exceeds|only \d+ (tokens )?available|context overflow",
    r"max(imum)? (message|input|prompt) (tokens?|length|characters)|max_seq_len|max_new_tokens. must be <=",
    r"inputtokensexceed|max_tokens must be at least 1\b|max(imum)? input (characters|tokens)",
    r"longer than [^.]{0,15}context|(context|sequence|prompt tokens?) (limit|length)",
    r"exceeds? (the |this )?model'?s? context\b|inputs.? must have (less|fewer) than|token[^。.]{0,10}(超过|超出)",
    r"length of (the )?(input|prompt)[^.]{0,30}(must|should|can)|input or output tokens must be",
    r"maximum token capacity",
    r"(输入|上下文|prompt|提示词|消息|内容|文本)[^。]{0,12}(超长|过长|太长|超出|超过)",
)

TOO_LARGE = _words(r"request too large|reduce (the length|your message|the prompt)")
"""What a rate limit says that no wait can mend: the one request is larger than the limit."""

UNKNOWN_MODEL = _words(
    r"model_not_(found|exist|open)|modelnotopen|deploymentnotfound|(unknown|invalid|no such|unsupported) model\b",
    r"model.{0,100}(does not exist|doesn't exist|not exist|not found|no access|not activated|not a valid)",
    r"model ['\"`]?[\w./:-]{1,80}['\"`]? is not supported|access to (the )?model[^.]{0,30}denied",
    r"not have (access|permission)[^.]{0,20} (to )?(the )?model|no access to (the )?model|not a valid model",
    r"no (available )?(channels?|endpoints?|providers?)\b[^.]{0,40} (for|found)|not a chat model|get_channel_failed",
    r"models? (is )?(not supported(?! (with|in|by|when))|not allowed\b|has no available|not in your)",
    r"no models? provided|model [^.]{0,80} (is )?(not allowed for|has no available|not in your)",
    r"不支持的?模型|模型[^。]{0,60}未找到",
    r"model[_. ]access[_ ]?denied|model_price_error|supported (api )?model names are|not support (the )?model\b",
    r"model.{0,60}(deprecated|retired|discontinued|decommissioned|no longer|not available|shut ?down|disabled)",
    r"无可用(的)?渠道|可用渠道不存在|模型[^。]{0,60}(不存在|未开通|未开启|无权|没有权限|不支持|已下线|未配置|不可用)",
    r"(无权|没有权限|未开启)[^。]{0,20}(模型|分组)|(access|permission)[^.]{0,20} (this |the )?group\b",
)

KEY_REFUSED = _words(
    r"invalid_(api_key|authentication)|incorrect api key",
    r"api key[^.]{0,20}(invalid|not valid|expired|disabled|not found)",
    r"invalid [^.]{0,12}(api[_ ]?)?(key|token)\b|\btoken( is| has)?( been)? (invalid|expired|disabled)|login fail",
    r"authentication (fails|failed|error)|unauthorized|unauthenticated|authentication_?error|access_?denied",
    r"令牌[^。]{0,12}(无效|过期|禁用|不存在|不可用|错误)|无效的令牌|未登录|未提供[^。]{0,12}(令牌|token)",
    r"(密钥|鉴权|身份验证)",
)

MINIMAX: Mapping[str, Is] = {
    **dict.fromkeys(("1000", "1001", "1013", "1024", "1033"), Is.SERVER),
    **dict.fromkeys(("1002", "1041", "2045"), Is.BUSY),
    **dict.fromkeys(("1004", "2049"), Is.KEY_REFUSED),
    **dict.fromkeys(("1008", "2056"), Is.QUOTA),
    **dict.fromkeys(("1026", "1027"), Is.FILTERED),
    "1039": Is.TOO_LONG,
    "2013": Is.BAD_REQUEST,
}
"""`base_resp.status_code`. 1039 is a limit of tokens and 2013 any wrong parameter: their words may say more."""

ZHIPU: Mapping[str, Is] = {
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004", "1110", "1111", "1112", "1220"), Is.KEY_REFUSED),
    **dict.fromkeys(("1113", "1304", "1308", "1309", "1310"), Is.QUOTA),
    **dict.fromkeys(("1120", "1302", "1303", "1305", "1312"), Is.BUSY),
    **dict.fromkeys(("1211", "1212", "1221", "1222", "1311"), Is.UNKNOWN_MODEL),
    **dict.fromkeys(("1200", "1230", "1234"), Is.SERVER),
    **dict.fromkeys(("1300", "1301"), Is.FILTERED),
    "1261": Is.TOO_LONG,
    # MiniMax's, where a relay has put them into the common shape, and Zhipu has none of that number.
    **dict.fromkeys(("1008",), Is.QUOTA),
    **dict.fromkeys(("1026", "1027"), Is.FILTERED),
}
"""`error.code`, a number as text."""

SILICONFLOW: Mapping[str, Is] = {
    "20012": Is.UNKNOWN_MODEL,
    "30001": Is.QUOTA,
    "30003": Is.UNKNOWN_MODEL,
    "50505": Is.BUSY,
    "50603": Is.BUSY,
}
"""`code` at the top."""

AMBIGUOUS = frozenset({"1039", "2013"})
"""Codes beside which words decide first."""

BY_STATUS: Mapping[int, Is] = {
    401: Is.KEY_REFUSED,
    402: Is.QUOTA,
    403: Is.KEY_REFUSED,
    404: Is.NOT_JSON,
    405: Is.NOT_JSON,
    408: Is.BUSY,
    409: Is.BUSY,
    413: Is.TOO_LONG,
    429: Is.BUSY,
    451: Is.FILTERED,
    503: Is.BUSY,
    529: Is.BUSY,
}

PLAIN_ANSWERS = frozenset({401, 402, 408, 409, 413, 429, 451})
"""Statuses that say enough by themselves, whatever a gateway wrote into the body."""
