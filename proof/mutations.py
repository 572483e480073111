"""Builds that are broken on purpose: the proof must catch every one, or it proves nothing.

Each mutation replaces one passage of a copy of `functions/`. A passage that is not found stops everything: a mutation
must not be lost by rewriting what it breaks.
"""

from __future__ import annotations

import importlib
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from proof.plan import Plan
from proof.result import Result, Violation


class MutationLost(Exception):
    """The passage that a mutation replaces is not there exactly once; the text says which."""


@dataclass(frozen=True)
class Mutation:
    """One way to break the product: in `file` (below functions/), `right` becomes `wrong`.

    `part` of the proof must catch it, in the cases whose names match `only`, of which a `share` is tried.
    """

    name: str
    file: str
    right: str
    wrong: str
    only: str
    part: str = "mutation_cases"
    share: float = 1.0

    def applied(self, code: Path, folder: Path) -> Path:
        """A copy of `code` in `folder` with this mutation. Raises MutationLost."""
        path = _copied(code, folder) / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(self.right) != 1:
            found = f"found {text.count(self.right)} times" if text else "no such file"
            raise MutationLost(f"{self.name}: {found}, wanted once in functions/{self.file}: {self.right!r}")
        path.write_text(text.replace(self.right, self.wrong), encoding="utf-8")
        return path.parents[len(Path(self.file).parts) - 1]


MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "a message on record is worked on again",
        "reply/answer.py",
        "    if _recorded(run):\n        return _already_done(run)\n    if not services",
        "    if not services",
        "^neither: succeeded$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "taking a turn ignores a live duplicate",
        "reply/turn.py",
        "    if alive:\n        return Standing.DUPLICATE, found\n",
        "",
        "^neither: running$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "an answered turn is asked again",
        "reply/turn.py",
        "    if found.finished:\n        return (Standing.DELIVER if found.answer else Standing.LOST), found\n",
        "",
        "killed before its post is shown",
    ),
    Mutation(
        "a run does not see that another has overtaken it",
        "reply/run.py",
        "        return current.finished or current.attempt > done.attempt or beside\n",
        "        return False\n",
        "^neither: event again while thinking$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "of runs that began at once both go on",
        "reply/run.py",
        "current.attempt > done.attempt or beside\n",
        "current.attempt > done.attempt\n",
        "^neither: event 5 times at once$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "a saved answer is taken for that of a dead run",
        "reply/answer.py",
        "    if shown_meanwhile(run, turn):\n",
        "    if turn.id == shown_meanwhile.__name__:\n",
        "^neither: event again while DingTalk accepts$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "the claim is ignored",
        "reply/answer.py",
        "    if not services.claim.holds(message):\n",
        "    if not services.claim.holds(message) and not message.id:\n",
        "^CLAIM=oss: storm 1$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "the task id is random",
        "conversation/dispatch.py",
        'f"m_{message.turn_id}"',
        'f"m_{os.urandom(16).hex()}"',
        "^task ids: storm 1$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "HTTP 200 counts as shown, whatever the errcode",
        "reply/channels/errcodes.py",
        '    content = _content(body)\n    if isinstance(content, dict) and _is_code(content.get("errcode")):\n',
        '    content = _content(body)\n    if status == 200:\n        return _TABLE["0"]\n'
        '    if isinstance(content, dict) and _is_code(content.get("errcode")):\n',
        "refused by DingTalk",
    ),
    Mutation(
        "a post is repeated after success",
        "reply/channels/errcodes.py",
        'Verdict(Action.SHOWN, "0")',
        'Verdict(Action.ONCE_MORE, "0")',
        "a plain question",
    ),
    Mutation(
        "after the double that a lost response costs, a third one is posted",
        "reply/channels/delivery.py",
        "            if action is Action.SHOWN:\n                return None\n",
        "            if action is Action.SHOWN:\n                if lost:\n"
        "                    self._post(text, mention=mention)\n                return None\n",
        "a response that is lost",
    ),
    Mutation(
        "watchdog and job both speak",
        "reply/speaker.py",
        "            return self._state is _Voice.HEARD\n",
        "            return False\n",
        "slower than the watchdog",
    ),
    Mutation(
        "there is no watchdog",
        "reply/speaker.py",
        "        if clock.wait(ended, at - clock.now()) or self._state is not _Voice.FREE:\n            return\n",
        "        if clock.wait(ended, at - clock.now()) or at:\n            return\n",
        "a bucket that hangs",
    ),
    Mutation(
        "an answer is delivered before it is saved",
        "reply/run.py",
        "        self.memory.keep(done)\n        outcome = self.show(done, record)\n",
        "        outcome = self.show(done, record)\n        self.memory.keep(done)\n",
        "killed before its post is shown",
    ),
    Mutation(
        "the record is written before the post",
        "reply/speaker.py",
        "        started = self._services.clock.now()\n        try:\n            parts = self._services.outbound",
        "        started = self._services.clock.now()\n        try:\n"
        "            self._close(record)\n            parts = self._services.outbound",
        "killed before its post is shown",
    ),
    Mutation(
        "the last attempt works instead of explaining",
        "reply/turn.py",
        "(Standing.GIVE_UP if attempt >= attempts else Standing.WORK)",
        "Standing.WORK",
        "always killed",
    ),
    Mutation(
        "FC's report that it gave up is ignored",
        "reply/index.py",
        "        return apologise(received.message, services, until)\n",
        '        return "ignored"\n',
        "killed until FC gives up",
    ),
    Mutation(
        "merging drops the turns of one version",
        "reply/conversation.py",
        "    turns = dict(one.turns)\n",
        "    turns: dict[str, Turn] = {}\n",
        "three turns",
    ),
    Mutation(
        "files are removed before the new one is written",
        "reply/store.py",
        "        self._bucket.write_new(folder, name, to_json(document))\n",
        "        for old in opened.files:\n            self._removed(folder, old)\n"
        "        self._bucket.write_new(folder, name, to_json(document))\n",
        "^later message, full from 1 on$",
        "bucket_faults",
        1.0,
    ),
    Mutation(
        "nobody waits for earlier turns",
        "reply/waiting.py",
        "    if turn.alone:\n        return\n",
        "    if turn.id:\n        return\n",
        "^order: the model is slow$",
        "isolation",
        0.04,
    ),
    Mutation(
        "a clear forgets nothing",
        "reply/conversation.py",
        "floor = self._forgotten(CLEARED, EXPIRED, REFUSED)",
        "floor = self._forgotten(EXPIRED, REFUSED)",
        "^clear: while the model thinks$",
        "isolation",
    ),
    Mutation(
        "all members of a group share one history",
        "reply/run.py",
        'member = "" if message.group and services.settings.group_shares_context else message.sender.id',
        'member = "" if message.group else message.sender.id',
        "^crowd: a context per member$",
        "isolation",
        0.04,
    ),
    Mutation(
        "parts that were shown are not saved",
        "reply/run.py",
        "            on_sent=lambda parts: self.memory.keep(replace(turn, sent=parts)),\n",
        "            on_sent=lambda _: None,\n",
        "killed between parts",
    ),
    Mutation(
        "a split answer ends after its first part",
        "reply/channels/delivery.py",
        "        while self.shown < len(parts):\n",
        "        while self.shown < 1:\n",
        "an answer in parts",
    ),
    Mutation(
        "a refused hand-over is swallowed",
        "conversation/receive.py",
        'return self._said("hand_over_refused", instead or instant.not_started(message), fields, error=True)',
        'return Outcome("handed_over", Response(200, self.channel.silent()), fields)',
        "a hand-over that is refused",
    ),
    Mutation(
        "the signature is not checked",
        "conversation/channels/dingtalk.py",
        "[r for r in self._settings.robots if hmac.compare_digest(signature(stamp, r.secret), sign)]",
        "list(self._settings.robots)",
        "requests of strangers",
    ),
    Mutation(
        "the age of a signature is not checked",
        "conversation/channels/dingtalk.py",
        "        if not -FARTHEST_AHEAD <= age <= OLDEST:\n",
        "        if age < -FARTHEST_AHEAD:\n",
        "requests of strangers",
    ),
    Mutation(
        "an id on a list is anybody's at any robot",
        "conversation/guards.py",
        "        return (robot, id) in self.ids\n",
        "        return any(id == known for _, known in self.ids) and bool(robot)\n",
        "the same id at another robot",
    ),
    Mutation(
        "a list that cannot be understood is none",
        "conversation/lists.py",
        "        return IdList(given=True, closed=True)\n",
        "        return IdList()\n",
        "a list that says nothing",
    ),
    Mutation(
        "an old message is as good as a fresh one to reply",
        "shared/message.py",
        "        return not self.signed_at or self.handed_over_at - self.signed_at <= FRESH_MS\n",
        "        return self.signed_at >= 0 and FRESH_MS > 0\n",
        "an old question",
    ),
    Mutation(
        "an old message is asked with the persona",
        "reply/asking.py",
        'run.memory.document.persona() if run.message.fresh else ""\n',
        'run.memory.document.persona() or ""\n',
        "an old question",
    ),
    Mutation(
        "an old question becomes context",
        "reply/thinking.py",
        " or run.services.settings.rounds == 0 or not fresh)\n",
        " or run.services.settings.rounds == 0)\n",
        "an old question",
    ),
    Mutation(
        "commands about what is stored have no age",
        "shared/commands.py",
        'slashed=("persona",), argument=True, of_the_stored=True)',
        'slashed=("persona",), argument=True)',
        "an old command",
    ),
    Mutation(
        "a wrong secret is silent",
        "conversation/channels/dingtalk.py",
        "        if not formed or request.size > LARGEST_LOOKED_AT:\n",
        "        if formed or request.size > LARGEST_LOOKED_AT:\n",
        "a secret that was reset",
    ),
    Mutation(
        "the webhook's host is not checked",
        "shared/webhook.py",
        "    if host not in {h.lower() for h in hosts}:\n",
        "    if not host:\n",
        "a foreign webhook",
    ),
    Mutation(
        "another body under a known id is another message",
        "shared/message.py",
        'f"{self.robot}\\n{self.id}"',
        'f"{self.robot}\\n{self.id}\\n{self.body_hash}"',
        "^neither: other body later$",
        "duplicates",
        0.5,
    ),
    Mutation(
        "a prompt forgets all but the newest turn",
        "reply/conversation.py",
        "answered[-rounds:]",
        "answered[-1:]",
        "^crowd: a context per member$",
        "isolation",
        0.04,
    ),
    Mutation(
        "a turn waits for one that hangs",
        "reply/waiting.py",
        "run.work_ends - run.services.settings.model_seconds",
        "run.until + 3600",
        "^hang: before its first word, the first of 3$",
        "isolation",
        0.04,
    ),
    Mutation(
        "a file that cannot be read is removed",
        "reply/store.py",
        'self._bucket.rename(folder, name, f"{name}.{now_ms:013d}.set-aside")',
        "self._bucket.remove(folder, name)",
        "^later message, (corrupt|truncated) from [45] on$",
        "bucket_faults",
    ),
    Mutation(
        "a bucket that cannot be written stops the answer",
        "reply/memory.py",
        "            self.unsaved = True\n",
        "            raise\n",
        "^first message, full from 1 on$",
        "bucket_faults",
    ),
    Mutation(
        "a finish is taken as final",
        "reply/llm/reading.py",
        "            if self._ended.wait(min(quiet, left)):\n",
        "            if self._ended.wait(min(quiet, left) / 1000) or self.ending.finish:\n",
        "^odd stream: finish-on-every-chunk, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "a whole message behind the deltas is appended",
        "reply/llm/reading.py",
        "        return well_formed(said if said.strip() else str(self._message))\n",
        "        return well_formed(said + str(self._message))\n",
        "^odd stream: message-appended, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "an event without data ends the answer",
        "reply/llm/events.py",
        "        elif data:\n            yield from self._words(data)\n",
        "        elif data:\n            yield from self._words(data)\n"
        "        else:\n            yield self._understood(END)\n",
        "^odd stream: heartbeats, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "a line that is no JSON ends the answer",
        "reply/llm/events.py",
        "        self.skipped += 1\n",
        "        raise ModelFailed(ModelFailure.NOT_JSON, text)\n",
        "^odd stream: stray-line, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "deltas that hold the whole so far are joined",
        "reply/llm/said.py",
        "                self._pieces = self._pieces and not self._is_whole(delta)\n",
        "",
        "^odd stream: growing, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "thinking is not taken out",
        "reply/llm/text.py",
        "        text = without_thoughts(text)\n",
        "",
        "^odd stream: thinking-tag, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "thinking before a lone tag is shown",
        "reply/llm/thoughts.py",
        "        if _ends_thinking(text, closing):\n",
        "        if not closing and _ends_thinking(text, closing):\n",
        "^odd stream: thinking-lone, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "a filter in the middle is not said",
        "reply/llm/ending.py",
        "        if finish in CUTS:\n",
        "        if finish in LIMITED:\n",
        "^odd stream: filtered, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "pictures stay in the text",
        "reply/llm/pictures.py",
        "        if len(found[0]) <= LONGEST_SHOWN:\n",
        "        if found[0]:\n",
        "^odd stream: picture, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "robots share their records and accounts",
        "reply/places.py",
        "    part = path_part(robot)\n",
        '    part = "all" if robot else path_part(robot)\n',
        "^robots: ",
        "isolation",
        0.04,
    ),
    Mutation(
        "what was used is booked on the day that the message says",
        "shared/message.py",
        "        return self.signed_at or self.created_at\n",
        "        return self.created_at\n",
        "dated back by a day",
    ),
    Mutation(
        "a value is set where its message is dated",
        "reply/commands/setting.py",
        "else known.at + 1",
        "else turn.at",
        "dated ahead by minutes",
    ),
    Mutation(
        "what a message has cost is not booked",
        "reply/records.py",
        '        if tokens or outcome == "answered":\n',
        "        if tokens < 0:\n",
        "a month that is used up",
    ),
    Mutation(
        "a run that died before it booked is not completed",
        "reply/records.py",
        "            self.book(message, done.outcome, done.tokens, at)\n",
        "            at += 1\n",
        "^a question in a private chat: reply, before open account",
        "crash",
    ),
    Mutation(
        "moderation burns the second key",
        "reply/llm/failures.py",
        "OF_THE_KEY = frozenset({ModelFailure.KEY_REFUSED, ModelFailure.QUOTA})",
        "OF_THE_KEY = frozenset({ModelFailure.KEY_REFUSED, ModelFailure.QUOTA, ModelFailure.FILTERED})",
        "^moderation of two keys, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "a rate in the words of a bill is a bill",
        "reply/llm/reasons.py",
        "        return ModelFailure.BUSY if paces and not _PAID_AT_OPENAI.search(text) else ModelFailure.QUOTA\n",
        "        return ModelFailure.QUOTA\n",
        "^odd refusal: dashscope-rate, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "an error inside a 200 is not read",
        "reply/llm/failures.py",
        '    if isinstance(base, Mapping) and str(base.get("status_code") or 0) != "0":\n'
        "        return failure(200, event)\n",
        "",
        "^odd refusal: minimax-balance, once, private, first$",
        "model_faults",
    ),
    Mutation(
        "a context that is refused blocks the conversation",
        "reply/asking.py",
        "        if not context or not _may_lie_in_context(cause):\n",
        "        if cause.reason is not ModelFailure.TOO_LONG or not _may_lie_in_context(cause):\n",
        "^odd refusal: ark-filter, once, private, later$",
        "model_faults",
    ),
)


def run(plan: Plan, mutations: Sequence[Mutation] = MUTATIONS) -> Result:
    """Try every broken build, or a share of them; then the real one in the same cases, which must be clean."""
    result = Result("mutations")
    chosen = [m for m in mutations if not plan.only or plan.only in m.name]
    if plan.share < 1:
        chosen = plan.random("mutations").sample(chosen, max(1, round(len(chosen) * plan.share)))
    with tempfile.TemporaryDirectory(prefix="proof-mutations-") as temporary:
        for number, mutation in enumerate(chosen):
            began = time.monotonic()
            copy = mutation.applied(plan.code[0], Path(temporary) / str(number))
            found = _tried(mutation, replace(plan, code=(copy, *plan.code[1:])))
            result.cases += 1
            seconds = time.monotonic() - began
            caught = f"{len(found.broken)} violations in {mutation.part}, {mutation.only!r}; {seconds:.0f} s"
            result.numbers[mutation.name] = caught
            if not found.broken:
                result.violations.append(Violation(mutation.name, f"not caught by {mutation.part}", "a violation"))
        control = _copied(plan.code[0], Path(temporary) / "control")
        _control(chosen, replace(plan, code=(control, *plan.code[1:])), result)
    return result


def _control(chosen: Sequence[Mutation], plan: Plan, result: Result) -> None:
    for part, only, share in dict.fromkeys((m.part, m.only, m.share) for m in chosen):
        found = _part(part, replace(plan, only=only, share=share))
        result.cases += 1
        if not found.cases:
            result.violations.append(Violation(f"{part} {only!r}", "no such case", "at least one"))
        result.violations += [
            replace(violation, case=f"not broken, {part} {only!r}: {violation.case}") for violation in found.broken
        ]
        result.tally.merge(found.tally)


def _tried(mutation: Mutation, plan: Plan) -> Result:
    return _part(mutation.part, replace(plan, only=mutation.only, share=mutation.share))


def _part(name: str, plan: Plan) -> Result:
    found: Result = importlib.import_module(f"proof.{name}").run(plan)
    return found


def _copied(code: Path, folder: Path) -> Path:
    shutil.copytree(code, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
