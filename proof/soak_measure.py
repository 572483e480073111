"""What is looked at while it runs: memory of processes, files in the bucket, times."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.cloud import LocalCloud

_SAVED = re.compile(r"\d{13}-[0-9a-f]{16}\.json")
_RECORD = re.compile(r"([0-9a-f]{32})\.[a-z]+\.\d+\.json")


@dataclass(frozen=True)
class Files:
    """What lies in the bucket: counts of files, and the ids of messages that are still noted as open."""

    conversations: int = 0
    documents: int = 0
    most_in_one: int = 0
    records: int = 0
    kept_aside: int = 0
    others: Sequence[str] = ()
    open: frozenset[str] = frozenset()

    @property
    def all(self) -> int:
        """Every file."""
        return self.documents + self.records + self.kept_aside + len(self.others) + len(self.open)


def files(bucket: Path) -> Files:
    """Count what lies in the bucket."""
    folders: Counter[str] = Counter()
    aside, records, others, still_open = 0, 0, [], set()
    for folder, _, names in os.walk(bucket):
        place = os.path.relpath(folder, bucket)
        top = place.partition(os.sep)[0]
        for name in names:
            if top == "conversations" and _SAVED.fullmatch(name):
                folders[place] += 1
            elif top == "conversations" and name.endswith(".set-aside"):
                aside += 1
            elif top == "records" and _RECORD.fullmatch(name):
                records += 1
            elif top == "records" and name.endswith(".open"):
                still_open.add(name.removesuffix(".open"))
            else:
                others.append(f"{place}/{name}")
    most = max(folders.values(), default=0)
    return Files(len(folders), folders.total(), most, records, aside, tuple(others), frozenset(still_open))


def crowded(bucket: Path) -> list[str]:
    """Folders of conversations that hold more than one document."""
    found = []
    for folder, _, names in os.walk(bucket / "conversations"):
        if sum(1 for name in names if _SAVED.fullmatch(name)) > 1:
            found.append(os.path.relpath(folder, bucket))
    return sorted(found)


def resident_mb(pid: int) -> float:
    """Memory of a process that is resident, in MB; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


@dataclass
class Instances:
    """Memory of instances over what each has served: `seen` has (runs, MB) by function and instance."""

    runs: Counter[str] = field(default_factory=Counter)
    seen: dict[tuple[str, str], list[tuple[int, float]]] = field(default_factory=dict)

    def count(self, cloud: LocalCloud) -> None:
        """Add the runs that are known now; to be called once before they are forgotten."""
        for invocation in cloud.invocations():
            for outcome in invocation.outcomes:
                self.runs[outcome.instance] += 1

    def look(self, cloud: LocalCloud) -> dict[str, float]:
        """The most that an instance of each function has now, in MB."""
        most: dict[str, float] = {}
        for name, pool in cloud.fc.pools.items():
            for instance in list(pool.instances):
                size = resident_mb(instance.pid) if instance.pid else 0.0
                if size:
                    self.seen.setdefault((name, instance.name), []).append((self.runs[instance.name], size))
                    most[name] = max(most.get(name, 0.0), size)
        return most

    def growth(self, function: str, *, warm: int = 100) -> float:
        """MB by which instances grow per 1,000 runs once they have served `warm`: over all of them together.

        Each counts by its runs, and not at all with few: the allocator moves in steps.
        """
        runs, size = 0, 0.0
        for (name, _), points in self.seen.items():
            settled = [point for point in points if point[0] >= warm]
            if name == function and settled and settled[-1][0] - settled[0][0] >= warm:
                runs, size = runs + settled[-1][0] - settled[0][0], size + settled[-1][1] - settled[0][1]
        return size / runs * 1000 if runs else 0.0


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of them lies; 0 without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
