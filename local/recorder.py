"""`python -m local recorder FILE`: write down what a real robot is sent, and pass it on.

The functions log no message, so a problem of production is recorded where its callbacks arrive: for a moment, the
robot's address on DingTalk's console is that of a tunnel to this recorder.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp
from aiohttp import web

from local.recordings import Recording, RecordingProblem
from local.web import Site

LARGEST = 1024 * 1024
"""Bytes of a callback."""
_NOT_PASSED_ON = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m local recorder",
        description="Append every POST to FILE, as --replay takes it, and answer it: as the functions at --forward "
        "do, or with an empty 200, after which the person sees no answer.",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=8766, help="port on this machine (default %(default)s)")
    parser.add_argument("--forward", default="", metavar="URL", help="the deployed trigger, which then answers as ever")
    return parser.parse_args(given)


class Recorder:
    """Serves the recorder. `forward` is "" or the address that callbacks are passed on to."""

    def __init__(self, recording: Recording, forward: str) -> None:
        self.site = Site(self._handle, largest=LARGEST)
        self._recording, self._forward = recording, forward

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.method == "POST":
            self._recording.append(dict(request.headers), body)
            print(f"recorded {len(body)} bytes", flush=True)
        if not self._forward:
            return web.json_response({})
        return await self._passed_on(request, body)

    async def _passed_on(self, request: web.Request, body: bytes) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http,
                http.request(request.method, self._forward, data=body, headers=headers, allow_redirects=False) as found,
            ):
                return web.Response(status=found.status, body=await found.read(), content_type=found.content_type)
        except (aiohttp.ClientError, asyncio.TimeoutError) as problem:
            print(f"not passed on: {type(problem).__name__}", file=sys.stderr, flush=True)
            return web.Response(status=502)


def main(given: Sequence[str]) -> int:
    """Record until Ctrl-C; returns the exit status."""
    parsed = arguments(given)
    try:
        asyncio.run(_serve(Recorder(Recording(parsed.file), parsed.forward), parsed.port))
    except KeyboardInterrupt:
        return 0
    except RecordingProblem as problem:
        print(f"python -m local recorder: {problem}", file=sys.stderr)
    except OSError as problem:
        reason = problem.strerror or problem
        print(f"python -m local recorder: port {parsed.port} cannot be opened: {reason}", file=sys.stderr)
    return 1


async def _serve(recorder: Recorder, port: int) -> None:
    await recorder.site.start(port)
    print(recorder.site.url, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await recorder.site.stop()
