"""All settings of this function, read once; every problem is kept for the log instead of being raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conversation.channels.dingtalk_settings import DingTalkSettings
from conversation.dispatch import DispatchSettings
from conversation.guards import GuardSettings
from conversation.instant import Offer
from shared.settings import SettingsReader, read_language, read_log_level, read_log_text


@dataclass(frozen=True)
class Settings:
    """What the function was told. With `problems` it refuses every message, each time saying in the log why.

    `closed` has a sentence for each list that cannot be understood: they are said in the log, too.
    """

    dingtalk: DingTalkSettings
    dispatch: DispatchSettings
    guards: GuardSettings
    offer: Offer
    instant_in_body: bool
    language: str
    log_level: int
    log_text: bool
    names: Mapping[str, str]
    problems: tuple[str, ...]
    closed: tuple[str, ...]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Read everything; raises nothing. `names` maps every setting to its default, for the documentation's test."""
        reader = SettingsReader(environ)
        dingtalk = DingTalkSettings.read(reader)
        guards = GuardSettings.read(reader, dingtalk.names)
        return cls(
            dingtalk=dingtalk,
            dispatch=DispatchSettings.read(reader),
            guards=guards,
            offer=Offer.read(reader, groups=guards.answers_groups, several=len(set(dingtalk.names.values())) > 1),
            instant_in_body=reader.choice("INSTANT_ANSWERS", "body", ("body", "webhook")) == "body",
            language=read_language(reader),
            log_level=read_log_level(reader),
            log_text=read_log_text(reader),
            names=reader.names,
            problems=tuple(reader.problems),
            closed=tuple(reader.closed),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be in a log."""
        return tuple(robot.secret for robot in self.dingtalk.robots)
