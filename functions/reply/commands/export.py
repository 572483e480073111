"""The command with which an administrator exports what one person asked and was answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reply.archive import Archive, Found, Kept, OutOfTime, Person
from reply.commands.others import forbidden
from reply.commands.setting import tell
from reply.conversation import Turn
from reply.markdown import inline_code
from reply.places import Owner
from reply.records import Record
from reply.run import Run
from shared.errors import BUCKET, StoreUnavailable
from shared.folding import normalized

DEFAULT_DAYS, MOST_DAYS = 30, 92
"""Days that are exported: without a range, today being the last; and at most."""

MOST_CHOICES = 10
"""People of one name who are listed."""

MOST_TEXT = 10_000
"""Characters of an export that is answered as text, where there is no bucket for links."""

_DAY = r"(\d{4}-\d{1,2}-\d{1,2})"
_RANGE = re.compile(rf"(?:^|\s){_DAY}(?:\s*(?:\.\.\.?|…|~|至|到)\s*{_DAY})?$")
_PREFIX = re.compile(r"(username|userid|user|用户名|用户|姓名)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class _Wanted:
    """Whose records: an id, or also a name; of which days (yyyy-mm-dd, both included)."""

    who: str
    by_name: bool
    first: str
    last: str


def export(run: Run, turn: Turn) -> str:
    """`查对话` explains, `#查对话 username:…` exports. Raises DeliveryDelayed."""
    words, services = run.services.wording, run.services
    if refusal := forbidden(run):
        return run.explain(refusal, turn, Record("refused"))
    if not services.exports.settings.allowed:
        return run.explain(words.export_off, turn, Record("refused"))
    text = normalized(run.message.text).strip()
    try:
        wanted = _wanted(run, text)
    except ValueError:
        return tell(run, turn, words.export_range_wrong.format(most=MOST_DAYS))
    if not wanted.who:
        return tell(run, turn, words.export_help.format(days=DEFAULT_DAYS, most=MOST_DAYS))
    try:
        return tell(run, turn, _exported(run, wanted))
    except OutOfTime:
        run.log.warning("export_slow", problem="reading the records took all the time of a run")
        return run.explain(words.export_slow, turn)
    except StoreUnavailable as problem:
        run.log.error("export_failed", cause=BUCKET, problem=str(problem), remedy=problem.remedy or None)
        return run.explain(words.export_failed, turn)


def _wanted(run: Run, text: str) -> _Wanted:
    """Read the argument. Raises ValueError for days that cannot be used."""
    today = date.fromisoformat(run.services.records.days.day(run.now_ms))
    first, last = today - timedelta(days=DEFAULT_DAYS - 1), today
    if found := _RANGE.search(text):
        first, last = _day(found[1]), _day(found[2] or found[1])
        text = text[: found.start()].strip()
    if not 0 <= (last - first).days < MOST_DAYS:
        raise ValueError("wanted the earlier day first, and not too many")
    prefix = _PREFIX.match(text)
    by_name = prefix is None or prefix[1].lower() != "userid"
    who = (text[prefix.end() :] if prefix else text).lstrip("@")
    return _Wanted(who, by_name, first.isoformat(), last.isoformat())


def _day(text: str) -> date:
    year, month, day = map(int, text.split("-"))
    return date(year, month, day)


def _exported(run: Run, wanted: _Wanted) -> str:
    records, owner = run.services.records, Owner.of(run.message)
    archive = Archive(records, owner, wanted.first, wanted.last, lambda: run.services.clock.now() < run.work_ends)
    people = archive.people(wanted.who, by_name=wanted.by_name)
    if len(people) != 1:
        return _nobody_or_several(run, wanted, people)
    found = archive.of(people[0])
    run.log.info("exported", by=run.message.sender.id, of=people[0].id, records=len(found.kept))
    notes = _notes(run, found)
    link = run.services.exports.published(_document(run, wanted, people[0], found, notes), wanted.last)
    if not link:
        return _as_text(run, wanted, people[0], found)
    ready = run.services.wording.export_ready.format(
        who=_who(people[0]),
        first=wanted.first,
        last=wanted.last,
        count=len(found.kept),
        link=link,
        minutes=max(1, run.services.exports.settings.link_seconds // 60),
    )
    return "\n\n".join([ready, *notes])


def _nobody_or_several(run: Run, wanted: _Wanted, people: list[Person]) -> str:
    words, name = run.services.wording, inline_code(wanted.who)
    if not people:
        return words.export_nobody.format(name=name, first=wanted.first, last=wanted.last)
    people = sorted(people, key=lambda person: person.last, reverse=True)
    shown = people[:MOST_CHOICES]
    lines = [words.export_choice.format(id=inline_code(one.id).strip("`"), day=one.last) for one in shown]
    more = words.export_choices_cut.format(shown=MOST_CHOICES) if len(people) > MOST_CHOICES else ""
    return words.export_choose.format(count=len(people), name=name, choices="\n".join(lines) + more)


def _document(run: Run, wanted: _Wanted, person: Person, found: Found, notes: list[str]) -> str:
    title = run.services.wording.export_title.format(who=_who(person), first=wanted.first, last=wanted.last)
    return "\n\n".join([f"# {title}", *notes, *(_entry(run, kept) for kept in found.kept)]) + "\n"


def _as_text(run: Run, wanted: _Wanted, person: Person, found: Found) -> str:
    """The latest records that fit into an answer, since there is nowhere to put a file."""
    left, kept = MOST_TEXT, list[Kept]()
    for one in reversed(found.kept):
        left -= len(_entry(run, one))
        if left < 0 and kept:
            break
        kept.insert(0, one)
    shown = Found(tuple(kept), cut=found.cut or len(kept) < len(found.kept))
    return _document(run, wanted, person, shown, _notes(run, shown))


def _notes(run: Run, found: Found) -> list[str]:
    words = run.services.wording
    off = [] if run.services.exports.texts_kept else [words.export_texts_off]
    return off + ([words.export_cut.format(count=len(found.kept))] if found.cut else [])


def _entry(run: Run, kept: Kept) -> str:
    words = run.services.wording
    time = datetime.fromtimestamp(kept.at / 1000, run.services.records.days.timezone)
    head = words.export_entry.format(
        time=time.strftime("%Y-%m-%d %H:%M:%S"),
        where=words.name_group if kept.group else words.name_private,
        outcome=getattr(words, f"outcome_{kept.outcome}", kept.outcome),
        tokens=kept.tokens,
    )
    lines = [f"## {head}"]
    for name, text in ((words.export_question, kept.question), (words.export_answer, kept.answer)):
        if text:
            lines += [f"**{name}**", "\n".join(f"> {line}" for line in text.splitlines())]
    return "\n\n".join(lines)


def _who(person: Person) -> str:
    return f"{inline_code(person.name)} {inline_code(person.id)}" if person.name else inline_code(person.id)
