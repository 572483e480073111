"""The robots that are known where the packages are built, and lists of people that do not fit to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from shipping import ShippingError
from shipping.settings_files import ROOT, SettingsFiles
from shipping.variables import deployers_variables

LISTS = ("ALLOW_GROUPS", "ALLOW_USERS", "DENY_USERS", "ADMIN_USERS", "VIP_USERS")
_ROBOTS = ("DINGTALK_CREDENTIALS", "DINGTALK_APP_SECRET")


def robots_named(files: SettingsFiles, folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """What the deployer reads: how the robots are written in lists, where their secrets are known.

    They are those of the environment and of the folder's `.env`, as `s deploy` has them. Raises ShippingError with
    every list, there or in config.yml, that closes because it cannot be understood.
    """
    if str(ROOT / "functions") not in sys.path:
        sys.path.append(str(ROOT / "functions"))  # the readers that will read the result are the ones that check it
    from conversation.lists import Robots
    from conversation.settings import Settings
    from shared.deployed import Deployed

    variables = deployers_variables(folder, environ)
    given = {name: variables.get(name, "") for name in (*LISTS, *_ROBOTS)}
    settings = Settings.read(Deployed(files.settings).under(given))
    if settings.closed:
        raise ShippingError("\n  ".join(("lists are not right, nothing was built:", *settings.closed)))
    if settings.dingtalk.robots:
        yield f"robots, as lists name them: {', '.join(Robots(settings.dingtalk.names).ids)}"
