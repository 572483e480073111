"""`make smoke URL=https://…`: one signed message to a deployed `conversation`, and what comes of it.

The secret is SMOKE_SECRET, or the robot's of DINGTALK_APP_SECRET and DINGTALK_CREDENTIALS, in the environment or in
.env, and never an argument: everybody on a machine can read command lines. It is sent nowhere; what it signs goes over
https only, but for this machine itself.

Without an option the message is a question whose session webhook expired long ago: it is verified, handed over and
acknowledged as any other, `reply` asks no model and posts nothing, and leaves one `undeliverable` record and log line.
`--help-only` sends `/help`: answered in the response, nothing is invoked. `--webhook` serves a session webhook on this
machine and waits for the answer; its host must be in the functions' WEBHOOK_HOSTS, as on the local cloud. Where only
some people or groups may talk to the robot, `--sender` and `--group` say for whom it is sent.

Exit code: 0 as it must be, 1 not, 2 it could not run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    found = sys.version.split()[0]
    print(f"smoke: Python 3.10 to 3.13 is wanted, this is {found}; run it by: make smoke", file=sys.stderr)
    sys.exit(2)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "functions"), str(ROOT / "tools")]

from conversation.channels.dingtalk import signature  # noqa: E402 - found through the path set above
from conversation.channels.dingtalk_settings import DingTalkSettings  # noqa: E402 - as above
from doctoring import DoctorError  # noqa: E402 - as above
from doctoring.env_file import read_env_file  # noqa: E402 - as above
from doctoring.finding import struck_out  # noqa: E402 - as above
from doctoring.sentences import cause_of, is_help  # noqa: E402 - as above
from doctoring.web import Page, Unreachable, Web, may_carry_signatures  # noqa: E402 - as above
from doctoring.webhook import Webhook  # noqa: E402 - as above
from shared.settings import SettingsReader  # noqa: E402 - as above

SLOW_MS = 10_000
"""DingTalk is said to wait no longer for an acknowledgement."""

_REFUSALS = {
    401: "the function does not know this secret, or a clock is off by minutes; try: make doctor ARGS='--url …'",
    403: "the trigger is not open: authType: anonymous and disableURLInternet: false in s.yaml, and deploy",
    404: "messages are taken at another path: let URL end with CALLBACK_PATH",
    405: "this is not the address of conversation's HTTP trigger",
}


class SmokeError(Exception):
    """It is not as it must be; the text is one sentence."""


class CannotRun(Exception):
    """Nothing was sent; the text is one sentence."""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Send, look, say what was seen; returns the exit code."""
    options, secret = _parse(arguments), ""
    try:
        _require(options)
        secret = _secret(options, environ)
        _smoke(options, secret, Web.of(environ))
    except (SmokeError, CannotRun) as error:
        print(f"smoke: {struck_out(str(error), [secret])}", file=sys.stderr)
        return 2 if isinstance(error, CannotRun) else 1
    return 0


def _require(options: argparse.Namespace) -> None:
    if not re.match(r"https?://[^/]", options.url):
        raise CannotRun("no address was given; wanted: make smoke URL=https://….fcapp.run")
    if not may_carry_signatures(options.url):
        raise CannotRun(
            "nothing signed is sent to that address; wanted https, and a plain host: URL=https://….fcapp.run"
        )


def _secret(options: argparse.Namespace, environ: Mapping[str, str]) -> str:
    """The secret to sign with. Raises CannotRun when there is none, or when it cannot be told which."""
    try:
        variables = {**read_env_file(options.env, environ).values, **environ}
    except DoctorError as error:
        raise CannotRun(str(error)) from None
    if not options.robot and variables.get("SMOKE_SECRET"):
        return variables["SMOKE_SECRET"]
    found = DingTalkSettings.read(SettingsReader(variables))
    ids = sorted(set(found.names.values()))
    if not ids:
        raise CannotRun(f"no secret was found; export DINGTALK_APP_SECRET=…, or write it into {options.env}")
    wanted = found.names.get(options.robot or ids[0], "")
    if not wanted or (len(ids) > 1 and not options.robot):
        raise CannotRun(f"which of the robots is it? wanted one of --robot {', --robot '.join(ids)}")
    return next(robot.secret for robot in found.robots if robot.id == wanted)


def _smoke(options: argparse.Namespace, secret: str, web: Web) -> None:
    if not options.webhook:
        page = _sent(options, secret, web, expired_webhook(options.webhook_host))
        if _acknowledged(page, help_only=options.help_only) and options.help_only:
            raise SmokeError(
                "the help was not in the response: INSTANT_ANSWERS is webhook, or HELP is longer than one message, and "
                "reply posts it; where the functions may post to this machine, wait for it: --webhook"
            )
        return
    try:
        webhook = Webhook.open(options.webhook)
    except (OSError, ValueError, OverflowError) as reason:
        raise CannotRun(f"a webhook cannot be served at {options.webhook} ({reason}); name another HOST:PORT") from None
    with webhook:
        started = time.monotonic()
        expires = int(time.time() * 1000) + 5_400_000
        page = _sent(options, secret, web, {"sessionWebhook": webhook.url, "sessionWebhookExpiredTime": expires})
        if _acknowledged(page, help_only=options.help_only):
            text = webhook.wait(options.seconds)
            if text is None:
                raise SmokeError(f"no answer came within {options.seconds:g} s; look into the log: s reply logs")
            print(f"answered after {time.monotonic() - started:.1f} s: {_beginning(text)}")
            if options.help_only and not is_help(text):
                raise SmokeError("that is not the help; look into the log: s reply logs")


def expired_webhook(host: str) -> dict[str, object]:
    """A webhook of the right form that nobody has: `reply` neither asks the model nor posts."""
    return {
        "sessionWebhook": f"https://{host}/robot/sendBySession?session={secrets.token_hex(16)}",
        "sessionWebhookExpiredTime": int(time.time() * 1000) - 1000,
    }


def _sent(options: argparse.Namespace, secret: str, web: Web, webhook: Mapping[str, object]) -> Page:
    stamp = str(int(time.time() * 1000))
    body = {
        "msgtype": "text",
        "text": {"content": "/help" if options.help_only else options.text},
        "msgId": f"smoke{secrets.token_hex(12)}",
        "createAt": int(stamp),
        "conversationType": "2" if options.group else "1",
        "conversationId": options.group or "smoke-test",
        "senderId": "smoke-test",
        **({"senderStaffId": options.sender} if options.sender else {}),
        "senderNick": "smoke test",
        **webhook,
    }
    headers = {"timestamp": stamp, "sign": signature(stamp, secret).decode()}
    started = time.monotonic()
    try:
        page = web.post(options.url, json.dumps(body).encode(), headers)
    except Unreachable as reason:
        raise SmokeError(f"{urlsplit(options.url).hostname} does not answer: {reason}; is it deployed?") from None
    took = int((time.monotonic() - started) * 1000)
    if page.status != 200:
        remedy = _REFUSALS.get(page.status, "see the function's log: s conversation logs")
        raise SmokeError(f"the message was answered {page.status}; wanted 200; {remedy}")
    print(f"acknowledged after {took} ms")
    if took > SLOW_MS:
        raise SmokeError(f"the acknowledgement took {took} ms; wanted at most {SLOW_MS}; raise conversation's size")
    return page


def _acknowledged(page: Page, *, help_only: bool) -> bool:
    """Whether it was handed over; else the acknowledgement shows a sentence in the chat, which must be the help."""
    try:
        body = json.loads(page.body)
        kind = body["msgtype"]
    except (ValueError, TypeError, KeyError):
        raise SmokeError("what answered is not conversation; check URL") from None
    if kind == "empty":
        print("handed over to reply")
        return True
    content = body.get(kind)
    said = str(content.get("text") or content.get("content")) if isinstance(content, dict) else ""
    if not (help_only and is_help(said)):
        found = "that is not the help" if help_only else "the message was not handed over"
        raise SmokeError(f"{found}, and people would read: {_beginning(said)}; {cause_of(said)}")
    print(f"answered in the response: {_beginning(said)}")
    return False


def _beginning(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 100 else flat[:99] + "…"


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="smoke.py",
        description="Send one signed message to a deployed conversation; the secret is in the environment or in .env.",
    )
    add = parser.add_argument
    add("url", help="the address that DingTalk calls, with CALLBACK_PATH where it is set")
    add("--text", default="Answer with the single word: yes", help="the question (default: %(default)s)")
    add("--robot", default="", metavar="ID", help="whose secret signs, where there are several robots")
    add("--env", type=Path, default=ROOT / ".env", help="a file with variables (default: the project's .env)")
    add("--help-only", action="store_true", help="ask for help instead: nothing is invoked")
    add("--sender", default="", metavar="USERID", help="a user id of ALLOW_USERS, where that is set")
    add(
        "--group",
        default="",
        metavar="ID",
        help="as in this group: any text, or one of ALLOW_GROUPS, where that is set",
    )
    add("--webhook-host", default="oapi.dingtalk.com", help="one of WEBHOOK_HOSTS (default: %(default)s)")
    add("--webhook", default="", metavar="HOST:PORT", help="serve a session webhook here and wait for the answer")
    add("--seconds", type=float, default=60, help="how long to wait for the answer (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
