"""Settings are read once, and everything that is wrong is reported together."""

import pytest

from shared.errors import SettingsError
from shared.settings import SettingsReader, read_language, read_log_level, read_webhook_hosts


def test_empty_means_unset() -> None:
    """An empty or blank value is no value: templates leave such lines behind."""
    reader = SettingsReader({"A": "", "B": "  ", "C": " c "})
    assert [reader.text(name, "default") for name in "ABCD"] == ["default", "default", "c", "default"]
    assert reader.whole("A", 5, low=0, high=9) == 5
    assert reader.number("B", None, low=0, high=1) is None
    assert reader.flag("A", True) is True
    assert reader.words("B", "x,y") == ("x", "y")
    reader.finish()


def test_aliases_are_asked_in_order() -> None:
    """The present name wins over older ones."""
    reader = SettingsReader({"OLD": "old", "OLDER": "older"})
    assert reader.text("NEW", aliases=("OLD", "OLDER")) == "old"
    assert SettingsReader({"NEW": "new", "OLD": "old"}).text("NEW", aliases=("OLD",)) == "new"


def test_all_problems_at_once() -> None:
    """One round of mending is enough, and each read still gives something usable."""
    reader = SettingsReader({"W": "many", "N": "nan", "C": "blue", "F": "perhaps", "H": "11"})
    assert reader.text("T", required="set it to something") == ""
    assert reader.whole("W", 1, low=0, high=10) == 1
    assert reader.whole("H", 1, low=0, high=10) == 1
    assert reader.number("N", 0.5, low=0, high=1) == 0.5
    assert reader.choice("C", "red", ("red", "green")) == "red"
    assert reader.flag("F", False) is False
    reader.problem("two settings exclude each other")
    with pytest.raises(SettingsError) as error:
        reader.finish()
    assert len(error.value.problems) == 7
    for name, problem in zip("TWHNCF", error.value.problems, strict=False):
        assert problem.startswith(name)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a", ("a",)),
        ("a, b ,,c,", ("a", "b", "c")),
        ("a，b", ("a", "b")),
        (",", ()),
        ("a b", ("a b",)),
        ("a;b；c", ("a", "b", "c")),
        ("[a, b]", ("a", "b")),
        ('["a", "b"]', ("a", "b")),
        ("['a';'b']", ("a", "b")),
        ("'[a,b]'", ("a", "b")),
        ("【a、b】", ("a", "b")),
        ("[a\r\n,b]\n", ("a", "b")),
        ('"a","b"', ("a", "b")),
        ('"a,b"', ("a", "b")),
        ("“a”，‘b’，「c」", ("a", "b", "c")),
        ("'a'", ("a",)),
        ("[a]", ("a",)),
        ("[a],b", ("[a]", "b")),
        ("(a, b)", ("a", "b")),
        ("（a；b）", ("a", "b")),
        ("(a)", ("(a)",)),
        (":),a", (":)", "a")),
        ("\u200ba,b\ufeff", ("a", "b")),
        ("it's,b", ("it's", "b")),
        ("", ("unused",)),
        ("[]", ("unused",)),
        ('""', ("unused",)),
        ('[""]', ()),
    ],
)
def test_lists(value: str, words: tuple[str, ...]) -> None:
    """In brackets or not, with quotes or not, whatever separates them; blanks and empty words do not count."""
    assert SettingsReader({"L": value}).words("L", "unused") == words


@pytest.mark.parametrize("value", ["'a", 'a"', '"a,b","c"', "[a,b", "a,b]", "a,“b", "['a','b'", "a,'", "(a,b"])
def test_half_of_a_quote_or_a_bracket_is_named(value: str) -> None:
    """Nobody can tell what was meant; the value is not shown, because it may be a secret."""
    reader = SettingsReader({"L": value})
    reader.words("L")
    assert reader.problems
    assert all(p.startswith("L has a quote or a bracket at one end only, at entry ") for p in reader.problems)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("'x'", "x"),
        ('"x y"', "x y"),
        ("\n“x”\n", "x"),
        ("\"'x'\"", "x"),
        ("' x '", "x"),
        ("''", ""),
        ('"', '"'),
        ('"x', '"x'),
        ('"a" or "b"', '"a" or "b"'),
        ("say 'x'", "say 'x'"),
        ("[x]", "[x]"),
    ],
)
def test_quotes_around_a_value_are_no_part_of_it(value: str, text: str) -> None:
    """As a shell, a `.env` and a YAML file have them; one inside, or a half of one, stays."""
    assert SettingsReader({"T": value}).text("T") == text


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("on", True),
        ('"on"', True),
        ("ＯＮ", True),
        ("y", True),
        ("enabled", True),
        ("开", True),
        ("disabled", False),
        ("否", False),
        ("TRUE", True),
        ("Yes", True),
        ("1", True),
        ("off", False),
        ("False", False),
        ("no", False),
        ("0", False),
    ],
)
def test_flags(value: str, flag: bool) -> None:
    """All usual spellings."""
    reader = SettingsReader({"F": value})
    assert reader.flag("F", not flag) is flag
    reader.finish()


@pytest.mark.parametrize(
    ("value", "ok"), [("0", True), ("10", True), ("-1", False), ("11", False), ("5.0", False), ("1e1", False)]
)
def test_whole_numbers_have_bounds(value: str, ok: bool) -> None:
    """Both ends are included."""
    reader = SettingsReader({"W": value})
    assert reader.whole("W", 3, low=0, high=10) == (int(value) if ok else 3)
    assert bool(reader.problems) is not ok


@pytest.mark.parametrize(
    ("value", "ok"), [("0", True), ("2", True), ("0.7", True), ("-0.1", False), ("inf", False), ("x", False)]
)
def test_numbers_have_bounds(value: str, ok: bool) -> None:
    """Both ends are included, and no infinity."""
    reader = SettingsReader({"N": value})
    assert reader.number("N", None, low=0, high=2) == (float(value) if ok else None)
    assert bool(reader.problems) is not ok


def test_names_are_collected_for_the_documentation() -> None:
    """Every name that was read is known, with its default or what it is an alias of."""
    reader = SettingsReader({})
    reader.text("NEW", "x", aliases=("OLD",))
    reader.whole("W", 5, low=0, high=9)
    read_log_level(reader)
    assert reader.names == {"NEW": "x", "OLD": "= NEW", "W": "5", "LOG_LEVEL": "info", "VERBOSE": "20"}


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({}, 20),
        ({"LOG_LEVEL": "Debug"}, 10),
        ({"LOG_LEVEL": "error"}, 40),
        ({"VERBOSE": "25"}, 25),
        ({"VERBOSE": "10", "LOG_LEVEL": "warning"}, 30),
        ({"VERBOSE": "10", "LOG_LEVEL": "info"}, 20),
        ({"LOG_LEVEL": "warn"}, 30),
        ({"LOG_LEVEL": "WARN"}, 30),
        ({"LOG_LEVEL": '"warn"'}, 30),
        ({"LOG_LEVEL": "critical"}, 40),
        ({"LOG_LEVEL": "trace"}, 10),
        ({"LOG_LEVEL": "30"}, 30),
        ({"VERBOSE": "warn"}, 30),
        ({"VERBOSE": "'40'"}, 40),
        ({"VERBOSE": "debug", "LOG_LEVEL": "20"}, 20),
    ],
)
def test_log_level(values: dict[str, str], level: int) -> None:
    """LOG_LEVEL by name, or VERBOSE by number as an earlier system had it; either way in both, in any usual name."""
    reader = SettingsReader(values)
    assert read_log_level(reader) == level
    reader.finish()


@pytest.mark.parametrize(
    ("value", "language"),
    [("EN", "en"), ("en_US.UTF-8", "en"), ("English", "en"), ("zh-CN", "zh"), ("中文", "zh"), ("'en'", "en")],
)
def test_languages_as_people_name_them(value: str, language: str) -> None:
    """The usual names of both."""
    reader = SettingsReader({"LANGUAGE": value})
    assert read_language(reader) == language
    reader.finish()


@pytest.mark.parametrize(
    "values",
    [
        *({"LOG_LEVEL": "loud"}, {"VERBOSE": "loud"}, {"LANGUAGE": "fr"}, {"LOG_LEVEL": "101"}, {"LOG_LEVEL": "-1"}),
        *({"VERBOSE": "-1"}, {"LOG_LEVEL": "warn,error"}, {"LANGUAGE": "C.UTF-8"}),
    ],
)
def test_shared_settings_that_are_wrong(values: dict[str, str]) -> None:
    """They are problems like all others."""
    reader = SettingsReader(values)
    assert read_log_level(reader) == 20
    assert read_language(reader) == "zh"
    assert len(reader.problems) == 1


@pytest.mark.parametrize(
    "hosts", ["https://oapi.dingtalk.com", "oapi.dingtalk.com:443", "*.dingtalk.com", "a/b", "-x", "a..b", "a.-b"]
)
def test_hosts_are_bare_names(hosts: str) -> None:
    """A host with a scheme or port would never match anything, and people would see refusals only."""
    reader = SettingsReader({"WEBHOOK_HOSTS": hosts})
    read_webhook_hosts(reader)
    assert len(reader.problems) == 1
    assert read_webhook_hosts(SettingsReader({})) == ("oapi.dingtalk.com",)
    assert read_webhook_hosts(SettingsReader({"WEBHOOK_HOSTS": "['a.example.', b.example]"})) == (
        "a.example",
        "b.example",
    )
