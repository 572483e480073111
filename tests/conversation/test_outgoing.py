"""The real client against real sockets: never longer than allowed, and always sure of what it says."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conversation.outgoing import NotSent, Post, Reply, Unanswered, send

Talk = Callable[[socket.socket], None]


@contextmanager
def server(talk: Talk) -> Iterator[str]:
    """A server on loopback that talks once, in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        # Wakes an accept that nobody came for.
        listener.close() if not thread.is_alive() else socket.create_connection(listener.getsockname()).close()
        thread.join(10)
        listener.close()


def request_of(connection: socket.socket) -> bytes:
    """Read one request to the end of its body."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(next(line for line in head.lower().splitlines() if line.startswith(b"content-length")).split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answers(text: str) -> Talk:
    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(text.replace("\n", "\r\n").encode())

    return talk


def post_to(authority: str, body: bytes = b"{}") -> Post:
    return Post(False, authority, "/path?q=1", {"host": "named.example", "x-a": "b"}, body)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("HTTP/1.1 202 Accepted\nX-Fc-Request-Id: 7\nContent-Length: 0\n\n", Reply(202, "7")),
        ("HTTP/1.1 202 Accepted\nContent-Length: 500\n\nonly this", Reply(202)),
        ("HTTP/1.1 302 Found\nLocation: http://127.0.0.1:1/\nContent-Length: 0\n\n", Reply(302)),
        (
            'HTTP/1.1 404 Not Found\nX-Fc-Request-Id: 8\n\n{"Code": "FunctionNotFound"}',
            Reply(404, "8", "FunctionNotFound"),
        ),
        ('HTTP/1.1 403 Forbidden\n\n{"ErrorCode": "AccessDenied"}', Reply(403, "", "AccessDenied")),
        ('HTTP/1.1 400 Bad\n\n{"Code": "a b <script>"}', Reply(400)),
        ("HTTP/1.1 400 Bad\n\n[]", Reply(400)),
        ('HTTP/1.1 500 Oops\n\n{"Code": 5}', Reply(500)),
        ("HTTP/1.1 502 Bad Gateway\n\n<html>", Reply(502)),
        ("HTTP/1.1 503 X\nContent-Length: 9999\n\n{", Reply(503)),
    ],
)
def test_what_comes_back(text: str, reply: Reply) -> None:
    """Status, FC's request id and the error code are read; nothing is followed, and no body is needed."""
    with server(answers(text)) as authority:
        assert send(post_to(authority), 5) == reply


def test_what_is_sent() -> None:
    """One POST with exactly the headers given, and the length of the body."""
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 202 A\r\n\r\n")

    with server(talk) as authority:
        send(post_to(authority, b"x" * 100_000), 5)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /path?q=1 http/1.1"
    assert lines.count("host: named.example") == 1
    assert "x-a: b" in lines
    assert "content-length: 100000" in lines
    assert body == b"x" * 100_000


def test_proxy_variables_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy meant for the model gets no message and no key of the role."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with server(answers("HTTP/1.1 202 A\n\n")) as authority:
        assert send(post_to(authority), 5).status == 202


@contextmanager
def closed_port() -> Iterator[str]:
    """A port that is taken and where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{holder.getsockname()[1]}"


@pytest.mark.parametrize("secure", [False, True])
def test_nobody_listens(secure: bool) -> None:
    """Where no connection comes about, the request certainly did not arrive."""
    with closed_port() as authority, pytest.raises(NotSent):
        send(Post(secure, authority, "/", {}, b""), 5)


@pytest.mark.parametrize("authority", ["no-such-host.invalid", "a" * 300, "x..y", "127.0.0.1:99999999"])
def test_nobody_is_there(authority: str) -> None:
    """Names that do not resolve, or cannot, are no connection either."""
    with pytest.raises(NotSent):
        send(post_to(authority), 5)


def test_tls_that_cannot_be_trusted_gets_nothing() -> None:
    """A server that does not prove who it is does not see the request."""
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 202 A\r\n\r\n")

    with server(talk) as authority, pytest.raises(NotSent):
        send(Post(True, authority, "/secret", {}, b"secret"), 5)
    assert b"secret" not in seen[0]


def reset(connection: socket.socket) -> None:
    request_of(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


@pytest.mark.parametrize(
    "talk",
    [lambda connection: request_of(connection) and None, reset, answers("nonsense\n\n"), answers("HTTP/1.1 abc\n\n")],
    ids=["closed", "reset", "nonsense", "no status"],
)
def test_sent_and_no_status(talk: Talk) -> None:
    """Once it was sent, everything but a status leaves it open whether it arrived."""
    with server(talk) as authority, pytest.raises(Unanswered):
        send(post_to(authority), 5)


@pytest.mark.parametrize("piece", [b"", b"H"], ids=["silent", "trickling"])
def test_a_slow_answer_does_not_hold_us(piece: bytes) -> None:
    """Neither silence nor an answer that trickles byte by byte takes longer than allowed."""
    stop = threading.Event()

    def talk(connection: socket.socket) -> None:
        request_of(connection)
        while not stop.wait(0.02):
            try:
                connection.sendall(piece)
            except OSError:
                return

    with server(talk) as authority:
        started = time.monotonic()
        with pytest.raises(Unanswered):
            send(post_to(authority), 0.3)
        took = time.monotonic() - started
        stop.set()
    assert took < 5  # far above 0.3 for busy machines, far below the forever that an unbounded read takes


def test_a_status_counts_even_when_its_body_stalls() -> None:
    """What FC decided is known with the first line."""
    stop = threading.Event()

    def talk(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 403 X\r\nContent-Length: 100\r\n\r\n{")
        stop.wait(20)

    with server(talk) as authority:
        assert send(post_to(authority), 0.5) == Reply(403)
        stop.set()


def test_what_was_given_up_is_not_sent_later() -> None:
    """An instance may be frozen and go on minutes later: a request called unsent must never leave then."""
    from conversation.outgoing import _Exchange

    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))

    with server(talk) as authority:
        exchange = _Exchange(post_to(authority), 5)
        with pytest.raises(NotSent):
            exchange.conclude(0)
        exchange.run()
    assert seen == [b""]


def test_error_bodies_are_read_to_a_limit() -> None:
    """An endless error page is not read to its end."""
    page = json.dumps({"Code": "TooLate", "pad": "x" * 100_000})
    with server(answers(f"HTTP/1.1 500 X\n\n{page}")) as authority:
        assert send(post_to(authority), 5) == Reply(500)
