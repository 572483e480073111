"""The commands that look something up on the internet: who has a domain, and what certificate a server shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from reply.commands.setting import tell
from reply.conversation import Turn
from reply.lookup.names import NoTarget, Target, read_domain, read_target, shown_name
from reply.markdown import inline_code
from reply.records import Record
from reply.run import Run
from shared.errors import LookupFailed, LookupFailure

if TYPE_CHECKING:
    from reply.lookup.certificates import Certificate
    from reply.lookup.rdap import Registration

MOST_NAMES = 12
"""Names of a certificate that are shown."""


def domain(run: Run, turn: Turn) -> str:
    """`#域名 example.com`: registration, expiry and registrar. Raises DeliveryDelayed."""
    return _look_up(run, turn, run.services.wording.domain_usage, lambda text: Target(read_domain(text)), _domain)


def certificate(run: Run, turn: Turn) -> str:
    """`#证书 example.com[:port]`: validity, issuer, names, and what is wrong with it. Raises DeliveryDelayed.

    One sentence for every port without a certificate: whether it is open is nobody's business.
    """
    return _look_up(run, turn, run.services.wording.certificate_usage, read_target, _certificate, of_a_port=True)


def _look_up(
    run: Run,
    turn: Turn,
    usage: str,
    read: Callable[[str], Target],
    find: Callable[[Run, Target], str],
    *,
    of_a_port: bool = False,
) -> str:
    """What is looked up counts as a question, found or not: it costs the same, and nobody tries for nothing."""
    try:
        target = read(run.message.text)
    except NoTarget as wrong:
        if wrong.fault == "missing":
            return tell(run, turn, usage)
        sentence: str = getattr(run.services.wording, f"target_{wrong.fault}")
        return tell(run, turn, f"{sentence.format(name=inline_code(wrong.found))}\n\n{usage}")
    started = run.now_ms
    try:
        sentence = find(run, target)
    except LookupFailed as failed:
        run.log.warning("lookup_failed", reason=failed.reason.value, ms=run.now_ms - started)
        reason = LookupFailure.NO_TLS if of_a_port and not failed.reason.of_the_name else failed.reason
        name = inline_code(shown_name(target.host))
        sentence = getattr(run.services.wording, f"lookup_{reason.value}").format(name=name)
    return tell(run, turn, sentence, Record("answered", timings={"lookup_ms": run.now_ms - started}))


def _domain(run: Run, target: Target) -> str:
    words = run.services.wording
    found: Registration = run.services.lookups().domain(target.host)
    lines = words.domain_found.format(
        name=inline_code(shown_name(found.name)),
        registered=found.registered or words.not_published,
        expires=_with_distance(run, found.expires) if found.expires else words.not_published,
        registrar=inline_code(found.registrar) if found.registrar.strip() else words.not_published,
    )
    return lines if found.name == target.host else f"{lines}\n\n{words.domain_parent}"


def _certificate(run: Run, target: Target) -> str:
    words = run.services.wording
    found: Certificate = run.services.lookups().certificate(target)
    shown = ", ".join(inline_code(shown_name(name)) for name in found.names[:MOST_NAMES]) or words.not_published
    if len(found.names) > MOST_NAMES:
        shown += words.more_names.format(total=len(found.names))
    faults = [getattr(words, f"certificate_{fault}") for fault in found.faults]
    return words.certificate_found.format(
        name=inline_code(f"{shown_name(target.host)}:{target.port}"),
        verdict=words.list_separator.join(faults) or words.certificate_valid,
        begins=found.not_before.date(),
        ends=_with_distance(run, found.not_after.date(), "expired" in found.faults),
        issuer=inline_code(found.issuer) if found.issuer.strip() else words.not_published,
        names=shown,
    )


def _with_distance(run: Run, day: date, over: bool | None = None) -> str:
    """A day and how far off it is; `over` says whether it has passed where the day alone does not tell."""
    words = run.services.wording
    days = (day - datetime.fromtimestamp(run.services.clock.now(), timezone.utc).date()).days
    sentence = words.day_over if (days < 0 if over is None else over) else words.day_left
    return f"{day} {sentence.format(days=abs(days))}"
