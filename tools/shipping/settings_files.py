"""`config.yml` and `prompts.yml`: checked before anything is deployed, and compiled into the packages."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shipping import ShippingError
from shipping.config_file import read_config
from shipping.prompts_file import Prompt, read_prompts
from shipping.yaml_lines import Problem

ROOT = Path(__file__).resolve().parents[2]
CONFIG, PROMPTS = ("config.yml", "config.yaml"), ("prompts.yml", "prompt.yml", "prompts.yaml")
COMPILED = "settings.json"


@dataclass(frozen=True)
class SettingsFiles:
    """What the files say: settings under their names, templates (None = those that ship), and notes for the deployer.

    `read` has the files there were, `names` the settings that each function reads.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[Prompt, ...] | None = None
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def compiled(self, function: str = "") -> str:
        """JSON for one function's package, or all of it; "" when there is nothing to say."""
        names = self.names.get(function)
        data: dict[str, object] = {
            "settings": {name: value for name, value in self.settings.items() if names is None or name in names}
        }
        if self.templates is not None and function != "reply":
            data["templates"] = [template.row for template in self.templates]
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n" if any(data.values()) or len(data) > 1 else ""


NO_FILES = SettingsFiles()
"""What there is in most checkouts."""


def read_settings_files(folder: Path) -> SettingsFiles:
    """Read the files that are in `folder`. Raises ShippingError with every problem of both, a line each."""
    files, problems = examine(folder)
    if problems:
        heading = "the settings files are not right, nothing was built:"
        raise ShippingError("\n  ".join((heading, *map(str, problems))))
    return files


def examine(folder: Path) -> tuple[SettingsFiles, tuple[Problem, ...]]:
    """The files in `folder` as far as they can be used, and what is wrong in them."""
    problems: list[Problem] = []
    config, prompts = (_one_of(folder, names, problems) for names in (CONFIG, PROMPTS))
    if config is None and prompts is None:
        return SettingsFiles(), tuple(problems)
    if str(ROOT / "functions") not in sys.path:
        sys.path.append(str(ROOT / "functions"))  # the readers that will read the result are the ones that check it
    given = read_config(config, problems) if config else None
    templates = read_prompts(prompts, problems) if prompts else None
    return SettingsFiles(
        settings=given.settings if given else {},
        templates=templates,
        notes=given.notes if given else (),
        read=tuple(path.name for path in (config, prompts) if path),
        names=given.names if given else {},
    ), tuple(problems)


def write_compiled(files: SettingsFiles, function: str, package: Path) -> None:
    """Put what `function` needs of the files into its package's folder."""
    text = files.compiled(function)
    if text:
        (package / COMPILED).write_text(text, encoding="utf-8", newline="\n")


def report(files: SettingsFiles) -> Iterator[str]:
    """What the deployer reads: which files were taken, and what of them was not."""
    for name in files.read:
        yield f"{name} was read"
    yield from files.notes


def _one_of(folder: Path, names: tuple[str, ...], problems: list[Problem]) -> Path | None:
    there = [folder / name for name in names if (folder / name).is_file()]
    if len(there) > 1:
        problems.append(Problem(there[1].name, 1, f"{there[0].name} is here too; keep one of them"))
    return there[0] if there else None
