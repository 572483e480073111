"""What is a command, what was meant as one, and what is a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.commands import COMMANDS, Invoked, UnknownCommand, find_command, nearest


def spellings() -> list[tuple[str, str]]:
    found = []
    for command in COMMANDS:
        found += [(word, command.name) for word in command.words]
        found += [(f"@小助手 {word}", command.name) for word in command.words]
        found += [(f"＃{word}", command.name) for word in command.hashed]
        for word in (*command.words, *command.slashed):
            found += [(f"{slash}{word}", command.name) for slash in ("\\", "/", "／", "＼")]
            found += [(f"  /{word.upper()}\n", command.name)]
    return found


@pytest.mark.parametrize(("text", "name"), spellings())
def test_every_spelling(text: str, name: str) -> None:
    """Either slash, full width, any case and blanks around it."""
    found = find_command(text)
    assert isinstance(found, Invoked)
    assert found.command.name == name


@pytest.mark.parametrize("text", ["帮助 @小助手", "@小助手 帮助 @小王", "\u3000帮助\u3000"])
def test_mentions_around_a_command_do_not_matter(text: str) -> None:
    """What remains of mentions, before and behind."""
    found = find_command(text)
    assert isinstance(found, Invoked)
    assert found.command.name == "help"


@pytest.mark.parametrize(("word", "like"), [("cler", "/clear"), ("hlep", "/help"), ("重制", "重置"), ("xyz", "")])
def test_the_nearest_command(word: str, like: str) -> None:
    """A misspelt word is told what it is most like, with its sign; nothing is invented."""
    assert nearest(word) == like


@pytest.mark.parametrize(
    ("text", "word"),
    [("/foo", "foo"), ("\\FOO", "foo"), ("／ｆｏｏ", "foo"), ("/清除", "清除"), ("/" + "a" * 20, "a" * 20)],
)
def test_an_unknown_command(text: str, word: str) -> None:
    """One slash and one word of at most 20 letters or CJK characters."""
    assert find_command(text) == UnknownCommand(word)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        "\\",
        "//help",
        "/ help",
        "clear",
        "help",
        "/help!",
        "/a1",
        "/a-b",
        "/a/b",
        "/" + "a" * 21,
        "/api/users gives 500, why?",
        "\\frac{a}{b}",
        "清空 一下",
        "/é",
        "/ｶﾅ",
    ],
)
def test_a_question(text: str) -> None:
    """Everything else is asked, words without a slash included where they are ordinary ones."""
    assert find_command(text) is None


def test_no_word_belongs_to_two_commands() -> None:
    """A word that triggers a command triggers that one."""
    words = [word for command in COMMANDS for word in (*command.words, *command.slashed)]
    words += [f"#{word}" for command in COMMANDS for word in command.hashed]
    assert len(words) == len(set(words))
    assert all(word == word.casefold() for word in words)


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes it raise."""
    find_command(text)
