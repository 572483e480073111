"""What the documents say of settings, commands, limits and files is what the code has."""

from __future__ import annotations

import io
import json
import re
import string
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from conversation.channels import dingtalk
from conversation.receive import BODY_LIMIT
from conversation.settings import Settings
from reply.answer import TOO_LATE_MS
from reply.archive import MOST_RECORDS
from reply.commands.export import MOST_DAYS
from reply.lookup.https import LARGEST, MOST_REDIRECTS
from reply.lookup.public import LONGEST_S
from reply.parts import Limits
from reply.settings import ReplySettings
from shared.commands import COMMANDS, Command, Invoked, find_command
from shared.errors import ModelFailure
from shared.log import Log
from shared.message import EVENT_LIMIT, FRESH_MS, Message, ReplyTarget, Sender
from shared.wording import Wording, wording
from tests.documents import ROOT, Document, Row, code_in

CODE: Mapping[str, Mapping[str, str]] = {
    "conversation": Settings.read({}).names,
    "reply": ReplySettings.read({}).names,
}
"""Every setting of each function with its default; an alias has "= NAME"."""

SHARED = dict(CODE["conversation"].items() & CODE["reply"].items())
TABLES: tuple[Mapping[str, str], ...] = (
    SHARED,
    *({name: default for name, default in CODE[function].items() if name not in SHARED} for function in CODE),
)
"""What each of the three tables of settings must have."""

DEPLOYED: dict[str, Any] = yaml.safe_load((ROOT / "s.yaml").read_text(encoding="utf-8"))
MADE_LATER = {"test-output/page/measured.json", "config.yml", "prompts.yml", "prompt.yml", "settings.json"}
"""Files that the documents name, and that a deployer, the build or a test makes."""

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Readme:
    """A README, and what its language calls the things that are tested."""

    name: str
    settings: str
    commands: str
    limits: str
    range: str
    units: Mapping[str, str]

    @property
    def document(self) -> Document:
        return Document.at(self.name)

    @property
    def setting_rows(self) -> tuple[dict[str, Row], ...]:
        """For each table of settings, the row of each name."""
        tables = self.document.section(self.settings).tables
        return tuple({name: row for row in table for name in code_in(row[0])} for table in tables)


ENGLISH = Readme(
    "README.md",
    settings="Settings",
    commands="Chat commands",
    limits="Limits",
    range=r"([\d,]+) to ([\d,]+)",
    units={
        "hour": "{} hour",
        "seconds": "{} seconds",
        "days": "{} days",
        "records": "{} records",
        "minutes": "{} minutes",
        "characters": "{} characters",
        "bytes": "{} bytes",
    },
)
CHINESE = Readme(
    "README.zh-CN.md",
    settings="设置",
    commands="聊天命令",
    limits="限制",
    range=r"([\d,]+) 到 ([\d,]+)",
    units={
        "hour": "{} 小时",
        "seconds": "{} 秒",
        "days": "{} 天",
        "records": "{} 条记录",
        "minutes": "{} 分钟",
        "characters": "{} 个字符",
        "bytes": "{} 字节",
    },
)

both_languages = pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=lambda readme: readme.name)


def problem_with(name: str, value: str) -> str:
    """What the code says about a setting's value; "" when it accepts it."""
    problems = Settings.read({name: value}).problems + ReplySettings.read({name: value}).problems
    return next((problem for problem in problems if problem.startswith(f"{name} is {value!r}")), "")


# Settings


@both_languages
def test_tables_have_the_settings_of_the_code(readme: Readme) -> None:
    """Each setting has one row, in the table of its function, and no row names a setting that does not exist."""
    named = [
        [name for row in table for name in code_in(row[0])] for table in readme.document.section(readme.settings).tables
    ]
    assert [sorted(names) for names in named] == [sorted(table) for table in TABLES]


@both_languages
def test_tables_have_the_defaults_of_the_code(readme: Readme) -> None:
    """A default stands in backquotes; what has none has words or nothing; an alias says what it is a name for."""
    for rows, settings in zip(readme.setting_rows, TABLES, strict=True):
        for name, default in settings.items():
            _, shown, meaning = rows[name]
            alias = default.removeprefix("= ") if default.startswith("= ") else ""
            assert code_in(shown) == ((default,) if default and not alias else ()), name
            assert not alias or alias in code_in(meaning), name


@both_languages
def test_tables_have_the_bounds_of_the_code(readme: Readme) -> None:
    """A range from a to b in a row: both are accepted, and what lies beyond is not."""
    bounds = {
        name: tuple(int(number.replace(",", "")) for number in found.groups())
        for rows in readme.setting_rows
        for name, row in rows.items()
        if (found := re.search(readme.range, row[2]))
    }
    assert {"HISTORY_LENGTH", "MAX_PARTS", "TEMPERATURE"} <= set(bounds)
    for name, (low, high) in bounds.items():
        assert not problem_with(name, str(low)), name
        assert not problem_with(name, str(high)), name
        assert problem_with(name, str(low - 1)), name
        assert problem_with(name, str(high + 1)), name


@both_languages
def test_tables_have_the_choices_of_the_code(readme: Readme) -> None:
    """Where a setting is one of several words, its row has all of them."""
    found = set()
    for rows in readme.setting_rows:
        for name, row in rows.items():
            wanted = re.search(r"wanted one of ([\w, ]+);", problem_with(name, "no such word"))
            if wanted:
                found.add(name)
                assert set(wanted[1].split(", ")) <= set(code_in(row[1] + row[2])), name
    assert found == {
        "LANGUAGE",
        "PROVIDER",
        "LOG_LEVEL",
        "INSTANT_ANSWERS",
        "CONTEXT_SCOPE",
        "DEFAULT_MODE",
        "REPLY_FORMAT",
        "CLAIM",
        "CHAT_TYPE",
    }


# Deployment


def shell_names(text: str) -> dict[str, bool]:
    """The variables of the deployer's shell that s.yaml reads, and whether each has a default."""
    return {name: bool(default) for name, default in re.findall(r"\$\{env\('(\w+)'(,)?", text)}


@both_languages
def test_settings_that_the_shell_calls_otherwise_say_so(readme: Readme) -> None:
    """Where s.yaml reads a setting from a variable of another name, the setting's row has that name."""
    rows = {name: row for table in readme.setting_rows for name, row in table.items()}
    for function in CODE:
        for name, value in DEPLOYED["resources"][function]["props"]["environmentVariables"].items():
            for other in shell_names(value):
                assert other == name or other in code_in(rows[name][2]), f"{name} is read from {other}"


@both_languages
def test_exports_are_read_by_the_deployment(readme: Readme) -> None:
    """What the shell commands export is read by s.yaml, and what it cannot do without is exported."""
    needed = shell_names(json.dumps(DEPLOYED))
    exported = {
        name
        for line in readme.document.commands
        if line.startswith("export ")
        for name in re.findall(r"\b([A-Z_]+)=", line)
    }
    assert exported <= set(needed)
    assert {name for name, has_default in needed.items() if not has_default} <= exported


@both_languages
def test_dotenv_example_has_settings(readme: Readme) -> None:
    """Each line of the .env in the README sets something."""
    block = next(block for block in readme.document.fenced("sh") if "> .env" in block)
    names = set(re.findall(r"^(?:# )?([A-Z_]+)=", block, re.MULTILINE))
    assert "CHATGPT_API_KEY" in names
    assert names <= {*CODE["reply"], *CODE["conversation"]}


@both_languages
def test_picture_of_the_flow_has_the_deployed_sizes(readme: Readme) -> None:
    """Cores and memory beside each function's name are those of s.yaml."""
    picture = readme.document.fenced("")[0]
    for function in CODE:
        props = DEPLOYED["resources"][function]["props"]
        box = re.search(rf"{function} ?[(（](.*)", picture)
        assert box is not None
        assert re.findall(r"\d[\d.]*", box[1]) == [str(props["cpu"]), str(props["memorySize"])]


@both_languages
def test_log_searches_find_something(readme: Readme) -> None:
    """The searches of the README fit the lines that the code writes, in functions that are deployed."""
    searches = [re.fullmatch(r"s (\w+) logs --search (\S+|'.*')", line) for line in readme.document.commands]
    found = [(match[1], match[2].strip("'")) for match in searches if match]
    assert {function for function, _ in found} == set(DEPLOYED["resources"])
    message = Message("id", "robot", "talk", False, Sender("somebody"), ReplyTarget(""), created_at=0)
    lines = io.StringIO()
    Log(stream=lines).error("event", request_id=message.request_id)
    for _, text in found:
        example = re.fullmatch(r"[0-9a-f]+", text)
        assert not example or len(text) == len(message.request_id), text
        assert example or text in lines.getvalue(), text


@both_languages
def test_measured_times_are_those_of_the_last_run(readme: Readme) -> None:
    """Every second in the table of speed is a number of the committed benchmark, in the row of its size."""
    measured = Document.at("benchmarks/results/latest.md").tables[0]
    [table] = [rows for rows in readme.document.tables if re.fullmatch(r"[\d.]+ s", rows[0][1])]
    assert len(table) == 4
    for what, *cells in table:
        size = re.findall(r"[\d.]+(?= core| 核)", what)[0]
        assert any(f"{size} core" in row[0] and all(cell in " ".join(row) for cell in cells) for row in measured), what


# Commands, limits, targets


@both_languages
def test_commands_are_those_of_the_code(readme: Readme) -> None:
    """Each command has one row with every word that is taught, and every word there is one for it."""
    (table,) = readme.document.section(readme.commands).tables
    rows = [code_in(row[0]) for row in table]
    for words, command in zip(rows, COMMANDS, strict=True):
        written, taught = set(map(str.casefold, words)), words_for(command)  # people read capitals in 群ID
        assert taught <= written <= taught | {sign + word for word in command.said for sign in ("", "#")}
    for words, command in zip(rows, COMMANDS, strict=True):
        assert [find_command(word) for word in words] == [Invoked(command)] * len(words)


def words_for(command: Command) -> set[str]:
    slashed = {slash + word for word in command.slashed[:1] for slash in "\\/"} | {f"/{w}" for w in command.slashed}
    return {*command.words, *slashed, *(f"#{word}" for word in command.hashed)}


@both_languages
def test_limits_are_those_of_the_code(readme: Readme) -> None:
    """Every limit that is a constant in the code is in a row of the table, as people write it."""
    (table,) = readme.document.section(readme.limits).tables
    stated = [row[1] for row in table]
    unit = readme.units
    event_age = DEPLOYED["resources"]["reply"]["props"]["asyncInvokeConfig"]["maxAsyncEventAgeInSeconds"]
    limits = [
        [f"{BODY_LIMIT // 1024} KB"],
        [f"{EVENT_LIMIT // 1024} KB"],
        [unit["hour"].format(dingtalk.OLDEST // 3_600_000), unit["minutes"].format(dingtalk.FARTHEST_AHEAD // 60_000)],
        [unit["minutes"].format(FRESH_MS // 60_000)],
        [unit["characters"].format(f"{Limits().characters:,}"), unit["bytes"].format(f"{Limits().body_bytes:,}")],
        [unit["minutes"].format(TOO_LATE_MS // 60_000)],
        [unit["seconds"].format(f"{LONGEST_S:g}"), f"{LARGEST // 1024} KB", str(MOST_REDIRECTS)],
        [unit["days"].format(MOST_DAYS), unit["records"].format(f"{MOST_RECORDS:,}")],
        [unit["minutes"].format(event_age // 60)],
    ]
    for limit in limits:
        assert [row for row in stated if all(f" {part}" in f" {row}" for part in limit)], limit


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md"])
def test_make_targets_exist(name: str) -> None:
    """Every `make` command in a document has a target in the Makefile."""
    document = Document.at(name)
    commands = "\n".join((*document.commands, *code_in(document.prose)))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", commands))
    assert {"run", "test"} <= named
    assert named <= set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


@both_languages
def test_python_versions_are_those_of_the_project(readme: Readme) -> None:
    """The oldest and the newest Python in the README are those of pyproject.toml."""
    wanted = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    found = re.search(r"Python 3\.(\d+) (?:to|到) 3\.(\d+)", readme.document.prose)
    assert wanted is not None
    assert found is not None
    assert (int(found[1]), int(found[2])) == (int(wanted[1]), int(wanted[2]) - 1)


# Files and links


def documents() -> list[str]:
    return [
        ENGLISH.name,
        CHINESE.name,
        "CONTRIBUTING.md",
        "SECURITY.md",
        *sorted(relative(p) for p in (ROOT / "docs").rglob("*.md")),
    ]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("name", documents())
def test_relative_links_resolve(name: str) -> None:
    """Every link to a file or picture finds it, and every link to a heading a heading."""
    document = Document.at(name)
    for link in document.links:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (document.path.parent / target).resolve() if target else document.path
        assert path.exists(), link
        assert not anchor or anchor in Document.at(relative(path)).anchors, link


@pytest.mark.parametrize("name", documents())
def test_files_named_exist(name: str) -> None:
    """A file in backquotes exists: at that path from the root or the document, or somewhere under that bare name."""
    document = Document.at(name)
    bare = {path.name for path in tracked()}
    for code in code_in(document.prose):
        if re.fullmatch(r"[\w./-]+\.(py|md|json|ya?ml|toml|txt)", code):
            places = (ROOT / code, document.path.parent / code)
            assert code in bare | MADE_LATER or any(place.exists() for place in places), code


def test_no_file_has_a_path_of_somebodys_machine() -> None:
    """No tracked text names a home or work directory: it would be another on every machine."""
    somebodys = re.compile(r"(?<![\w.~-])(?:/(?:work|root|home|Users)/|[A-Z]:\\Users\\)[\w.-]")
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{relative(path)}: {match[0]}…" for match in somebodys.finditer(text)]
    assert not found


# The two languages


def test_both_readmes_have_the_same_shape() -> None:
    """The same headings in the same levels, the same tables with as many rows, the same commands, the same links."""
    english, chinese = ENGLISH.document, CHINESE.document
    assert [level for level, _ in chinese.headings] == [level for level, _ in english.headings]
    assert [len(table) for table in chinese.tables] == [len(table) for table in english.tables]
    assert chinese.commands == english.commands
    assert destinations(chinese, other=ENGLISH) == destinations(english, other=CHINESE)


def destinations(document: Document, other: Readme) -> list[str]:
    """Where the links of one README lead; anchors are in its own language."""
    links = (link.replace(".zh-CN.md", ".md") if link != other.name else "(the other)" for link in document.links)
    return [re.sub("#.*", "#", link) for link in links]


def test_both_readmes_have_the_same_names_and_numbers_in_tables() -> None:
    """Each row has the same words in backquotes and the same numbers in both languages."""
    for chinese, english in zip(CHINESE.document.tables, ENGLISH.document.tables, strict=True):
        for its, theirs in zip(chinese, english, strict=True):
            assert essence(its) == essence(theirs)


def essence(row: Row) -> tuple[list[str], list[str]]:
    text = " | ".join(row)
    numbers = re.findall(r"\d(?:[\d,.]*\d)?", re.sub(r"`[^`]*`", "", text))
    return sorted(code_in(text)), sorted(numbers)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("name", [field.name for field in fields(Wording)])
def test_sentences_have_the_same_placeholders(name: str) -> None:
    """A sentence takes the same values in both languages, each by its name, and is not blank in either."""
    chinese, english = getattr(wording("zh"), name), getattr(wording("en"), name)
    assert chinese.strip()
    assert english.strip()
    assert placeholders(chinese) == placeholders(english)
    assert all(placeholder.isidentifier() for placeholder in placeholders(english))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_failures_are_explained_with_the_request_id(language: str) -> None:
    """Every reason why a model gives no answer has a sentence, and every sentence about a failure the request id."""
    words = wording(language)
    assert all(getattr(words, f"failed_{reason.value}") for reason in ModelFailure)
    failures = [field.name for field in fields(Wording) if field.name.startswith("failed_")]
    assert [name for name in failures if placeholders(getattr(words, name)) != {"request_id"}] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_has_a_line_for_every_command(language: str) -> None:
    """Every command has a one-line summary, and no summary is of a command that does not exist."""
    summaries = {field.name for field in fields(Wording) if field.name.startswith("command_")} - {"command_line"}
    assert summaries == {f"command_{command.name}" for command in COMMANDS}
    assert all("\n" not in getattr(wording(language), name) for name in summaries)


ADMITTED = {
    "README.md": (
        "The promise and its windows",
        "What is not supported",
        "What was not tried on the real platforms",
    ),
    "README.zh-CN.md": ("承诺与例外", "不支持什么", "哪些没有在真实平台上试过"),
}
"""What each README admits, section by section."""


def points(text: str) -> list[str]:
    """The points of a section: items of its lists, and its paragraphs."""
    blocks = [re.split(r"\n(?=(?:- |\d\. ))", block.strip()) for block in re.split(r"\n\s*\n", text)]
    return [" ".join(point.split()) for block in blocks for point in block if point]


def test_both_readmes_admit_the_same_line_by_line() -> None:
    """What is not promised, not supported and not tried: as many points, each with the same names and numbers."""
    for english, chinese in zip(*ADMITTED.values(), strict=True):
        theirs = points(ENGLISH.document.section(english).text)
        its = points(CHINESE.document.section(chinese).text)
        assert len(theirs) > 1
        assert len(its) == len(theirs)
        for one, other in zip(its, theirs, strict=True):
            assert sorted(code_in(one)) == sorted(code_in(other))
            assert ("**" in one) == ("**" in other)
            assert essence((one,))[1] == essence((other,))[1]


def test_the_chinese_readme_says_which_guides_are_english() -> None:
    """Behind every link to a guide that has no Chinese form stands that it is English; what has one is linked in it."""
    text = CHINESE.document.text
    for match in re.finditer(r"\]\(([\w./-]+\.(?:md|yml))(?:#[\w-]*)?\)", text):
        name = match[1]
        if name.endswith(".zh-CN.md") or text[: match.start()].count("\n") < 3:
            continue
        assert not (ROOT / name.replace(".md", ".zh-CN.md")).exists() or name.endswith(".yml"), name
        assert "英文" in text[match.end() : match.end() + 8], name


def test_the_chinese_readme_has_one_word_for_a_thing() -> None:
    """单聊 is the mode, and a private chat is 单独聊天; webhook is written one way."""
    prose = re.sub(r"`[^`]*`", "", CHINESE.document.prose)
    assert "单聊" not in prose
    assert "Webhook" not in prose


@both_languages
def test_the_settings_to_set_first_are_said_first(readme: Readme) -> None:
    """Before the tables stand the few that a deployment begins with."""
    first, _, _ = readme.document.section(readme.settings).text.partition("###")
    assert {"DINGTALK_APP_SECRET", "CHATGPT_API_KEY", "BASE_URL", "MODEL", "ADMIN_USERS"} <= set(code_in(first))


def test_the_guide_to_the_roles_has_the_same_shape_in_both_languages() -> None:
    """Headings, tables with the same names, and blocks."""
    english, chinese = Document.at("docs/ram/README.md"), Document.at("docs/ram/README.zh-CN.md")
    assert [level for level, _ in chinese.headings] == [level for level, _ in english.headings]
    assert chinese.fenced("") == english.fenced("")
    assert sorted(code_in(chinese.prose)) == sorted(code_in(english.prose))
    for its, theirs in zip(chinese.tables, english.tables, strict=True):
        assert [essence(row) for row in its] == [essence(row) for row in theirs]
