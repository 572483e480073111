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
        "new",
        "help me",
        "/help?",
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
    words = [word for command in COMMANDS for word in {*command.words, *command.slashed}]
    words += [f"#{word}" for command in COMMANDS for word in command.hashed]
    words += [
        sign + word for command in COMMANDS for word in set(command.said) - {*command.words} for sign in ("", "#")
    ]
    assert len(words) == len(set(words))
    assert all(word == word.casefold() for word in words)


RESETS = (
    *(
        "重新开始",
        "新会话",
        "清空对话",
        "清空上下文",
        "重置会话",
        "#清除记忆",
        "/new",
        "/reset",
        "清空",
        "重置",
        "退出",
    ),
    *(
        "新对话",
        "开始新对话",
        "开启新的会话",
        "新建对话",
        "新的话题",
        "从头开始",
        "清空聊天记录",
        "清除历史记录",
        "清理上下文",
        "删除聊天记录",
        "重启会话",
        "重新开始对话",
        "结束对话",
        "退出当前会话",
        "清空所有记忆",
        "清空当前对话",
        "忘记之前的对话",
        "清除对话历史",
        "初始化会话",
        "换个话题",
        "忘记上下文",
    ),
    *("重置记忆", "#清空", "＃重置", "#新会话", "#清空上下文", "/重新开始", "\\restart", "／ＮＥＷ"),
)


@pytest.mark.parametrize("text", RESETS)
@pytest.mark.parametrize(
    "form",
    [
        *("{}", "{}。", "{}！", "{}!", "{} 。", "{}～", "{}...", "{}，", "{}\u200b。"),
        *("{}@小助手", "{}@Tea_Bot", "{}。@小助手", "@小助手 {}。", "{}＠小助手 ", "{} @小助手。"),
    ],
)
def test_begin_anew_in_the_words_people_use(text: str, form: str) -> None:
    """Said or typed, after a slash or a `#`, with what speech recognition puts behind it and with the robot's name."""
    found = find_command(form.format(text))
    assert isinstance(found, Invoked)
    assert (found.command.name, found.argument) == ("clear", "")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "重新开始？",
            "新会话?",
            "清空对话！？",
            "怎么清空上下文",
            "清空对话是什么意思",
            "清空 上下文",
            "重新开始写这一段",
            "忘记密码",
            "删除这个对话",
            "结束对话的礼貌说法",
            "换个话题聊聊美食",
            "清空所有记录的SQL",
        ),
        *("请重新开始。我要写诗", "新会话里怎么说", "我想重新开始", "#清除记忆的方法", "#新会话 你好", "/new york"),
        *(
            "清空购物车",
            "重置密码。",
            "开始新项目",
            "@小助手为什么要重新开始。",
            "重新开始。现在写诗",
            "/help@bot?",
            "help.md",
        ),
        *(
            "重置 密码。",
            "帮助。我写信",
            "角色。 你是律师",
            "退出@example.com",
            "a@b.c",
            "翻译：重新开始",
            "reset",
            "restart!",
        ),
    ],
)
def test_words_of_commands_in_a_sentence(text: str) -> None:
    """Whatever says more than the word, or asks, is a question."""
    assert find_command(text) is None


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("/help@bot", "help", ""),
        ("help", "help", ""),
        ("Help", "help", ""),
        ("ＨＥＬＰ！", "help", ""),
        ("@bot HELP.", "help", ""),
        ("/help!", "help", ""),
        ("\\help@my-bot2.", "help", ""),
        ("/start", "help", ""),
        ("帮助。", "help", ""),
        ("模板！", "templates", ""),
        ("单聊~", "single", ""),
        ("余额。", "balance", ""),
        ("用量。", "usage", ""),
        ("用量@小王", "usage", "@小王"),
        ("角色！", "persona", ""),
        ("角色 ！", "persona", ""),
        ("角色 你是律师。", "persona", "你是律师。"),
        ("/persona@bot you are a lawyer", "persona", "you are a lawyer"),
        ("/domain example.com", "domain", "example.com"),
        ("#域名@小助手", "domain", ""),
        ("/cert example.com:8443", "certificate", "example.com:8443"),
        ("/export username:Ann", "export", "username:Ann"),
        ("群ID。", "group_id", ""),
        ("/groupid", "group_id", ""),
    ],
)
def test_marks_and_names_behind_any_command(text: str, name: str, argument: str) -> None:
    """A mark that ends a sentence, and a name that hangs on the word, matter to no command; an argument keeps both."""
    found = find_command(text)
    assert isinstance(found, Invoked)
    assert (found.command.name, found.argument) == (name, argument)


@pytest.mark.parametrize(("text", "word"), [("/hlep@bot", "hlep"), ("/foo.", "foo"), ("/算了。", "算了")])
def test_an_unknown_command_with_marks_or_a_name(text: str, word: str) -> None:
    """The hint says the word alone."""
    assert find_command(text) == UnknownCommand(word)


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
