"""Drive a local cloud as many people at once: `python -m benchmarks.drive`, alone or with one that runs.

Everything is real but the model: signed callbacks, both functions, the bucket, posts to session webhooks. With
`--url` a `python -m local` that runs already is driven through the page's interface, so that its page shows it live.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from local.client import Client, ClientProblem
from local.launch import LaunchProblem, add_options, check_options, launched
from local.page_server import PageServer
from local.story import Json

ANSWERED, NOT_ANSWERED = 0, 1
"""Exit statuses; argparse's own for wrong usage is 2."""

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Driven:
    """What came of all messages: how many, the seconds of all, and the ms of each that was acknowledged, answered."""

    messages: int
    seconds: float
    acknowledged_ms: Sequence[float]
    answered_ms: Sequence[float]

    @property
    def unanswered(self) -> int:
        """Messages to which nothing was shown."""
        return self.messages - len(self.answered_ms)

    def lines(self) -> list[str]:
        """For people to read."""
        rate = self.messages / self.seconds
        return [
            f"{self.messages} messages, {self.unanswered} without an answer, {rate:.1f} per second",
            f"acknowledged after {_spread(self.acknowledged_ms)}",
            f"answered after {_spread(self.answered_ms)}",
        ]


def drive(url: str, messages: int, at_once: int, timeout: float) -> Driven:
    """Send so many messages, by everybody in turn, so many at once; each may take `timeout` seconds.

    Raises ClientProblem.
    """
    with Client(url) as client:
        chats = [c for c in client.state()["conversations"] if c["kind"] == "private"]
    places = [{"conversation": chat["id"], "person": chat["people"][0]} for chat in chats]
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(messages):
        waiting.put(number)

    def work() -> list[Json]:
        found = []
        with Client(url) as own:
            while (number := _next(waiting)) is not None:
                sent = own.send({**places[number % len(places)], "text": f"{number + 1}?", "kind": "text"})
                found.append(own.wait(sent["id"], timeout)["message"]["state"])
        return found

    began = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        states = [state for done in [pool.submit(work) for _ in range(at_once)] for state in done.result()]
    times = [[state[name] for state in states if state[name] is not None] for name in ("ack_ms", "answered_ms")]
    return Driven(messages, time.monotonic() - began, *times)


def main(given: Sequence[str]) -> int:
    """Drive, print; returns the exit status."""
    parsed = _arguments(given)
    try:
        with _address(parsed) as url:
            driven = drive(url, parsed.messages, parsed.at_once, parsed.timeout)
    except (LaunchProblem, ClientProblem) as problem:
        print(f"python -m benchmarks.drive: {problem}", file=sys.stderr)
        return NOT_ANSWERED
    print("\n".join(driven.lines()))
    return NOT_ANSWERED if driven.unanswered else ANSWERED


@contextmanager
def _address(parsed: argparse.Namespace) -> Iterator[str]:
    """The address of the cloud to drive: the one given, or that of one that is started for this."""
    if parsed.url:
        yield parsed.url
        return
    with launched(parsed) as ready, ready.cloud as cloud:
        page = PageServer(cloud.parts, dict(ready.model))
        cloud.do(page.site.start())
        try:
            yield page.site.url
        finally:
            cloud.do(page.stop())


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drive",
        description="Send many messages at once to a local cloud, without a browser, and print times and losses. "
        "Exit status: 0 everything answered, 1 not everything, 2 wrong usage.",
    )
    parser.add_argument("--url", help="address of a local cloud that runs already (default: start one for this)")
    parser.add_argument("--messages", type=int, default=200, help="how many in all (default %(default)s)")
    parser.add_argument("--at-once", type=int, default=8, help="how many at the same time (default %(default)s)")
    parser.add_argument("--timeout", type=float, default=120, help="most seconds for each (default %(default)s)")
    add_options(parser, bucket=None)
    parsed = parser.parse_args(given)
    check_options(parser, parsed)
    if parsed.messages < 1:
        parser.error("--messages must be at least 1")
    if not 1 <= parsed.at_once <= MOST_AT_ONCE:
        parser.error(f"--at-once must be from 1 to {MOST_AT_ONCE}")
    return parsed


def _next(waiting: SimpleQueue[int]) -> int | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


def _spread(times: Sequence[float]) -> str:
    if not times:
        return "nothing"
    ordered = sorted(times)
    worst = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return f"{ordered[len(ordered) // 2]:.0f} ms (median), {worst:.0f} ms (99 %)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
