"""What can be chosen about a fault, in words: by the value that is chosen, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

_ERRCODES = {
    "300001": ("会话 webhook 不存在或已过期", "the session webhook is unknown or has expired"),
    "-1": ("系统繁忙", "the system is busy"),
    "130101": ("发送太快", "sent too fast"),
    "410100": ("发送太快，已被限流", "sent too fast, and throttled"),
    "90030": ("组织本月的 webhook 额度用尽", "the organisation's webhook quota of the month is used up"),
    "460101": ("消息超过 20,000 字节", "the message has more than 20,000 bytes"),
    "310000": ("机器人的安全设置不允许", "the robot's security settings refuse it"),
    "40035": ("参数不合法", "a parameter is not valid"),
    "43004": ("Content-Type 不对", "the Content-Type is wrong"),
    "400105": ("不支持的 msgtype", "the msgtype is not supported"),
    "400013": ("群已解散", "the group is gone"),
    "400101": ("webhook 没有 token", "the webhook has no token"),
    "400102": ("机器人已停用", "the robot is stopped"),
    "400106": ("机器人已不在群里", "the robot is not in the group any more"),
    "430101": ("含有不安全的链接", "it has a link that is not safe"),
    "430102": ("含有不合适的文字", "it has text that is not allowed"),
    "430103": ("含有不合适的图片", "it has a picture that is not allowed"),
    "430104": ("含有不合适的内容", "it has content that is not allowed"),
    "999999": ("没有写进文档的错误码", "a code that nobody has documented"),
    "unknownError": ("未知错误", "an unknown error"),
    "system.busy": ("系统繁忙", "the system is busy"),
    "param.stream.content": ("内容太大", "the content is too large"),
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": ("调用太频繁", "called too often"),
    "rate_limit_exceeded": ("请求太频繁", "too many requests"),
    "server_error": ("服务商出错", "the provider fails"),
    "insufficient_quota": ("额度用尽", "the quota is used up"),
}
"""Codes: the code itself is shown, too."""

_WORDS = {
    "start": ("刚开始运行时", "as it begins"),
    "model": ("向模型发出请求后", "when its request has reached the model"),
    "answered": ("模型说完、还没有收到结束标记时", "when the model has said all but its end mark"),
    "post": ("回答到达钉钉、还没有显示时", "when its answer has reached DingTalk, not shown yet"),
    "posted": ("回答已显示、还没有收到应答时", "when its answer is shown, not confirmed yet"),
    "invoke": ("异步调用到达、还没有被接受时", "when its invocation has arrived, not accepted yet"),
    "invoked": ("异步调用已被接受、还没有收到应答时", "when its invocation is accepted, not confirmed yet"),
    "end": ("做完一切、返回之前", "when all is done, before it returns"),
    "older": ("更旧", "older"),
    "newer": ("更新，多了字段", "newer, with more fields"),
    "newer-breaking": ("更新，格式不兼容", "newer, of a format that does not fit"),
    "newer-unreadable": ("更新，完全读不懂", "newer, and not to be read at all"),
    "empty-json": ("空的 JSON 对象", "an empty JSON object"),
    "no-code": ("没有 errcode 的 JSON", "JSON without an errcode"),
    "text-code": ("errcode 是文字", "an errcode that is text"),
    "empty": ("什么都没有", "nothing at all"),
    "streaming": ("流式更新卡片", "streaming into a card"),
    "createAndDeliver": ("创建并投放卡片", "making and showing a card"),
    "instances": ("更新卡片的变量", "changing a card's variables"),
    "none": ("什么标记都没有", "no mark at all"),
    "finish": ("只有 finish_reason", "a finish_reason only"),
    "both": ("两个标记都有", "both marks"),
    "finish-on-every-chunk": ("每段都带 finish_reason", "a finish_reason on every chunk"),
    "finish-before-more": ("finish_reason 之后还有文字", "a finish_reason, and then more text"),
    "finish-null": ("finish_reason 是文字 null", "a finish_reason that is the text null"),
    "message-appended": ("末尾重复全文", "the whole text again at the end"),
    "growing": ("每段都是到此为止的全文", "every chunk has the text so far"),
    "heartbeats": ("段与段之间有心跳", "heartbeats between the chunks"),
    "stray-line": ("混有一行不是 JSON 的数据", "a line between them that is no JSON"),
    "single-line-feeds": ("事件之间只有一个换行", "only one line feed between events"),
    "thinking-tag": ("思考写在正文的标签里", "thinking in a tag within the text"),
    "thinking-lone": ("思考在正文里，只有结束标签", "thinking in the text, with its end tag only"),
    "picture": ("正文里有图片数据", "a picture's data in the text"),
    "length": ("因长度截断", "cut because of its length"),
    "filtered": ("因内容过滤截断", "cut by the content filter"),
    "error-block": ("中途来了一个错误", "an error half-way"),
    "dashscope-rate": ("百炼：像欠费的限流（429）", "DashScope: a rate in the words of a bill (429)"),
    "gemini-rate": ("Gemini：列表里的限流（429）", "Gemini: a rate, in a list (429)"),
    "minimax-rate": ("MiniMax：200 里的限流（1002）", "MiniMax: a rate inside a 200 (1002)"),
    "one-api-quota": ("one-api：令牌额度用尽（403）", "one-api: the token's quota is used up (403)"),
    "siliconflow-balance": ("硅基流动：余额不足（403）", "SiliconFlow: the balance is insufficient (403)"),
    "ark-balance": ("方舟：账户欠费（403）", "Ark: the account is in arrears (403)"),
    "minimax-balance": ("MiniMax：200 里的余额不足（1008）", "MiniMax: an insufficient balance inside a 200 (1008)"),
    "no-channel": ("new-api：没有可用渠道（503）", "new-api: no channel is available (503)"),
    "success-false": ("200 里的令牌无效", "an invalid token inside a 200"),
    "openrouter-moderation": ("OpenRouter：内容审核（403）", "OpenRouter: moderation (403)"),
    "zhipu-filter": ("智谱：内容审核（400，1301）", "Zhipu: the content filter (400, 1301)"),
    "ark-filter": ("方舟：内容审核（400）", "Ark: the content filter (400)"),
    "minimax-filter": ("MiniMax：200 里的内容审核（1026）", "MiniMax: the content filter inside a 200 (1026)"),
    "zhipu-length": ("智谱：提示太长（400，1261）", "Zhipu: the prompt is too long (400, 1261)"),
    "vllm-length": ("vLLM：上下文没有地方给回答了（400）", "vLLM: the context leaves no room for an answer (400)"),
    "ollama-length": ("Ollama：输入超过上下文长度（400）", "Ollama: the input exceeds the context length (400)"),
    "thinking-limit": ("思考用完了额度，没有回答", "thinking used up the limit, and no answer"),
}


def words_of(choice: str) -> tuple[str, str] | None:
    """Return what a choice means, in Chinese and English; None where it speaks for itself."""
    if choice in _ERRCODES:
        chinese, english = _ERRCODES[choice]
        return f"{choice} · {chinese}", f"{choice} · {english}"
    if choice.isdigit() and choice in {str(status.value) for status in HTTPStatus}:
        phrase = HTTPStatus(int(choice)).phrase
        return f"{choice} {phrase}", f"{choice} {phrase}"
    return _WORDS.get(choice)


SPEAKING: Mapping[str, str] = {
    "529": "the status of an overloaded provider, as Anthropic has it",
    "text/html": "a type of content",
    "text/plain": "a type of content",
    "application/octet-stream": "a type of content",
}
"""Choices that need no words."""
