"""Both languages say the same things with the same details."""

import re
from dataclasses import fields
from string import Formatter

import pytest

from shared.commands import COMMANDS, Invoked, find_command
from shared.errors import ModelFailure
from shared.wording import Wording, wording

ZH, EN = wording("zh"), wording("en")
NAMES = [field.name for field in fields(Wording)]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_placeholders(name: str) -> None:
    """A detail that one language shows, the other shows too; none is a nameless brace."""
    zh, en = getattr(ZH, name), getattr(EN, name)
    assert zh.strip()
    assert en.strip()
    assert placeholders(zh) == placeholders(en)
    assert "" not in placeholders(zh)


@pytest.mark.parametrize("name", NAMES)
def test_english_is_english(name: str) -> None:
    """Nothing of the other language is left in a sentence, nor in a command that it teaches."""
    assert re.findall(r"[^\x00-\u2fff]", getattr(EN, name)) == []


@pytest.mark.parametrize("words", [ZH, EN], ids=["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_commands_in_sentences_are_commands(words: Wording, name: str) -> None:
    """Whatever a sentence tells people to send, by a word behind a sign, is a command or a template."""
    taught = re.findall(r"`([/#][^`{]+)[`{]", getattr(words, name))
    titles = ("#title", "#标题")
    assert [
        text for text in taught if not text.startswith(titles) and not isinstance(find_command(text), Invoked)
    ] == []


@pytest.mark.parametrize("failure", ModelFailure)
def test_every_failure_has_its_sentence(failure: ModelFailure) -> None:
    """Each says what to do and carries the request id."""
    for words in (ZH, EN):
        assert placeholders(getattr(words, f"failed_{failure.value}")) == {"request_id"}


def test_every_command_has_a_summary() -> None:
    """Help lists them all."""
    assert {f"command_{command.name}" for command in COMMANDS} <= set(NAMES)


def test_chinese_is_the_default() -> None:
    """An unknown language falls back to it."""
    assert wording("") is ZH
    assert wording("fr") is ZH
    assert wording("en") is EN
