"""No test and no proof sends a packet anywhere but loopback, whatever the code that runs in it tries."""

import errno
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.cloud import LocalCloud
from local.loopback import ASKED_BY

ELSEWHERE = ("192.0.2.1", "10.0.0.1", "100.100.100.200", "8.8.8.8", "169.254.169.254", "172.16.0.1")
NAMES = ("oapi.dingtalk.com", "example.com", "nobody.invalid", "127.0.0.1.example.com", "localhost.example.com")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_connection_leaves_this_machine(address: str) -> None:
    """A connection to anything but loopback fails at once, by every call that can open one."""
    started = time.monotonic()
    for call in (socket.socket.connect, socket.socket.connect_ex):
        with socket.socket() as opened, pytest.raises(OSError, match="loopback") as refused:
            call(opened, (address, 443))
        assert refused.value.errno == errno.ENETUNREACH
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened, pytest.raises(OSError, match="loopback"):
        opened.sendto(b"?", (address, 53))
    assert time.monotonic() - started < 5, "it was tried"


@pytest.mark.parametrize("address", ["2001:db8::1", "fd00:ec2::254", "::ffff:192.0.2.1", "fe80::1%1"])
def test_nor_by_the_other_family(address: str) -> None:
    with socket.socket(socket.AF_INET6) as opened, pytest.raises(OSError, match="loopback"):
        opened.connect((address, 443))


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_asked_for(name: str) -> None:
    """A name that is no loopback's is not looked up, which is what every client does first."""
    for look_up in (
        lambda: socket.getaddrinfo(name, 443),
        lambda: socket.gethostbyname(name),
        lambda: socket.create_connection((name, 443)),
    ):
        with pytest.raises(socket.gaierror):
            look_up()


def test_loopback_is_reached() -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "localhost"), (socket.AF_INET, "127.3.2.1")):
        with socket.create_server((host, 0), family=family) as server, socket.socket(family) as opened:
            opened.connect((host, server.getsockname()[1]))


def test_instances_hold_it_too(new_cloud: Callable[..., LocalCloud], tmp_path: Path) -> None:
    """A function that connects elsewhere is refused in its own process, from which no test could keep it."""
    assert os.environ[ASKED_BY] == "1"
    (tmp_path / "rude.py").write_text(
        "import json, os, socket\n"
        "def handler(event, context):\n"
        "    try:\n"
        "        socket.create_connection(('192.0.2.1', 80), 30)\n"
        "    except OSError as refused:\n"
        "        return json.dumps({'isBase64Encoded': False, 'statusCode': 200, 'body': str(refused)})\n"
    )
    rude = {"code": (tmp_path,), "conversation_handler": "rude.handler", "reply_handler": "rude.handler"}
    delivery = new_cloud(**rude).deliver_raw({}, b"{}")
    assert "only loopback" in delivery.body.decode()
