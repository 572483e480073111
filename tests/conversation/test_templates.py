"""Prompt templates: found by title, previewed, applied to one message, and the ones that ship."""

import json
from pathlib import Path

import pytest

from conversation.templates import Templates, shipped
from conversation.triage import Triage
from conversation.wiring import build
from shared.commands import find_command
from shared.deployed import Deployed, Template
from shared.wording import wording

from .kit import Bench, payload

ZH, EN = wording("zh"), wording("en")
TITLES = [
    "#周报",
    "#前端",
    "#架构师",
    "#产品经理",
    "#网络安全",
    "#正则",
    "#招聘",
    "#知乎",
    "#翻译",
    "#小红书",
    "#解梦",
    "#linux命令",
    "#英语学术润色",
    "#中文学术润色",
    "#查找语法错误",
    "#中译英",
    "#学术中译英",
    "#英译中",
    "#解释代码",
    "#生成域名",
    "#生成sql",
    "#编程问题",
    "#画图",
]
OWN = (
    Template("#T", "<", ">"),
    Template("#T-long", "[", "]"),
    Template("#正则", "regex: "),
    Template("#ＳＱＬ", suffix=" as SQL"),
    Template("#two words", "2:"),
    Template("#翻译", "translate: "),
    Template("#C++", "C++: "),
    Template("#模板2", "second: "),
    Template("#42", "number: "),
)
TEMPLATES = Templates(lambda: OWN)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("#T hello", "<hello>"),
        ("#t hello", "<hello>"),
        ("＃Ｔ hello", "<hello>"),
        ("  #T   hello  ", "<hello>"),
        ("#T\u3000hello", "<hello>"),
        ("#T\nhello\n  there", "<hello\n  there>"),
        ("#T\n    indented", "<    indented>"),
        ("#T:hello", "<hello>"),
        ("#T：hello", "<hello>"),
        ("#T ::before", "<::before>"),
        ("#T #T hello #T", "<#T hello #T>"),
        ("#T，hello", "<，hello>"),
        ("#T-long x", "[x]"),
        ("#t-LONG x", "[x]"),
        ("#正则 邮箱", "regex: 邮箱"),
        ("#sql users", "users as SQL"),
        ("#two words three", "2:three"),
        ("@小助手 #T hello", "<hello>"),
        ("@小助手#T hello", "<hello>"),
        ("＠小助手＃ｔ hello", "<hello>"),
        ("@小王 @小助手#T hello", "<hello>"),
        ("\u200b#T hello", "<hello>"),
        ("@小助手\ufeff \u2060#T hello", "<hello>"),
        ("#翻译hello", "translate: hello"),
        ("＃翻译Good morning\n各位", "translate: Good morning\n各位"),
        ("@小助手#翻译hello", "translate: hello"),
        ("@小助手 #翻译ｈello", "translate: ｈello"),
        ("#翻译こんにちは", "translate: こんにちは"),
        ("#翻译안녕하세요", "translate: 안녕하세요"),
        ("#翻译Привет", "translate: Привет"),
        ("#翻译été", "translate: été"),
        ("#翻译“hello”", "translate: “hello”"),
        ("#T你好", "<你好>"),
        ("#t-long你好", "[你好]"),
        ("#SQL查询用户", "查询用户 as SQL"),
        ("#正则email", "regex: email"),
        ("#C++代码", "C++: 代码"),
        ("#模板2hello", "second: hello"),
        ("#翻译家有哪些", None),
        ("#翻译々", None),
        ("#翻译一下hello", None),
        ("#翻译2024", None),
        ("#SQLite查询", None),
        ("#模板25", None),
        ("#42nd street", None),
        ("#正则表达式", None),
        ("@小助手#Thello", None),
        ("@小助手 hello #T", None),
        ("#T {0} {title} %s", "<{0} {title} %s>"),
        ("#T", "<>"),
        ("#T \n", "<>"),
        ("#正则表达式 邮箱", None),
        ("#Thello", None),
        ("#T2 x", None),
        ("#xyz hello", None),
        ("# T hello", None),
        ("##T hello", None),
        ("T hello", None),
        ("hello #T", None),
        ("#", None),
        ("", None),
        ("@小助手", None),
    ],
)
def test_titles(text: str, expanded: str | None) -> None:
    """Any case or width, the longest wins, only the leading title goes, and it ends where a word ends."""
    applied = TEMPLATES.find(text)
    assert (applied.expanded() if applied else None) == expanded


def bench_with(templates: tuple[Template, ...] | None, **settings: str) -> Bench:
    bench = Bench.with_settings(**settings)
    bench.receiver = build(bench.environ, bench.clock, bench.fc.send, bench.log, templates)
    return bench


BODIES = pytest.mark.parametrize("name", ["single_text", "group_text"])


@BODIES
@pytest.mark.parametrize("text", ["模板", "/templates", "＼ＴＥＭＰＬＡＴＥＳ", "@小助手 模板", "\u3000模板\u3000"])
def test_the_list(name: str, text: str) -> None:
    """All titles in the order of the file, at once."""
    bench = bench_with(OWN)
    shown = bench.post(payload(name, text={"content": f" {text}"})).shown
    lines = "\n".join(ZH.template_line.format(title=template.title) for template in OWN)
    assert shown == ZH.templates_list.format(titles=lines)
    assert bench.fc.posts == []


@BODIES
@pytest.mark.parametrize("text", ["#T", "＃ｔ", " #T ", "#T\n", "@小助手 #T", "#T @小助手", "@小助手 #T @小王 "])
def test_a_preview(name: str, text: str) -> None:
    """The title alone shows what it would do, at once and as it is."""
    bench = bench_with(OWN)
    result = bench.post(payload(name, text={"content": f" {text}"}))
    assert result.shown == ZH.template_preview.format(title="#T", prefix="<", suffix=">")
    assert json.loads(result.text)["msgtype"] == "text"
    assert bench.fc.posts == []


@BODIES
@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("#T hello", "<hello>"),
        ("#xyz hello", "#xyz hello"),
        ("#正则表达式 邮箱", "#正则表达式 邮箱"),
        ("模板 怎么写", "模板 怎么写"),
    ],
)
def test_what_is_asked(name: str, text: str, asked: str) -> None:
    """The expanded words; an unknown title goes to the model unchanged."""
    bench = bench_with(OWN)
    bench.post(payload(name, text={"content": f" {text}"}))
    (event,) = bench.fc.events
    assert (event["text"], event["command"]) == (asked, "")


def test_a_title_alone_under_a_quote_is_applied_to_it() -> None:
    """What is quoted is what the template is for."""
    bench = bench_with(OWN)
    bench.post(payload("group_quote_text"))
    quote = bench.fc.events[0]["quote"]
    bench.post(
        payload("group_quote_text", text={**payload("group_quote_text")["text"], "content": " #T"}, msgId="other")
    )
    assert (bench.fc.events[1]["text"], bench.fc.events[1]["quote"]) == (f"<{quote}>", "")


@pytest.mark.parametrize("text", ["#T hello", "#翻译 hello", "hello"])
def test_an_empty_list_changes_nothing(text: str) -> None:
    """Every question is asked as it is, `模板` says that there are none, and the help does not mention them."""
    bench = bench_with(())
    bench.post(payload("single_text", text={"content": text}))
    assert bench.fc.events[0]["text"] == text
    assert bench.post(payload("single_text", text={"content": "模板"})).shown == ZH.templates_none
    assert ZH.command_templates not in bench.post(payload("single_text", text={"content": "帮助"})).shown


def test_a_word_of_a_template_is_not_the_askers_fault() -> None:
    """SENSITIVE_WORDS are about what the person wrote; MAX_QUESTION_LEN is about what the model is asked."""
    bench = bench_with((Template("#T", "verboten " * 100),), SENSITIVE_WORDS="verboten")
    bench.post(payload("single_text", text={"content": "#T hi"}))
    assert bench.fc.events[0]["text"].endswith("verboten hi")


def test_the_shipped_templates() -> None:
    """All 23 of chatgpt-dingtalk, in its order, each with words of its own and none a command's."""
    templates = shipped()
    assert [template.title for template in templates] == TITLES
    assert all(len(template.prefix) > 20 for template in templates)
    assert len({template.prefix for template in templates}) == len(TITLES)
    assert [title for title in TITLES if find_command(f"{title} x")] == []


@pytest.mark.parametrize("title", TITLES)
def test_each_shipped_template_is_applied(title: str) -> None:
    """By the title as it is, in capitals and full width."""
    for spelt in (title, title.upper(), title.replace("#", "＃")):
        bench = Bench()
        bench.post(payload("single_text", text={"content": f"{spelt} 内容甲"}))
        asked = bench.fc.events[0]["text"]
        assert asked.endswith("\n内容甲")
        assert title not in asked


def test_templates_of_the_deployment(tmp_path: Path) -> None:
    """The file that the build made has settings under the environment, and templates instead of those that ship."""
    file = tmp_path / "settings.json"
    rows = [{"title": "#own", "prefix": "mine: "}]
    file.write_text(json.dumps({"settings": {"MODEL": "m", "HELP": "h"}, "templates": rows}))
    environ = {"SETTINGS_FILE": str(file), "MODEL": " ", "HELP": "mine"}
    deployed = Deployed.read(environ)
    assert deployed.templates == (Template("#own", "mine: "),)
    assert deployed.under(environ) == {**environ, "MODEL": "m"}
    assert Deployed.read({"SETTINGS_FILE": str(tmp_path / "none")}) == Deployed()
    assert Deployed.read({}) == Deployed()


def test_nothing_is_read_before_it_is_needed() -> None:
    """A refusal or an ordinary question costs no file."""
    read = []
    templates = Templates(lambda: read.append(1) or OWN)
    bench = Bench()
    triage = bench.receiver.triage
    assert isinstance(triage, Triage)
    assert templates.find("an ordinary question") is None
    assert read == []
    assert templates.find("#T x")
    assert templates.find("#T y")
    assert read == [1]
