"""What is a command, what was meant as one, and what is a question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.commands import COMMANDS, Invoked, UnknownCommand, find_command, is_bare_mention, nearest


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


UNSEEN = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")


@pytest.mark.parametrize("unseen", UNSEEN)
@pytest.mark.parametrize(
    "text", ["{0}帮助", "帮助{0}", "{0} 帮助 {0}", "@小助手{0} 帮助", "@小助手 {0}帮助{0} @小王{0}", "@小助手{0}帮助"]
)
def test_characters_that_nobody_sees_do_not_matter(text: str, unseen: str) -> None:
    """Before and behind a command and its mentions; one of them ends a mention."""
    assert find_command(text.format(unseen)) == find_command("帮助")


def glued() -> list[tuple[str, str]]:
    found = []
    for command in COMMANDS:
        found += [(f"@小助手{word}", command.name) for word in command.words]
        found += [(f"＠Tea-Bot{slash}{word.upper()}", command.name) for word in command.slashed for slash in "\\/／＼"]
        found += [(f"@小助手{sign}{word}", command.name) for word in command.hashed for sign in "#＃"]
    return found


@pytest.mark.parametrize(("text", "name"), glued())
def test_a_command_that_hangs_on_a_mention(text: str, name: str) -> None:
    """`@小助手帮助`: where nothing else stands in the message, or a sign says where the name ends."""
    for behind in ("", " ", " @小王", "\u200b"):
        found = find_command(text + behind)
        assert isinstance(found, Invoked)
        assert (found.command.name, found.argument.replace("@小王", "")) == (name, "")


@pytest.mark.parametrize(
    "text",
    [
        "@小助手怎么退出",
        "@小王请给我帮助",
        "@小助手你能退出吗",
        "@小助手为什么要重置",
        "@小助手帮助我写一封信",
        "@小王扮演什么角色 呢",
        "@小助手单聊 是什么意思",
        "@小助手，帮助",
        "@types/persona of what",
        "@types/node",
        "@小助手/hepl",
        "@小助手#证书的作用是什么",
        "@小助手",
        "@帮助",
        "@",
        "a@b帮助",
        "@这是一个二十个字以上的句子所以它不可能是名字帮助",
    ],
)
def test_a_sentence_that_begins_with_a_mention(text: str) -> None:
    """Where a name ends is not known, so whatever may be a sentence is a question."""
    assert find_command(text) is None


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("@小助手", True),
        (" ＠AI助手2.0 ", True),
        ("\u200b@我的助手\u2060", True),
        ("@小助手重置", False),
        ("@小助手/clear", False),
        ("@小助手怎么退出", False),
        ("@小助手今天好吗", False),
        ("@小助手 你好", False),
        ("小助手", False),
        ("", False),
    ],
)
def test_a_mention_and_nothing_else(text: str, bare: bool) -> None:
    """What is said with a mention alone is nothing: neither a command nor a question hangs on it."""
    assert is_bare_mention(text) is bare


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


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("角色 清除 @小助手", "persona", "清除"),
        ("@小助手 角色 @小助手", "persona", ""),
        ("角色 你是  两个空格", "persona", "你是  两个空格"),
        ("用量 @小王", "usage", "@小王"),
        ("@小助手#域名 example.com", "domain", "example.com"),
        ("@小助手\u200b角色 你是👨\u200d👩\u200d👧 \u200b", "persona", "你是👨\u200d👩\u200d👧"),
        ("#域名 example.com \u200b@小助手\u2060", "domain", "example.com"),
        ("#域名example.com", "domain", "example.com"),
        ("＃域名 Example.com @小助手", "domain", "Example.com"),
        ("#证书 example.com:8443", "certificate", "example.com:8443"),
        ("#查对话username:张三", "export", "username:张三"),
    ],
)
def test_arguments(text: str, name: str, argument: str) -> None:
    """As written, without the mention behind them; one that names a person keeps it."""
    found = find_command(text)
    assert isinstance(found, Invoked)
    assert (found.command.name, found.argument) == (name, argument)


@pytest.mark.parametrize("text", ["#证书的作用是什么", "#域名怎么选", "#查对话框", "角色扮演是什么", "用量子力学解释"])
def test_a_sentence_that_begins_with_a_word_is_a_question(text: str) -> None:
    """Only the word itself, or what can be an argument behind it, makes a command."""
    assert find_command(text) is None
