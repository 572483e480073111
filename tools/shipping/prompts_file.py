"""`prompts.yml`: a list of `title`, `prefix` and `suffix`, as chatgpt-dingtalk's prompt.yml."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shipping.yaml_lines import Entry, Problem, Unreadable, composed, entries, kind_of, line_of

LONGEST_TITLE = 30
"""Characters of a title: people type it."""

_FORM = 'wanted a list like `- title: "#标题"` with `prefix: …` and `suffix: …` below it'


@dataclass(frozen=True)
class Prompt:
    """One template as it is compiled."""

    title: str
    prefix: str
    suffix: str

    @property
    def row(self) -> dict[str, str]:
        """As JSON has it."""
        return {"title": self.title, "prefix": self.prefix, "suffix": self.suffix}


def read_prompts(path: Path, problems: list[Problem]) -> tuple[Prompt, ...]:
    """The templates of the file; what is wrong goes to `problems`. An empty file has none."""
    from shared.commands import COMMANDS

    try:
        top = composed(path)
    except Unreadable as unreadable:
        problems.append(unreadable.problem)
        return ()
    if top is None or (kind_of(top) == "scalar" and top.tag.endswith(":null")):
        return ()
    if kind_of(top) != "sequence":
        problems.append(Problem(path.name, line_of(top), f"it is no list; {_FORM}"))
        return ()
    commands = (word for command in COMMANDS for word in (*command.hashed, *command.said))
    taken = {f"#{_folded(word)}": f"the command #{word}" for word in commands}
    prompts = []
    for node in top.value:
        line = line_of(node)
        found = list(entries(node))
        wrong = _wrong(found) if kind_of(node) == "mapping" else f"this entry is no template; {_FORM}"
        prompt = _prompt(found)
        if not wrong:
            folded = _folded(prompt.title)
            wrong = f"{prompt.title} is also the title of {taken[folded]}; rename one" if folded in taken else ""
            taken.setdefault(folded, f"the template on line {line}")
        if wrong:
            problems.append(Problem(path.name, line, wrong))
        else:
            prompts.append(prompt)
    return tuple(prompts)


def _prompt(found: list[Entry]) -> Prompt:
    values: Mapping[str, str] = {e.key.lower(): e.value for e in found if isinstance(e.value, str)}
    return Prompt(values.get("title", "").strip(), values.get("prefix", ""), values.get("suffix", ""))


def _wrong(found: list[Entry]) -> str:
    keys = [entry.key.lower() for entry in found]
    for entry in found:
        key = entry.key.lower()
        if key not in ("title", "prefix", "suffix"):
            return f"{entry.key!r} on line {entry.line} is no part of a template; write title, prefix or suffix"
        if keys.count(key) > 1:
            return f"{entry.key} stands there twice; keep one"
        if not isinstance(entry.value, str):
            return f"{entry.key} is no text; put it in double quotes"
    prompt = _prompt(found)
    if not prompt.title:
        return 'it has no title; write `title: "#标题"` (without the quotes YAML takes # for a comment)'
    if _folded(prompt.title[0]) != "#" or len(prompt.title) < 2:
        return f"the title {prompt.title[:LONGEST_TITLE]!r} does not begin with #; write one like #标题"
    if len(prompt.title) > LONGEST_TITLE or "\n" in prompt.title:
        return f"the title has {len(prompt.title)} characters; wanted one line of at most {LONGEST_TITLE}; shorten it"
    if not prompt.prefix.strip() and not prompt.suffix.strip():
        return f"{prompt.title} has neither prefix nor suffix; write one, or remove the template"
    return ""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
