"""The command line of the local cloud: the page, and what scripts use instead of it."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import threading
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.cloud import LocalCloud
from local.launch import LaunchProblem, add_options, check_options, launched
from local.page_server import PageServer
from local.recordings import Recording, RecordingProblem
from local.runs import LogLine

PORT = 8765
BUCKET = Path(".local/oss")


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Run both functions on this machine, with stand-ins for Function Compute, DingTalk, OSS and the "
        "model, and a page to talk to them. CHATGPT_API_KEY or BASE_URL, in the environment or in .env, switch to a "
        "real model.",
        epilog='Also: `python -m local send "text"` sends one message and prints the answer; `python -m local recorder '
        "FILE` records what a real robot is sent. Both have a --help of their own.",
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="port of the page; 0 for any free one (default %(default)s)"
    )
    add_options(parser, bucket=BUCKET)
    parser.set_defaults(bucket=None)  # a replay has a temporary one
    parser.add_argument("--record", type=Path, metavar="FILE", help="append every callback to this file")
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="send the callbacks of this file, print their stories, and end"
    )
    parser.add_argument("--logs", action="store_true", help="print what the functions log")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parsed = parser.parse_args(given)
    if not 0 <= parsed.port <= 65535:
        parser.error("--port must be from 0 to 65535")
    check_options(parser, parsed)
    if parsed.bucket is None and parsed.replay is None:
        parsed.bucket = BUCKET
    return parsed


def main(given: Sequence[str]) -> int:
    """Do what the command line asks; returns the exit status."""
    if given and given[0] == "send":
        from local import send

        return send.main(given[1:])
    if given and given[0] == "recorder":
        from local import recorder

        return recorder.main(given[1:])
    parsed = arguments(given)
    try:
        recording = Recording(parsed.record) if parsed.record else None
        with launched(parsed) as ready:
            if recording is not None:
                ready.cloud.dingtalk.delivering = recording.append
            if parsed.replay is not None:
                from local.replay import replay

                return replay(ready.cloud, parsed.replay, print_log=parsed.logs)
            return _run(ready.cloud, parsed, ready.model)
    except (LaunchProblem, RecordingProblem) as problem:
        return fail(str(problem))


def _run(cloud: LocalCloud, parsed: argparse.Namespace, model: Mapping[str, Any]) -> int:
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: stopped.set())
    with cloud:
        page = PageServer(cloud.parts, dict(model))
        try:
            cloud.do(page.site.start(parsed.port))
        except OSError as problem:
            return fail(_port_problem(parsed.port, problem))
        if parsed.logs:
            cloud.fc.on_log = print_log
        print(page.site.url, flush=True)
        if parsed.open:
            webbrowser.open(page.site.url)
        while not stopped.wait(3600):
            pass
        cloud.do(page.stop())
    return 0


def _port_problem(port: int, problem: OSError) -> str:
    if problem.errno in (errno.EADDRINUSE, errno.EACCES):
        return f"port {port} is taken; stop the other program, or choose another with --port (0 finds a free one)"
    return f"port {port} cannot be opened: {problem.strerror or problem}"


def print_log(line: LogLine) -> None:
    """Print a line that a function wrote."""
    print(f"{line.function}  {line.text}", file=sys.stderr, flush=True)


def fail(sentence: str) -> int:
    """Say in one sentence why nothing was done; returns the exit status."""
    print(f"python -m local: {sentence}", file=sys.stderr)
    return 1
