"""The page's server: its files, its JSON interface, its live events. It answers to its own address only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from local.messages import Sent, Shown
from local.page_state import MessageRefused, PageState
from local.parts import Parts
from local.sentences import sentence
from local.story import story_of
from local.web import Site

PAGE = Path(__file__).resolve().parent / "page"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_KEEP_ALIVE_SECONDS = 15.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageServer:
    """Serves the page of one cloud. Runs in the cloud's event loop."""

    def __init__(self, parts: Parts, model: dict[str, Any], folder: Path = PAGE) -> None:
        self.site = Site()
        self.state = PageState(parts, model)
        self._parts, self._folder = parts, folder
        self._listeners: set[_Listener] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.site.app.middlewares.append(self._guard)
        router = self.site.app.router
        router.add_get("/", self._index)
        router.add_static("/static", folder / "static")
        router.add_get("/api/state", self._state)
        router.add_get("/api/events", self._events)
        router.add_get("/api/story/{id}", self._story)
        router.add_post("/api/send", self._send)
        router.add_post("/api/reset", self._reset)
        parts.listeners.append(self._changed)

    async def stop(self) -> None:
        """End the live events and close the port."""
        for listener in self._listeners:
            listener.close()
        for task in list(self._tasks):
            task.cancel()
        await self.site.stop()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A page of another site must reach nothing here, whatever name it gives this address (DNS rebinding)."""
        hosts = {f"{name}:{self.site.port}" for name in ("127.0.0.1", "localhost")}
        origin = request.headers.get("Origin")
        own = request.headers.get("Host", "").lower() in hosts
        if request.method not in ("GET", "HEAD"):
            own = own and (origin is None or origin in {f"http://{host}" for host in hosts})
        if not own:
            return self._refusal(403, "foreign")
        response = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def _refusal(self, status: int, name: str, **values: object) -> web.Response:
        return web.json_response({"error": sentence(self._parts.options.language, name, **values)}, status=status)

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(self._folder / "index.html")

    async def _state(self, _: web.Request) -> web.StreamResponse:
        return _json(self.state.whole())

    async def _story(self, request: web.Request) -> web.StreamResponse:
        sent = self.state.question(request.match_info["id"])
        return self._refusal(404, "no_story") if sent is None else _json(story_of(sent, self._parts))

    async def _send(self, request: web.Request) -> web.StreamResponse:
        try:
            draft = await request.json()
        except ValueError:
            draft = None
        if not isinstance(draft, dict) or request.content_type != "application/json":
            return self._refusal(400, "not_json")
        try:
            sent = self.state.compose(draft)
        except MessageRefused as refusal:
            return self._refusal(400, refusal.name, **refusal.values)
        self._parts.dingtalk.take(sent)
        if sent.reaches_robot:
            self._later(self._deliver(sent))
        return _json(self.state.message(sent), 202)

    async def _deliver(self, sent: Sent) -> None:
        await self._parts.dingtalk.deliver(sent)

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reset(self, _: web.Request) -> web.StreamResponse:
        self._parts.dingtalk.timeline.clear()
        self._parts.fc.forget()
        self._parts.model.requests.clear()
        self.state.reset()
        for listener in self._listeners:
            listener.put({"kind": "reset"})
        return _json({})

    def _changed(self, message: Sent | Shown) -> None:
        for listener in self._listeners:
            listener.put(message)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """https://html.spec.whatwg.org/multipage/server-sent-events.html ."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **_HEADERS})
        await response.prepare(request)
        listener = _Listener()
        self._listeners.add(listener)
        try:
            await response.write(b": hello\n\n")
            while not listener.closed:
                entries = await listener.take()
                data = [
                    e if isinstance(e, dict) else {"kind": "message", "message": self.state.message(e)} for e in entries
                ]
                text = "".join(f"data: {json.dumps(entry, ensure_ascii=False)}\n\n" for entry in data)
                await response.write((text or ": still here\n\n").encode("utf-8", "replace"))
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._listeners.discard(listener)
        return response


class _Listener:
    """One open page: what it has to be told, each message once however often it changed."""

    def __init__(self) -> None:
        self.closed = False
        self._waiting: dict[str, Sent | Shown | dict[str, Any]] = {}
        self._news = asyncio.Event()

    def put(self, entry: Sent | Shown | dict[str, Any]) -> None:
        """Tell it soon; a reset makes what waited before it pointless."""
        if isinstance(entry, dict):
            self._waiting.clear()
        self._waiting["" if isinstance(entry, dict) else entry.id] = entry
        self._news.set()

    def close(self) -> None:
        """End its stream."""
        self.closed = True
        self._news.set()

    async def take(self) -> list[Sent | Shown | dict[str, Any]]:
        """Wait for news; nothing after a while, so that a dead connection is noticed."""
        try:
            await asyncio.wait_for(self._news.wait(), _KEEP_ALIVE_SECONDS)
        except asyncio.TimeoutError:
            return []
        self._news.clear()
        taken, self._waiting = list(self._waiting.values()), {}
        return taken


def _json(data: Any, status: int = 200) -> web.Response:
    text = json.dumps(data, ensure_ascii=False)
    return web.Response(status=status, body=text.encode("utf-8", "replace"), content_type="application/json")
