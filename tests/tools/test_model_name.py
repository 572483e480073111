"""The build and an instance's start name a model that is off."""

import contextlib
import io
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from reply.llm.profiles import PROFILES
from reply.wiring import Instance
from shipping.model_name import model_notes
from shipping.settings_files import SettingsFiles

NOVEMBER, NEXT_YEAR = (datetime(*day, tzinfo=timezone.utc).timestamp() for day in ((2026, 11, 28), (2027, 12, 1)))
OFF = {
    "chatgpt-dingtalk's own": ({"MODEL": "gpt-3.5-turbo"}, "switched off on 2026-10-23"),
    "a snapshot": ({"MODEL": "gpt-3.5-turbo-0125"}, "switched off on 2026-10-23"),
    "a snapshot with a date": ({"MODEL": "gpt-4-turbo-2024-04-09"}, "switched off on 2026-10-23"),
    "a preview": ({"MODEL": "gpt-4-1106-preview"}, "switched off on 2026-10-23"),
    "o1": ({"MODEL": "o1"}, "switched off on 2026-10-23"),
    "at its address": ({"MODEL": "gpt-4", "BASE_URL": "api.openai.com/v1/"}, "switched off on 2026-10-23"),
    "named": (
        {"MODEL": "gpt-4", "BASE_URL": "https://proxy.example", "PROVIDER": "openai"},
        "switched off on 2026-10-23",
    ),
    "soon": ({"MODEL": "gpt-5-mini"}, "switches off on 2026-12-11"),
    "in January": ({"MODEL": "gpt-4o-mini"}, "switches off on 2027-01-14"),
    "kimi": ({"MODEL": "kimi-k2-0905-preview", "BASE_URL": "https://api.moonshot.cn"}, "switched off on 2026-05-25"),
}
ON = {
    "the default": {},
    "a newer one": {"MODEL": "gpt-5.4-mini"},
    "one that ends later": {"MODEL": "gpt-5.1"},
    "at a relay": {"MODEL": "gpt-3.5-turbo", "BASE_URL": "https://relay.example"},
    "on Azure": {"MODEL": "gpt-4", "AZURE_ON": "on"},
    "a name that begins like it": {"MODEL": "o1-ours"},
}


@pytest.mark.parametrize(("values", "said"), OFF.values(), ids=OFF)
def test_names_a_model_that_is_off(values: dict[str, str], said: str, tmp_path: Path) -> None:
    """One sentence: what was found, when it ends, what to set instead; from files, `.env` or the shell."""
    (note,) = model_notes(SettingsFiles(values), tmp_path, {}, NOVEMBER)
    assert said in note
    assert f"MODEL is '{values['MODEL']}'" in note
    assert "; set MODEL to " in note
    assert note.startswith("wrong: " if "switched" in said else "note: ")
    other = SettingsFiles({"MODEL": "gpt-5.4-mini"})
    assert [*model_notes(other, tmp_path, values, NOVEMBER)] == [note]
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    assert [*model_notes(other, tmp_path, {}, NOVEMBER)] == [note]


@pytest.mark.parametrize("values", ON.values(), ids=ON)
def test_says_nothing_of_others(values: dict[str, str], tmp_path: Path) -> None:
    """A model that goes on, or that another provider may still have, is not spoken of."""
    assert [*model_notes(SettingsFiles(values), tmp_path, {}, NOVEMBER)] == []


def test_names_a_temperature_in_vain(tmp_path: Path) -> None:
    """A TEMPERATURE that the model refuses is said, since it is not sent; the one that it has is none."""
    kimi = {"MODEL": "kimi-k3", "BASE_URL": "https://api.moonshot.cn"}
    (note,) = model_notes(SettingsFiles({**kimi, "TEMPERATURE": "0.3"}), tmp_path, {}, NOVEMBER)
    assert note.startswith("note: TEMPERATURE is 0.3, which kimi-k3 of Moonshot (Kimi) refuses")
    for fine in ({**kimi, "TEMPERATURE": "1"}, {"TEMPERATURE": "0.3"}, kimi):
        assert [*model_notes(SettingsFiles(fine), tmp_path, {}, NOVEMBER)] == []


def test_what_is_named_instead_goes_on() -> None:
    """No advice is to set a model that ends itself."""
    for profile in PROFILES:
        assert not profile.retired or profile.ending(profile.instead, NEXT_YEAR) is None, profile.name


def test_an_instance_says_so_when_it_starts(tmp_path: Path) -> None:
    """One WARNING with the sentence; questions are asked all the same, for the table may be wrong."""
    environ = {"CHATGPT_API_KEY": "sk-x", "MODEL": "gpt-3.5-turbo", "OSS_MOUNT_POINT": str(tmp_path)}
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        started = Instance.start(environ)
    (line,) = [json.loads(line) for line in said.getvalue().splitlines()]
    assert (line["level"], line["event"], line["over"]) == ("WARNING", "model_retired", True)
    assert "set MODEL to another one" in line["problem"]
    assert started.settings.problems == ()
