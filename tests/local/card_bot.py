"""A robot's client of the card interface: what a bot does over HTTP to fill a card while its model speaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from local.cloud import LocalCloud, Sent
from local.people import ROBOT_CODE

TEMPLATE = "11111111-2222-4333-8444-555555555555.schema"


class CardBot:
    """Calls the stand-in as an application; every call returns status and JSON."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self.http = requests.Session()
        self.http.trust_env = False
        answer = self.call("POST", "/v1.0/oauth2/accessToken", {"appKey": ROBOT_CODE, "appSecret": secret})
        self.http.headers["x-acs-dingtalk-access-token"] = answer[1]["accessToken"]

    def call(self, method: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
        answer = self.http.request(method, self._url + path, json=body, timeout=10)
        return answer.status_code, answer.json()

    def create(self, sent: Sent, track: str = "track-1", **changes: Any) -> tuple[int, dict[str, Any]]:
        """Create a card in the conversation of `sent` and deliver it there; a change of None leaves a field out."""
        if sent.conversation.group:
            space = {
                "openSpaceId": f"dtv1.card//IM_GROUP.{sent.conversation.cid}",
                "imGroupOpenDeliverModel": {"robotCode": ROBOT_CODE},
            }
        else:
            space = {
                "openSpaceId": f"dtv1.card//IM_ROBOT.{sent.person.staff_id}",
                "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
            }
        variables = {"cardParamMap": {"content": "", "flowStatus": "1"}}
        body = {"outTrackId": track, "cardTemplateId": TEMPLATE, "callbackType": "STREAM", "cardData": variables}
        wanted = {name: value for name, value in {**body, **space, **changes}.items() if value is not None}
        return self.call("POST", "/v1.0/card/instances/createAndDeliver", wanted)

    def stream(
        self, content: str, guid: str = "", track: str = "track-1", *, without: str = "", **changes: Any
    ) -> tuple[int, dict[str, Any]]:
        """Replace the text of a card; the field `without` is left out."""
        body = {"outTrackId": track, "guid": guid or content, "key": "content", "content": content, "isFull": True}
        wanted = {name: value for name, value in {**body, **changes}.items() if name != without}
        return self.call("PUT", "/v1.0/card/streaming", wanted)

    def update(self, variables: object, track: str = "track-1", *, by_key: bool = True) -> tuple[int, dict[str, Any]]:
        """Change variables of a card."""
        options = {"updateCardDataByKey": by_key}
        body = {"outTrackId": track, "cardData": {"cardParamMap": variables}, "cardUpdateOptions": options}
        return self.call("PUT", "/v1.0/card/instances", body)


@contextmanager
def card_bot(cloud: LocalCloud) -> Iterator[CardBot]:
    """A client of that cloud's card interface."""
    bot = CardBot(cloud.dingtalk.site.url, cloud.options.secret)
    try:
        yield bot
    finally:
        bot.http.close()
