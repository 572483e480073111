"""The bytes of one exchange, held to what http.client makes and understands of the same."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from pathlib import Path

import pytest

from conversation import http1
from conversation.http1 import HEAD_LIMIT, NoAnswer, connected, read_body, read_head, written
from tests.reply.lookup.kit import Made, make, serve

LIMIT = 4096


class Wire:
    """A connection on which `sent` arrives in pieces of `piece` bytes; then it ends."""

    def __init__(self, sent: bytes, piece: int) -> None:
        self._sent = io.BytesIO(sent)
        self._piece = piece

    def recv(self, most: int) -> bytes:
        return self._sent.read(min(most, self._piece))

    def makefile(self, *_: object) -> io.BytesIO:
        return self._sent


ANSWERS = [
    b"HTTP/1.1 202 Accepted\r\nX-Fc-Request-Id: 1-a\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 202 \r\nContent-Length: 2\r\n\r\nokmore than it said",
    b"HTTP/1.1 202\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil it closes",
    b"HTTP/1.1 200 OK\nX-Fc-Request-Id:bare\n\nlines",
    b"HTTP/1.1 400 Bad\r\nx-fc-request-id:   spaces\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'4\r\n{"Co\r\n2;x=y\r\nde\r\n0\r\n\r\n',
    b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 A\r\nX-Fc-Request-Id: after\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 500 Oops\r\nA: 1\r\nX-Fc-Request-Id: first\r\nContent-Length: 5\r\n\r\nabcde",
    b"HTTP/1.1 503 " + b"x" * 500 + b"\r\nContent-Length: 1\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\nX-Fc-Request-Id: a\x85b\r\nContent-Length: 0\r\n\r\n",
]


@pytest.mark.parametrize("piece", [1, 7, 100_000])
@pytest.mark.parametrize("sent", ANSWERS)
def test_understands_what_http_client_understands(sent: bytes, piece: int) -> None:
    """Status, request id and body are the same, in whatever pieces they arrive."""
    known = http.client.HTTPResponse(Wire(sent, piece), method="POST")  # type: ignore[arg-type] # reads it as a file
    known.begin()
    wire = Wire(sent, piece)
    head = read_head(wire)  # type: ignore[arg-type] # all it calls is recv
    assert head.status == known.status
    assert head.headers.get("x-fc-request-id") == known.getheader("X-Fc-Request-Id")
    assert read_body(wire, head, LIMIT) == known.read(LIMIT)  # type: ignore[arg-type] # the same


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 20",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 2000 X\r\n\r\n",
        b"<html>\r\n\r\n",
        b"\r\n\r\nHTTP/1.1 202 A\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * (HEAD_LIMIT // 6 + 1),
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_no_status_is_no_answer(sent: bytes) -> None:
    """What is no HTTP, ends before its status, or never ends, says nothing."""
    with pytest.raises(NoAnswer):
        read_head(Wire(sent, 4096))  # type: ignore[arg-type] # all it calls is recv


def test_headers_that_break_off_leave_the_status() -> None:
    """The status line is the decision; a connection that ends behind it does not unmake it."""
    head = read_head(Wire(b"HTTP/1.1 202 A\r\nX-Fc-Requ", 5))  # type: ignore[arg-type] # all it calls is recv
    assert (head.status, head.rest) == (202, b"")


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"5\r\nab", b"ab"),
        (b"5\r\nabcde", b"abcde"),
        (b"zz\r\nabc", b""),
        (b"FFFFFFFF\r\n" + b"x" * 9000, b"x" * (LIMIT - 10)),
        (b"-1\r\nabc", b""),
    ],
)
def test_chunks_that_break_off(sent: bytes, body: bytes) -> None:
    """What has come within the limit counts; nothing makes it read on or fail."""
    wire = Wire(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n" + sent, 1000)
    assert read_body(wire, read_head(wire), LIMIT) == body  # type: ignore[arg-type] # all they call is recv


def test_writes_what_http_client_writes() -> None:
    """The request says what http.client would have said; only that the connection is closed afterwards is new."""

    class Kept(http.client.HTTPConnection):
        said = b""

        def send(self, data: object) -> None:
            assert isinstance(data, bytes)
            self.said += data

    headers = {"Host": "a.example", "x-acs-date": "now", "Authorization": "ACS3 a=b,c=d"}
    known = Kept("a.example:80")
    known.request("POST", "/p?q=1", b"{}", headers)
    theirs, ours = known.said, written("other.example", "/p?q=1", headers, b"{}")

    def parts(request: bytes) -> tuple[bytes, set[bytes], bytes]:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        return first, {line.lower() for line in lines}, body

    assert parts(ours)[::2] == parts(theirs)[::2]
    assert parts(ours)[1] - parts(theirs)[1] == {b"connection: close"}
    assert parts(theirs)[1] <= parts(ours)[1]


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a b", {}),
        ("/a\r\nx: y", {}),
        ("no-slash", {}),
        ("", {}),
        ("/ü", {}),
        ("/", {"x": "sk\r\nContent-Length: 0"}),
        ("/", {"x": "sk\nb"}),
        ("/", {"x": "sk\0b"}),
        ("/", {"x": "汉"}),
        ("/", {"x y": "sk-q"}),
        ("/", {"x:": "sk-q"}),
        ("/", {"": "sk-q"}),
        ("/", {"x\r\ny": "sk-q"}),
        ("/", {"Content-Length": "77"}),
        ("/", {"Transfer-Encoding": "chunked"}),
    ],
)
def test_what_would_leave_its_line_is_not_written(target: str, headers: dict[str, str]) -> None:
    """No header or target can add a line, a second request, or another length; the error does not quote them."""
    with pytest.raises(ValueError, match=r"^the target is no path|^a header has") as refused:
        written("a.example", target, headers, b"")
    assert not any(value in str(refused.value) for value in headers.values())


@pytest.mark.parametrize("authority", ["", ":80", "a:0", "a:65536", "a:x", "u@a", "[::1]:80", "a/b", "a\r\nb", "ü.cn"])
def test_what_is_no_host(authority: str) -> None:
    """Nothing is connected for what is no name and port."""
    with pytest.raises(ValueError, match=r"^no host and port$"):
        connected(authority, False, 1)


def test_the_port_is_the_one_given() -> None:
    """A connection leads to the port of the address, and each of its steps ends in time."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        connected(f"127.0.0.1:{server.getsockname()[1]}", False, 5) as connection,
    ):
        assert connection.gettimeout() == 5


@pytest.fixture(scope="module")
def authority() -> Made:
    return make("bench authority", authority=True)


@pytest.mark.parametrize(
    ("names", "days", "trusted", "problem"),
    [
        (["localhost"], (-1, 1), True, ""),
        (["other.example"], (-1, 1), True, "Hostname mismatch"),
        (["localhost"], (-2, -1), True, "certificate has expired"),
        (["localhost"], (-1, 1), False, "CERTIFICATE_VERIFY_FAILED"),
    ],
    ids=["right", "another name", "expired", "unknown authority"],
)
def test_a_server_proves_who_it_is(
    authority: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: list[str],
    days: tuple[int, int],
    trusted: bool,
    problem: str,
) -> None:
    """With TLS the name that was asked for must be in a certificate that is valid and vouched for."""
    (tmp_path / "trusted.pem").write_text((authority if trusted else make("another", authority=True)).pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    http1._tls.cache_clear()
    shown = make("localhost", issuer=authority, names=names, days=days).files(tmp_path)
    try:
        with serve(shown) as served:
            if problem:
                with pytest.raises(ssl.SSLCertVerificationError, match=problem):
                    connected(f"localhost:{served.port}", True, 5)
            else:
                with connected(f"localhost:{served.port}", True, 5) as connection:
                    assert isinstance(connection, ssl.SSLSocket)
                    assert connection.version() in {"TLSv1.2", "TLSv1.3"}
    finally:
        http1._tls.cache_clear()
