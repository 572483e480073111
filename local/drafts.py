"""From what the page asks for to a message: every kind, quotes, forwarded records, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.dingtalk import DingTalk
from local.kinds import KINDS
from local.media import Media
from local.messages import Sent, Shown
from local.payloads import SINGLE_ONLY, Body, chat_record_of
from local.people import ROBOT_NAME, Conversation, Person
from local.quotes import SHAPES, quote_of

LONGEST_TEXT = 200_000
"""Characters of one message: more than the functions take, so that their refusal can be seen."""

_WITH_QUOTE = ("text", "richText")
_WITH_PICTURE = ("picture", "richText")
_WITH_NAME = ("file", "fileWithoutCode")


class MessageRefused(Exception):
    """The page asked for a message that cannot be; `name` is that of a sentence."""

    def __init__(self, name: str, /, **values: object) -> None:
        self.name, self.values = name, values
        super().__init__(name)


class Drafts:
    """Makes messages in the local DingTalk. `conversations` are by id."""

    def __init__(
        self, dingtalk: DingTalk, media: Media, conversations: Mapping[str, Conversation], language: str
    ) -> None:
        self._dingtalk, self._media, self._conversations = dingtalk, media, conversations
        self._robot = ROBOT_NAME[language]

    def compose(self, draft: Mapping[str, Any]) -> Sent:
        """Make the message that a draft describes (`docs/local-cloud.md`). Raises MessageRefused."""
        conversation, person = self._place(draft)
        kind, text = str(draft.get("kind") or "text"), draft.get("text", "")
        mention = bool(draft.get("mention", not conversation.group))
        _check(kind, text, conversation, mention)
        picture = self._picture(draft, kind)
        name = str(draft.get("name") or "") if kind in _WITH_NAME else ""
        quoted = self._quoted(draft, kind)
        sent = self._dingtalk.compose(
            person,
            conversation,
            name or text,
            kind=kind,
            quote=quote_of(quoted, draft.get("quoteShape") or "") if quoted else None,
            change={**self._records(draft, kind), **_object(draft.get("change"))},
            drop=_names(draft.get("drop")),
        )
        sent.quotes, sent.mention, sent.picture = (quoted.id if quoted else ""), mention, picture
        sent.text, sent.name = text, str(sent.payload["content"]["fileName"]) if kind in _WITH_NAME else ""
        sent.altered = {name: draft[name] for name in ("quoteShape", "change", "drop") if draft.get(name)}
        return sent

    def find(self, message_id: str) -> Sent | Shown | None:
        """Return the message with this id."""
        return next((entry for entry in reversed(self._dingtalk.timeline) if entry.id == message_id), None)

    def _place(self, draft: Mapping[str, Any]) -> tuple[Conversation, Person]:
        conversation = self._conversations.get(str(draft.get("conversation")))
        if conversation is None:
            raise MessageRefused("no_conversation")
        person = next((p for p in conversation.people if p.id == draft.get("person")), None)
        if person is None:
            raise MessageRefused("not_a_member")
        return conversation, person

    def _picture(self, draft: Mapping[str, Any], kind: str) -> str:
        if draft.get("picture") is None or kind not in _WITH_PICTURE:
            return ""
        name = self._media.add(draft["picture"])
        if not name:
            raise MessageRefused("no_picture")
        return name

    def _quoted(self, draft: Mapping[str, Any], kind: str) -> Sent | Shown | None:
        if not draft.get("quote"):
            return None
        quoted = self.find(str(draft["quote"]))
        if quoted is None or kind not in _WITH_QUOTE:
            raise MessageRefused("no_quote" if quoted is None else "quote_nowhere")
        if draft.get("quoteShape") not in (None, *SHAPES):
            raise MessageRefused("no_shape", shapes=", ".join(SHAPES))
        return quoted

    def _records(self, draft: Mapping[str, Any], kind: str) -> Body:
        if kind != "chatRecord" or not draft.get("records"):
            return {}
        found = [self.find(str(name)) for name in _names(draft["records"])]
        if any(entry is None for entry in found):
            raise MessageRefused("no_record")
        records = [(self._author(entry), entry.kind, entry.text) for entry in found if entry is not None]
        return {"content": chat_record_of(records)}

    def _author(self, entry: Sent | Shown) -> str:
        return entry.person.name if isinstance(entry, Sent) else self._robot


def _check(kind: str, text: object, conversation: Conversation, mention: bool) -> None:
    if kind not in KINDS:
        raise MessageRefused("no_kind", kind=kind)
    if conversation.group and kind in SINGLE_ONLY:
        raise MessageRefused("not_in_groups", kind=kind)
    alone = kind == "text" and conversation.group and mention
    if not isinstance(text, str) or (not text and KINDS[kind].text == "needed" and not alone):
        raise MessageRefused("no_text")
    if len(text) > LONGEST_TEXT:
        raise MessageRefused("too_long", limit=LONGEST_TEXT)


def _object(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MessageRefused("no_change")
    return value


def _names(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise MessageRefused("no_list")
    return value
