"""What was stored before things belonged to a robot: `records/<day>/<person>/` and `rollups/<day>/` of all robots.

Nothing is written there any more, and nothing of it is moved: it goes on counting for its robot. Where there has only
been one robot all of it is that robot's; where there were several each record is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reply.bucket import Bucket, at_once, path_part
from reply.places import Owner, days, parts, robot_part, robots
from reply.tallies import Tallies
from shared.clock import Clock

KNOWN_FOR_S = 300.0
"""Seconds for which it is remembered what there is: an instance of the version before may still be at work."""


class Earlier:
    """What lies beside today's layout. Every method raises StoreUnavailable when the bucket fails."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        self._until = 0.0
        self._days: frozenset[str] = frozenset()
        self._robots: frozenset[str] = frozenset()
        self._seen: set[Owner] = set()
        self._counts: dict[tuple[str, str], tuple[float, Tallies]] = {}
        self._talking: frozenset[str] | None = None

    def days(self) -> frozenset[str]:
        """The days of which there are records of all robots together."""
        self._look()
        return self._days

    def known(self, owner: Owner) -> Owner:
        """The same robot without an earlier id under which nothing is stored."""
        if owner.before and owner not in self._seen:
            self._seen.add(owner)
            self._until = 0.0  # what was looked at before this robot had its id may have lacked the earlier one
        self._look()
        return owner if owner.before and robot_part(owner.before) in self._robots else Owner(owner.robot)

    def counted(self, owner: Owner, day: str, count: Callable[[], Tallies]) -> Tallies:
        """What was used on a day that is not over for good, counted at most every KNOWN_FOR_S seconds."""
        now = self._clock.now()
        counted = self._counts.get((owner.robot, day))
        if counted is None or now - counted[0] > KNOWN_FOR_S:
            counted = self._counts[owner.robot, day] = (now, count())
        return counted[1]

    def only(self, owner: Owner) -> bool:
        """Whether nobody ever talked to another robot than this."""
        if self._talking is None:
            self._talking = frozenset(parts(self._bucket.names(("conversations",))))
        return self._talking <= {path_part(robot) for robot in owner.ids}

    def _look(self) -> None:
        now = self._clock.now()
        if now < self._until:
            return
        names, accounts = at_once([partial(self._bucket.names, (top,)) for top in ("records", "account")])
        self._days, self._robots = frozenset(days(names)), frozenset(robots([*names, *accounts]))
        self._talking = None
        self._until = now + KNOWN_FOR_S
