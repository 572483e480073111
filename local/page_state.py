"""What the page shows: its people, its conversations, and every message as JSON."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.messages import Sent, Shown
from local.parts import Parts
from local.payloads import KINDS, SINGLE_ONLY
from local.people import ROBOT_NAME, ROBOT_USER_ID, Conversation, Person, cast, first_conversations
from local.quotes import Quote
from local.story import Json, state_of

LONGEST_TEXT = 200_000
"""Characters of one message: more than the functions take, so that their refusal can be seen."""


class MessageRefused(Exception):
    """The page asked for a message that cannot be; `name` is that of a sentence."""

    def __init__(self, name: str, **values: object) -> None:
        self.name, self.values = name, values
        super().__init__(name)


class PageState:
    """People and conversations of the page, over the timeline of the local DingTalk."""

    def __init__(self, parts: Parts, model: Mapping[str, Any]) -> None:
        self._parts, self._model = parts, dict(model)
        self._language = parts.options.language
        self.people = {person.id: person for person in cast(self._language)}
        self.conversations = {c.id: c for c in first_conversations(tuple(self.people.values()), self._language)}

    def reset(self) -> None:
        """Keep people and chats, but as ones the functions have never heard of."""
        for name, old in self.conversations.items():
            self.conversations[name] = replace(old, cid=f"cid{secrets.token_urlsafe(18)}==")

    def whole(self) -> Json:
        """Return everything, for a page that has just been opened."""
        return {
            "language": self._language,
            "model": self._model,
            "robot": {"name": ROBOT_NAME[self._language]},
            "people": [
                {"id": person.id, "name": person.name, "staffId": person.staff_id, "admin": person.admin}
                for person in self.people.values()
            ],
            "conversations": [
                {"id": c.id, "title": c.title, "kind": c.kind, "people": [person.id for person in c.people]}
                for c in self.conversations.values()
            ],
            "messages": [self.message(entry) for entry in list(self._parts.dingtalk.timeline)],
        }

    def message(self, entry: Sent | Shown) -> Json:
        """Return one message as the page knows it."""
        if isinstance(entry, Sent):
            return self._question(entry)
        staff = {person.staff_id: person.id for person in entry.conversation.people if person.staff_id}
        return {
            "id": entry.id,
            "conversation": entry.conversation.id,
            "from": "bot",
            "at": entry.at,
            "kind": entry.kind,
            "title": entry.title,
            "text": entry.text,
            "mentions": [staff[mention] for mention in entry.mentions if mention in staff],
            "answers": entry.answers.id,
            "via": entry.via,
            "state": None,
        }

    def _question(self, sent: Sent) -> Json:
        return {
            "id": sent.id,
            "conversation": sent.conversation.id,
            "from": sent.person.id,
            "at": sent.at,
            "kind": sent.kind,
            "title": "",
            "text": sent.text,
            "mentions": [],
            "answers": None,
            "quote": sent.quotes or None,
            "via": None,
            "state": state_of(sent, self._parts),
        }

    def question(self, message_id: str) -> Sent | None:
        """Return the person's message with this id, or the one that the robot's message answers."""
        entry = self._find(message_id)
        return entry.answers if isinstance(entry, Shown) else entry

    def _find(self, message_id: str) -> Sent | Shown | None:
        return next((entry for entry in reversed(self._parts.dingtalk.timeline) if entry.id == message_id), None)

    def compose(self, draft: Mapping[str, Any]) -> Sent:
        """Make the message the page asks for; raises MessageRefused."""
        conversation = self.conversations.get(str(draft.get("conversation")))
        if conversation is None:
            raise MessageRefused("no_conversation")
        person = next((p for p in conversation.people if p.id == draft.get("person")), None)
        if person is None:
            raise MessageRefused("not_a_member")
        text, kind = draft.get("text"), str(draft.get("kind") or "text")
        if not isinstance(text, str) or not text or kind not in KINDS or (conversation.group and kind in SINGLE_ONLY):
            raise MessageRefused("no_text")
        if len(text) > LONGEST_TEXT:
            raise MessageRefused("too_long", limit=LONGEST_TEXT)
        return self._composed(person, conversation, text, kind, draft)

    def _composed(
        self, person: Person, conversation: Conversation, text: str, kind: str, draft: Mapping[str, Any]
    ) -> Sent:
        quoted = self._find(str(draft["quote"])) if draft.get("quote") else None
        if draft.get("quote") and quoted is None:
            raise MessageRefused("no_quote")
        quote = None
        if isinstance(quoted, Sent):
            quote = Quote(quoted.text, quoted.message_id, quoted.person.sender_id)
        elif quoted is not None:
            quote = Quote(quoted.text, sender_id=ROBOT_USER_ID)
        sent = self._parts.dingtalk.compose(person, conversation, text, kind=kind, quote=quote)
        sent.quotes = quoted.id if quoted else ""
        sent.mention = bool(draft.get("mention", not conversation.group))
        return sent
