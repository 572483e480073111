"""The robot's secret, and whether DingTalk takes it.

https://open.dingtalk.com/document/orgapp/obtain-the-access_token-of-an-internal-app .
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conversation.channels.dingtalk_settings import Robot
from conversation.lists import Robots
from doctoring.examination import Examination
from doctoring.finding import Finding, ok, or_ok, problem, skipped, warning
from doctoring.web import Page, Unreachable

SECRET_LENGTH = 64
"""Characters of a client secret as the developer console shows it."""

_NAMELESS = re.compile(r"r[0-9a-f]{12}")
"""Ids that `conversation` gives to robots of which it knows the secret only."""


def secret(examined: Examination) -> Iterator[Finding]:
    """What is taken for a client secret looks like one; and how lists name its robot."""
    robots = examined.robots
    findings = [finding for number, robot in enumerate(robots, 1) for finding in _form(number, robot.secret)]
    if not robots:
        findings = [problem("dingtalk.secret", "no robot's secret is set", "one", "export DINGTALK_APP_SECRET=…")]
    named = ", ".join(Robots(examined.conversation.dingtalk.names).ids)
    told = f"{len(robots)} of {len(robots)} look like client secrets; lists name the robots {named}"
    yield from or_ok("dingtalk.secret", findings, told)


def _form(number: int, secret: str) -> Iterator[Finding]:
    wanted = f"{SECRET_LENGTH} letters, digits, - and _"
    remedy = "copy the Client Secret (AppSecret) from the app's page on open-dev.dingtalk.com once more"
    if re.fullmatch(r"ding[a-z0-9]{8,20}", secret):
        yield problem("dingtalk.secret", f"secret {number} is a client id", wanted, remedy)
    elif secret.startswith("SEC") and len(secret) > SECRET_LENGTH:
        found = f"secret {number} is that of a custom group robot, which receives no messages"
        yield problem("dingtalk.secret", found, wanted, remedy)
    elif not re.fullmatch(r"[A-Za-z0-9_-]+", secret):
        found = f"secret {number} has a blank, a quotation mark or another character that no secret has"
        yield problem("dingtalk.secret", found, wanted, remedy)
    elif len(secret) != SECRET_LENGTH:
        yield warning("dingtalk.secret", f"secret {number} has {len(secret)} characters", wanted, remedy)


def credentials(examined: Examination) -> Iterator[Finding]:
    """Each client id with its secret, by asking for an access token (free of quota; the token is thrown away)."""
    pairs = list(_pairs(examined))
    if not pairs:
        why = "the client id is not known, only the secret"
        yield skipped("dingtalk.credentials", why, "--client-id ding…, or DINGTALK_CREDENTIALS=clientId:secret")
    for number, pair in enumerate(pairs, 1):
        try:
            body = json.dumps({"appKey": pair.id, "appSecret": pair.secret}).encode()
            page = examined.web.post(f"{examined.options.dingtalk_api.rstrip('/')}/v1.0/oauth2/accessToken", body)
        except Unreachable as reason:
            found = f"DingTalk cannot be reached: {reason}"
            yield problem("dingtalk.credentials", found, "an answer", "check this machine's network and proxy")
        else:
            yield _judged(number, len(pairs), page)


def _pairs(examined: Examination) -> Iterator[Robot]:
    """Client ids with their secrets; the one named on the command line is that of the first nameless secret."""
    client_id = examined.options.client_id
    for robot in examined.robots:
        if not _NAMELESS.fullmatch(robot.id):
            yield robot
        elif client_id:
            yield Robot(client_id, robot.secret)
            client_id = ""


def _judged(number: int, total: int, page: Page) -> Finding:
    check, which = "dingtalk.credentials", f"credentials {number} of {total}"
    try:
        body = json.loads(page.body)
    except ValueError:
        body = None
    answer = body if isinstance(body, dict) else {}
    if page.status == 200 and answer.get("accessToken"):
        return ok(check, f"DingTalk takes {which}")
    code = str(answer.get("code", ""))[:80]
    if not code:
        found = f"something that is not DingTalk answered {page.status}"
        return problem(check, found, "an access token", "check this machine's network and proxy")
    if "IpNotInWhiteList" in code:
        remedy = "nothing for the functions: they do not call this; else take this machine into the app's IP list"
        return warning(check, f"the app takes no calls from this machine's address ({code})", "an access token", remedy)
    remedy = "copy Client ID and Client Secret of the same app from open-dev.dingtalk.com once more, and deploy"
    return problem(check, f"DingTalk refuses {which}: {page.status} {code}", "an access token", remedy)
