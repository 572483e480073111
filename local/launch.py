"""Options of the command line that describe a local cloud, and the cloud they describe."""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import LocalCloud
from local.dotenv import DotenvProblem, read_dotenv
from local.fc import AsyncRules
from local.functions import CODE
from local.options import Options
from local.provider import Provider, provider
from local.settings_files import Compiled, SettingsFilesProblem, compile_files

DEPLOYED_AS = {"LANGUAGE": "BOT_LANGUAGE", "HTTP_PROXY": "MODEL_PROXY"}
"""Settings that s.yaml takes from variables of other names: shells have these for themselves."""


class LaunchProblem(Exception):
    """The cloud cannot be started; the text is one sentence for whoever asked."""


@dataclass(frozen=True)
class Launched:
    """A local cloud that is not started yet, and the model that answers in it, as the page knows it."""

    cloud: LocalCloud
    model: Mapping[str, Any]


def add_options(parser: argparse.ArgumentParser, *, bucket: Path | None) -> None:
    """Let `parser` read what `launched` needs; without a default for the bucket it is a temporary folder."""
    parser.add_argument(
        "--instances", type=int, default=4, help="most instances of each function (default %(default)s)"
    )
    shown = bucket or "a temporary one"
    parser.add_argument("--bucket", type=Path, default=bucket, help=f"folder of the bucket (default: {shown})")
    parser.add_argument("--env", type=Path, default=Path(".env"), help="file with settings (default %(default)s)")
    parser.add_argument(
        "--settings", type=Path, default=Path(), help="folder of config.yml and prompts.yml (default: this one)"
    )
    parser.add_argument(
        "--language", choices=("zh", "en"), help="language of the bot and the page (default: LANGUAGE, or zh)"
    )
    parser.add_argument("--demo", action="store_true", help="use the demonstration model although a key is set")
    bot = parser.add_argument_group("another bot than this project's")
    bot.add_argument("--code", type=Path, action="append", metavar="DIR", help="folder of its modules; may be repeated")
    bot.add_argument("--handler", metavar="MODULE.NAME", help="what answers the HTTP trigger, as FC names it")
    bot.add_argument("--reply-handler", metavar="MODULE.NAME", help="its second function, where it has one")


def check_options(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> None:
    """End with a usage error when an option is not what it must be."""
    # What stands in a folder that somebody names may be dear to them.
    parsed.bucket_named = parsed.bucket is not None
    if not 1 <= parsed.instances <= 100:
        parser.error("--instances must be from 1 to 100")
    if bool(parsed.code) != bool(parsed.handler) or (parsed.reply_handler and not parsed.handler):
        parser.error("another bot needs --code and --handler")
    for handler in filter(None, (parsed.handler, parsed.reply_handler)):
        if not re.fullmatch(r"\w+(\.\w+)+", handler):
            parser.error(f"{handler!r} is no handler; name one as FC does: module.name")


@contextmanager
def launched(parsed: argparse.Namespace) -> Iterator[Launched]:
    """Make the cloud that the options describe. Raises LaunchProblem."""
    with tempfile.TemporaryDirectory(prefix="local-cloud-settings-") as work:
        if not parsed.code and not CODE.is_dir():
            raise LaunchProblem("this project's functions are not installed; name your bot with --code and --handler")
        try:
            files = Compiled() if parsed.code else compile_files(parsed.settings, Path(work))
            dotenv = read_settings(parsed.env, {} if parsed.demo else os.environ)
        except (DotenvProblem, SettingsFilesProblem) as problem:
            raise LaunchProblem(str(problem)) from None
        yield _launched(parsed, dotenv, files)


def read_settings(path: Path, shell: Mapping[str, str]) -> dict[str, str]:
    """The settings in a `.env`, under the names that the functions have for them. Raises DotenvProblem."""
    found = read_dotenv(path, shell)
    if found.skipped:
        raise DotenvProblem(f"line {found.skipped[0]} of {path.name} is not of the form NAME=value")
    settings = dict(found.written)
    for name, other in DEPLOYED_AS.items():
        if value := settings.pop(other, ""):
            settings[name] = value
    return settings


def _launched(parsed: argparse.Namespace, dotenv: Mapping[str, str], files: Compiled) -> Launched:
    environ = {} if parsed.demo else os.environ
    # A model's address in config.yml is for the deployment; what switches to it here is a key beside it.
    demo = provider(environ, dotenv, demo=parsed.demo).demo
    # The same order as deployed: what is unset or empty in the environment comes from the file.
    settings = {**files.settings, **{name: value for name, value in dotenv.items() if value.strip()}}
    chosen = provider(environ, settings, demo=demo)
    language = parsed.language or chosen.settings.get("LANGUAGE") or os.environ.get("LANGUAGE") or ""
    options = Options(
        instances=parsed.instances,
        bucket=parsed.bucket,
        bucket_kept=parsed.bucket_named,
        language=language if language in ("zh", "en") else "zh",
        rules=AsyncRules(retry_delay=1.0),
        pace=1.0,
        model_pace=0.02,
        watch_files=True,
        **_functions(parsed, chosen, files),
    )
    try:
        cloud = LocalCloud(options)
    except OSError as problem:
        raise LaunchProblem(
            f"the bucket folder {parsed.bucket} cannot be used: {problem.strerror or problem}"
        ) from None
    return Launched(cloud, {"demo": chosen.demo, "name": chosen.name})


def _functions(parsed: argparse.Namespace, chosen: Provider, files: Compiled) -> dict[str, Any]:
    """What runs, and its settings: which of the two functions of another bot needs a key is not known here."""
    if not parsed.code:
        conversation = {**chosen.conversation_settings, **files.conversation}
        return {"conversation_settings": conversation, "reply_settings": chosen.settings}
    handlers = {"conversation_handler": parsed.handler, "reply_handler": parsed.reply_handler or ""}
    return {"code": tuple(parsed.code), **handlers, "settings": chosen.settings}
