"""The faults of a model that can be switched on: https://platform.openai.com/docs/guides/error-codes ."""

from __future__ import annotations

from local.catalogue_entry import Entry, Parameter, choice, chunks, seconds
from local.odd_refusals import REFUSALS
from local.odd_streams import FORMS


def _model(name: str, kind: str, chinese: str, english: str, *more: Parameter) -> Entry:
    return Entry(name, "model", "model", kind, chinese, english, more)


MODEL = (
    _model("slow-first-token", "slow-first-token", "第一个字要等很久", "the first token takes long", seconds(10)),
    _model(
        "trickle", "trickle", "每两段之间停顿这么久", "there are so many seconds between two chunks", seconds(0.5, 60)
    ),
    _model("stall", "stall", "流在中途停住，连接不断", "the stream stops half-way, the connection stays", chunks(3)),
    _model("stream-cut", "cut", "流在中途断开", "the stream is cut half-way", chunks(3)),
    _model("rate-limit", "429", "429 与 Retry-After", "429 with Retry-After", seconds(2)),
    _model("key-refused", "401", "密钥无效（401）", "the key is refused (401)"),
    _model("quota", "quota", "额度用尽（429 insufficient_quota）", "the quota is used up (429 insufficient_quota)"),
    _model(
        "server-error",
        "5xx",
        "模型的服务出错",
        "the provider fails",
        choice("status", "状态码", "status", "500", "502", "503", "529"),
    ),
    _model("html-answer", "html", "网关返回 HTML 页面（502）", "a gateway answers with an HTML page (502)"),
    _model("empty", "empty", "空回答", "an empty answer"),
    _model("thinking-only", "thinking", "只有思考，没有回答", "thoughts only, and no answer"),
    _model("filtered", "filtered", "内容过滤，没有回答", "the content filter leaves no answer"),
    _model(
        "very-long",
        "long",
        "很长的回答",
        "a very long answer",
        Parameter("characters", "字符数", "characters", 12_000, low=1, high=200_000),
    ),
    _model(
        "context-too-long",
        "context",
        "上下文太长（400 context_length_exceeded）",
        "the context is too long (400 context_length_exceeded)",
    ),
    _model("dropped", "dropped", "连接在任何应答之前断开", "the connection breaks before any answer"),
    _model("rate-limit-plain", "429-plain", "429，没有 Retry-After", "429 without Retry-After"),
    _model(
        "retry-after",
        "retry-after",
        "429，Retry-After 原样返回",
        "429 with this Retry-After, seconds or a date",
        Parameter("value", "头的值", "the header's value", "2"),
    ),
    _model("region-refused", "region", "地区不受支持（403）", "the region is refused (403)"),
    _model("model-unknown", "unknown-model", "没有这个模型（404）", "there is no such model (404)"),
    _model("request-refused", "bad-request", "请求不被接受（400）", "the request is not accepted (400)"),
    _model("html-page", "html-page", "地址后面是一个网页（200）", "a web page is at the address (200)"),
    _model(
        "redirected",
        "redirected",
        "重定向到别处",
        "a redirect to somewhere else",
        choice("status", "状态码", "status", "302", "301", "307", "308"),
    ),
    _model("empty-body", "empty-body", "空的应答体（200）", "an empty body (200)"),
    _model("no-choices", "no-choices", "choices 为空", "empty choices"),
    _model("null-content", "null-content", "content 为 null", "content is null"),
    _model("tool-call", "tool-call", "调用工具，而不是文字", "a tool call instead of text"),
    _model(
        "stream-ending",
        "ending",
        "流的结束标记不全：只有 finish_reason，或什么都没有",
        "a stream that ends with a finish_reason only, or without any mark",
        choice("marks", "结束标记", "marks", "none", "finish", "both"),
    ),
    _model(
        "odd-stream",
        "odd-stream",
        "流的样子不寻常：每段都带 finish_reason、末尾重复全文、心跳、思考混在正文里……",
        "an odd stream: a finish on every chunk, the whole again at the end, heartbeats, thinking in the text, …",
        choice("form", "样子", "form", *FORMS),
    ),
    _model(
        "provider-refusal",
        "odd-refusal",
        "拒绝的样子不寻常：像欠费的限流、200 里的错误、没有渠道、各家的审核和长度……",
        "an odd refusal: a rate in the words of a bill, an error inside a 200, no channel, moderation, lengths, …",
        choice("form", "样子", "form", *REFUSALS),
    ),
    _model("garbage", "garbage", "流里出现乱码", "garbage in the stream", chunks(3)),
    _model(
        "error-in-stream",
        "error-in-stream",
        "流里出现错误",
        "an error in the stream",
        choice("code", "错误码", "code", "rate_limit_exceeded", "server_error", "insufficient_quota"),
        chunks(0),
    ),
    _model("half-json", "half-json", "JSON 应答不完整", "half of a JSON answer"),
    _model("other-json", "other-json", "应答是别的 JSON", "the answer is JSON of another kind"),
    _model("not-streamed", "not-streamed", "没有按流式返回", "an answer that is not streamed although asked for"),
    _model(
        "content-type",
        "content-type",
        "内容类型不对",
        "a wrong content type",
        choice("type", "类型", "type", "text/html", "text/plain", "application/octet-stream"),
    ),
    _model("gzip-garbage", "gzip-garbage", "声称 gzip，却不是", "said to be gzip, which it is not"),
    _model("no-usage", "no-usage", "没有 usage", "no usage"),
    _model("drip", "drip", "应答一个字节一个字节地来", "the answer comes byte by byte", seconds(1, 60)),
    _model(
        "slow-headers",
        "slow-headers",
        "连响应头也一个字节一个字节地来",
        "even the headers come byte by byte",
        seconds(1, 60),
    ),
)
"""What a provider, or something in front of it, does wrong."""
