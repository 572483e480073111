"""Cases of closed doors: whose id is whose, what an old message may see, what a list that says nothing lets in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from local.options import Options
from local.people import Person
from shared.message import FRESH_MS

if TYPE_CHECKING:
    from local.messages import Sent
    from proof.mutation_cases import Trial

OTHER_ROBOT = "second-robot-secret"  # invented; signs loopback callbacks only
TWO_ROBOTS: Mapping[str, object] = {
    "DINGTALK_CREDENTIALS": f"dinga:{Options.secret},dingb:{OTHER_ROBOT}",
    "ADMIN_USERS": "dinga/boss",
}
CLOSED: Mapping[str, object] = {"ALLOW_USERS": "、", "ADMIN_USERS": "boss"}


def same_id_at_another_robot(trial: Trial) -> Iterator[str]:
    """Whoever is an administrator of one robot is nobody to another."""
    boss = trial.cloud.person("Boss", staff_id="boss")
    own, foreign = trial.cloud.compose(boss, "群ID"), trial.cloud.compose(boss, "群ID")
    for sent, secret in ((own, ""), (foreign, OTHER_ROBOT)):
        trial.cloud.deliver(sent, headers=trial.cloud.signed_headers(secret=secret))
        trial.outcome(_over(trial, sent))
    if own.conversation.cid not in own.answers[0].text:
        yield "the administrator was not known to their own robot"
    if foreign.conversation.cid in foreign.answers[0].text:
        yield "somebody with the same id was an administrator of another robot"


def list_that_says_nothing(trial: Trial) -> Iterator[str]:
    """Nobody but administrators is let in."""
    trial.outcome(trial.said("有人吗"))
    if trial.cloud.model.requests:
        yield "a list that cannot be understood let somebody in"
    trial.outcome(trial.said("我在", person=trial.cloud.person("Boss", staff_id="boss")))
    if not trial.cloud.model.requests:
        yield "it let no administrator in"


def old_question(trial: Trial) -> Iterator[str]:
    """What was said and set is nothing for a message whose signature is minutes old."""
    person = trial.cloud.person()
    for text in ("角色 说海盗话", "金丝雀在保险箱里"):
        trial.outcome(trial.said(text, person=person))
    trial.outcome(_old(trial, person, "重复我们的对话"))
    asked = trial.prompt("重复我们的对话")
    if "金丝雀" in asked or "海盗" in asked:
        yield "an old message was asked with context or persona"
    trial.outcome(trial.said("然后呢", person=person))
    asked = trial.prompt("然后呢")
    if "金丝雀" not in asked or "海盗" not in asked or "重复我们" in asked:
        yield "an old message has changed the conversation"


def old_command(trial: Trial) -> Iterator[str]:
    """A command about what is stored shows and changes nothing then."""
    person = trial.cloud.person()
    trial.outcome(trial.said("角色 说海盗话", person=person))
    for text in ("清空", "角色", "用量"):
        sent = _old(trial, person, text)
        trial.outcome(sent)
        if "海盗" in sent.answers[0].text or "token" in sent.answers[0].text:
            yield f"{text} showed what is stored"
    trial.outcome(trial.said("然后呢", person=person))
    if "海盗" not in trial.prompt("然后呢"):
        yield "an old command has changed the conversation"


def secret_that_was_reset(trial: Trial) -> Iterator[str]:
    """A message that no secret here signed is said to whoever keeps the deployment."""
    sent = trial.cloud.compose(trial.cloud.person(), "有人吗")
    trial.cloud.deliver(sent, headers=trial.cloud.signed_headers(secret=OTHER_ROBOT))
    if not any('"signature_unknown"' in line.text for line in trial.cloud.logs("conversation")):
        yield "nobody was told of the wrong secret"


def _old(trial: Trial, person: Person, text: str) -> Sent:
    sent = trial.cloud.compose(person, text)
    stamp = str(trial.cloud.clock.now_ms() - FRESH_MS - 10_000)
    trial.cloud.deliver(sent, headers=trial.cloud.signed_headers(stamp))
    return _over(trial, sent)


def _over(trial: Trial, sent: Sent) -> Sent:
    trial.cloud.wait(sent, 60)
    return sent
