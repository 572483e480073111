"""The page's server: its files, its JSON interface, its live events. It answers to its own address only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from local.drafts import MessageRefused
from local.kinds import KINDS, shapes
from local.messages import Sent, Shown
from local.page_state import PageState
from local.page_switches import PageSwitches
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
        self._switches = PageSwitches(parts, self.state, bool(model["demo"]))
        self._parts, self._folder = parts, folder
        self._listeners: set[_Listener] = set()
        self.site.app.middlewares.append(self._guard)
        router = self.site.app.router
        router.add_get("/", self._index)
        router.add_static("/static", folder / "static")
        router.add_get("/api/state", self._state)
        router.add_get("/api/events", self._events)
        router.add_get("/api/story/{id}", self._story)
        router.add_get("/api/message/{id}", self._message)
        router.add_get("/api/media/{id}", self._media)
        router.add_get("/api/kinds", self._kinds)
        router.add_get("/api/faults", self._faults)
        router.add_post("/api/faults", self._switch_on)
        router.add_delete("/api/faults", self._switch_off)
        router.add_delete("/api/faults/{number}", self._switch_off)
        router.add_post("/api/clock", self._clock)
        router.add_post("/api/redeliver", self._redeliver)
        router.add_post("/api/send", self._send)
        router.add_post("/api/reset", self._reset)
        parts.listeners.append(self._changed)
        parts.switches.listen(self._faults_changed)
        parts.clock.listen(self._clock_moved)

    async def stop(self) -> None:
        """End the live events and close the port."""
        for listener in self._listeners:
            listener.close()
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
        try:
            response = await handler(request)
        except MessageRefused as refusal:
            response = self._refusal(400, refusal.name, **refusal.values)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    def _refusal(self, status: int, name: str, /, **values: object) -> web.Response:
        return web.json_response({"error": sentence(self._parts.options.language, name, **values)}, status=status)

    async def _index(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(self._folder / "index.html")

    async def _state(self, _: web.Request) -> web.StreamResponse:
        return _json(self.state.whole())

    async def _story(self, request: web.Request) -> web.StreamResponse:
        sent = self.state.question(request.match_info["id"])
        return self._refusal(404, "no_story") if sent is None else _json(story_of(sent, self._parts))

    async def _message(self, request: web.Request) -> web.StreamResponse:
        sent = self.state.question(request.match_info["id"])
        if sent is None:
            return self._refusal(404, "no_story")
        answers = [self.state.message(answer) for answer in sent.answers]
        return _json({"message": self.state.message(sent), "answers": answers, "over": self.state.over(sent)})

    async def _media(self, request: web.Request) -> web.StreamResponse:
        picture = self.state.media.get(request.match_info["id"])
        if picture is None:
            return self._refusal(404, "no_media")
        # Whatever the bytes are: opened on their own, they run nothing.
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
        return web.Response(body=picture.data, content_type=picture.content_type, headers=headers)

    async def _kinds(self, _: web.Request) -> web.StreamResponse:
        return _json({"kinds": [kind.described() for kind in KINDS.values()], "shapes": shapes()})

    async def _faults(self, _: web.Request) -> web.StreamResponse:
        return _json(self._switches.catalogue())

    async def _switch_on(self, request: web.Request) -> web.StreamResponse:
        return _json(self._switches.switch_on(await _object(request)), 201)

    async def _switch_off(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info.get("number")
        return _json(self._switches.clear() if number is None else self._switches.switch_off(number))

    async def _clock(self, request: web.Request) -> web.StreamResponse:
        return _json(self._switches.move_clock(await _object(request)))

    async def _redeliver(self, request: web.Request) -> web.StreamResponse:
        return _json(self._switches.redeliver(await _object(request)), 202)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        sent = self.state.drafts.compose(await _object(request))
        self._parts.dingtalk.take(sent)
        if sent.reaches_robot:
            self._parts.callbacks.start(sent)
        return _json(self.state.message(sent), 202)

    async def _reset(self, _: web.Request) -> web.StreamResponse:
        await self._parts.forget()
        self.state.reset()
        for listener in self._listeners:
            listener.put({"kind": "reset"})
        return _json({})

    def _changed(self, message: Sent | Shown) -> None:
        for listener in self._listeners:
            listener.put(message)

    def _faults_changed(self) -> None:
        for listener in self._listeners:
            listener.put({"kind": "faults", "faults": self.state.faults()})

    def _clock_moved(self, _: float) -> None:
        for listener in self._listeners:
            listener.put({"kind": "clock", "clock": self.state.clock()})

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
            if entry["kind"] == "reset":
                self._waiting.clear()
            self._waiting[entry["kind"]] = entry
        else:
            self._waiting[entry.id] = entry
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


async def _object(request: web.Request) -> dict[str, Any]:
    """Return the body, a JSON object that says that it is one: a form of another site cannot."""
    try:
        found = await request.json() if request.content_type == "application/json" else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise MessageRefused("not_json")
    return found


def _json(data: Any, status: int = 200) -> web.Response:
    text = json.dumps(data, ensure_ascii=False)
    return web.Response(status=status, body=text.encode("utf-8", "replace"), content_type="application/json")
