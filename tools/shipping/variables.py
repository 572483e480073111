"""Settings in the environment, checked before anything is deployed: `s deploy` hands them on as they are."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from shipping import ShippingError
from shipping.settings_files import ROOT, SettingsFiles

_PASSED_ON = re.compile(r"^ +([A-Z][A-Z_]*): \$\{env\('([A-Z][A-Z_]*)'", re.MULTILINE)


def deployers_variables(folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of the environment and of the folder's `.env`, as `s deploy` has them. Raises ShippingError."""
    from doctoring import DoctorError
    from doctoring.env_file import read_env_file

    try:
        return {**read_env_file(folder / ".env", environ).values, **environ}
    except DoctorError as error:
        raise ShippingError(str(error)) from None


def check_variables(files: SettingsFiles, folder: Path, environ: Mapping[str, str]) -> None:
    """Nothing, where the functions can use every value that s.yaml passes on to them.

    Raises ShippingError with every one that they would refuse. One that is missing is none of these: packages are built
    where there are no secrets, too.
    """
    variables = deployers_variables(folder, environ)
    passed_on = dict(_PASSED_ON.findall((ROOT / "s.yaml").read_text(encoding="utf-8")))
    given = {name: variables.get(variable, "") for name, variable in passed_on.items()}
    without = set(_problems(files, {}))
    wrong = [
        problem for problem in _problems(files, given) if problem not in without and " is not set; " not in problem
    ]
    if wrong:
        renamed = (_as_deployed(problem, passed_on) for problem in dict.fromkeys(wrong))
        raise ShippingError("\n  ".join(("settings in the environment are not right, nothing was built:", *renamed)))


def _problems(files: SettingsFiles, given: Mapping[str, str]) -> Iterator[str]:
    if str(ROOT / "functions") not in sys.path:
        sys.path.append(str(ROOT / "functions"))  # the readers that will read the result are the ones that check it
    from conversation.settings import Settings
    from reply.settings import ReplySettings
    from shared.deployed import Deployed

    values = Deployed(files.settings).under(given)
    conversation = Settings.read(values)
    yield from conversation.problems
    yield from ReplySettings.read(values).problems
    for number, robot in enumerate(conversation.dingtalk.robots, 1):
        if len(robot.secret.split()) > 1:
            yield f"secret {number} of DingTalk has a blank in it; wanted it as DingTalk shows it; copy it once more"


def _as_deployed(problem: str, passed_on: Mapping[str, str]) -> str:
    """The sentence with the name that the deployer's shell has for the setting."""
    name = problem.partition(" ")[0].rstrip(":")
    variable = passed_on.get(name, name)
    return problem if variable == name else f"{variable}: {problem}"
