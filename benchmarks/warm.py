"""Warm instances: acknowledgements, `reply`'s own work per message, and the way from callback to model request."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import messages, settings
from benchmarks.cold import Bench
from benchmarks.launch import Call, Instance, run
from benchmarks.limits import NoGroup, Size

WHOLE = Size(1, 1024)
PROGRAM = Path(__file__).resolve().parent / "stub_invocation.py"
WARMING = 5
"""First calls that are not counted."""


@dataclass(frozen=True)
class Calls:
    """Many calls of one warm handler: wall and CPU times in ms, sorted."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @classmethod
    def of(cls, calls: tuple[Call, ...]) -> Calls:
        """All but the first ones."""
        counted = calls[WARMING:]
        return cls(
            tuple(sorted((call.end - call.begin) / 1e6 for call in counted)),
            tuple(sorted(call.cpu / 1e6 for call in counted)),
        )

    def wall_at(self, share: float) -> float:
        """A quantile of wall time in ms."""
        return self.wall[min(len(self.wall) - 1, int(share * len(self.wall)))]

    @property
    def cpu_median(self) -> float:
        """The median of CPU time in ms."""
        return self.cpu[len(self.cpu) // 2]

    @property
    def per_cpu_second(self) -> float:
        """Calls that one second of CPU pays for."""
        return 1000 * len(self.cpu) / sum(self.cpu)


def acknowledgements(bench: Bench, count: int, way: str) -> Calls:
    """Signed callbacks to one instance, over loopback to the stand-in of FC; all of them must be handed over."""
    bench.standins.forget()
    make = messages.http_event if way.startswith("ours") else messages.wsgi_event
    events = [make(bench.standins.host, number) for number in range(count + WARMING)]
    done = run(bench.front(way), events, NoGroup(WHOLE))
    if len(bench.standins.of("invoke")) != len(events):
        raise RuntimeError(f"of {len(events)} callbacks {len(bench.standins.of('invoke'))} were handed over")
    return Calls.of(done.calls)


def stubbed(bench: Bench, count: int) -> Calls:
    """The same with the invocation answered by a stub inside the process: everything but the network."""
    front = bench.front("ours")
    events = [messages.http_event(bench.standins.host, number) for number in range(count + WARMING)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        given, results = Path(folder, "events"), Path(folder, "results")
        given.write_bytes(b"".join(event + b"\n" for event in events))
        command = [*front.python, "-I", "-S", "-B", str(PROGRAM), str(front.folder), str(given), str(results)]
        subprocess.run(command, env=dict(front.environ), check=True, stdout=subprocess.DEVNULL)
        *rows, handed_over = results.read_text().split("\n")
    if int(handed_over) != len(events):
        raise RuntimeError(f"of {len(events)} callbacks {handed_over} were handed over")
    return Calls.of(tuple(Call(*map(int, row.split())) for row in rows))


@dataclass(frozen=True)
class Answers:
    """Messages answered by one warm `reply`: times in ms, and the process's peak in MB."""

    calls: Calls
    to_model: tuple[float, ...]
    peak_mb: float


def answers(bench: Bench, count: int, *, person: int | None = None, answer: str = "") -> Answers:
    """One warm instance answers messages, each from another person unless one is given."""
    standins = bench.standins
    standins.forget()
    usual, standins.answer = standins.answer, answer or standins.answer
    try:
        with tempfile.TemporaryDirectory(prefix="bench-bucket-") as mount:
            events = list(messages.reply_events(standins.host, count + WARMING, person=person))
            done = run(bench.back("ours", mount), events, NoGroup(WHOLE))
    finally:
        standins.answer = usual
    asked = standins.of("model")
    if len(asked) != len(events):
        raise RuntimeError(f"of {len(events)} messages {len(asked)} reached the model")
    # One message after the other: the n-th request belongs to the n-th call.
    to_model = sorted(
        (request.at - call.begin) / 1e6 for request, call in list(zip(asked, done.calls, strict=True))[WARMING:]
    )
    return Answers(Calls.of(done.calls), tuple(to_model), done.peak / 1e6)


def memory(bench: Bench, size: Size) -> tuple[float, bool]:
    """Peak of `reply` (MB) in a group of `size`, with 20 turns of context and an answer of 20 KB; was it killed?"""
    standins = bench.standins
    standins.forget()
    usual, standins.answer = standins.answer, "A line of an answer of twenty thousand bytes.\n" * 435
    try:
        with tempfile.TemporaryDirectory(prefix="bench-bucket-") as mount, bench.group(size) as group:
            # Short answers first, so that there is a context; parts of a long answer are a second apart.
            _fill(bench, mount)
            events = list(messages.reply_events(standins.host, 1, person=1))
            standins.forget()
            done = run(bench.back("ours", mount), events, group)
    finally:
        standins.answer = usual
    [asked], posts = standins.of("model"), standins.of("webhook")
    if len(asked.body) < 20_000 or sum(len(post.body) for post in posts) < 20_000:
        raise RuntimeError(f"asked with {len(asked.body)} bytes of context, answered in {len(posts)} posts")
    return done.peak / 1e6, bool(done.kills)


def _fill(bench: Bench, mount: str) -> None:
    usual, bench.standins.answer = bench.standins.answer, "A line of an answer of a thousand bytes.\n" * 24
    events = list(messages.reply_events(bench.standins.host, 20, person=1))
    back = bench.back("ours", mount)
    quick: Mapping[str, str] = {**back.environ, **settings.reply(bench.standins.host, mount)}
    run(Instance(back.folder, back.form, quick, back.python), events, NoGroup(WHOLE))
    bench.standins.answer = usual
