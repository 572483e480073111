"""Texts that make careless code slow: what a regular expression tries again, what is cut off and copied, what grows."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import permutations


@dataclass(frozen=True)
class Shape:
    """A text of any size: `unit` again and again, between a beginning and an end."""

    unit: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return ascii(f"{self.before}({self.unit[:40]})*{self.after}")

    def of(self, size: int) -> str:
        """As many characters."""
        length = max(0, size - len(self.before) - len(self.after))
        return self.before + (self.unit * (length // len(self.unit) + 1))[:length] + self.after


RUNS = (
    *(" ", "\t", "\n", "\r", "\r\n", "\u3000", "\u200b", "\u200d", "\ufeff", "\x00", "\x7f"),
    *("a", "A", "0", "9", "é", "哈", "。", ".", ",", "，", "!", "？", ":", ";", "-", "=", "+", "$", "%", "^"),
    *("`", "~", "#", "＃", ">", "<", "*", "_", "[", "]", "(", ")", "{", "}", "|", "&", "\\", "/", "@", "＠", "'", '"'),
    *("\u0301", "\u0316\u0301", "\u0301\u0316", "\u0345\u0334", "e\u0301", "\u1100\u1161\u11a8", "ｶﾞ", "ﷺ", "ß", "İ"),
    *(
        "\ud800",
        "\udc00",
        "😀",
        "👩\u200d",
        "\U0001f1e8",
        "\U0001f1e8\U0001f1f3",
        "👍\U0001f3fd",
        "\u202e",
        "שלום",
        "Ａ",
    ),
)
"""One character, or what is seen as one, again and again."""

UNITS = (
    *(
        "@a ",
        "@a#b ",
        "@a#b",
        "@a/b ",
        "@types/persona ",
        "@a\u200b",
        "@a\u200b#域名 ",
        "@bot帮助 ",
        "@a#域名.x ",
        "#翻译 ",
    ),
    *("\u200b ", " \u200b@b", "#域名 ", "#正则", "x\u200b", "/help ", "角色 "),
    *("- ", "* ", "> ", ">\n", "> > ", "1. ", "- [ ] ", "1. a\n", "  - a\n", "    - a\n", "# a\n", "***\n", "- - -\n"),
    *("a\n", "a\n\n", " \n", "\n ", "a  \n", "|\n", "| a |\n", "| a |\n|-|\n", "|-", "|:-:", "| ", "|-|\n|-", "---\n"),
    *("```\n", "```a\n", "~~~\n", "````\n```\n", "> ```\n", "- ```\n", "`a`", "``a`", "`a``", "` ", "> ```\na\n"),
    *(
        "**a**",
        "**a",
        "*a ",
        "_a_",
        "_a ",
        "__a",
        "~~a",
        "*_",
        "[a](b)",
        "[a](",
        "![",
        "[](",
        "[[",
        "]]",
        "](",
        "<a>",
        "</",
    ),
    *("<think>", "</think>", "<think></think>", "<think>\n</think>\n", "</think>\n", "\n</think>", "<think> </think> "),
    *(
        "http://",
        "http://a",
        "https://a/../",
        "../",
        "a.",
        "a-",
        "-.",
        "xn--",
        "xn--a.",
        "é.",
        "。a",
        "a@",
        "a:1",
        "::",
        "1.1.",
    ),
    *(
        "[1,",
        "[[",
        "[]",
        "{}",
        '{"a":',
        '{"a":1},',
        '"',
        '\\"',
        "\\\\",
        "\\u00",
        "0,",
        "1e9,",
        "0.1",
        "data:",
        "data: {}\n\n",
    ),
    *("sk-", "sk-a ", "session=", "session=a ", "Bearer ", "LTAI", "=41", "%41", "&amp;", "a=b&", "a,b", "，", "a：b"),
    *(
        "abcdefghijklmnop",
        "QUJDREVG",
        "aA",
        "Aa",
        "a1",
        "1a",
        "a ",
        "哈 ",
        "哈a",
        "哈。",
        "a. ",
        "a.\n",
        '."',
        "。”",
        ";'",
        "… ",
    ),
    *(
        "2026-11-28 ",
        " 2026-11-28",
        "2026-11-28 至 ",
        "||1",
        "||123456789",
        "user:",
        "用户名:",
        "余额",
        "暴力",
        "暴力暴",
        "maximum ",
    ),
    *(
        "model ",
        "too many ",
        "context ",
        "1\r\na\r\n",
        "ff\r\n",
        "a: b\r\n",
        "HTTP/1.1 100 \r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
    ),
)
"""Pieces that some part of the program looks for, whole or begun."""

LETTERS = "".join(chr(0x4E00 + 7 * place % 20_000) for place in range(20_000))
"""Characters that do not repeat themselves: what is kept of each is kept of all."""

FRAMED = (
    Shape(LETTERS),
    Shape(LETTERS, "#域名 ", ".com"),
    Shape(LETTERS, "a.", ".com"),
    Shape("".join(f"暴{letter}" for letter in LETTERS)),
    Shape("".join(f"{number:05d}" for number in range(20_000))),
    Shape(" ", "| a |\n", "|x"),
    Shape(" ", "| a |\n|-", "|x"),
    Shape("\t ", "| a |\n|-|", "x"),
    Shape("| - ", "| a |\n", "x"),
    Shape(" ", "- a", "x"),
    Shape(" ", "a", "b"),
    Shape("\n ", "a", "b"),
    Shape(" ", "#域名 ", "x"),
    Shape("é", "#域名 ", ".com"),
    Shape("a", "xn--", ""),
    Shape("a", "#翻译 ", ""),
    Shape("@a ", "", "b"),
    Shape("@a ", "角色 ", ""),
    Shape("@a ", "角色 b ", ""),
    Shape("b ", "@a角色 ", ""),
    Shape("@a/persona ", "", "b"),
    Shape("@a#域名 ", "", "b"),
    Shape("b @a ", "", ""),
    Shape("\u0316\u0301", "/", ""),
    Shape("\u0301", "a", "\u0316"),
    Shape("\u0316", "a\u0301", ""),
    Shape(" ", "||1||1||1", "x"),
    Shape("- ", "", "x"),
    Shape("* ", "", "\n"),
    Shape("=", "", " x"),
    Shape("`", "", "x"),
    Shape("a", "```\n", ""),
    Shape("a\n", "```\n", ""),
    Shape("a\n", "> ```\n", "```"),
    Shape(">", "```\n", ""),
    Shape(" ", "```\n", "`"),
    Shape(" ", "<think>", ""),
    Shape(" ", "", "</think>"),
    Shape("\n", "</think>", " x"),
    Shape("1", "[0.", "]"),
    Shape("1", "[", "]"),
    Shape("[", "", "]"),
    Shape('{"a":', "", "1"),
    Shape('"a",', "[", '""]'),
    Shape('"a"', "{", "}"),
    Shape('{"a":"b"},', "[", "{}]"),
    Shape('\\"', '{"a":"', '"}'),
    Shape("\\ud83d", '{"a":"', '"}'),
    Shape("a.", "https://", "com"),
    Shape("/..", "https://a.b", ""),
    Shape("\u0316\u0301", "https://a", ".com"),
    Shape("x", "data: ", "\n\n"),
    Shape("model ", "", "not"),
)
"""What is slow only between two ends, or up to one."""

ALPHABET = (*" \t\n|-`~>#*_[](){}@/\\:.,0a", "\r", "哈", "\u200b", "\u0301", "。", "＃", "<", "&", '"', "=")


def usual() -> list[Shape]:
    """The shapes that every function is fed."""
    return [*FRAMED, *map(Shape, RUNS), *map(Shape, UNITS)]


def alternations(share: float = 1.0, seed: int = 0) -> list[Shape]:
    """A share of all pairs of characters again and again, alone and before something else that ends them."""
    pairs = [Shape("".join(pair), after=after) for pair in permutations(ALPHABET, 2) for after in ("", "x", "\n|")]
    return random.Random(seed).sample(pairs, round(share * len(pairs)))  # noqa: S311 - chooses cases
