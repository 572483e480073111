"""Reading lists of people and of groups from the settings: every id on one belongs to a robot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from conversation.guards import IdList
from shared.settings import SettingsReader, separated

_CLOSED = {
    "ALLOW_GROUPS": "in groups nobody but administrators is answered",
    "ALLOW_USERS": "nobody but administrators is answered",
    "DENY_USERS": "nobody but administrators is answered",
    "ADMIN_USERS": "nobody is an administrator",
    "VIP_USERS": "nobody is exempt from limits",
}
"""What holds while the list of that name cannot be understood."""

_ID = re.compile(r"(?=[_.-]*[A-Za-z0-9])[A-Za-z0-9_.@-]{1,64}|(?:cid|\$:)[A-Za-z0-9_.@$:+=/-]{1,200}")
"""A userid, or one of DingTalk's own ids of conversations and senders, which may have a slash in them. What people
write between ids (`u1:u2`), in the place of one (`-`, a name, `$DENY`), or around it (`userid:u1`) is in neither.
"""


@dataclass(frozen=True)
class Robots:
    """Whose ids a list can have: `names` has the id of each robot by every name of it."""

    names: Mapping[str, str]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Each robot once."""
        return tuple(sorted(set(self.names.values())))

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return tuple(f"{name}/" for name in sorted(self.names, key=len, reverse=True))

    def owned(self, entry: str) -> tuple[str, str]:
        """The robot that an entry is of, "" when it cannot be told, and the id."""
        prefix = next(filter(entry.startswith, self._prefixes), "") if "/" in entry else ""
        if prefix:
            return self.names[prefix[:-1]], entry[len(prefix) :]
        return (self.ids[0] if len(self.ids) == 1 else ""), entry

    def wrong(self, entry: str) -> str:
        """What was found in the place of an id, and what was wanted; "" when it is one robot's."""
        robot, id = self.owned(entry)
        found = f"has {entry[:40]!r}"
        if _is_id(id):
            if robot or not self.ids:
                return ""
            wanted = " or ".join(f"{one}/{id[:40]}" for one in self.ids)
            return f"{found}, and there are {len(self.ids)} robots; wanted {wanted}"
        unknown, _, rest = entry.partition("/")
        if id == entry and _is_id(unknown) and _is_id(rest):
            known = " or ".join(self.ids)
            return f"{found}, and no robot here is {unknown[:40]!r}; wanted {known} before the slash" if known else ""
        return f"{found}, which is no id; wanted ids as DingTalk has them, separated by commas"


def read_ids(reader: SettingsReader, name: str, robots: Robots) -> IdList:
    """Read a list that is set, of `<robot>/<id>`; an id alone belongs to the only robot.

    A text without an id, or an entry of which nobody can tell whom it means, is a problem that closes the list. Where
    no robot is known every entry is taken: nobody can ask who could be on it.
    """
    value = reader.text(name)
    entries = separated(value)
    wrong = "" if entries else f"has no id in {value[:40]!r}; wanted ids separated by commas"
    wrong = wrong or next(filter(None, map(robots.wrong, entries)), "")
    if wrong:
        reader.closed.append(f"{name} {wrong}; correct it, or leave it out: until then {_CLOSED[name]}")
        return IdList(given=True, closed=True)
    return IdList(frozenset(map(robots.owned, entries)), given=True)


def _is_id(text: str) -> bool:
    return not text.startswith("@") and _ID.fullmatch(text) is not None
