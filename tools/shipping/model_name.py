"""What the build says of the model that will be asked, as far as files and shell tell it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from shipping import ShippingError
from shipping.settings_files import ROOT, SettingsFiles

NAMES = ("MODEL", "BASE_URL", "ENDPOINT", "PROVIDER", "AZURE_ON", "TEMPERATURE")
"""The settings that say which model it is, and what may not suit it."""


def model_notes(files: SettingsFiles, folder: Path, environ: Mapping[str, str], now: float) -> Iterator[str]:
    """A sentence for a model that its provider has switched off, or will soon (`now`: s since the epoch), and one for a
    temperature that it refuses.

    The settings are those of the environment, of the folder's `.env`, and of config.yml. Raises ShippingError where
    `.env` cannot be read.
    """
    if str(ROOT / "functions") not in sys.path:
        sys.path.append(str(ROOT / "functions"))  # the table is the function's own
    from doctoring import DoctorError
    from doctoring.env_file import read_env_file
    from reply.llm.settings import ChatSettings
    from shared.deployed import Deployed
    from shared.settings import SettingsReader

    try:
        variables = {**read_env_file(folder / ".env", environ).values, **environ}
    except DoctorError as error:
        raise ShippingError(str(error)) from None
    given = {name: variables.get(name, "") for name in NAMES}
    chat = ChatSettings.read(SettingsReader(Deployed(files.settings).under(given)))
    ending = chat.ending(now)
    if ending:
        yield f"{'wrong' if ending.over else 'note'}: {ending.sentence}"
    if chat.in_vain:
        yield f"note: {chat.in_vain}"
