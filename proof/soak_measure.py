"""What is looked at while it runs: memory of processes, files in the bucket, times."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.cloud import LocalCloud

_SAVED = re.compile(r"\d{13}-[0-9a-f]{16}\.json")
_JOURNAL = re.compile(r"[0-9a-f]{32}\.used\..+|~\d{13}\.\d+\.[0-9a-f]{16}\.json")
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
    account: int = 0

    @property
    def all(self) -> int:
        """Every file."""
        return self.documents + self.records + self.kept_aside + len(self.others) + len(self.open) + self.account


def files(bucket: Path) -> Files:
    """Count what lies in the bucket."""
    folders: Counter[str] = Counter()
    aside, records, account, others, still_open = 0, 0, 0, [], set()
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
            elif (top == "records" and name.endswith(".open")) or (top == "account" and ".open." in name):
                still_open.add(name.partition(".")[0])
            elif top == "account" and (_JOURNAL.fullmatch(name) or os.path.basename(place) == "totals"):
                account += 1
            else:
                others.append(f"{place}/{name}")
    most = max(folders.values(), default=0)
    return Files(len(folders), folders.total(), most, records, aside, tuple(others), frozenset(still_open), account)


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


def largest(cloud: LocalCloud) -> dict[str, float]:
    """The most that an instance of each function has now, in MB."""
    return {
        name: max((resident_mb(instance.pid) for instance in list(pool.instances) if instance.pid), default=0.0)
        for name, pool in cloud.fc.pools.items()
    }


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which that share of them lies; 0 without any."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
