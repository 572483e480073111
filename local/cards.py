"""Interactive cards as the local DingTalk keeps them: variables that change, a text that grows, a state.

States: https://open.dingtalk.com/document/development/ai-card-template ; updates:
https://open.dingtalk.com/document/development/api-streamingupdate and
https://open.dingtalk.com/document/development/interactive-card-update-interface .
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from local.messages import Sent

STATES = {"1": "PROCESSING", "2": "INPUTING", "3": "FINISHED", "4": "EXECUTING", "5": "FAILED"}
"""What the variable `flowStatus` says of a card; the names are those of DingTalk's own SDKs."""
OVER = ("FINISHED", "FAILED")
STATUS = "flowStatus"

_USUAL = ("msgContent", "content", "markdown", "text", "answer")
"""How templates in public code call the variable that holds the answer, until streaming tells."""


@dataclass
class Card:
    """One card in a conversation, shown as an answer to `sent`. `texts` are all that people have seen in it, in order.

    `variables` are what the template shows; `key` is the one that was streamed; `guids` are the updates made so far.
    """

    out_track_id: str
    template: str
    sent: Sent
    variables: dict[str, str]
    state: str = "PROCESSING"
    key: str = ""
    texts: list[str] = field(default_factory=list)
    guids: set[str] = field(default_factory=set)
    shown: str = ""

    def __post_init__(self) -> None:
        self._noted(self.variables)

    @property
    def text(self) -> str:
        """The markdown that people see now."""
        if self.key:
            return self.variables.get(self.key, "")
        names = [name for name in (*_USUAL, *self.variables) if name in self.variables and name != STATUS]
        return self.variables[names[0]] if names else ""

    @property
    def over(self) -> bool:
        """Whether it is finished or has failed."""
        return self.state in OVER

    def update(self, variables: Mapping[str, str], *, by_key: bool) -> None:
        """Change those variables; without `by_key` all others are forgotten, as DingTalk does unless told otherwise."""
        self.variables = {**(self.variables if by_key else {}), **variables}
        self._noted(variables)

    def stream(self, guid: str, key: str, content: str, *, final: bool, failed: bool) -> bool:
        """Replace the streamed text; False, and nothing changes, when this `guid` was there before."""
        if guid in self.guids:
            return False
        self.guids.add(guid)
        self.key = key
        self.variables[key] = content
        self.state = "FAILED" if failed else "FINISHED" if final else "INPUTING"
        self._noted({})
        return True

    def _noted(self, told: Mapping[str, str]) -> None:
        self.state = STATES.get(told.get(STATUS, ""), self.state)
        if not self.texts or self.texts[-1] != self.text:
            self.texts.append(self.text)


@dataclass(frozen=True)
class CardCall:
    """One call of the card interface and its answer; `message` is the id of the message concerned, "" if unknown."""

    at: int
    method: str
    path: str
    status: int
    body: bytes
    answer: bytes
    fault: str = ""
    message: str = ""
