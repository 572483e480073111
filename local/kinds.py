"""The kinds of messages that the page can send: what each is, where it can be sent, and whether it needs words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local.payloads import SINGLE_ONLY
from local.quotes import SHAPES


@dataclass(frozen=True)
class Kind:
    """One kind of `payloads.KINDS`; `text` is "needed", "optional" or "none"."""

    id: str
    text: str
    chinese: str
    english: str

    def described(self) -> dict[str, Any]:
        """This kind as the page knows it."""
        line = {"zh": self.chinese, "en": self.english}
        return {"id": self.id, "line": line, "group": self.id not in SINGLE_ONLY, "text": self.text}


KINDS = {
    kind.id: kind
    for kind in (
        Kind("text", "needed", "文字", "plain text"),
        Kind("picture", "none", "图片", "a picture"),
        Kind("richText", "needed", "图文混排", "words and a picture in one message"),
        Kind("audio", "optional", "语音，文字是钉钉的识别结果", "a voice message; the text is DingTalk's recognition"),
        Kind("video", "none", "视频", "a video"),
        Kind("file", "none", "文件", "a file"),
        Kind(
            "fileWithoutCode", "none", "由接口发送的文件，没有下载码", "a file that an API sent, without download code"
        ),
        Kind("chatRecord", "optional", "转发的聊天记录", "forwarded messages"),
        Kind(
            "interactiveCard",
            "needed",
            "另一个机器人用卡片 @ 本机器人",
            "a card by which another robot mentions this one",
        ),
        Kind("sharedDocument", "none", "从钉盘分享的文档", "a document shared from the drive"),
        Kind("markdown", "needed", "由接口发送的 Markdown", "markdown that an API sent"),
        Kind("actionCard", "needed", "操作卡片", "an action card"),
        Kind(
            "unknownMsgType", "none", "钉钉不转发的类型", "what DingTalk sends in place of a type it does not pass on"
        ),
        Kind("quota", "none", "组织的调用量用尽（20001）", "the organisation's quota is used up (20001)"),
        Kind("topLevelContent", "needed", "文字放在顶层 content 里", "text as one official sample has it"),
        Kind("contentAsString", "needed", "content 是 JSON 字符串", "rich text whose content is a JSON string"),
    )
}
"""By id."""

_SHAPES = {
    "text": ("文字，在 content.text 里", "text in content.text"),
    "content": ("文字，在 content.content 里", "text in content.content"),
    "richText": ("图文混排", "words and a picture"),
    "picture": ("图片", "a picture"),
    "file": ("文件", "a file"),
    "audio": ("语音", "a voice message"),
    "video": ("视频", "a video"),
    "chatRecord": ("聊天记录", "forwarded messages"),
    "card": ("机器人的卡片，没有内容", "a robot's card, without content"),
    "unknownMsgType": ("不转发的类型，没有内容", "a type that is not passed on, without content"),
    "encrypted": ("企业加密后的密文", "ciphertext of an organisation that encrypts"),
    "id": ("只有 originalMsgId", "originalMsgId only"),
    "legacy": ("旧的 quoteMessage", "the old quoteMessage"),
}


def shapes() -> list[dict[str, Any]]:
    """How a quote can arrive, as the page knows it."""
    return [{"id": name, "line": dict(zip(("zh", "en"), _SHAPES[name], strict=True))} for name in SHAPES]
