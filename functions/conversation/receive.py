"""The whole job: verify, answer at once or hand over, acknowledge."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conversation.channels.inbound import Inbound, Received, Sentence, Signed
from conversation.dispatch import Accepted
from conversation.guards import Refusal
from conversation.http import Request, Response
from conversation.instant import Instant
from conversation.runtime import Runtime
from conversation.triage import Triage
from shared.clock import Clock, Rarely
from shared.errors import HandOverRefused, HandOverUnknown, Rejected, SignatureUnknown
from shared.log import Log, Value
from shared.message import EVENT_LIMIT, LARGEST_BODY, LONGEST_PART, Message

BODY_LIMIT = 64 * 1024
"""Bytes of a body that is worked on; messages of people are far smaller."""

LONGEST_NOTICE, LONGEST_SAID = 18_000, 3_200
"""Characters of a sentence that `reply` is given to show in parts, and of one that must fit into a response body: so
few that LARGEST_BODY is not exceeded, however they are escaped."""


@dataclass(frozen=True)
class Receiver:
    """Everything that receiving needs from outside.

    `problems` are those of the settings, with which every message is refused; `closed` are lists that let nobody in.
    """

    channels: Sequence[Inbound]
    triage: Triage
    instant_in_body: bool
    dispatch: Callable[[Message, Runtime], Accepted]
    problems: Sequence[str]
    log: Log
    clock: Clock
    closed: Sequence[str] = ()
    hourly: Rarely = field(default_factory=lambda: Rarely(3600))

    @property
    def instant(self) -> Instant:
        """The sentences that are said at once."""
        return self.triage.instant


@dataclass(frozen=True)
class Outcome:
    """How a request ended: the response, and its one line in the log."""

    event: str
    response: Response
    fields: Mapping[str, Value] = field(default_factory=dict)
    error: bool = False
    warning: bool = False


def receive(request: Request, receiver: Receiver) -> Response:
    """The response to one request, and one line in the log. No request can make it raise."""
    started = receiver.clock.now()
    try:
        outcome = _outcome(request, receiver)
    except Rejected as rejected:
        outcome = _rejected(rejected, receiver)
    _write(outcome, request, receiver, started)
    return outcome.response.without_body() if request.method == "HEAD" else outcome.response


def _rejected(rejected: Rejected, receiver: Receiver) -> Outcome:
    fields: dict[str, Value] = {"status": rejected.status, "reason": rejected.reason}
    response = Response.refusal(rejected.status)
    # Without its settings nothing here knows any secret: that is said already.
    unknown = rejected if isinstance(rejected, SignatureUnknown) and not receiver.problems else None
    if unknown is None or not receiver.hourly.due(receiver.clock.now()):
        return Outcome("rejected", response, fields)
    fields["claimed_robot"] = unknown.robot or None
    return Outcome("signature_unknown", response, fields, warning=True)


def _write(outcome: Outcome, request: Request, receiver: Receiver, started: float) -> None:
    fields: dict[str, Value] = dict(outcome.fields)
    named = [*receiver.problems, *receiver.closed] if request.method == "POST" else []
    fields.update({f"remedy_{number}": problem for number, problem in enumerate(named, 1)})
    fields["fc_request_id"] = request.runtime.request_id or None
    fields["ack_ms"] = round((receiver.clock.now() - started) * 1000)
    if outcome.error or named:
        receiver.log.error(outcome.event, **fields)
    else:
        (receiver.log.warning if outcome.warning else receiver.log.info)(outcome.event, **fields)


def _outcome(request: Request, receiver: Receiver) -> Outcome:
    path = request.path.rstrip("/")
    channel = next((c for c in receiver.channels if not c.path or _same(c.path, path)), None)
    if request.method in ("GET", "HEAD") and (not path or (channel and channel.path)):
        return _health(request, receiver)
    if channel is None or request.method in ("GET", "HEAD"):
        raise Rejected(404, "nothing is at this path")
    if request.method != "POST":
        return Outcome("rejected", replace(Response.refusal(405), headers={"Allow": "POST"}), {"status": 405})
    signed = _verified(request, channel)
    try:
        return _Reception(request, signed, channel, receiver).outcome()
    except Rejected:
        raise
    except Exception as problem:  # noqa: BLE001 - a person waits behind this signature: a fault of ours is explained
        sentence = receiver.instant.went_wrong(request.runtime.request_id)
        return Outcome("fault", Response(200, channel.shown(sentence)), _where(problem), error=True)


def _health(request: Request, receiver: Receiver) -> Outcome:
    state = {"status": "ok", "settings": "incomplete" if receiver.problems or receiver.closed else "complete"}
    for channel in receiver.channels:
        try:
            channel.verify(request)
        except Rejected:
            continue
        state["signature"] = "matched"
    return Outcome("health", Response(200, json.dumps(state)))


def _verified(request: Request, channel: Inbound) -> Signed:
    try:
        return channel.verify(request)
    except Rejected:
        if request.size > BODY_LIMIT:
            raise Rejected(413, f"{request.size} bytes without a valid signature") from None
        raise


def _same(path: str, found: str) -> bool:
    return hmac.compare_digest(path.encode("utf-8", "surrogatepass"), found.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class _Reception:
    """One verified message. From here on a person waits: whatever happens is said to them, and said once."""

    request: Request
    signed: Signed
    channel: Inbound
    receiver: Receiver

    def outcome(self) -> Outcome:
        if self.request.size > BODY_LIMIT:
            return self._too_large_to_read(self.request.size)
        received = self.channel.parse(self.request.body, self.signed)
        return self._obstacle(received) or self._work_on(received)

    def _about(self, received: Received) -> dict[str, Value]:
        return {**_ids(received), **self.receiver.log.texts(question=received.message.text)}

    def _obstacle(self, received: Received) -> Outcome | None:
        """What forbids any answer but a refusal."""
        instant, fields = self.receiver.instant, self._about(received)
        if received.quota_used_up:
            silence = Response(200, self.channel.silent())
            return Outcome("quota_used_up", silence, fields, error=True)
        if self.receiver.problems:
            sentence = instant.settings_incomplete(received.message.request_id)
            return self._said("refused_settings", sentence, fields)
        if received.webhook != "checked":
            fields["problem"] = received.webhook_problem
            return self._said("refused_webhook", instant.bad_address(received), fields, error=True)
        return None

    def _work_on(self, received: Received) -> Outcome:
        instant, age = self.receiver.instant, self.receiver.clock.now() * 1000 - self.signed.at
        decision = self.receiver.triage.decide(received, int(age))
        message = decision.message
        if decision.sentence:
            return self._instantly(decision.sentence, received, decision.refused)
        size = len(message.handed_over("0" * 32, message.created_at).to_event())
        if size > EVENT_LIMIT:
            return self._instantly(instant.too_large(size, EVENT_LIMIT, message.request_id), received)
        return self._handed_over(message, self._about(received), None)

    def _instantly(self, sentence: Sentence, received: Received, refused: Refusal | None = None) -> Outcome:
        fields, instant = self._about(received), self.receiver.instant
        if refused:
            # Whoever keeps the lists needs the ids, and finds them by the request id that the person was shown.
            sender, place = received.message.sender.id, received.message.conversation_id
            fields.update(refused=refused, sender=sender, conversation=place)
        # A message that is delivered once more can have grown old meanwhile: `reply` knows whether it was answered.
        if self.receiver.instant_in_body and refused != "stale" and self._is_one_part(sentence):
            return self._said("answered_instantly", sentence, fields)
        words = instant.shortened(sentence, LONGEST_NOTICE).text
        notice = replace(received.message, notice=words, text="", quote="", quote_unreadable=False)
        return self._handed_over(notice, fields, instant.shortened(sentence, LONGEST_SAID))

    def _is_one_part(self, sentence: Sentence) -> bool:
        """Whether a response body shows all of it: one has no parts, as what `reply` posts has."""
        size = len(self.channel.shown(sentence).encode("utf-8", "surrogatepass"))
        return len(sentence.text) <= LONGEST_PART and size <= LARGEST_BODY

    def _handed_over(self, message: Message, fields: dict[str, Value], instead: Sentence | None) -> Outcome:
        """Invoke `reply`; when that fails the person is told so, or `instead`, in the response body."""
        instant = self.receiver.instant
        try:
            accepted = self.receiver.dispatch(message, self.request.runtime)
        except HandOverRefused as problem:
            fields.update(problem=str(problem), remedy=problem.remedy or None)
            return self._said("hand_over_refused", instead or instant.not_started(message), fields, error=True)
        except HandOverUnknown as problem:
            fields["problem"] = str(problem)
            return self._said("hand_over_unknown", instant.perhaps_started(message), fields, error=True)
        fields.update(tries=accepted.tries, invocation=accepted.request_id or None)
        event = "handed_over_before" if accepted.again else "handed_over"
        return Outcome(event, Response(200, self.channel.silent()), fields)

    def _too_large_to_read(self, size: int) -> Outcome:
        if size == len(self.request.body):  # read to its end: then it can be told whose it is
            try:
                received = self.channel.parse(self.request.body, self.signed)
            except Rejected:
                pass
            else:
                admitted = self.receiver.triage.admit(received)
                too_large = self.receiver.instant.too_large(size, BODY_LIMIT, received.message.request_id)
                sentence = admitted.sentence or too_large
                return self._obstacle(received) or self._instantly(sentence, received, admitted.refused)
        sentence = self.receiver.instant.too_large(size, BODY_LIMIT, self.request.runtime.request_id)
        return self._said("refused_too_large", sentence, {"size": size})

    def _said(self, event: str, sentence: Sentence, fields: Mapping[str, Value], *, error: bool = False) -> Outcome:
        return Outcome(event, Response(200, self.channel.shown(sentence)), fields, error)


def _ids(received: Received) -> dict[str, Value]:
    message = received.message
    return {
        "request_id": message.request_id,
        "message_id": message.turn_id,
        "robot": message.robot,
        "msgtype": received.msgtype[:40],
        "unsupported": received.unsupported or None,
        "body_hash": message.body_hash[:12],
    }


def _where(problem: Exception) -> dict[str, Value]:
    """Type and place of a fault; its text may quote what somebody wrote."""
    place = problem.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else None
    return {"error": type(problem).__name__, "where": where}
