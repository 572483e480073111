from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.cloud import LocalCloud, Options
from local.page_server import PageServer

STANDINS = Path(__file__).parent / "standins"
STANDIN_OPTIONS = {"code": (STANDINS,), "conversation_handler": "front.handler", "reply_handler": "back.handler"}


@pytest.fixture
def plain_options() -> dict[str, object]:
    """Options of a cloud that runs the stand-in functions of this folder."""
    return {**STANDIN_OPTIONS, "language": "en"}


@pytest.fixture(scope="session")
def _shared_plain() -> Iterator[LocalCloud]:
    with LocalCloud(Options(**STANDIN_OPTIONS, language="en")) as cloud:
        yield cloud


@pytest.fixture
def plain(_shared_plain: LocalCloud) -> Iterator[LocalCloud]:
    """A cloud that runs the stand-in functions of this folder."""
    yield _shared_plain
    _shared_plain.reset()


class Page:
    """The page's server and a client of it."""

    def __init__(self, cloud: LocalCloud, server: PageServer) -> None:
        self.cloud, self.server, self.url = cloud, server, server.site.url
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.http.get(self.url + path, headers=headers, timeout=10)

    def post(self, path: str, data: object, **headers: str) -> requests.Response:
        return self.http.post(self.url + path, json=data, headers=headers, timeout=10)

    def send(self, text: str, conversation: str = "private-1", person: str = "person-1", **more: object) -> dict:
        answer = self.post("/api/send", {"conversation": conversation, "person": person, "text": text, **more})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def message(self, message_id: str) -> dict:
        return next(m for m in self.get("/api/state").json()["messages"] if m["id"] == message_id)

    def settled(self, message_id: str) -> dict:
        phases = ("answered", "failed", "undelivered")
        assert self.cloud.until(lambda: self.message(message_id)["state"]["phase"] in phases, 20)
        return self.message(message_id)


@pytest.fixture(scope="session")
def _page() -> Iterator[Page]:
    with LocalCloud(Options(**STANDIN_OPTIONS, language="en", watch_files=True)) as cloud:
        server = PageServer(cloud.parts, {"demo": True, "name": "demo"})
        cloud.do(server.site.start())
        page = Page(cloud, server)
        yield page
        page.http.close()
        cloud.do(server.stop())


@pytest.fixture
def page(_page: Page) -> Iterator[Page]:
    """The page of a cloud that runs the stand-in functions, reset after each test."""
    yield _page
    _page.cloud.reset()
    _page.post("/api/reset", {})
