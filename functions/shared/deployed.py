"""What the build made of `config.yml` and `prompts.yml`: one JSON file at the root of a package.

The only module besides the bucket's that opens files: what is deployed with the code is not configured in the cloud,
where the whole environment may have 4 KB (https://www.alibabacloud.com/help/en/fc/user-guide/limits).
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.settings import says_nothing

_BESIDE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "settings.json")


@dataclass(frozen=True)
class Template:
    """A prompt template: what is put before and behind the words of whoever uses its title."""

    title: str
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True)
class Deployed:
    """Settings from the file, and templates; None stands for those that ship with the code."""

    settings: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[Template, ...] | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Deployed:
        """Read `settings.json` beside the packages, or where SETTINGS_FILE says (the local cloud has no package).

        No file is an empty one. Raises OSError or ValueError when there is one that the build did not make.
        """
        try:
            data = _loaded(environ.get("SETTINGS_FILE") or _BESIDE)
        except FileNotFoundError:
            return cls()
        templates = data.get("templates")
        return cls(data.get("settings", {}), None if templates is None else _templates(templates))

    def under(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """The environment, with the file's value for what it leaves unset or empty."""
        missing = {name: value for name, value in self.settings.items() if says_nothing(environ.get(name, ""))}
        return {**environ, **missing}


def read_templates(path: str) -> tuple[Template, ...]:
    """Read a list of templates, in its order. Raises OSError or ValueError."""
    return _templates(_loaded(path))


def _templates(rows: Any) -> tuple[Template, ...]:
    return tuple(Template(row["title"], row.get("prefix", ""), row.get("suffix", "")) for row in rows)


def _loaded(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)
