"""Writes what was found into the documents, between markers, so that no number is typed by hand.

python -m proof.publish            rewrites docs/reliability.md and both READMEs from benchmarks/results
python -m proof.publish --check    only says (exit code 1) whether a document differs from the results
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from proof.outcomes import OUTCOMES, WINDOWS
from proof.plan import SAMPLED, SCALE
from proof.result import HEAD, RESULTS, table
from proof.soak_runs import Run, RunsDiffer, by_fault, runs, summary

ROOT = RESULTS.parent.parent
Block = Mapping[tuple[str, str], str]
"""Texts by file and marker."""

_NOTHING = {
    "en": "`make prove` tries to break this: [docs/reliability.md](docs/reliability.md). No run is committed yet.",
    "zh": "`make prove` 专门设法打破这个承诺：[docs/reliability.md](docs/reliability.md)（英文）。尚未提交运行结果。",
    "table": "No run is committed yet.",
}
_LINES = {
    "en": (
        "`make prove` tries to break this, and counts what people saw: {cases} cases in {parts} parts, among them a"
        " kill before and after every side effect: **{broken} violations**.\n"
        "In {runs} seeded soaks of {messages} messages in all, {share} of them with faults of {kinds} kinds, {answered}"
        " were answered, {failed} failed with an explanation, {refused} were refused, {undeliverable} had no way left;"
        " {doubled} were doubled in the windows above, **{none} had no outcome, {outside} were doubled outside**.\n"
        "How, what is not promised, and what was found and mended: [docs/reliability.md](docs/reliability.md)."
    ),
    "zh": (
        "`make prove` 专门设法打破这个承诺，并统计人们看到了什么：{parts} 个部分共 {cases} 种情形，"
        "其中包括在每个副作用之前和之后各杀死一次进程，**违反 {broken} 次**。\n"
        "另有 {runs} 次带种子的长跑，共 {messages} 条消息，其中 {share} 遇到 {kinds} 种故障：{answered} 条得到回答，"
        "{failed} 条得到失败说明，{refused} 条被说明原因地拒绝，{undeliverable} 条已经没有路可走；"
        "{doubled} 条落在上述情况里而重复，**没有结果的 {none} 条，这些情况之外重复的 {outside} 条**。\n"
        "怎么试的、不承诺什么、发现并修好了什么：[docs/reliability.md](docs/reliability.md)（英文）。"
    ),
}
"""Three lines of a README."""


def blocks(results: Path = RESULTS) -> Block:
    """Every generated text, from what lies in the folder of results. Raises RunsDiffer when they do not go together."""
    found, path = runs(results), results / "proof.json"
    proof = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    pairs = {(made["code"], made["judge"]) for made in [proof, *(run.data for run in found)] if made}
    if len(pairs) > 1:
        raise RunsDiffer(f"proof.json and the soaks are of different code, or judged by different: {sorted(pairs)}")
    return {
        ("docs/reliability.md", "proof"): _parts(proof),
        ("docs/reliability.md", "scale"): "\n".join(f"- {what}: {how}" for what, how in SCALE.items()),
        ("docs/reliability.md", "sampled"): "\n".join(f"- `{part}`: {how}" for part, how in SAMPLED.items()),
        ("docs/reliability.md", "soak"): _soaks(found),
        ("README.md", "proof"): _lines("en", proof, found),
        ("README.zh-CN.md", "proof"): _lines("zh", proof, found),
    }


def replaced(document: str, marker: str, text: str) -> str:
    """The document with what stands between the markers replaced. Raises ValueError when they are not there once."""
    begin, end = f"<!-- {marker}:begin -->\n", f"<!-- {marker}:end -->"
    if document.count(begin) != 1 or document.count(end) != 1:
        raise ValueError(f"wanted once each: {begin.strip()} and {end}")
    return re.sub(
        re.escape(begin) + ".*?" + re.escape(end), lambda _: f"{begin}{text}\n{end}", document, flags=re.DOTALL
    )


def _parts(proof: Mapping[str, Any]) -> str:
    if not proof:
        return _NOTHING["table"]
    rows = [_part_row(name, part) for name, part in proof["parts"].items()]
    minutes = sum(part["seconds"] for part in proof["parts"].values()) / 60
    intro = (
        f"Seed {proof['seed']}, share {proof['share']:g}, {minutes:.0f} minutes on {proof['machine']}; "
        f"code `{proof['code']}` (a hash over `functions/`), judged by `{proof['judge']}`."
    )
    numbers = [
        f"- {name}: {what}: {value}" for name, part in proof["parts"].items() for what, value in part["numbers"].items()
    ]
    more = ["<details>", "<summary>What else was counted and measured</summary>", "", *numbers, "", "</details>"]
    return "\n".join([intro, "", table(rows, (*HEAD, "seconds")), "", *more])


def _part_row(name: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    doubled = ", ".join(f"{count:,} in window {window}" for window, count in part["doubled"].items() if count)
    counts = [f"{part['outcomes'].get(outcome, 0):,}" for outcome in OUTCOMES]
    head = (name, f"{part['cases']:,}", f"{part['messages']:,}")
    return (*head, *counts, doubled or "0", str(len(part["violations"])), f"{part['seconds']:.0f}")


def _soaks(found: Sequence[Run]) -> str:
    if not found:
        return _NOTHING["table"]
    plots = [f"![{title}](../benchmarks/results/{name})" for name, title in _PLOTS.items()]
    return "\n\n".join(
        [
            f"Code `{found[0].code}`, judged by `{found[0].data['judge']}`, all of them; {found[0].data['machine']}.",
            summary(found),
            "By the fault that a message met (who met two is counted with both):",
            _faults(found),
            "Times in ms, of messages without faults, at full load; memory of the instance of `reply` that lives long,"
            " and files at the end:",
            _growth(found),
            *plots,
        ]
    )


def _faults(found: Sequence[Run]) -> str:
    kinds = [*OUTCOMES, "none", *(f"doubled in window {window}" for window in WINDOWS)]
    rows = [(name, *(f"{count[kind]:,}" for kind in kinds)) for name, count in sorted(by_fault(found).items())]
    return table(rows, ("fault", *kinds))


def _growth(found: Sequence[Run]) -> str:
    wanted = [(kind, share) for kind in _TIMES for share in ("p50", "p99")]
    rows = [(str(run.seed), *(f"{run.data[kind][share]:.0f}" for kind, share in wanted), *_grown(run)) for run in found]
    return table(rows, ("seed", *(f"{_TIMES[kind]} {share}" for kind, share in wanted), *_GROWN))


_TIMES = {"acknowledged_ms": "acknowledged", "overhead_ms": "overhead"}
_GROWN = ("runs of one `reply`", "MB per 1,000 once warm", "conversations", "their files", "records", "left open")
_PLOTS = {
    "soak-faults.png": "What became of messages, by the fault they met",
    "soak-growth.png": "Memory of instances over messages, of one over its runs, and files in the bucket",
    "soak-times.png": "Times of messages, and what came through at growing rates of arrival",
}


def _grown(run: Run) -> tuple[str, ...]:
    left = run.data["left_in_the_bucket"]
    points = run.data["lives"].get("reply", [[0, 0.0]])
    slope = run.data["grows_mb_per_1000_runs"].get("reply", 0.0)
    lies = (f"{left[name]:,}" for name in ("conversations", "documents", "records", "open"))
    size = [f"{mb:.0f} MB after {runs:,}" for runs, mb in (points[0], points[-1])]
    return (" → ".join(size), f"{slope:+.1f}", *lies)


def _lines(language: str, proof: Mapping[str, Any], found: Sequence[Run]) -> str:
    if not proof or not found:
        return _NOTHING[language]
    parts = proof["parts"].values()
    outcomes = {outcome: f"{sum(run.outcomes[outcome] for run in found):,}" for outcome in OUTCOMES}
    return _LINES[language].format(
        cases=f"{sum(part['cases'] for part in parts):,}",
        parts=len(parts),
        broken=sum(len(part["violations"]) for part in parts),
        runs=len(found),
        messages=f"{sum(run.messages for run in found):,}",
        share=f"{sum(run.data['troubled'] for run in found) / sum(run.messages for run in found):.1%}",
        kinds=len(by_fault(found)),
        doubled=f"{sum(sum(run.doubled.values()) for run in found):,}",
        none=sum(run.none for run in found),
        outside=sum(run.outside for run in found),
        **outcomes,
    )


def main(arguments: list[str]) -> int:
    """Rewrite or check; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m proof.publish", description="Write the results into documents.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a document differs")
    options = parser.parse_args(arguments)
    differ = []
    for (name, marker), text in blocks().items():
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = replaced(before, marker, text)
        if after != before:
            differ.append(f"{name} ({marker})")
            if not options.check:
                path.write_text(after, encoding="utf-8")
    print(f"{'differ' if options.check else 'rewritten'}: {', '.join(differ) or 'none'}")
    return 1 if options.check and differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
