"""s.yaml as a file: names, variables, and that its values are of the kind that FC takes."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator

from doctoring.deployment import FUNCTIONS
from doctoring.examination import SECRET_NAMES, Examination
from doctoring.finding import Finding, or_ok, problem, warning
from doctoring.property_names import PROPS, unknown_names

ENVIRONMENT_LIMIT = 4096
"""Bytes of all variables of a function (https://www.alibabacloud.com/help/en/fc/user-guide/environment-variables)."""

_FORMS = {
    "ACCOUNT_ID": (r"\d{16}", "the account's number, 16 digits, as the console shows it under your picture"),
    "OSS_BUCKET": (r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "a bucket's name: 3 to 63 small letters, digits and hyphens"),
    "REGION": (r"[a-z]{2}-[a-z0-9-]+", "a region's id such as ap-northeast-1"),
}

_INSTEAD = {"DINGTALK_APP_SECRET": "DINGTALK_CREDENTIALS", "CHATGPT_API_KEY": "AZURE_ON"}
"""Variables that another can stand for; `s` stops without one whose line stays."""


def env_file(examined: Examination) -> Iterator[Finding]:
    """`.env`, where Serverless Devs reads it otherwise than its writer may think."""
    yield from or_ok("file.env", _env_file(examined), f"{len(examined.env_file.values)} variables from .env")


def _env_file(examined: Examination) -> Iterator[Finding]:
    for odd in examined.env_file.oddities:
        found = f"for Serverless Devs, and the local cloud, the value of {odd.name} in .env {odd.what}"
        yield problem("file.env", found, "a value that means the same to everybody", odd.remedy)
    for number in examined.env_file.skipped:
        yield problem(
            "file.env", f"line {number} of .env is no setting: s skips it", "NAME=value", "correct or remove it"
        )
    yield from _elsewhere(examined)


def _elsewhere(examined: Examination) -> Iterator[Finding]:
    """Settings in .env that `s` reads, and then gives to nobody: s.yaml takes them from another name, or not at all."""
    written = json.dumps(examined.deployment.written)
    known = {*examined.conversation.names, *examined.reply.names}
    for name in examined.env_file.written:
        if name in known and f"env('{name}'" not in written:
            other = re.search(rf'"{name}": "\$\{{env\(\'(\w+)\'', written)
            remedy = (
                f"write {other[1]}=… for the deployment" if other else "add it to s.yaml, or write it in config.yml"
            )
            yield warning("file.env", f"{name} is in .env, and s.yaml does not take it from there", "", remedy)


def names(examined: Examination) -> Iterator[Finding]:
    """Misspelt names, which `s` takes in silence."""
    yield from or_ok("file.names", _names(examined), "every property of s.yaml is known")


def _names(examined: Examination) -> Iterator[Finding]:
    for path in unknown_names(examined.deployment.written):
        last = path.rpartition(".")[2]
        meant = difflib.get_close_matches(last, PROPS, 1)
        remedy = f"write {meant[0]}" if meant else "see https://github.com/devsapp/fc3/blob/master/src/schema.json"
        yield problem(
            "file.names", f"s.yaml has {path[1:]}, which would be ignored", "a name the component knows", remedy
        )
    for function in FUNCTIONS:
        if not examined.deployment.props(function):
            yield problem("file.names", f"s.yaml has no resource {function}", "both functions", "see s.yaml in git")


def variables(examined: Examination) -> Iterator[Finding]:
    """Variables without which `s` stops, and the form of those that name things."""
    yield from or_ok("file.variables", _variables(examined), "every variable that s.yaml needs is set")


def _variables(examined: Examination) -> Iterator[Finding]:
    for name in examined.deployment.unset:
        instead = f"; with {_INSTEAD[name]} remove its line from s.yaml instead" if name in _INSTEAD else ""
        remedy = f"export {name}=… or put it into .env{instead}"
        yield problem("file.variables", f"{name} is not set", "a value: s stops without it", remedy)
    for name, (form, wanted) in _FORMS.items():
        value = examined.variables.get(name, "")
        if value and not re.fullmatch(form, value):
            yield problem("file.variables", f"{name} is {value[:40]!r}", wanted, f"correct {name}")
    for text in examined.deployment.unresolved:
        found = f"${{{text[:60]}}} in s.yaml is known to s only"
        yield warning("file.variables", found, "env(…), vars or resources", "look at its value with: s preview")


def text(examined: Examination) -> Iterator[Finding]:
    """FC takes text only: `7` without quotes is refused."""
    yield from or_ok("file.text", _text(examined), "every environment variable is text")


def _text(examined: Examination) -> Iterator[Finding]:
    for function in FUNCTIONS:
        for name, value in examined.deployment.variables(function).items():
            if not isinstance(value, str):
                found = f"{name} of {function} is a {type(value).__name__}, and FC refuses it"
                yield problem("file.text", found, "text", f'put its value in s.yaml between quotes: "{value}"')


def secrets(examined: Examination) -> Iterator[Finding]:
    """Secrets written into s.yaml end up in git."""
    yield from or_ok("file.secrets", _secrets(examined), "no secret is written into s.yaml")


def _secrets(examined: Examination) -> Iterator[Finding]:
    resources = examined.deployment.written["resources"]
    for function in FUNCTIONS:
        props = (resources.get(function) or {}).get("props") or {}
        for name, value in (props.get("environmentVariables") or {}).items():
            if name in SECRET_NAMES and value and "${" not in str(value):
                found = f"{name} of {function} is written into s.yaml"
                remedy = f"write ${{env('{name}')}} there, export {name}, and get a new one: this one was in a file"
                yield problem("file.secrets", found, "an env(…)", remedy)


def size(examined: Examination) -> Iterator[Finding]:
    """The environment's size."""
    found = {function: environment_size(examined.deployment.settings(function)) for function in FUNCTIONS}
    told = ", ".join(f"{function} {bytes_} bytes" for function, bytes_ in found.items())
    yield from or_ok("file.size", _size(examined, found), told)


def _size(examined: Examination, found: dict[str, int]) -> Iterator[Finding]:
    for function, bytes_ in found.items():
        if bytes_ > ENVIRONMENT_LIMIT:
            settings = examined.deployment.settings(function)
            longest = max(settings, key=lambda name: len(settings[name].encode()))
            told = f"the environment of {function} has {bytes_} bytes; the longest is {longest}"
            yield problem("file.size", told, f"at most {ENVIRONMENT_LIMIT}", f"shorten {longest}")


def environment_size(settings: dict[str, str]) -> int:
    """Bytes as FC may count them: names, values, and two for each pair."""
    return sum(len(name.encode()) + len(value.encode("utf-8", "replace")) + 2 for name, value in settings.items())
