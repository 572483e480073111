"""`python -m local --replay FILE`: recorded callbacks, sent again to the functions on this machine.

The signature is made anew with the local secret, the webhook is the stand-in's, and every time moves with the signed
one, so that the distances between them stay as they were: nothing of the recording can reach a real host.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from local.cloud import LocalCloud
from local.messages import Delivery, Sent
from local.page_state import PageState
from local.payloads import Body
from local.people import Conversation, Person
from local.recordings import Recorded, read_recording
from local.story import story_of
from local.story_text import story_text

LONGEST_WAIT = 1800.0
"""Seconds for everything that one callback sets going."""

_TIMES = frozenset({"createAt", "createdAt", "createA", "sessionWebhookExpiredTime"})
_NOT_SENT = ("host", "content-length", "connection", "transfer-encoding", "accept-encoding", "sign", "timestamp")
_OF_THE_WAY = ("x-fc-", "x-forwarded-", "x-real-ip", "forwarded", "via", "cf-")
"""What a gateway or a tunnel adds."""


class Replay:
    """Sends callbacks to a cloud in their order, with their distances in time; where nothing goes on, time is moved."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._known: dict[bytes, Sent] = {}
        self._people: dict[str, Person] = {}
        self._places: dict[str, Conversation] = {}

    def send(self, recorded: Sequence[Recorded]) -> list[Sent | Delivery]:
        """Send all and wait until nothing more can come: per callback a message, or what no message was made of."""
        began, first = self._cloud.clock.now(), next((r.timestamp for r in recorded if r.timestamp), 0)
        found = []
        for callback in recorded:
            if callback.timestamp:
                self._until(began + (callback.timestamp - first) / 1000)
            found.append(self._send(callback))
        self._cloud.until(self._idle, LONGEST_WAIT)
        return found

    def _until(self, due: float) -> None:
        clock = self._cloud.clock
        self._cloud.until(lambda: clock.now() >= due or self._idle(), LONGEST_WAIT)
        if (ahead := due - clock.now()) > 0:
            self._cloud.advance(ahead)

    def _idle(self) -> bool:
        pending = any(self._cloud.parts.callbacks.pending(sent) for sent in self._known.values())
        return not pending and all(invocation.over for invocation in self._cloud.invocations())

    def _send(self, callback: Recorded) -> Sent | Delivery:
        stamp = str(self._cloud.clock.now_ms())
        headers = {**_kept(callback), **self._cloud.signed_headers(stamp)}
        try:
            body = json.loads(callback.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return self._cloud.deliver_raw(headers, callback.body)
        sent = self._known.get(callback.body)  # a redelivery is the same message with the same webhook
        if sent is None:
            shift = int(stamp) - callback.timestamp if callback.timestamp else 0
            sent = self._known[callback.body] = self._adopted(_moved(body, shift), int(stamp))
            self._cloud.do(_now(lambda: self._cloud.dingtalk.take(sent)))
        self._cloud.do(_now(lambda: self._cloud.parts.callbacks.again(sent, 0, headers)))
        return sent

    def _adopted(self, body: Body, now: int) -> Sent:
        session = secrets.token_hex(16)
        if "sessionWebhook" in body:
            body["sessionWebhook"] = f"{self._cloud.dingtalk.site.url}/robot/sendBySession?session={session}"
        person = self._person(body)
        cid, group = str(body.get("conversationId")), str(body.get("conversationType")) == "2"
        title = str(body.get("conversationTitle") or "")
        place = self._places.setdefault(
            cid, Conversation(title, "group" if group else "private", (person,), id=cid, cid=cid)
        )
        text = body.get("text")
        words = text.get("content") if isinstance(text, dict) else ""
        return Sent(f"m-{session[:12]}", place, person, str(body.get("msgtype")), str(words), now, body, session)

    def _person(self, body: Body) -> Person:
        sender = str(body.get("senderId"))
        named, staff = str(body.get("senderNick")), str(body.get("senderStaffId") or "")
        return self._people.setdefault(sender, Person(named, staff, body.get("isAdmin") is True, sender, sender))


def replay(cloud: LocalCloud, path: Path, *, print_log: bool = False) -> int:
    """Send what the file holds and print its stories; 0 when each message was answered. Raises RecordingProblem."""
    recorded = read_recording(path)
    with cloud:
        if print_log:
            from local.cli import print_log as printed

            cloud.fc.on_log = printed
        found = Replay(cloud).send(recorded)
        stories = list(dict.fromkeys(id(entry) for entry in found))
        by_id = {id(entry): entry for entry in found}
        print("\n\n".join(told(cloud, by_id[number]) for number in stories))
    return 0 if all(isinstance(entry, Sent) and entry.answers for entry in found) else 1


def told(cloud: LocalCloud, entry: Sent | Delivery) -> str:
    """Return the story of one callback as text."""
    if isinstance(entry, Delivery):
        return f"A callback that is no JSON object: {entry.status} {entry.body.decode('utf-8', 'replace')}"
    state = PageState(cloud.parts, {})
    answers = [state.message(answer) for answer in entry.answers]
    return story_text(state.message(entry), answers, story_of(entry, cloud.parts))


def _kept(callback: Recorded) -> dict[str, str]:
    return {
        name: value
        for name, value in callback.headers.items()
        if name.lower() not in _NOT_SENT and not name.lower().startswith(_OF_THE_WAY)
    }


def _moved(value: Any, shift: int, name: str = "") -> Any:
    """Return a copy in which every time, at any depth, is `shift` ms later."""
    if isinstance(value, dict):
        return {key: _moved(part, shift, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_moved(part, shift) for part in value]
    if name in _TIMES and isinstance(value, int) and not isinstance(value, bool):
        return value + shift
    if name in _TIMES and isinstance(value, str) and value.isdigit():
        return str(int(value) + shift)
    return value


async def _now(work: Callable[[], None]) -> None:
    work()
