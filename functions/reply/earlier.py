"""What was stored before things belonged to a robot: `records/<day>/<person>/` and `rollups/<day>/` of all robots.

Nothing is written there any more, and nothing of it is moved: it goes on counting for its robot. Where there has only
been one robot all of it is that robot's; where there were several each record is asked.
"""

from __future__ import annotations

from reply.bucket import Bucket, path_part
from reply.places import Owner, days, parts, robots
from shared.clock import Clock

KNOWN_FOR_S = 60.0
"""Seconds for which it is remembered what there is: an instance of the version before may still be at work."""


class Earlier:
    """What lies beside today's layout. Every method raises StoreUnavailable when the bucket fails."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        self._until = 0.0
        self._days: frozenset[str] = frozenset()
        self._robots: frozenset[str] = frozenset()
        self._talking: frozenset[str] | None = None

    def days(self) -> frozenset[str]:
        """The days of which there are records of all robots together."""
        self._look()
        return self._days

    def robots(self) -> frozenset[str]:
        """The robots that have records of their own, as path parts."""
        self._look()
        return self._robots

    def only(self, owner: Owner) -> bool:
        """Whether nobody ever talked to another robot than this."""
        if self._talking is None:
            self._talking = frozenset(parts(self._bucket.names(("conversations",))))
        return self._talking <= {path_part(robot) for robot in owner.ids}

    def _look(self) -> None:
        now = self._clock.now()
        if now < self._until:
            return
        names = self._bucket.names(("records",))
        self._days, self._robots = frozenset(days(names)), frozenset(robots(names))
        self._talking = None
        self._until = now + KNOWN_FOR_S
