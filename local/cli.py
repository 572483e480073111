"""The command line of the local cloud."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.cloud import LocalCloud
from local.dotenv import DotenvProblem, read_dotenv
from local.fc import AsyncRules
from local.options import Options
from local.page_server import PageServer
from local.provider import provider
from local.runs import LogLine
from local.settings_files import Compiled, SettingsFilesProblem, compile_files

PORT = 8765


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="Run both functions on this machine, with stand-ins for Function Compute, DingTalk, OSS and the "
        "model, and a page to talk to them. CHATGPT_API_KEY or BASE_URL, in the environment or in .env, switch to a "
        "real model.",
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="port of the page; 0 for any free one (default %(default)s)"
    )
    parser.add_argument(
        "--instances", type=int, default=4, help="most instances of each function (default %(default)s)"
    )
    parser.add_argument(
        "--bucket", type=Path, default=Path(".local/oss"), help="folder of the bucket (default %(default)s)"
    )
    parser.add_argument("--env", type=Path, default=Path(".env"), help="file with settings (default %(default)s)")
    parser.add_argument(
        "--settings", type=Path, default=Path(), help="folder of config.yml and prompts.yml (default: this one)"
    )
    parser.add_argument(
        "--language", choices=("zh", "en"), help="language of the bot and the page (default: LANGUAGE, or zh)"
    )
    parser.add_argument("--demo", action="store_true", help="use the demonstration model although a key is set")
    parser.add_argument("--logs", action="store_true", help="print what the functions log")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parsed = parser.parse_args(given)
    if not 0 <= parsed.port <= 65535:
        parser.error("--port must be from 0 to 65535")
    if not 1 <= parsed.instances <= 100:
        parser.error("--instances must be from 1 to 100")
    return parsed


def main(given: Sequence[str]) -> int:
    """Run until Ctrl-C; returns the exit status."""
    parsed = arguments(given)
    with tempfile.TemporaryDirectory(prefix="local-cloud-settings-") as work:
        try:
            files = compile_files(parsed.settings, Path(work))
            dotenv = read_dotenv(parsed.env)
        except (DotenvProblem, SettingsFilesProblem) as problem:
            return _fail(str(problem))
        return _start(parsed, dotenv, files)


def _start(parsed: argparse.Namespace, dotenv: Mapping[str, str], files: Compiled) -> int:
    environ = {} if parsed.demo else os.environ
    # A model's address in config.yml is for the deployment; what switches to it here is a key beside it.
    demo = provider(environ, dotenv, demo=parsed.demo).demo
    # The same order as deployed: what is unset or empty in the environment comes from the file.
    settings = {**files.settings, **{name: value for name, value in dotenv.items() if value.strip()}}
    chosen = provider(environ, settings, demo=demo)
    language = parsed.language or chosen.settings.get("LANGUAGE") or os.environ.get("LANGUAGE") or ""
    options = Options(
        conversation_settings={**chosen.conversation_settings, **files.conversation},
        reply_settings=chosen.settings,
        instances=parsed.instances,
        bucket=parsed.bucket,
        language=language if language in ("zh", "en") else "zh",
        rules=AsyncRules(retry_delay=1.0),
        pace=1.0,
        model_pace=0.02,
        watch_files=True,
    )
    try:
        cloud = LocalCloud(options)
    except OSError as problem:
        return _fail(f"the bucket folder {parsed.bucket} cannot be used: {problem.strerror or problem}")
    return _run(cloud, parsed, {"demo": chosen.demo, "name": chosen.name})


def _run(cloud: LocalCloud, parsed: argparse.Namespace, model: Mapping[str, Any]) -> int:
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: stopped.set())
    with cloud:
        page = PageServer(cloud.parts, dict(model))
        try:
            cloud.do(page.site.start(parsed.port))
        except OSError as problem:
            return _fail(_port_problem(parsed.port, problem))
        if parsed.logs:
            cloud.fc.on_log = _print_log
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


def _print_log(line: LogLine) -> None:
    print(f"{line.function}  {line.text}", file=sys.stderr, flush=True)


def _fail(sentence: str) -> int:
    print(f"python -m local: {sentence}", file=sys.stderr)
    return 1
