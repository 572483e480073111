"""What counting costs, before and after there was an account: `python -m benchmarks.account [--quick]`.

On a simulated mount: every page of 1,000 names, and every small read, write and removal takes 30 ms. The evening of a
month's 28th day, at four times the day's mean rate. A question's own share is what it does before the model is asked:
its note, its person's day, and the month of the deployment. Waiting is counted on the mount's own clock, accesses at
the same time once; the CPU that Python and its threads take is measured and added, `at half a core` twice, as the
shipped size of `reply` would take. Results: benchmarks/results/account.md.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.account_before import Before
from benchmarks.account_mount import Folder, SimulatedMount
from benchmarks.report import RESULTS
from reply.bucket import at_once
from reply.earlier import Earlier
from reply.journal import shard_of, shards, sheet_file
from reply.records import Record, Records
from reply.run import FOLD_EVERY
from reply.sheets import DayTotal, Sheet, to_json
from reply.tallies import Tally
from reply.tallies import to_json as rollup
from reply.usage import Ledger
from shared.log import Log
from shared.message import Message, ReplyTarget, Sender

LATENCY_S = 0.030
PEAK = 4.0
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
NOW = 1_782_660_600
"""Seconds since the epoch: 2026-06-28 23:30 in China."""
TODAY, MONTH = "2026-06-28", "2026-06"
OVER = [f"2026-06-{day:02}" for day in range(1, 28)]
TOKENS = 900
"""Of a question."""
OPEN_S = 7.2
"""Seconds that a question is open: the mean of docs/capacity.md."""
ROBOT = "dingbench"


@dataclass
class Clock:
    """A clock that stands where it is put."""

    time: float = NOW

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.time += seconds

    def wait(self, event: object, seconds: float) -> bool:  # noqa: ARG002 - as Clock has it
        """Nobody waits here."""
        return False


@dataclass
class Sample:
    """What doing something several times took: wall clock and CPU in ms, and accesses of one time."""

    ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    accesses: Counter[str] = field(default_factory=Counter)

    def row(self) -> str:
        """Cells of a table: p50, p99, p99 at half a core, CPU, accesses each time."""
        half = [wall + cpu for wall, cpu in zip(self.ms, self.cpu_ms, strict=True)]
        each = ", ".join(f"{count / len(self.ms):,.0f} {what}" for what, count in sorted(self.accesses.items()))
        cpu = statistics.median(self.cpu_ms)
        return f"{_ms(self.ms, 0.5)} | {_ms(self.ms, 0.99)} | {_ms(half, 0.99)} | {cpu:,.1f} ms | {each}"


def _ms(values: Sequence[float], share: float) -> str:
    value = sorted(values)[min(len(values) - 1, int(share * len(values)))]
    return f"{value / 1000:,.1f} s" if value >= 10_000 else f"{value:,.0f} ms"


@dataclass(frozen=True)
class Size:
    """Messages and people of a day."""

    messages: int
    people: int

    @property
    def each(self) -> int:
        """Messages of one person."""
        return max(1, self.messages // self.people)

    def names(self) -> list[str]:
        """Everybody's staff id."""
        return [f"staff{number:06}" for number in range(self.people)]


def turn_of(person: str, number: int) -> str:
    """The id of a person's message."""
    return hashlib.md5(f"{person} {number}".encode(), usedforsecurity=False).hexdigest()


def message(person: str, number: int, at: float) -> Message:
    """A question."""
    sender, target = Sender(person, person, f"Name {person}"), ReplyTarget("https://oapi.dingtalk.com/x")
    ms = int(at * 1000)
    return Message(f"{person} {number}", ROBOT, "cid", False, sender, target, ms, "?", signed_at=ms, handed_over_at=ms)


class World:
    """Both layouts of one deployment on a mount, as a month of use has left them."""

    def __init__(self, size: Size) -> None:
        self.size, self.clock = size, Clock()
        self.people = size.names()
        self.mount = SimulatedMount()
        log = Log(stream=io.StringIO())
        earlier = Earlier(self.mount, self.clock)
        self.records = Records(self.mount, CHINA, earlier, log, keep_text=False, reserving=True)
        self.ledger = Ledger(self.records, self.mount, self.clock, log)
        self._sheets()
        self._last_minutes()
        self.mount.made = self._made
        self.mount.seconds = LATENCY_S

    def _sheets(self) -> None:
        """What the month has left in each shard: its days that are over, and today until ten minutes ago."""
        of_shard: dict[str, list[str]] = {shard: [] for shard in shards()}
        for person in self.people:
            of_shard[shard_of(person)].append(person)
        each, until = self.size.each, int((NOW - 600) * 1000)
        for shard, people in of_shard.items():
            days = {day: DayTotal(each * len(people), each * TOKENS * len(people), len(people)) for day in OVER[:-1]}
            recent = {day: dict.fromkeys(people, (each, each * TOKENS)) for day in (OVER[-1], TODAY)}
            month = each * (len(OVER) + 1)
            sheet = Sheet(days, recent, {person: (month, month * TOKENS, f"Name {person}") for person in people})
            name = sheet_file(until, month * TOKENS * len(people))
            self.mount.folders[("account", ROBOT, MONTH, shard)] = {name: to_json(sheet)}

    def _last_minutes(self) -> None:
        """Ten minutes at the peak, booked and folded as runs do, and what is open at their end."""
        rate = self.size.messages / 86_400 * PEAK
        count = int(rate * 600)
        for number in range(count):
            at = NOW - 600 + number / rate
            person = self.people[number * 7919 % len(self.people)]
            one = message(person, 10**6 + number, at)
            self.clock.time = at
            self.records.book(one, "answered", TOKENS, int(at * 1000))
            if int(one.turn_id[-2:], 16) % FOLD_EVERY == 0:
                self.ledger.fold(one)
        self.clock.time = NOW
        for number in range(int(rate * OPEN_S)):
            self.records.account.reserve(message(self.people[number], 10**7 + number, NOW - number / rate), 2000)

    def _made(self, folder: Folder) -> Sequence[str]:
        """Records of today, of both layouts, too many to be held."""
        if folder == ("records",):
            return [ROBOT]
        if len(folder) == 4 and folder[:3] == ("records", ROBOT, TODAY):
            return [f"{turn_of(folder[3], n)}.answered.{TOKENS}.json" for n in range(self.size.each)]
        return ()

    def before(self) -> Before:
        """The same month as the version before had stored it, on a mount of its own."""
        mount, size = SimulatedMount(), self.size
        lines = {p: Tally(size.each, size.each * TOKENS, f"Name {p}", p) for p in self.people}
        for day in OVER:
            mount.folders[("rollups", day)] = {"1790000000000-0123456789abcdef.json": rollup(lines)}
        settled = {"v": 1, "settled": OVER[-1], "settled_tokens": size.messages * TOKENS * len(OVER), "tokens": 0}
        mount.folders[("totals", MONTH)] = {"1790000000000-0123456789abcdef.json": json.dumps(settled).encode()}

        def made(folder: Folder) -> Sequence[str]:
            if folder == ("records", TODAY):
                return self.people
            if len(folder) == 3 and folder[:2] == ("records", TODAY):
                return [f"{turn_of(folder[2], n)}.answered.{TOKENS}.json" for n in range(size.each)]
            return ()

        mount.made = made
        mount.contents = {"records": lambda folder, _: json.dumps({"user": folder[2], "nick": folder[2]}).encode()}
        mount.seconds, mount.quiet_s = LATENCY_S, 0.01  # it is far slower in any case
        self.mount_before = mount
        return Before(mount, MONTH, OVER, TODAY)


def measured(mount: SimulatedMount, times: int, work: Callable[[int], object]) -> Sample:
    """Do something several times."""
    sample = Sample()
    mount.count.clear()
    for number in range(times):
        began, cpu = mount.now, time.process_time()
        work(number)
        sample.cpu_ms.append((time.process_time() - cpu) * 1000)
        sample.ms.append((mount.now - began) * 1000 + sample.cpu_ms[-1])
    sample.accesses.update(mount.count)
    return sample


def _asks(world: World, limit: int) -> Callable[[int], object]:
    """A question's own share, as reply.limits does it."""

    def ask(number: int) -> object:
        one = message(world.people[number * 31 % len(world.people)], 10**8 + number, NOW)
        first: list[Callable[[], object]] = [
            partial(world.records.open, one, 2000),
            partial(world.ledger.last_total, one),
        ]
        last: Any = at_once(first)[1]
        counts: list[Callable[[], object]] = [
            partial(world.ledger.of_sender, one),
            partial(world.ledger.tokens_of_month, one, limit, last),
        ]
        return at_once(counts)

    return ask


def _ended(world: World) -> Callable[[int], object]:
    """What comes after the answer was shown, a record and all."""

    def end(number: int) -> None:
        one = message(world.people[number * 31 % len(world.people)], 10**8 + number, NOW)
        world.records.close(one, Record("answered", "m", 400, 500), NOW * 1000)
        world.records.book(one, "answered", TOKENS, NOW * 1000)
        world.records.forget_open(one, 2000)

    return end


def rows(size: Size, questions: int) -> list[str]:
    """A table's rows for one size."""
    world = World(size)
    used = world.ledger.tokens_of_month(message("x", 1, NOW), 1)
    world.ledger.keep_total()
    spoken = message(world.people[3], 1, NOW)
    after = {
        "a question, the limit far": measured(world.mount, questions, _asks(world, used * 10**6)),
        "after its answer": measured(world.mount, questions, _ended(world)),
        "a question, near the limit": measured(world.mount, questions, _asks(world, used + 10**6)),
        "a fold, in one run of 16 at most": measured(world.mount, 16, lambda n: _fold(world, n)),
        "`用量`": measured(world.mount, 5, lambda _: world.ledger.month_of_sender(spoken)),
        "`用量 全部`": measured(world.mount, 3, lambda _: world.ledger.month(spoken)),
    }
    before = world.before()
    mount = world.mount_before
    many = 1 if size.people > 1000 else 3
    then = {
        "a question, near the limit": measured(mount, many, lambda _: _asked_before(mount, before)),
        "`用量`": measured(mount, many, lambda _: before.own_month(world.people[3])),
        "`用量 全部`": measured(mount, many, lambda _: before.everybody()),
    }
    head = f"{size.messages:,} ({size.people:,})"
    found = [f"| {head} | before | {name} | {sample.row()} |" for name, sample in then.items()]
    return found + [f"| {head} | after | {name} | {sample.row()} |" for name, sample in after.items()]


def _fold(world: World, number: int) -> None:
    """What has become old enough a minute later, of one shard."""
    world.clock.time = NOW + 60
    wanted = f"{number:02}"
    person = next((person for person in world.people if shard_of(person) == wanted), world.people[0])
    world.ledger.fold(message(person, 10**9, NOW + 60))


def _asked_before(mount: SimulatedMount, before: Before) -> None:
    mount.write_new(("records", TODAY, "staff000003"), f"{'f' * 32}.2000.open", b"{}")
    before.of_person("staff000003")
    before.tokens_of_month()
    mount.remove(("records", TODAY, "staff000003"), f"{'f' * 32}.2000.open")


SIZES = (Size(1_000, 200), Size(100_000, 20_000), Size(1_000_000, 20_000))

HEAD = (
    "| messages (people) a day | | what | p50 | p99 | p99 at half a core | CPU | accesses each time |\n"
    "|---|---|---|---|---|---|---|---|"
)


def main(arguments: Sequence[str] | None = None) -> str:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the smallest size only, printed and not kept")
    options = parser.parse_args(arguments)
    sizes, questions = (SIZES[:1], 20) if options.quick else (SIZES, 200)
    table = "\n".join([HEAD, *(row for size in sizes for row in rows(size, questions))])
    print(table)
    if not options.quick:
        intro = (__doc__ or "").partition("\n\n")[2].strip()
        text = f"# The account\n\nMade by `python -m benchmarks.account`.\n\n{intro}\n\n{table}\n"
        Path(RESULTS / "account.md").write_text(text, encoding="utf-8")
    return table


if __name__ == "__main__":
    main()
