"""Starting an instance in its group, and what came of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.limits import Group

PROGRAM = Path(__file__).resolve().parent / "instance.py"
LONGEST_S = 180
"""Seconds after which an instance is given up."""


@dataclass(frozen=True)
class Instance:
    """A package to run: its folder, the form its handler has ("event" or "wsgi"), its settings, the Python."""

    folder: Path
    form: str
    environ: Mapping[str, str]
    python: Sequence[str]


@dataclass(frozen=True)
class Call:
    """One call of the handler; all in ns, `begin` and `end` on the monotonic clock."""

    begin: int
    end: int
    cpu: int


@dataclass(frozen=True)
class Run:
    """One instance's life: `started` on the monotonic clock (ns), CPU of all of it (ns), memory's peak in bytes."""

    started: int
    calls: tuple[Call, ...]
    cpu: int
    peak: int
    exit_status: int
    kills: int

    @property
    def first_ms(self) -> float:
        """From the start of the process to the end of the first call, in ms."""
        return (self.calls[0].end - self.started) / 1e6


def run(instance: Instance, events: Sequence[bytes], group: Group) -> Run:
    """Start an instance in `group`, let it handle `events` one after the other, and wait for its end.

    Raises RuntimeError, with the end of what it wrote, when it failed for another reason than memory.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        given, results, said = Path(folder, "events"), Path(folder, "results"), Path(folder, "said")
        given.write_bytes(b"".join(event + b"\n" for event in events))
        # -B: FC's code folder cannot be written, so no instance leaves bytecode for the next.
        command = [*instance.python, "-I", "-S", "-B", str(PROGRAM), str(instance.folder), instance.form]
        with said.open("wb") as output:
            started = time.monotonic_ns()
            process = subprocess.Popen(
                [*command, str(given), str(results)],
                env=dict(instance.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=group.enter,
            )
            status, cpu = _waited(process)
        kills = group.kills()
        if status != 0 and not kills:
            raise RuntimeError(f"{instance.folder} ended with {status}: {said.read_text(errors='replace')[-2000:]}")
        lines = results.read_text().splitlines() if status == 0 else []
        calls = tuple(Call(*map(int, line.split())) for line in lines[:-1])
        return Run(started, calls, cpu, int(lines[-1]) * 1024 if lines else 0, status, kills)


def _waited(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Exit status and CPU (ns) of one process."""
    until = time.monotonic() + LONGEST_S
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, round((usage.ru_utime + usage.ru_stime) * 1e9)
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.005)
