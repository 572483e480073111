"""What comes out: one table with every budget, the same as JSON, and plots."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Row:
    """One line of the table. `met` is None where the budget is not one of a number here."""

    what: str
    ours: str
    comparison: str
    budget: str
    met: bool | None
    note: str = ""


@dataclass
class Report:
    """Everything one run found out. `data` has every sample."""

    machine: Mapping[str, str]
    rows: list[Row] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def table(self) -> str:
        """The rows as markdown."""
        lines = ["| what | ours | comparison | budget | met |", "|---|---|---|---|---|"]
        marks = {True: "yes", False: "**no**", None: ""}
        for row in self.rows:
            lines.append(f"| {row.what} | {row.ours} | {row.comparison} | {row.budget} | {marks[row.met]} |")
        notes = [f"- {row.what}: {row.note}" for row in self.rows if row.note]
        about = [f"- {name}: {value}" for name, value in self.machine.items()]
        return "\n".join(["# Benchmarks", "", *lines, "", *notes, "", "Measured on:", "", *about, ""])

    def write(self, folder: Path = RESULTS) -> None:
        """Write `latest.json` and `latest.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {"machine": dict(self.machine), "rows": [asdict(row) for row in self.rows], "data": self.data}
        (folder / "latest.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "latest.md").write_text(self.table(), encoding="utf-8")


NAMED = ("openai", "httpx2", "pydantic", "requests", "aliyun-fc2")
"""Libraries whose versions matter: ours are the first three, the comparison's the last two."""


def machine(python: Sequence[str], versions: Mapping[str, str], limits: str) -> dict[str, str]:
    """What the numbers depend on. `python` is the command that runs the functions, `versions` are by library."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        model = next(
            (line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line), ""
        )
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "processor": f"{model or platform.processor()}, {os.cpu_count()} cores; load before the run {load}",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "functions run by": _version(python),
        "libraries": ", ".join(f"{name} {versions[name]}" for name in NAMED),
        "sizes": limits,
        "date": time.strftime("%Y-%m-%d"),
    }


def _version(python: Sequence[str]) -> str:
    asked = [*python, "-c", "import platform; print(platform.python_implementation(), platform.python_version())"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def plot_cold(data: Mapping[str, Mapping[str, list[float]]], path: Path) -> None:
    """Bars: one group per measurement, one bar per way, medians in seconds."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    ways = {
        "ours": ("this bot", "#1677ff"),
        "ours-sources": ("this bot, built without bytecode", "#91caff"),
        "comparison": ("fc2 + requests, with bytecode", "#bfbfbf"),
        "comparison-sources": ("fc2 + requests, without bytecode", "#8c8c8c"),
    }
    figure, axes = pyplot.subplots(1, len(data), figsize=(3.1 * len(data), 4))
    for place, (title, samples) in zip(axes, data.items(), strict=True):
        for number, way in enumerate(way for way in ways if way in samples):
            values = sorted(samples[way])
            middle = values[len(values) // 2] / 1000
            place.bar(number, middle, color=ways[way][1], label=ways[way][0])
            place.text(number, middle, f"{middle:.2g}", ha="center", va="bottom", fontsize=8)
        place.set_title(title, fontsize=9)
        place.set_xticks([])
        place.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("seconds, median")
    handles, labels = max((place.get_legend_handles_labels() for place in axes), key=lambda pair: len(pair[1]))
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def plot_load(points: Sequence[Mapping[str, float]], path: Path) -> None:
    """Callbacks per second, and waiting, over how many are open at once."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, left = pyplot.subplots(figsize=(6, 4))
    at_once = [point["at_once"] for point in points]
    left.plot(at_once, [point["per_second"] for point in points], "o-", color="#1677ff")
    left.set_xscale("log", base=2)
    left.set_xlabel("callbacks open at once")
    left.set_ylabel("acknowledged per second", color="#1677ff")
    left.set_ylim(bottom=0)
    right = left.twinx()
    right.plot(at_once, [point["p50_ms"] for point in points], "s-", color="#8c8c8c", label="median")
    right.plot(at_once, [point["p99_ms"] for point in points], "^--", color="#8c8c8c", label="p99")
    right.set_ylabel("time to acknowledgement, ms", color="#595959")
    right.set_ylim(bottom=0)
    right.legend(frameon=False, loc="upper left")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
