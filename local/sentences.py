"""What the page's server says to people, in the page's two languages."""

from __future__ import annotations

_SENTENCES = {
    "no_answer": ("回调没有得到应答：{error}", "the callback got no answer: {error}"),
    "status": ("回调得到 {status}", "the callback was answered with {status}"),
    "silent": ("处理已结束，但没有任何回答：{detail}", "everything has ended without an answer: {detail}"),
    "nothing_posted": ("没有发出回答", "no answer was posted"),
    "errcode": ("钉钉拒收（errcode {code}）", "DingTalk refused it (errcode {code})"),
    "run_failed": ("{function} 运行失败：{message}", "{function} failed: {message}"),
    "not_mentioned": (
        "群里没有 @ 机器人，钉钉不会转发",
        "the robot was not mentioned, so DingTalk does not pass it on",
    ),
    "no_conversation": ("没有这个会话", "there is no such conversation"),
    "not_a_member": ("这个人不在会话里", "this person is not in the conversation"),
    "no_text": ("消息是空的", "the message is empty"),
    "too_long": ("消息超过 {limit} 个字符", "the message has more than {limit} characters"),
    "no_quote": ("引用的消息不存在", "the quoted message does not exist"),
    "not_json": ("请求不是 JSON 对象", "the request is not a JSON object"),
    "foreign": ("这个页面只接受来自本机地址的请求", "this page answers requests from its own address only"),
    "no_story": ("没有这条消息", "there is no such message"),
}


def sentence(language: str, name: str, **values: object) -> str:
    """Return the sentence `name` in "zh" or "en" with its values filled in."""
    chinese, english = _SENTENCES[name]
    return (english if language == "en" else chinese).format(**values)
