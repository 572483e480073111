"""`config.yml`: every setting that is no secret, under its name in either letter case.

A config.yml of chatgpt-dingtalk is taken too: its names are the same ones, what has no meaning here is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from shipping.yaml_lines import Entry, Problem, Unreadable, composed, entries, kind_of, line_of

SECRETS: Mapping[str, str] = {
    "CHATGPT_API_KEY": "CHATGPT_API_KEY",
    "API_KEY": "CHATGPT_API_KEY",
    "APIKEY": "CHATGPT_API_KEY",
    "USER_API_KEY": "CHATGPT_API_KEY",
    "AZURE_OPENAI_TOKEN": "AZURE_OPENAI_TOKEN",
    "DINGTALK_APP_SECRET": "DINGTALK_APP_SECRET",
    "APP_SECRET": "DINGTALK_APP_SECRET",
    "APP_SECRETS": "DINGTALK_APP_SECRET",
    "DINGTALK_CREDENTIALS": "DINGTALK_CREDENTIALS",
    "CREDENTIALS": "DINGTALK_CREDENTIALS",
}
"""Keys whose values never go into a file, and the variable of the deployer's shell for each."""

SET_BY_DEPLOYMENT = frozenset({"CHATGPT_FUNCTION", "OSS_MOUNT_POINT", "OSS_BUCKET", "OSS_ENDPOINT", "ASYNC_RETRIES"})
"""What s.yaml always sets: a value in the file would never be seen."""

AMBIGUOUS = "ENDPOINT"
"""Both functions know it, each as something else."""

FOREIGN: Mapping[str, str] = {
    "RUN_MODE": "this bot is called by HTTP; Stream mode needs a process that always runs",
    "PORT": "nothing listens here: Function Compute calls the functions",
    "SERVICE_URL": "no picture or history is served from an address of its own",
    "IMAGE_MODEL": "this version makes no pictures",
    "ALLOW_OUTGOING_GROUPS": "every callback is checked by its signature, and ALLOW_GROUPS holds for all groups",
    "STREAM_MODE": "this version has no cards",
    "CARD_TEMPLATE_ID": "this version has no cards",
}
"""Settings of chatgpt-dingtalk that mean nothing here, and why; one that a function reads is taken all the same."""

LISTS = frozenset(
    ["ALLOW_GROUPS", "ALLOW_USERS", "DENY_USERS", "ADMIN_USERS", "VIP_USERS", "SENSITIVE_WORDS", "WEBHOOK_HOSTS"]
)
"""Settings that may also stand as a YAML list."""

_SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN$|API_?KEY|ACCESS_?KEY|CREDENTIAL")
_SECRET_VALUE = re.compile(r"://[^/\s@]*:[^/\s@]*@|\bsk-[A-Za-z0-9_-]{16,}|\bLTAI[A-Za-z0-9]{12,}")
_DURATION = re.compile(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")  # Go's, as chatgpt-dingtalk reads it
SHELL_NAMES = {"HTTP_PROXY": "MODEL_PROXY", "LANGUAGE": "BOT_LANGUAGE"}
"""Variables that s.yaml reads a setting from where the shell uses the setting's own name for itself."""


@dataclass(frozen=True)
class Config:
    """Settings under their names; `notes` say what was left out; `names` are those that each function reads."""

    settings: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)


def read_config(path: Path, problems: list[Problem]) -> Config:
    """The settings of the file; what is wrong goes to `problems`."""
    try:
        top = composed(path)
    except Unreadable as unreadable:
        problems.append(unreadable.problem)
        return Config()
    if top is not None and kind_of(top) != "mapping" and top.value not in ("", "~", "null"):
        problems.append(Problem(path.name, line_of(top), "it is no list of settings; wanted lines like `model: …`"))
    names = setting_names()
    known = frozenset().union(*names.values())
    settings: dict[str, str] = {}
    notes = []
    lines: dict[str, int] = {}
    for entry in entries(top) if top is not None else ():
        name = entry.key.upper()
        if name in lines:
            wrong = f"{entry.key} stands on line {lines[name]} already; keep one of them"
        else:
            wrong = _wrong(entry, name, known)
        lines.setdefault(name, entry.line)
        if wrong:
            problems.append(Problem(path.name, entry.line, wrong))
        elif name in SET_BY_DEPLOYMENT:
            notes.append(f"{path.name} line {entry.line}: {entry.key} is left out: s.yaml sets it, and that wins")
        elif name in FOREIGN and name not in known:
            notes.append(f"{path.name} line {entry.line}: {entry.key} is left out: {FOREIGN[name]}")
        elif value := _value(entry, name) if name in known else "":
            settings[name] = value
    return Config(settings, tuple(notes), names)


def setting_names() -> Mapping[str, frozenset[str]]:
    """The names of all settings that each function reads."""
    from conversation.settings import Settings
    from reply.settings import ReplySettings

    return {
        "conversation": frozenset(Settings.read({}).names),
        "reply": frozenset(ReplySettings.read({}).names),
    }


def _wrong(entry: Entry, name: str, known: frozenset[str]) -> str:
    """What is wrong with an entry; "" when nothing is. No value of a secret is in it."""
    value = entry.value
    text = value if isinstance(value, str) else " ".join(value or ())
    if name in SECRETS or (name not in known and name not in FOREIGN and _SECRET_NAME.search(name)):
        if value == "" or value == ():
            return ""
        return f"{entry.key} is a secret; remove it here and {_export(SECRETS.get(name, ''))}"
    if name == AMBIGUOUS:
        return "endpoint means another thing in each function; write base_url (the model's) or invoke_endpoint (FC's)"
    if name not in known and name not in FOREIGN:
        near = get_close_matches(name, [*known - set(SECRETS), *FOREIGN], n=1)
        hint = f"did you mean {near[0].lower()}?" if near else "config.example.yml has them all;"
        return f"there is no setting {entry.key!r}; {hint} correct or remove it"
    if _SECRET_VALUE.search(text):
        return f"{entry.key} holds a key or password; remove it here and {_export(SHELL_NAMES.get(name, name))}"
    if name not in known:
        return ""
    if value is None or (isinstance(value, tuple) and name not in LISTS):
        wanted = "a list of words" if name in LISTS else "one value"
        return f"{entry.key} is no {'list of words' if name in LISTS else 'single value'}; wanted {wanted}; rewrite it"
    if isinstance(value, tuple) and any(_words_in(word) != 1 for word in value):
        return f"{entry.key} has an entry with a comma or other separator, or an empty one; wanted one word; split it"
    return _refused_by_code(name, _value(entry, name))


def _words_in(entry: str) -> int:
    from shared.settings import separated

    return len(separated(entry))


def _refused_by_code(name: str, value: str) -> str:
    """What the function's own reader says about the value."""
    from conversation.settings import Settings
    from reply.settings import ReplySettings

    read = Settings.read({name: value})
    said = (*read.problems, *read.closed, *ReplySettings.read({name: value}).problems)
    return next((problem for problem in said if problem.startswith((f"{name} is ", f"{name} has "))), "")


def _value(entry: Entry, name: str) -> str:
    value = ",".join(entry.value) if isinstance(entry.value, tuple) else (entry.value or "").strip()
    duration = _DURATION.fullmatch(value) if name == "SESSION_TIMEOUT" else None
    if duration:  # as chatgpt-dingtalk writes it
        hours, minutes, seconds = (int(part or 0) for part in duration.groups())
        return str(hours * 3600 + minutes * 60 + seconds)
    return value


def _export(variable: str) -> str:
    return f"set it in the shell that deploys: export {variable}=…" if variable else "keep it out of every file"
