"""`python -m local send "text"`: one signed callback, and the answers to it on standard output."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from local.client import Client, ClientProblem
from local.kinds import KINDS
from local.launch import LaunchProblem, add_options, check_options, launched
from local.page_server import PageServer
from local.story import Json
from local.story_text import story_text

ANSWERED, NOT_ANSWERED, USAGE = 0, 1, 2
"""Exit statuses."""


class NobodyFound(Exception):
    """There is no such person; the text says who there is."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local send",
        description="Send one message to the bot as DingTalk does, wait until nothing more can come, and print the "
        "answers. Exit status: 0 answered, 1 not answered, 2 wrong usage.",
    )
    parser.add_argument("text", help="what the person writes")
    parser.add_argument(
        "--url", help="address of a local cloud that runs already (default: start one for this message)"
    )
    parser.add_argument("--person", default="", help="who writes: a name, staff id or id (default: the first one)")
    parser.add_argument("--group", action="store_true", help="in the group, mentioning the robot")
    parser.add_argument("--kind", choices=tuple(KINDS), default="text", help="kind of message (default %(default)s)")
    parser.add_argument("--timeout", type=float, default=300, help="most seconds to wait (default %(default)s)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--story", action="store_true", help="print the whole exchange")
    what.add_argument("--json", action="store_true", help="print message, answers and story as one JSON object")
    add_options(parser, bucket=None)
    parsed = parser.parse_args(given)
    check_options(parser, parsed)
    return parsed


def main(given: Sequence[str]) -> int:
    """Send, wait, print; returns the exit status."""
    parsed = arguments(given)
    try:
        if parsed.url:
            return _send(parsed.url, parsed)
        with launched(parsed) as ready, ready.cloud as cloud:
            page = PageServer(cloud.parts, dict(ready.model))
            cloud.do(page.site.start())
            try:
                return _send(page.site.url, parsed)
            finally:
                cloud.do(page.stop())
    except NobodyFound as problem:
        print(f"python -m local send: {problem}", file=sys.stderr)
        return USAGE
    except (LaunchProblem, ClientProblem) as problem:
        print(f"python -m local send: {problem}", file=sys.stderr)
        return NOT_ANSWERED


def _send(url: str, parsed: argparse.Namespace) -> int:
    with Client(url) as client:
        place = _place(client.state(), parsed.person, group=parsed.group)
        sent = client.send({**place, "text": parsed.text, "kind": parsed.kind, "mention": True})
        found = client.wait(sent["id"], parsed.timeout)
        message, answers = found["message"], found["answers"]
        if parsed.json:
            print(json.dumps({**found, "story": client.story(sent["id"])}, ensure_ascii=False, indent=2))
        elif parsed.story:
            print(story_text(message, answers, client.story(sent["id"])))
        elif answers:
            print("\n\n".join(answer["text"] for answer in answers))
    if answers:
        return ANSWERED
    nothing = "everything has ended, and nothing was answered"
    why = message["state"]["why"] or (nothing if found["over"] else f"no answer within {parsed.timeout:g} seconds")
    print(f"python -m local send: {why}", file=sys.stderr)
    return NOT_ANSWERED


def _place(state: Json, name: str, *, group: bool) -> Json:
    """Return the person of that name and their private chat, or the group."""
    people = state["people"]
    wanted = name.casefold()
    names = ("id", "name", "staffId")
    person = next((p for p in people if not wanted or wanted in {p[key].casefold() for key in names}), None)
    if person is None:
        raise NobodyFound(f"nobody is called {name!r}; there are {', '.join(p['name'] for p in people)}")
    kind = "group" if group else "private"
    place = next(c for c in state["conversations"] if c["kind"] == kind and person["id"] in c["people"])
    return {"conversation": place["id"], "person": person["id"]}
