"""What the page shows: its people, its conversations, and every message as JSON."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.drafts import Drafts
from local.media import Media
from local.messages import Sent, Shown
from local.options import CONVERSATION
from local.parts import Parts
from local.people import ROBOT_NAME, Person, cast, first_conversations
from local.story import Json, state_of
from local.switches import described


class PageState:
    """People and conversations of the page, over the timeline of the local DingTalk."""

    def __init__(self, parts: Parts, model: Mapping[str, Any]) -> None:
        self._parts, self._model = parts, dict(model)
        self._language = parts.options.language
        self.people = {person.id: person for person in cast(self._language)}
        self.conversations = {c.id: c for c in first_conversations(tuple(self.people.values()), self._language)}
        self.media = Media()
        self.drafts = Drafts(parts.dingtalk, self.media, self.conversations, self._language)

    def reset(self) -> None:
        """Keep people and chats, but as ones the functions have never heard of."""
        self.media.clear()
        for name, old in self.conversations.items():
            self.conversations[name] = replace(old, cid=f"cid{secrets.token_urlsafe(18)}==")

    def whole(self) -> Json:
        """Return everything, for a page that has just been opened."""
        return {
            "language": self._language,
            "model": self._model,
            "robot": {"name": ROBOT_NAME[self._language]},
            "bucket": {"folder": str(self._parts.bucket), "kept": self._parts.options.bucket_kept},
            "people": [
                {"id": person.id, "name": person.name, "staffId": person.staff_id, "admin": person.admin}
                | {"botAdmin": self._administers(person)}
                for person in self.people.values()
            ],
            "conversations": [
                {"id": c.id, "title": c.title, "kind": c.kind, "people": [person.id for person in c.people]}
                for c in self.conversations.values()
            ],
            "messages": [self.message(entry) for entry in list(self._parts.dingtalk.timeline)],
            "clock": self.clock(),
            "faults": self.faults(),
        }

    def _administers(self, person: Person) -> bool | None:
        """Whether the robot takes a person for an administrator; None where another bot has rules of its own."""
        own = self._parts.options.conversation_handler == CONVERSATION
        return bool(person.staff_id) and person.staff_id in self._parts.administrators if own else None

    def clock(self) -> Json:
        """Return the cloud's time in ms, and how many seconds it is ahead of the machine's."""
        return {"now": self._parts.clock.now_ms(), "offset": self._parts.clock.offset}

    def faults(self) -> list[Json]:
        """Return the faults that are switched on."""
        return [described(fault) for fault in self._parts.switches.active()]

    def over(self, sent: Sent) -> bool:
        """Whether nothing more can come for a message."""
        if not sent.reaches_robot:
            return True
        runs = self._parts.fc.carrying(sent.session)
        return bool(sent.deliveries) and not self._parts.callbacks.pending(sent) and all(run.over for run in runs)

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
            "media": None,
            "name": "",
            "payload": entry.payload,
            "card": entry.card or None,
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
            "media": f"/api/media/{sent.picture}" if sent.picture else None,
            "name": sent.name,
            "altered": dict(sent.altered) or None,
            "state": state_of(sent, self._parts),
        }

    def question(self, message_id: str) -> Sent | None:
        """Return the person's message with this id, or the one that the robot's message answers."""
        entry = self.drafts.find(message_id)
        return entry.answers if isinstance(entry, Shown) else entry
