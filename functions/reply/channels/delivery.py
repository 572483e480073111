"""One delivery: an answer's parts, one after the other, and what to do about each result."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from reply import markdown
from reply.channels.errcodes import DEADLINE, EXPIRED, NO_RESPONSE, Action, Verdict
from reply.channels.laid_out import LaidOut
from reply.parts import Layout, Limits, Part
from shared.clock import Clock
from shared.errors import AnswerBlocked, DeliveryDelayed, Undeliverable
from shared.log import Log
from shared.message import Message
from shared.wording import Wording

PACE_S = 1.0
"""Between parts: parts of the same second were shown out of order
(https://github.com/soimy/openclaw-channel-dingtalk/issues/626)."""

TRIES = 3
"""Posts in all of a part that is not accepted for now."""

BACKOFF_S = 0.5
"""Before the second post; doubled before the third; up to as much again by chance."""

EXPIRY_MARGIN_S = 5.0
"""A webhook that expires sooner than this is not posted to."""

RESERVE_S = 0.5
"""Left at the end of a run, so that the outcome can be put on record."""

SHORTEST_POST_S = 0.5
"""With less time no post is started: without time for the result nobody would know whether it was shown."""

LAST_POST_S = 5.0
"""Kept for the post at the very end of a run, after waiting for DingTalk as long as the run allows."""

_STAFF_ID = re.compile(r"[\w.@-]{1,64}")

Post = Callable[[bytes, float], Verdict]
"""Posts a body, taking at most so many seconds."""


@dataclass(frozen=True)
class Means:
    """What a delivery works with. `jitter` gives numbers from 0 to 1."""

    post: Post
    words: Wording
    clock: Clock
    log: Log
    jitter: Callable[[], float]


class Delivery:
    """One answer on its way. `until` is when it must have ended (seconds since the epoch)."""

    def __init__(self, message: Message, text: str, means: Means, *, until: float, max_parts: int, plain: bool) -> None:
        self._message = message
        self._means = means
        self._ends = until - RESERVE_S
        seconds = (self._ends - means.clock.now()) / 2
        self._laid_out = LaidOut(message, text, means.words, means.log, plain=plain, seconds=seconds)
        self._title = self._laid_out.title
        self._levels = _levels(max_parts)
        staff_id = message.sender.staff_id
        self._mentioned = staff_id if message.group and _STAFF_ID.fullmatch(staff_id) else ""
        self._plain = plain
        self._waited = False
        self._waited_to_the_end = False
        self.shown = 0
        self.posts = 0

    def run(self, already_sent: int, on_sent: Callable[[int], None]) -> int:
        """Show what is left; returns the number of parts shown in all. Raises what `Outbound.deliver` raises.

        Once parts had to be laid out anew, `on_sent` is not called any more: a later run lays them out as at first, and
        rather shows a piece again than leaves one out.
        """
        self.shown = already_sent
        level = 0
        parts = list(self._laid_out.parts(self._layout(self._levels[level])))
        while self.shown < len(parts):
            self._pace()
            part = parts[self.shown]
            refused = self._show(part.text, mention=part.number == 1)
            if refused is None:
                self.shown += 1
                if level == 0 and self.shown < len(parts):
                    on_sent(self.shown)
            elif refused.action is Action.NEUTRAL:
                self._show_neutral(refused)
            else:
                level += 1
                parts[self.shown :] = self._finer(part, level, refused)
        return self.shown

    def _finer(self, part: Part, level: int, refused: Verdict) -> tuple[Part, ...]:
        """That part and all after it in smaller parts; the last level cuts instead."""
        if level >= len(self._levels):
            self._give_up(refused)
        self._laid_out.text = part.opening + self._laid_out.text[part.start :]
        limits = self._levels[level]
        if level == len(self._levels) - 1:
            limits = replace(limits, parts=part.number)
        return self._laid_out.parts(self._layout(limits), first=part.number)

    def _show_neutral(self, blocked: Verdict) -> NoReturn:
        """DingTalk blocked a part: explain that instead of it, and end. Raises AnswerBlocked once it is shown."""
        sentence = self._means.words.blocked_by_dingtalk.format(request_id=self._message.request_id)
        self._title = markdown.title_of(sentence, self._means.words)
        mention = f"@{self._mentioned} " if self._mentioned and not self.shown else ""
        self._pace()
        if self._show(mention + sentence, mention=not self.shown) is not None:
            self._give_up(blocked)
        raise AnswerBlocked(blocked.code, blocked.meaning, self.shown, blocked.remedy)

    def _show(self, text: str, *, mention: bool) -> Verdict | None:
        """Post until it is shown (None) or refused for its content or size. Raises what run raises."""
        refusals, lost = 0, 0
        while True:
            verdict = self._post(text, mention=mention)
            action = verdict.action
            if action is Action.SHOWN:
                return None
            self._log_refusal(verdict)
            if action in (Action.FINER, Action.NEUTRAL):
                return verdict
            if action is Action.AGAIN and refusals < TRIES - 1:
                self._wait(self._backoff(refusals), verdict)
                refusals += 1
            elif action is Action.ONCE_MORE:
                lost += 1
                if not self._worth_once_more(lost, verdict):
                    self._log_doubt(verdict)
                    return None
            elif action is Action.WAIT and not self._waited:
                self._waited = True
                self._wait(verdict.wait, verdict)
            elif action in (Action.PLAIN, Action.UNKNOWN) and not self._plain:
                self._plain = True
            elif action in (Action.PLAIN, Action.GIVE_UP):
                self._give_up(verdict)
            else:
                self._wait_to_the_end(verdict)

    def _post(self, text: str, *, mention: bool) -> Verdict:
        now = self._means.clock.now()
        self._require_open(now)
        if self._ends - now < SHORTEST_POST_S:
            raise _delayed(DEADLINE, self.shown)
        self.posts += 1
        return self._means.post(self._encoded(text, mention=mention), self._ends - now)

    def _wait(self, seconds: float, verdict: Verdict = DEADLINE) -> None:
        """Wait, unless no post were possible afterwards. Raises Undeliverable or DeliveryDelayed, then at once."""
        if seconds <= 0:
            return
        then = self._means.clock.now() + seconds
        self._require_open(then)
        if then > self._ends - SHORTEST_POST_S:
            self._wait_to_the_end(verdict)
        else:
            self._means.clock.sleep(seconds)

    def _wait_to_the_end(self, verdict: Verdict) -> None:
        """Use what is left of the run for one more try: FC may run the message again too soon. Raises DeliveryDelayed.

        Once in a run, and only where the wait is worth it.
        """
        left = self._left_to_wait()
        if not left:
            raise _delayed(verdict, self.shown)
        self._require_open(self._means.clock.now() + left)
        self._waited_to_the_end = True
        self._means.clock.sleep(left)

    def _left_to_wait(self) -> float:
        """Seconds before the post at the very end of the run; 0 where that was made, or is not worth the wait."""
        left = self._ends - self._means.clock.now() - LAST_POST_S
        return 0.0 if self._waited_to_the_end or left < LAST_POST_S else left

    def _worth_once_more(self, lost: int, verdict: Verdict) -> bool:
        """Wait for another post of a part whose response was lost so often; False when it must be left in doubt.

        The second post comes soon. Where DingTalk is silent rather than odd, a third comes at the end of the run: a
        short outage must not end in silence, and a copy more is the smaller evil.
        """
        if lost == 1:
            self._wait(self._backoff(0), verdict)
            return True
        left = self._left_to_wait()
        if verdict.code != NO_RESPONSE.code or not left or self._expired(self._means.clock.now() + left):
            return False
        self._waited_to_the_end = True
        self._means.clock.sleep(left)
        return True

    def _log_doubt(self, verdict: Verdict) -> None:
        """Posted again and no response either: it counts as shown, for one more post could be one more copy."""
        self._means.log.error("delivery_in_doubt", cause="delivery_in_doubt", code=verdict.code, part=self.shown + 1)

    def _require_open(self, at: float) -> None:
        if self._expired(at):
            raise Undeliverable(EXPIRED.code, EXPIRED.meaning, self.shown, EXPIRED.remedy)

    def _expired(self, at: float) -> bool:
        return 0 < self._message.reply_to.expires_at <= (at + EXPIRY_MARGIN_S) * 1000

    def _pace(self) -> None:
        self._wait(PACE_S if self.shown else 0.0)

    def _backoff(self, before: int) -> float:
        return BACKOFF_S * 2.0**before * (1 + self._means.jitter())

    def _give_up(self, verdict: Verdict) -> NoReturn:
        raise Undeliverable(verdict.code, verdict.meaning, self.shown, verdict.remedy)

    def _layout(self, limits: Limits) -> Layout:
        return Layout(
            words=self._means.words,
            limits=limits,
            encode=lambda text: self._encoded(text, mention=True),
            mention=f"@{self._mentioned}" if self._mentioned else "",
            markdown=self._laid_out.is_markdown,
        )

    def _encoded(self, text: str, *, mention: bool) -> bytes:
        """The JSON body (https://open.dingtalk.com/document/orgapp/robot-message-type), in UTF-8."""
        body: dict[str, object] = (
            {"msgtype": "text", "text": {"content": text}}
            if self._plain or self._laid_out.as_it_is
            else {"msgtype": "markdown", "markdown": {"title": self._title, "text": text}}
        )
        if mention and self._mentioned:
            body["at"] = {"atUserIds": [self._mentioned], "isAtAll": False}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()

    def _log_refusal(self, verdict: Verdict) -> None:
        self._means.log.warning(
            "post_refused",
            errcode=verdict.code,
            action=verdict.action.value,
            part=self.shown + 1,
            posts=self.posts,
            remedy=verdict.remedy or None,
        )


def _delayed(verdict: Verdict, shown: int) -> DeliveryDelayed:
    return DeliveryDelayed(verdict.code, verdict.meaning, shown, verdict.remedy)


def _levels(max_parts: int) -> tuple[Limits, ...]:
    """What parts may measure: as documented, then smaller if DingTalk finds that too large, then only a beginning."""
    return (
        Limits(parts=max_parts),
        Limits(characters=1700, body_bytes=9_000, parts=max_parts),
        Limits(characters=800, body_bytes=4_000, parts=max_parts),
    )
