"""The deployed `conversation`, asked over its address by GETs and one unsigned POST; no message is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from conversation.channels.dingtalk import signature
from doctoring.examination import Examination
from doctoring.finding import Finding, ok, or_ok, problem, skipped
from doctoring.web import Page, Unreachable, may_carry_signatures

MOST_SKEW_S = 60
"""DingTalk's signatures may lie 300 s ahead; whoever's clock is off by more than this should know."""

_HOW = "--url https://….fcapp.run, as `s deploy` prints it"


def health(examined: Examination) -> Iterator[Finding]:
    """It answers, and has its settings."""
    check, url = "url.health", examined.options.url
    if not url:
        yield skipped(check, "no address is given", _HOW)
        return
    if not may_carry_signatures(url):
        found = f"the address begins with {url.partition('://')[0][:20]}://"
        yield problem(check, found, "https:// and a host", "DingTalk calls https only")
        return
    try:
        page = examined.web.get(_base(url) + "/")
    except Unreachable as reason:
        found = f"the address does not answer: {reason}"
        yield problem(check, found, "200", "compare it with what `s conversation info` shows; is it deployed?")
        return
    yield _health(check, page)


def _health(check: str, page: Page) -> Finding:
    state = _object(page)
    if page.status == 200 and state.get("status") == "ok":
        if state.get("settings") == "complete":
            return ok(check, "conversation answers, its settings are complete")
        remedy = "see the remedies in its ERROR lines (s conversation logs), correct the settings and deploy"
        return problem(check, "the deployed conversation says that its settings are incomplete", "complete", remedy)
    if page.status == 403:
        remedy = "authType: anonymous and disableURLInternet: false in s.yaml, and deploy"
        return problem(check, "FC answered 403: the trigger is not open", "200", remedy)
    if page.status >= 500 or "x-fc-error-type" in page.headers:
        found = f"{page.status} {page.headers.get('x-fc-error-type', '')}".strip()
        return problem(check, f"the function failed: {found}", "200", "see its log: s conversation logs")
    remedy = "is it the address of conversation's HTTP trigger? compare with `s conversation info`"
    return problem(check, f"something else answered {page.status}", "conversation's health", remedy)


def path(examined: Examination) -> Iterator[Finding]:
    """Messages are taken at CALLBACK_PATH: an unsigned POST there is refused for its signature, not for its path."""
    check, url = "url.path", examined.options.url
    if not url:
        yield skipped(check, "no address is given", _HOW)
        return
    wanted, given = examined.conversation.dingtalk.callback_path, urlsplit(url).path.rstrip("/")
    if given != wanted and given:
        found = "the path of the address is not CALLBACK_PATH"
        yield problem(check, found, "the same", "correct the robot's message receiving address, or CALLBACK_PATH")
        return
    try:
        status = examined.web.post(_base(url) + (wanted or "/"), b"").status
    except Unreachable as reason:
        yield skipped(check, f"the address does not answer: {reason}")
        return
    findings = []
    if status == 404:
        found = "the deployed conversation takes messages at another path"
        findings = [problem(check, found, "CALLBACK_PATH as here", "deploy again, or correct CALLBACK_PATH")]
    elif status != 401:
        found = f"an unsigned message was answered {status}"
        findings = [problem(check, found, "401", "is it conversation's address, and does the trigger take POST?")]
    yield from or_ok(check, findings, "messages are taken at CALLBACK_PATH" if wanted else "messages are taken")


def signatures(examined: Examination) -> Iterator[Finding]:
    """A GET signed with each robot's secret: the deployed function says whether it knows the secret."""
    check, url = "url.signature", examined.options.url
    robots = examined.robots
    if not url or not robots:
        yield skipped(check, "no address is given" if not url else "no secret is set", _HOW if not url else "")
        return
    if not may_carry_signatures(url):
        yield skipped(check, "what is signed goes over https only", _HOW)
        return
    for number, robot in enumerate(robots, 1):
        stamp = str(int(examined.clock.now() * 1000))
        headers = {"timestamp": stamp, "sign": signature(stamp, robot.secret).decode()}
        try:
            matched = _object(examined.web.get(_base(url) + "/", headers)).get("signature") == "matched"
        except Unreachable as reason:
            yield skipped(check, f"the address does not answer: {reason}")
            return
        if matched:
            yield ok(check, f"secret {number} of {len(robots)} is known to the deployed function")
        else:
            found = f"secret {number} of {len(robots)} is not known to the deployed function"
            remedy = "deploy again: it has another secret; or this machine's clock is wrong: see clock.skew"
            yield problem(check, found, "a signature that matches", remedy)


def skew(examined: Examination) -> Iterator[Finding]:
    """This machine's clock against the Date header of the address, else of DingTalk's API."""
    check = "clock.skew"
    url = _base(examined.options.url) + "/" if examined.options.url else examined.options.dingtalk_api
    try:
        theirs = parsedate_to_datetime(examined.web.get(url).headers.get("date", "")).timestamp()
    except Unreachable as reason:
        yield skipped(check, f"no other clock can be reached: {reason}")
        return
    except (TypeError, ValueError):
        yield skipped(check, "the answer has no Date header")
        return
    off = examined.clock.now() - theirs
    if abs(off) <= MOST_SKEW_S:
        yield ok(check, f"this machine's clock is right to {abs(off):.0f} s")
    else:
        found = f"this machine's clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}"
        yield problem(check, found, f"at most {MOST_SKEW_S} s", "set it (NTP): what is signed here may be refused")


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _object(page: Page) -> dict[str, object]:
    try:
        found = json.loads(page.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
