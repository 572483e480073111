"""Settings in the deployer's environment, as the build sees them: what the functions would refuse is named before."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from shipping import ShippingError
from shipping.settings_files import read_settings_files
from shipping.variables import check_variables

SECRET = "0123456789abcdef" * 4


def checked(folder: Path, config: str = "", env: str = "", **variables: str) -> None:
    for name, text in (("config.yml", config), (".env", env)):
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    check_variables(read_settings_files(folder), folder, variables)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is 'loud'; wanted one of debug"),
        ({"BOT_LANGUAGE": "fr"}, "BOT_LANGUAGE: LANGUAGE is 'fr'"),
        ({"MODEL_PROXY": "nonsense://x"}, "MODEL_PROXY: HTTP_PROXY is no proxy"),
        ({"WEBHOOK_HOSTS": "https://oapi.dingtalk.com/"}, "WEBHOOK_HOSTS has 'https://oapi.dingtalk.com/'"),
        ({"SENSITIVE_WORDS": "['甲','乙"}, "SENSITIVE_WORDS has a quote or a bracket at one end only"),
        ({"CHATGPT_API_KEY": "Bearer sk-a"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
        ({"CHATGPT_API_KEY": "'sk-a"}, "CHATGPT_API_KEY: key 1 of 1 has a blank"),
        ({"DINGTALK_APP_SECRET": f'"{SECRET}'}, "DINGTALK_APP_SECRET has a quote"),
        ({"DINGTALK_APP_SECRET": f"{SECRET[:9]} {SECRET[9:]}"}, "secret 1 of DingTalk has a blank in it"),
        ({"DINGTALK_CREDENTIALS": SECRET}, "entry 1 of DINGTALK_CREDENTIALS is not of the form"),
        ({"TIMEZONE": "UTC+25"}, "TIMEZONE is 'UTC+25'"),
        ({"MAX_PARTS": "many"}, "MAX_PARTS is 'many'"),
    ],
)
def test_what_would_be_refused_stops_the_build(tmp_path: Path, variables: Mapping[str, str], said: str) -> None:
    """In the shell or in `.env`, under the name it has there; no secret is said."""
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    for given, env in ((variables, ""), ({}, lines)):
        with pytest.raises(ShippingError) as error:
            checked(tmp_path, env=env, **given)
        assert said in str(error.value)
        assert SECRET[9:] not in str(error.value)
        assert "sk-a" not in str(error.value)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LANGUAGE": "fr_FR", "HTTP_PROXY": "nonsense://x", "PATH": "[", "ENDPOINT": "no address"},
        {"LOG_LEVEL": "warn", "SENSITIVE_WORDS": "['甲', '乙']", "BOT_LANGUAGE": "en_US.UTF-8"},
        {"CHATGPT_API_KEY": "'sk-a'\n", "DINGTALK_APP_SECRET": f' "{SECRET}" '},
        {"AZURE_ON": "on", "CLAIM": "oss"},
    ],
)
def test_what_can_be_used_or_is_missing_does_not(tmp_path: Path, variables: Mapping[str, str]) -> None:
    """The machine's own variables, which s.yaml passes on to nobody, values as pasted, secrets that are not here."""
    checked(tmp_path, **variables)


def test_all_at_once_and_the_files_as_they_are(tmp_path: Path) -> None:
    """Every wrong value in one report; one that the environment leaves empty is the file's."""
    with pytest.raises(ShippingError) as error:
        checked(tmp_path, "max_parts: 7\nlog_level: warn\n", MAX_PARTS="0", TEMPERATURE="hot", LOG_LEVEL="")
    assert [line.split()[0] for line in str(error.value).splitlines()[1:]] == ["TEMPERATURE", "MAX_PARTS"]
