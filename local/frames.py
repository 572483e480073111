"""How the cloud and a function instance talk: JSON objects, each after its length in four bytes."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

_LENGTH = struct.Struct(">I")

Frame = dict[str, Any]


def encode(frame: Mapping[str, Any]) -> bytes:
    """One frame as bytes."""
    body = json.dumps(frame).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def to_text(data: bytes) -> str:
    """Bytes in a form a frame can carry."""
    return base64.b64encode(data).decode("ascii")


def from_text(text: str) -> bytes:
    """Reverse of `to_text`."""
    return base64.b64decode(text)


def receive(connection: socket.socket) -> Frame | None:
    """Wait for the next frame; None when the other side is gone."""
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    body = _exactly(connection, _LENGTH.unpack(head)[0])
    return None if body is None else json.loads(body)


async def receive_async(reader: asyncio.StreamReader) -> Frame | None:
    """Wait for the next frame; None when the other side is gone."""
    try:
        head = await reader.readexactly(_LENGTH.size)
        frame: Frame = json.loads(await reader.readexactly(_LENGTH.unpack(head)[0]))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return frame


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        try:
            part = connection.recv(size - len(parts))
        except OSError:
            return None
        if not part:
            return None
        parts += part
    return bytes(parts)
