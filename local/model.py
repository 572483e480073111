"""A chat-completions server: an echo that streams, and a script of replies and faults for tests.

Protocol: https://platform.openai.com/docs/api-reference/chat and, for the other path,
https://learn.microsoft.com/azure/ai-services/openai/reference .
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from local.clock import CloudClock
from local.faults import NOBODY, Concerned, Faults
from local.odd_answers import odd
from local.replies import Reply, failing, faulty
from local.web import Site, dripped, peer_port, reset


@dataclass
class ModelRequest:
    """One request the model got. `port` is the client's; times are ms in the cloud."""

    at: int
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    port: int
    first_token_at: int = 0
    done_at: int = 0
    status: int = 0
    answer: str = ""
    turn: str = ""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The prompt."""
        return list(self.body.get("messages", []))

    @property
    def usage(self) -> dict[str, int]:
        """Tokens, counted as one per character."""
        asked = sum(len(str(message.get("content", ""))) for message in self.messages)
        return {
            "prompt_tokens": asked,
            "completion_tokens": len(self.answer),
            "total_tokens": asked + len(self.answer),
        }

    @property
    def question(self) -> str:
        """What stands last in the prompt."""
        return str(self.messages[-1].get("content", "")) if self.messages else ""


class Model:
    """The stand-in. Scripted replies go first, in order; then comes the echo."""

    def __init__(
        self,
        clock: CloudClock,
        reached: Callable[[str, int], bool],
        turn_of: Callable[[int], str],
        *,
        language: str = "zh",
        pace: float = 0.0,
    ) -> None:
        self.site = Site(self._handle)
        self.requests: list[ModelRequest] = []
        self.replies: list[Reply] = []
        self.default: Callable[[ModelRequest], Reply] = self.echo
        self.faults = Faults()
        self.concerned: Callable[[int], Concerned] = lambda _: NOBODY
        self._clock, self._reached, self._turn_of = clock, reached, turn_of
        self._language, self._pace = language, pace

    def script(self, *replies: str | Reply) -> None:
        """Queue replies; a text is an ordinary answer."""
        self.replies += [Reply(reply) if isinstance(reply, str) else reply for reply in replies]

    def reset(self) -> None:
        """Forget the script and the requests seen."""
        self.requests.clear()
        self.replies.clear()
        self.default = self.echo

    def echo(self, request: ModelRequest) -> Reply:
        """Repeat the question and say what the prompt held."""
        rounds = sum(1 for message in request.messages if message.get("role") == "assistant")
        if self._language == "en":
            seen = f"I see {rounds} earlier round(s) of this conversation." if rounds else "I see no earlier rounds."
            text = f"(Demonstration model) You said: {request.question}\n\n{seen}"
        else:
            seen = f"我看到了之前的 {rounds} 轮对话。" if rounds else "我没有看到之前的对话。"
            text = f"（演示模型）你说：{request.question}\n\n{seen}"
        return Reply(text, between=self._pace)

    def _next(self, request: ModelRequest) -> Reply:
        prompt = json.dumps(request.messages, ensure_ascii=False)
        for reply in self.replies:
            if reply.when in prompt:
                self.replies.remove(reply)
                return reply
        ordinary = self.default(request)
        fault = self.faults.take(self.concerned(request.port))
        if fault is None:
            return ordinary
        return odd(fault.kind, ordinary, fault.parameters) or faulty(fault, ordinary, self._language)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if not request.path.endswith("/chat/completions"):
            return _error(failing(404, "not_found", f"no such address: {request.path}"))
        try:
            body = json.loads(raw)
        except ValueError:
            return _error(failing(400, "invalid_json", "the body is not JSON"))
        seen = ModelRequest(self._clock.now_ms(), request.raw_path, dict(request.headers), body, peer_port(request))
        seen.turn = self._turn_of(seen.port)
        self.requests.append(seen)
        if self._reached("model", seen.port):
            return reset(request)
        reply = self._next(seen)
        seen.status = reply.status
        await asyncio.sleep(reply.first_token)
        response = await self._answer(request, seen, reply)
        seen.done_at = self._clock.now_ms()
        if isinstance(response, web.Response) and self._reached("answered", seen.port):
            return reset(request)
        return response

    async def _answer(self, request: web.Request, seen: ModelRequest, reply: Reply) -> web.StreamResponse:
        if reply.dropped:
            return reset(request)
        if reply.raw is not None and reply.drip:
            return await dripped(request, reply.raw, reply.content_type, reply.drip, headers_too=reply.drip_headers)
        if reply.raw is not None:
            return web.Response(
                status=reply.status, body=reply.raw, content_type=reply.content_type, headers=reply.headers
            )
        if reply.status != 200:
            return _error(reply)
        if seen.body.get("stream"):
            return await self._stream(request, seen, reply)
        seen.answer = reply.text or "".join(reply.chunks)
        message = {"role": "assistant", "content": seen.answer}
        if reply.thinking:
            message["reasoning_content"] = reply.thinking
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        usage = {"usage": seen.usage} if reply.usage else {}
        return web.json_response({**_head(seen, "chat.completion"), "choices": [choice], **usage})

    async def _stream(self, request: web.Request, seen: ModelRequest, reply: Reply) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **reply.headers})
        await response.prepare(request)
        head = _head(seen, "chat.completion.chunk")
        try:
            for thought in _pieces(reply.thinking):
                await _event(response, {**head, "choices": [_choice({"content": None, "reasoning_content": thought})]})
                await asyncio.sleep(reply.between)
            for number, piece in enumerate(reply.chunks or _pieces(reply.text)):
                if number == reply.reset_after:
                    reset(request)
                    return response
                if number == reply.stall_after:
                    await asyncio.sleep(3600)
                seen.first_token_at = seen.first_token_at or self._clock.now_ms()
                seen.answer += piece
                delta = {"role": "assistant", "content": piece} if number == 0 else {"content": piece}
                await _event(response, {**head, "choices": [_choice(delta, reply.early_finish or None)]})
                await asyncio.sleep(reply.between)
            # Before the end mark: once it is sent, the instance may post its answer before it dies.
            if self._reached("answered", seen.port):
                reset(request)
                return response
            await _event(response, {**head, "choices": [_choice({}, reply.finish)]})
            if reply.usage and (seen.body.get("stream_options") or {}).get("include_usage"):
                await _event(response, {**head, "choices": [], "usage": seen.usage})
            await response.write(b"data: [DONE]\n\n")
        except ConnectionError:
            pass  # the client has gone; what it got is recorded
        return response


async def _event(response: web.StreamResponse, data: Mapping[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n")


def _choice(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _head(seen: ModelRequest, kind: str) -> dict[str, Any]:
    model = seen.body.get("model", "demo")
    return {"id": f"chatcmpl-{secrets.token_hex(8)}", "object": kind, "created": seen.at // 1000, "model": model}


def _pieces(text: str) -> list[str]:
    size = max(4, len(text) // 200)
    return [text[start : start + size] for start in range(0, len(text), size)]


def _error(reply: Reply) -> web.Response:
    error = {"message": reply.message or "on demand", "type": "error", "param": None, "code": reply.code or None}
    return web.json_response({"error": error}, status=reply.status, headers=reply.headers)
