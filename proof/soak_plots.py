"""Plots of kept soaks: outcomes by fault, memory and files over messages, times, and the curve to saturation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proof.outcomes import OUTCOMES, WINDOWS
from proof.soak_runs import Run, by_fault

COLOURS = {
    "answered": "#1677ff",
    "failed": "#faad14",
    "refused": "#bfbfbf",
    "undeliverable": "#8c8c8c",
    "none": "#f5222d",
}


def plots(found: Sequence[Run], folder: Path) -> list[Path]:
    """Write every plot; returns the files."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    written = []
    for name, draw, size in (
        ("soak-faults.png", _faults, (9, 0.19 * len(by_fault(found)) + 1.6)),
        ("soak-growth.png", _growth, (12, 3.6)),
        ("soak-times.png", _times, (9, 3.6)),
    ):
        figure = pyplot.figure(figsize=size)
        draw(figure, found)
        figure.tight_layout()
        figure.savefig(folder / name, dpi=110)
        pyplot.close(figure)
        written.append(folder / name)
    return written


def _faults(figure: Any, found: Sequence[Run]) -> None:
    """One bar per fault: what became of the messages that met it, and which of them were doubled."""
    axes = figure.subplots()
    counts = by_fault(found)
    names = sorted(counts, reverse=True)
    left = [0] * len(names)
    for outcome in (*OUTCOMES, "none"):
        width = [counts[name][outcome] for name in names]
        if any(width) or outcome != "none":
            axes.barh(names, width, left=left, color=COLOURS[outcome], label=outcome)
        left = [before + more for before, more in zip(left, width, strict=True)]
    for place, name in enumerate(names):
        doubled = [f"{counts[name][key]} in {w}" for w in WINDOWS if counts[name][key := f"doubled in window {w}"]]
        if doubled:
            axes.text(left[place], place, f" doubled: {', '.join(doubled)}", va="center", fontsize=6)
    axes.set_xlabel("messages that met the fault")
    axes.tick_params(axis="y", labelsize=6)
    axes.set_xlim(0, 1.25 * max(left, default=1))
    axes.set_ylim(-0.8, len(names) - 0.2)
    axes.legend(fontsize=7, frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)


def _growth(figure: Any, found: Sequence[Run]) -> None:
    """Memory of the largest instance and files over messages, of one instance over its runs; one line per run."""
    memory, life, files = figure.subplots(1, 3)
    for number, run in enumerate(found):
        samples = run.data["samples"]
        at = [sample["messages"] for sample in samples]
        for key, colour, title in (("reply_mb", "#1677ff", "reply"), ("conversation_mb", "#8c8c8c", "conversation")):
            memory.plot(
                at[1:], [sample[key] for sample in samples][1:], color=colour, label="" if number else title, alpha=0.7
            )
            points = run.data["lives"].get(title, [])
            life.plot(*zip(*points, strict=True), color=colour, label="" if number else title, alpha=0.7)
        for key, colour in (("records", "#1677ff"), ("documents", "#faad14"), ("conversations", "#8c8c8c")):
            files.plot(at, [sample[key] for sample in samples], color=colour, label="" if number else key, alpha=0.7)
    for axes, title, over in (
        (memory, "MB of the largest instance", "messages"),
        (life, "MB of one instance that is not killed", "its runs"),
        (files, "files in the bucket", "messages"),
    ):
        axes.set_title(title, fontsize=9)
        axes.set_xlabel(over)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=7, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)


def _times(figure: Any, found: Sequence[Run]) -> None:
    """Percentiles of the times of messages without faults, and what came through at growing rates of arrival."""
    times, curve = figure.subplots(1, 2)
    for number, run in enumerate(found):
        for key, colour, title in (
            ("acknowledged_ms", "#8c8c8c", "acknowledgement"),
            ("overhead_ms", "#1677ff", "callback to post, without the model"),
        ):
            points = run.data[key]
            times.plot(
                list(points), list(points.values()), "o-", color=colour, label="" if number else title, alpha=0.7
            )
        levels = run.data["curve"]
        arriving = [level["arriving"] for level in levels]
        curve.plot(arriving, [level["completed"] for level in levels], "o-", color="#1677ff", alpha=0.7)
    times.set_yscale("log")
    times.set_title("ms, messages without faults", fontsize=9)
    times.legend(fontsize=7, frameon=False)
    most = max((level["arriving"] for run in found for level in run.data["curve"]), default=1)
    curve.plot([0, most], [0, most], ":", color="#8c8c8c")
    curve.set_title("messages answered per second, over arriving per second", fontsize=9)
    for axes in (times, curve):
        axes.spines[["top", "right"]].set_visible(False)
