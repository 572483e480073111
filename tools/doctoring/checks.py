"""Every check, in the order of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from doctoring import (
    address,
    bucket,
    deploy_file,
    dingtalk,
    functions,
    invocation,
    machine,
    model,
    provider,
    reach,
    settings,
)
from doctoring.examination import Examination
from doctoring.finding import Finding, skipped


@dataclass(frozen=True)
class Check:
    """One look, and the ids of its findings. `network` says that it calls somebody."""

    ids: tuple[str, ...]
    look: Callable[[Examination], Iterator[Finding]]
    network: bool = False


CHECKS = (
    Check(("machine.python",), machine.python),
    Check(("machine.node",), machine.node),
    Check(("machine.cli",), machine.cli),
    Check(("file.env",), deploy_file.env_file),
    Check(("file.names",), deploy_file.names),
    Check(("file.variables",), deploy_file.variables),
    Check(("file.text",), deploy_file.text),
    Check(("file.secrets",), deploy_file.secrets),
    Check(("file.size",), deploy_file.size),
    Check(("functions.sizes",), functions.sizes),
    Check(("functions.mount",), functions.mount),
    Check(("functions.logs",), functions.logs),
    Check(("functions.internet",), functions.internet),
    Check(("functions.roles",), functions.roles),
    Check(("functions.runtime",), functions.runtimes),
    Check(("functions.trigger",), functions.trigger),
    Check(("functions.link",), invocation.link),
    Check(("functions.async",), invocation.asynchronous),
    Check(("settings.files",), settings.files),
    Check(("settings.conversation",), settings.conversation),
    Check(("settings.reply",), settings.reply),
    Check(("settings.unread",), settings.unread),
    Check(("settings.both",), settings.both),
    Check(("settings.times",), settings.times),
    Check(("dingtalk.secret",), dingtalk.secret),
    Check(("dingtalk.credentials",), dingtalk.credentials, network=True),
    Check((reach.CHECK,), reach.model_address),
    Check(("model.provider",), provider.provider),
    Check(model.CHECKS, model.model, network=True),
    Check(bucket.CHECKS, bucket.bucket, network=True),
    Check(("url.health",), address.health, network=True),
    Check(("url.path",), address.path, network=True),
    Check(("url.signature",), address.signatures, network=True),
    Check(("clock.skew",), address.skew, network=True),
)


def examine(examined: Examination) -> Iterator[Finding]:
    """Every finding, as it comes."""
    for check in CHECKS:
        if check.network and examined.options.offline:
            yield from (skipped(name, "needs the network") for name in check.ids)
        else:
            yield from check.look(examined)
