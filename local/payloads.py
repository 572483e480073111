"""Bodies of robot callbacks, of every type DingTalk sends.

Envelope and documented types: https://open.dingtalk.com/document/orgapp/robot-message-type and
https://open.dingtalk.com/document/orgapp/receive-message ; the others are seen in public code:
soimy/openclaw-channel-dingtalk, DingTalk-Real-AI/dingtalk-openclaw-connector, DingTalk-Real-AI/dingtalk-workspace-cli.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local.people import CORP_ID, ROBOT_CODE, ROBOT_USER_ID, Conversation, Person

Body = dict[str, Any]
WEBHOOK_LIFE_MS = 5_400_060
"""Lifetime of a session webhook as in DingTalk's published samples: 90 minutes."""


def new_message_id() -> str:
    """Return an id like DingTalk's, with the characters that need care."""
    return f"msg{secrets.token_hex(9)}+/{secrets.token_hex(2)}=="


def envelope(person: Person, conversation: Conversation, webhook: str, now_ms: int) -> Body:
    """Everything but the content."""
    body: Body = {
        "conversationId": conversation.cid,
        "chatbotCorpId": CORP_ID,
        "chatbotUserId": ROBOT_USER_ID,
        "msgId": new_message_id(),
        "senderNick": person.name,
        "sessionWebhookExpiredTime": now_ms + WEBHOOK_LIFE_MS,
        "createAt": now_ms,
        "conversationType": "2" if conversation.group else "1",
        "senderId": person.sender_id,
        "senderPlatform": "Mac",
        "sessionWebhook": webhook,
        "robotCode": ROBOT_CODE,
    }
    if person.staff_id:
        body |= {"senderStaffId": person.staff_id, "senderCorpId": CORP_ID, "isAdmin": person.admin}
    if conversation.group:
        body["conversationTitle"] = conversation.title
        body["isInAtList"] = True
        body["atUsers"] = [{"dingtalkId": ROBOT_USER_ID}]
    return body


def text(words: str) -> Body:
    """Plain text."""
    return {"msgtype": "text", "text": {"content": words}}


def picture(_: str) -> Body:
    """One picture."""
    return {"msgtype": "picture", "content": {"downloadCode": download_code(), "pictureDownloadCode": download_code()}}


def rich_text(words: str) -> Body:
    """Text and a picture in one message."""
    nodes = [
        {"text": words},
        {"type": "picture", "downloadCode": download_code(), "pictureDownloadCode": download_code()},
    ]
    return {"msgtype": "richText", "content": {"richText": nodes}}


def audio(words: str) -> Body:
    """A voice message with its speech as text; without the text when there are no words."""
    content: Body = {"downloadCode": download_code(), "duration": 4000}
    return {"msgtype": "audio", "content": {**content, "recognition": words} if words else content}


def video(_: str) -> Body:
    """A video; the duration is a string on some clients."""
    return {"msgtype": "video", "content": {"downloadCode": download_code(), "videoType": "mp4", "duration": "5"}}


def file(name: str) -> Body:
    """A file."""
    content = {
        "fileName": name or "notes.pdf",
        "downloadCode": download_code(),
        "spaceId": "2100000001",
        "fileId": "110000001",
    }
    return {"msgtype": "file", "content": content}


def file_without_code(name: str) -> Body:
    """A file that an API sent: nothing to download it with."""
    content = {"dentryId": "31000001", "spaceId": "2100000001", "fileName": name or "spec.pdf", "fileType": "pdf"}
    content["fileSize"] = "10240"
    return {"msgtype": "file", "content": content}


def interactive_card(words: str) -> Body:
    """A card by which another robot mentions this one."""
    children = [{"elementType": "TEXT", "value": words}]
    return {
        "msgtype": "interactiveCard",
        "content": {"cardContent": [{"elementType": "RICHTEXT", "children": children}]},
    }


def shared_document(_: str) -> Body:
    """A document shared from the drive."""
    url = "dingtalk://dingtalkclient/page/yunpan?route=previewDentry&spaceId=2100000001&fileId=110000001&type=file"
    return {"msgtype": "interactiveCard", "content": {"biz_custom_action_url": url}}


def chat_record(words: str) -> Body:
    """Two forwarded messages."""
    return {"msgtype": "chatRecord", "content": chat_record_of([("甲", "text", words), ("乙", "picture", "")])}


def chat_record_of(records: Sequence[tuple[str, str, str]]) -> Body:
    """Content of forwarded messages, each with author, kind and text; the list is a JSON string.

    Only text is passed on; what else was forwarded comes as unknownMsgType.
    """
    plain = ("text", "markdown")
    found = [
        {"msgType": "text", "content": text} if kind in plain else {"msgType": "unknownMsgType"}
        for _, kind, text in records
    ]
    summary = "\n".join(f"{author}:{text if kind in plain else '[消息]'}" for author, kind, text in records)
    return {"title": "转发的聊天记录", "summary": summary, "chatRecord": json.dumps(found, ensure_ascii=False)}


def markdown(words: str) -> Body:
    """Markdown that an API sent."""
    return {"msgtype": "markdown", "content": {"title": "markdown", "text": words}}


def action_card(words: str) -> Body:
    """An action card."""
    content = {"title": "card", "text": words, "actionUrlItemList": [{"actionUrl": "https://www.example.com"}]}
    return {"msgtype": "actionCard", "content": content}


def unknown(_: str) -> Body:
    """What DingTalk sends in place of a type it does not pass on."""
    return {"msgtype": "unknownMsgType", "content": {"unknownMsgType": "用户发送了一条消息，机器人暂不支持接收。"}}


def quota(_: str) -> Body:
    """The organisation's quota is used up: no text, no content."""
    return {"msgtype": "text", "errorCode": 20001, "errorMessage": "受调用量超量影响，当前我的消息服务已经暂停。"}


def top_level_content(words: str) -> Body:
    """Text as one official sample has it."""
    return {"msgtype": "text", "content": words}


def content_as_string(words: str) -> Body:
    """Rich text whose content is a JSON string."""
    return {"msgtype": "richText", "content": json.dumps({"richText": [{"text": words}]}, ensure_ascii=False)}


KINDS: Mapping[str, Callable[[str], Body]] = {
    "text": text,
    "picture": picture,
    "richText": rich_text,
    "audio": audio,
    "video": video,
    "file": file,
    "fileWithoutCode": file_without_code,
    "interactiveCard": interactive_card,
    "sharedDocument": shared_document,
    "chatRecord": chat_record,
    "markdown": markdown,
    "actionCard": action_card,
    "unknownMsgType": unknown,
    "quota": quota,
    "topLevelContent": top_level_content,
    "contentAsString": content_as_string,
}
"""Builders by name: each makes the content part from the words of the person."""

SINGLE_ONLY = frozenset({"audio", "video", "file", "fileWithoutCode"})
"""Kinds that cannot be sent to a robot in a group."""


def download_code() -> str:
    """Return a code like those that DingTalk gives for files and pictures."""
    return f"{secrets.token_urlsafe(24)}+/=="
