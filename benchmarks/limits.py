"""CPU and memory groups: the sizes of function instances on a Linux machine that lets us make them.

Version 2 (cpu.max, memory.max) and version 1 (cpu.cfs_quota_us, memory.limit_in_bytes) of the kernel's control groups:
https://docs.kernel.org/admin-guide/cgroup-v2.html and /cgroup-v1/. Making one needs root or a delegated group.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PERIOD_US = 100_000
"""The period over which a share of CPU is counted (µs): the kernel's default, and what containers are run with."""

_ROOT = Path("/sys/fs/cgroup")
_MB = 1024 * 1024


@dataclass(frozen=True)
class Size:
    """An instance's size: `cores` of CPU, `memory` in MB."""

    cores: float
    memory: int

    def __str__(self) -> str:
        return f"{self.cores:g} core / {self.memory} MB"


class Group:
    """A group of one size; processes whose `preexec_fn` is `enter` are held to it. A context manager."""

    enforced = True

    def __init__(self, size: Size) -> None:
        self.size = size
        name = f"bench-{os.getpid()}-{time.monotonic_ns()}"
        self._folders = _folders(name)
        quota = str(round(size.cores * PERIOD_US))
        for folder in self._folders:
            folder.mkdir()
        cpu, memory = self._folders[0], self._folders[-1]
        if len(self._folders) == 1:
            (cpu / "cpu.max").write_text(f"{quota} {PERIOD_US}")
            (memory / "memory.max").write_text(str(size.memory * _MB))
            with suppress(OSError):
                (memory / "memory.swap.max").write_text("0")
        else:
            (cpu / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (cpu / "cpu.cfs_quota_us").write_text(quota)
            (memory / "memory.limit_in_bytes").write_text(str(size.memory * _MB))
        self._doors = [str(folder / "cgroup.procs") for folder in self._folders]

    def enter(self) -> None:
        """Put the calling process into the group; to be called between fork and exec."""
        for door in self._doors:
            with open(door, "w") as file:
                file.write("0")

    def kills(self) -> int:
        """How many processes were killed because memory ran out."""
        folder = self._folders[-1]
        for name in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                fields = dict(line.split() for line in (folder / name).read_text().splitlines())
                return int(fields.get("oom_kill", 0))
        return 0

    def __enter__(self) -> Group:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for folder in self._folders:
            # A process that was just reaped may still be counted for a moment.
            for _ in range(50):
                with suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.02)


class NoGroup(Group):
    """Where no group can be made: nothing is held to anything, and wall times are derived from CPU time."""

    enforced = False

    def __init__(self, size: Size) -> None:
        self.size = size
        self._folders = []

    def enter(self) -> None:
        """Do nothing."""

    def kills(self) -> int:
        """None can be."""
        return 0


def _folders(name: str) -> list[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        available = (_ROOT / "cgroup.controllers").read_text().split()
        if not {"cpu", "memory"} <= set(available):
            raise OSError("the cpu and memory controllers are not available")
        with suppress(OSError):
            (_ROOT / "cgroup.subtree_control").write_text("+cpu +memory")
        return [_ROOT / name]
    folders = [_ROOT / "cpu" / name, _ROOT / "memory" / name]
    if not all(folder.parent.is_dir() for folder in folders):
        raise OSError("there are no control groups")
    return folders


def group_maker() -> tuple[Callable[[Size], Group], str]:
    """What makes groups here, and one sentence that says how sizes are held."""
    try:
        with Group(Size(0.5, 512)):
            pass
    except OSError as problem:
        return NoGroup, (
            f"no CPU group could be made here ({problem.strerror or problem}): "
            "times at a share of a core are derived as CPU time / share"
        )
    return Group, f"sizes are held by a CPU and memory group of the kernel, period {PERIOD_US // 1000} ms"
