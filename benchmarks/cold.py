"""Cold starts: from the start of a process to the acknowledgement, and to the first byte of the model's request.

Variants are run one after the other and then again, so that what else the machine does falls on all of them alike.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import messages, settings
from benchmarks.launch import Instance, Run, run
from benchmarks.limits import Group, Size
from benchmarks.packages import Packages
from benchmarks.standins import Standins

WAYS = ("ours", "ours-sources", "comparison", "comparison-sources")
"""Ours as it ships, ours without bytecode, and the comparison with and without."""

MakeGroup = Callable[[Size], Group]


@dataclass(frozen=True)
class Sample:
    """One cold start: `ms` to the event that counts, CPU in ms, and memory's peak in MB; `killed` when it ran out."""

    ms: float
    cpu_ms: float
    peak_mb: float
    killed: bool = False


@dataclass(frozen=True)
class Bench:
    """What the cold measurements need."""

    packages: Packages
    standins: Standins
    group: MakeGroup

    def front(self, way: str) -> Instance:
        """The acknowledging function of one way."""
        host = self.standins.host
        if way.startswith("ours"):
            name, form, environ = way.replace("ours", "conversation"), "event", settings.conversation(host)
        else:
            name, form, environ = (
                way.replace("comparison", "comparison-conversation"),
                "wsgi",
                settings.comparison(host),
            )
        return Instance(self.packages[name], form, environ, self.packages.python)

    def back(self, way: str, mount: str) -> Instance:
        """The answering function of one way."""
        host = self.standins.host
        if way.startswith("ours"):
            name, environ = way.replace("ours", "reply"), settings.reply(host, mount)
        else:
            name, environ = way.replace("comparison", "comparison-reply"), settings.comparison(host)
        return Instance(self.packages[name], "event", environ, self.packages.python)

    def callback(self, way: str) -> bytes:
        """A signed callback in the form that the way wants."""
        make = messages.http_event if way.startswith("ours") else messages.wsgi_event
        return make(self.standins.host, 1)


def acknowledgements(bench: Bench, size: Size, repeats: int, ways: Sequence[str] = WAYS) -> Mapping[str, list[Sample]]:
    """Process start until the handler has returned its 200."""
    samples: dict[str, list[Sample]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            bench.standins.forget()
            with bench.group(size) as group:
                done = run(bench.front(way), [bench.callback(way)], group)
            if not bench.standins.of("invoke"):
                raise RuntimeError(f"{way} acknowledged without handing over")
            samples[way].append(_sample(done, done.first_ms, group))
    return samples


def questions(bench: Bench, size: Size, repeats: int, ways: Sequence[str]) -> Mapping[str, list[Sample]]:
    """Start of the acknowledging process until the model's request arrives, from another process started cold.

    The second process starts as soon as the invocation arrives: FC's own time for that is the same for every way.
    """
    samples: dict[str, list[Sample]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            samples[way].append(_question(bench, size, way))
    return samples


def _question(bench: Bench, size: Size, way: str) -> Sample:
    ended: list[Run] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-bucket-") as mount,
        bench.group(size) as front,
        bench.group(size) as back,
    ):

        def answer(event: bytes) -> None:
            def work() -> None:
                ended.append(run(bench.back(way, mount), [event], back))

            thread = threading.Thread(target=work)
            threads.append(thread)
            thread.start()

        threads: list[threading.Thread] = []
        bench.standins.forget()
        bench.standins.on_invoke = answer
        first = run(bench.front(way), [bench.callback(way)], front)
        for thread in threads:
            thread.join()
        bench.standins.on_invoke = lambda _: None
    if not ended:
        raise RuntimeError(f"{way} did not start its second function")
    asked = bench.standins.of("model")
    ms = (asked[0].at - first.started) / 1e6 if asked else float("nan")
    if not front.enforced:
        ms = (first.cpu + ended[0].cpu) / 1e6 / size.cores
    peak = max(first.peak, ended[0].peak)
    return Sample(ms, (first.cpu + ended[0].cpu) / 1e6, peak / 1e6, bool(first.kills or ended[0].kills))


def replies(
    bench: Bench, size: Size, repeats: int, ways: Sequence[str] = ("ours", "ours-sources")
) -> Mapping[str, list[Sample]]:
    """Start of `reply` until the first byte of the model's request; its CPU and peak are those of the whole answer."""
    samples: dict[str, list[Sample]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            bench.standins.forget()
            event = next(iter(messages.reply_events(bench.standins.host, 1)))
            with tempfile.TemporaryDirectory(prefix="bench-bucket-") as mount, bench.group(size) as group:
                done = run(bench.back(way, mount), [event], group)
            asked = bench.standins.of("model")
            ms = (asked[0].at - done.started) / 1e6 if asked else float("nan")
            if not done.kills and not bench.standins.of("webhook"):
                raise RuntimeError(f"{way} did not answer")
            samples[way].append(_sample(done, ms, group))
    return samples


def _sample(done: Run, ms: float, group: Group) -> Sample:
    cpu_ms = done.cpu / 1e6
    return Sample(ms if group.enforced else cpu_ms / group.size.cores, cpu_ms, done.peak / 1e6, bool(done.kills))
