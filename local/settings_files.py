"""`config.yml` and `prompts.yml` for the local cloud: what the build would deploy, as its own tool says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TOOL = Path(__file__).resolve().parent.parent / "tools" / "compile_settings.py"


class SettingsFilesProblem(Exception):
    """The files are not right; the text has every problem with its line."""


@dataclass(frozen=True)
class Compiled:
    """Settings that stand in config.yml, and what the functions need besides: where their templates are."""

    settings: Mapping[str, str] = field(default_factory=dict)
    conversation: Mapping[str, str] = field(default_factory=dict)


def compile_files(folder: Path, work: Path) -> Compiled:
    """Compile the files of `folder`, with notes on the error output; `work` keeps the result while functions run.

    Raises SettingsFilesProblem.
    """
    output = work / "settings.json"
    done = subprocess.run(
        [sys.executable, str(_TOOL), str(folder), str(output)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SettingsFilesProblem(done.stderr.strip().removeprefix("settings: "))
    if done.stdout.strip():
        print(done.stdout.strip(), file=sys.stderr)
    data = json.loads(output.read_text(encoding="utf-8"))
    settings = data.pop("settings", {})
    if "templates" not in data:
        return Compiled(settings)
    # Templates only: of the settings some are the local cloud's own, and those come through its environment.
    output.write_text(json.dumps(data), encoding="utf-8")
    return Compiled(settings, {"SETTINGS_FILE": str(output.resolve())})
