"""An answer's text made fit for DingTalk. Pure functions.

What DingTalk's markdown knows is documented at https://open.dingtalk.com/document/orgapp/robot-message-type : headings,
quotes, bold, italic, links, pictures, lists, and a newline that counts only with two blanks before it. Nothing is
escaped: DingTalk shows no HTML, so an escaped character would be shown as its escape.
"""

from __future__ import annotations

import re
import unicodedata

from reply.fences import Line, open_at_end, walk
from shared.wording import Wording

LONGEST_TITLE = 20
"""Characters of a title: what the chat list shows of it."""

LOOKED_AT = 10_000
"""Characters of an answer within which its title is looked for."""

_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
_CONTROL = dict.fromkeys(c for c in range(0xA0) if c not in (0x09, 0x0A) and unicodedata.category(chr(c)) == "Cc")
_BLANK_LINES_FIRST = re.compile(r"(?:[^\S\n]*\n)+")

_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S")
_TABLE_RULE_CELL = re.compile(r":?-+:?")

_MARKUP = (
    (re.compile(r"^[ \t]*(?:>[ \t]*|#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+)+"), ""),
    (re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)?"), r"\1"),
    (re.compile(r"(\*{1,3}|~~|`+)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"[\s|]+"), " "),
)


def clean(text: str) -> str:
    """The text with plain newlines, without control characters, lone surrogates and blank lines at either end."""
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _LINE_END.sub("\n", text).translate(_CONTROL).rstrip()
    first = _BLANK_LINES_FIRST.match(text)
    return text[first.end() :] if first else text


def is_blank(text: str) -> bool:
    """Whether a person would see nothing: white space and invisible characters only."""
    return all(c.isspace() or unicodedata.category(c) == "Cf" for c in text)


def inline_code(text: str, longest: int = 120) -> str:
    """Somebody else's text as inline code, at most `longest` characters: none of its markup is shown as ours."""
    plain = "".join(c if c.isprintable() and c != "`" else " " for c in text).strip()
    return f"`{plain[:longest]}{'…' if len(plain) > longest else ''}`"


def with_fence_closed(text: str) -> str:
    """The text with a code fence closed that it leaves open; what is appended afterwards is no code then."""
    fence = open_at_end(text)
    return f"{text.rstrip()}\n{fence.closing}" if fence else text


def prepared(text: str) -> str:
    """The text so that DingTalk shows its lines, lists, tables and code blocks as they were meant.

    Adds blanks at the end of lines and blank lines, and nothing else; code is left as it is. Doing it twice changes
    nothing more.
    """
    lines = list(walk(text.split("\n")))
    tables = table_rows(lines)
    done = [lines[0].text]
    for at in range(1, len(lines)):
        before, line = lines[at - 1], lines[at]
        if _needs_blank_line(lines, at, tables):
            done.append("")
        elif before.role == line.role == "text" and line.text.strip() and _runs_on(before, at - 1 in tables):
            done[-1] = done[-1].rstrip(" \t") + "  "
        done.append(line.text)
    return "\n".join(done)


def title_of(text: str, words: Wording) -> str:
    """The beginning of an answer without markup, at most 20 characters, never empty."""
    for line in walk(text[:LOOKED_AT].split("\n")):
        found = _plain(line)
        if is_blank(found) or not any(c.isalnum() for c in found):
            continue
        if len(found) <= LONGEST_TITLE:
            return found
        end = LONGEST_TITLE - 1
        while end > 1 and is_joined(found, end):
            end -= 1
        return found[:end].rstrip() + "…"
    return words.answer_title


def is_joined(text: str, at: int) -> bool:
    """Whether the characters before and after that place are shown as one: cutting there would break them."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\u200d" in (before, after):
        return True
    flags = 0
    while flags < at and "\U0001f1e6" <= text[at - 1 - flags] <= "\U0001f1ff":
        flags += 1
    return "\U0001f1e6" <= after <= "\U0001f1ff" and flags % 2 == 1


def _plain(line: Line) -> str:
    """What a line shows, in one line; a fence and a rule show nothing."""
    if line.role in ("opens", "closes"):
        return ""
    text = line.text[: 20 * LONGEST_TITLE].strip()
    if line.role == "text":
        for markup, shown in _MARKUP:
            text = markup.sub(shown, text)
    return " ".join(text.split())


def table_rows(lines: list[Line]) -> dict[int, bool]:
    """The places of all rows of tables, a rule under the first one included, and of each whether it is the first."""
    rows: dict[int, bool] = {}
    for at in range(1, len(lines)):
        before, line = lines[at - 1], lines[at]
        if before.role != "text" or line.role != "text" or "|" not in line.text:
            continue
        if at - 1 in rows:
            rows[at] = False
        elif "|" in before.text and not before.text.lstrip().startswith(">") and _is_table_rule(line.text):
            rows[at - 1], rows[at] = True, False
    return rows


def _is_table_rule(text: str) -> bool:
    """Whether the line is the one under a table's head; cut into cells first, for a pattern would try blanks twice."""
    cells = text.strip(" \t").removeprefix("|").removesuffix("|").split("|")
    return all(_TABLE_RULE_CELL.fullmatch(cell.strip(" \t")) for cell in cells)


def _needs_blank_line(lines: list[Line], at: int, tables: dict[int, bool]) -> bool:
    before, line = lines[at - 1], lines[at]
    if before.role in ("opens", "code") or not before.text.strip() or line.text.lstrip().startswith(">"):
        return False
    if line.role == "opens" or tables.get(at, False):
        return True
    if line.role != "text" or not _ITEM.match(line.text) or _RULE.fullmatch(line.text):
        return False
    # An indented line before an item belongs to an earlier item of the same list.
    return not _ITEM.match(before.text) and not before.text.startswith((" ", "\t"))


def _runs_on(line: Line, in_table: bool) -> bool:
    """Whether markdown would join this line with the next one."""
    ended = in_table or _HEADING.match(line.text) or _RULE.fullmatch(line.text)
    return bool(line.text.strip()) and not ended
