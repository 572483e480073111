"""A client of the page's interface, for scripts."""

from __future__ import annotations

import time
from typing import Any

import requests

from local.story import Json


class ClientProblem(Exception):
    """The local cloud was not reached, or refused; the text is one sentence."""


class Client:
    """Talks to the page's server at `url`. Close it, or use it as a context manager. Raises ClientProblem."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy stands between this machine and itself

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def state(self) -> Json:
        """Return people, conversations and messages."""
        return self._ask("GET", "/api/state")

    def send(self, draft: Json) -> Json:
        """Send a message; returns it as the page knows it."""
        return self._ask("POST", "/api/send", draft)

    def wait(self, message_id: str, seconds: float) -> Json:
        """Wait until nothing more can come for a message; returns {"message", "answers", "over"}."""
        until = time.monotonic() + seconds
        while True:
            found = self._ask("GET", f"/api/message/{message_id}")
            if found["over"] or time.monotonic() > until:
                return found
            time.sleep(0.05)

    def story(self, message_id: str) -> Json:
        """Return every step of a message."""
        return self._ask("GET", f"/api/story/{message_id}")

    def _ask(self, method: str, path: str, data: Any = None) -> Json:
        try:
            answer = self._http.request(method, self._url + path, json=data, timeout=30)
            found = answer.json()
        except requests.JSONDecodeError:
            raise ClientProblem(
                f"{self._url} is no local cloud; give the address that `python -m local` prints"
            ) from None
        except requests.RequestException as problem:
            name = type(problem).__name__
            raise ClientProblem(f"no local cloud was reached at {self._url} ({name}); is it running?") from None
        if answer.status_code >= 400:
            raise ClientProblem(str(found.get("error", answer.status_code)))
        return dict(found)
