"""A web server of the cloud: one aiohttp application on one loopback port."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

HOST = "127.0.0.1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Serves every request with one handler, or with a table of routes."""

    def __init__(self, handler: Handler | None = None, *, largest: int = 40 * 1024 * 1024) -> None:
        self.app = web.Application(client_max_size=largest, middlewares=[_left_alone])
        if handler is not None:
            self.app.router.add_route("*", "/{path:.*}", handler)
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on `port`, or on any free one. Raises OSError when it is taken."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=0.2, handle_signals=False)
        await self._runner.setup()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        await web.SockSite(self._runner, listener, backlog=1024).start()

    async def stop(self) -> None:
        """Close the port and what is connected to it."""
        if self._runner is not None:
            await self._runner.cleanup()


@web.middleware
async def _left_alone(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whoever dies in the middle of a request gets no answer, and is no error of this server."""
    try:
        return await handler(request)
    except ConnectionError:
        if request.transport is not None and not request.transport.is_closing():
            raise
        return web.Response(status=500)


def peer_port(request: web.Request) -> int:
    """Return a number for the client's connection, as `connection` makes it; 0 when it has gone."""
    if request.transport is None:
        return 0
    peer, own = request.transport.get_extra_info("peername"), request.transport.get_extra_info("sockname")
    return connection(int(peer[1]), int(own[1])) if peer and own else 0


def connection(client: int, server: int) -> int:
    """A number for a connection between two ports: a client's port alone may be used for several servers at once."""
    return client << 16 | server


async def dripped(
    request: web.Request, body: bytes, content_type: str, seconds: float, *, headers_too: bool
) -> web.Response:
    """Answer byte by byte, with so many (real) seconds between two; the response returned goes nowhere."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n".encode()
    connection = request.transport
    if connection is not None and not headers_too:
        connection.write(head)
    for byte in head + body if headers_too else body:
        if connection is None or connection.is_closing():
            break
        connection.write(bytes([byte]))
        await asyncio.sleep(seconds)
    return reset(request)


def reset(request: web.Request) -> web.Response:
    """Cut the connection without an answer; the response returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
