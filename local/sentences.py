"""What the page's server says to people, in the page's two languages."""

from __future__ import annotations

LANGUAGES = ("zh", "en")

_SENTENCES = {
    "no_answer": ("回调没有得到应答：{error}", "the callback got no answer: {error}"),
    "status": ("回调得到 {status}", "the callback was answered with {status}"),
    "silent": ("处理已结束，但没有任何回答：{detail}", "everything has ended without an answer: {detail}"),
    "nothing_posted": ("没有发出回答", "no answer was posted"),
    "card_open": (
        "处理已结束，但卡片没有收尾，会一直转圈",
        "everything has ended, but the card was never finished and spins for ever",
    ),
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
    "no_kind": ("没有这种消息：{kind}", "there is no such kind of message: {kind}"),
    "not_in_groups": ("群里不能给机器人发这种消息：{kind}", "this cannot be sent to a robot in a group: {kind}"),
    "no_picture": (
        "图片须是不超过 10 MB 的 PNG、JPEG、GIF 或 WebP",
        "a picture must be PNG, JPEG, GIF or WebP of at most 10 MB",
    ),
    "quote_nowhere": ("这种消息里不能引用", "this kind of message cannot quote another"),
    "no_shape": ("没有这种引用形式；可用：{shapes}", "there is no such shape of a quote; there are: {shapes}"),
    "no_record": ("要转发的消息不存在", "a message to be forwarded does not exist"),
    "no_change": ("change 须是 JSON 对象", "change must be a JSON object"),
    "no_list": ("须是字符串的列表", "this must be a list of strings"),
    "no_media": ("没有这张图片", "there is no such picture"),
    "no_fault": ("没有打开这个故障", "this fault is not switched on"),
    "fault_refused": ("故障没有打开：{problem}", "the fault was not switched on: {problem}"),
    "real_model": ("模型是真实的，不能模拟它的故障", "the model is a real one, so its faults cannot be imitated"),
    "no_seconds": ("{name} 须是从 {low} 到 {high} 的秒数", "{name} must be a number of seconds from {low} to {high}"),
    "no_quote": ("引用的消息不存在", "the quoted message does not exist"),
    "not_json": ("请求不是 JSON 对象", "the request is not a JSON object"),
    "foreign": ("这个页面只接受来自本机地址的请求", "this page answers requests from its own address only"),
    "no_story": ("没有这条消息", "there is no such message"),
}


def sentence(language: str, name: str, /, **values: object) -> str:
    """Return the sentence `name` in "zh" or "en" with its values filled in."""
    chinese, english = _SENTENCES[name]
    return (english if language == "en" else chinese).format(**values)
