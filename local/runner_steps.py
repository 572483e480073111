"""The steps of one run: every side effect a handler has, found by watching what every side effect must pass.

A step has a label, and a number among the steps of that label in its run: threads may change the order of all steps,
hardly that of one kind. Labels name kinds of things and hold no id, no secret and no query: `save records/*/*.open`,
`send POST model /v1/chat/completions`, `log outcome`. The cloud may ask to be told of every step, and for the death of
this process (SIGKILL), or for its end in everything but name (SIGSTOP), just before or just after one of them.

What is watched: files opened for writing and closed, and every other change of a file system; connections and what is
sent through them; lines of the log; the return of the handler. Bytecode that the interpreter caches is left out.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

HOSTS: Mapping[str, str] = {
    "BASE_URL": "model",
    "INVOKE_ENDPOINT": "fc",
    "OSS_ENDPOINT": "oss",
    "DINGTALK_API_ENDPOINT": "dingtalk",
}
"""Settings that hold the address of a stand-in, and what steps call it."""

START, RETURN = "start", "return"
"""The first and the last step of every run."""

_FILES = ("remove", "unlink", "rename", "replace", "mkdir", "rmdir", "truncate", "link", "symlink")
_NAMES = {"unlink": "remove", "replace": "rename"}
_OTHERS = frozenset(
    {
        *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.chmod", "os.chown"),
        *("os.utime", "os.setxattr", "os.removexattr", "subprocess.Popen", "sqlite3.connect", "smtplib.send"),
        *("ftplib.sendcmd", "socket.sendto", "socket.sendmsg"),
    }
)
"""Audit events of side effects that nothing else here sees; a death just after one comes just before it."""

_REQUEST = re.compile(rb"([A-Z]{3,7}) (\S+) HTTP/1\.")
_ADDRESS = re.compile(r"https?://[^/]*:(\d+)")
_PLAIN = re.compile(r"v[0-9]|[a-zA-Z_.-]*")
_KINDS = re.compile(r".*(\.(?:used|open)\.).*")
"""Of names in the account only their kind is told: the rest is made of ids, numbers and names of people."""

_VARYING = re.compile(r"[^.]*[^a-zA-Z_.-][^.]*")


class Steps:
    """Watches the steps of a process, in the runs that ask for it; `now` is the time in the cloud."""

    def __init__(
        self, mount: str, environment: Mapping[str, str], now: Callable[[], float], tell: Callable[[Any], None]
    ) -> None:
        self._mount = os.path.join(os.path.abspath(mount), "")
        self._hosts = _hosts(environment)
        self._now, self._tell = now, tell
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._traced = self._hooked = False
        self._death: dict[str, Any] = {}
        self._stops = False
        self._here = threading.local()
        self._last: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    @property
    def watching(self) -> bool:
        """Whether this run asked for anything."""
        return self._traced or bool(self._death)

    def begin(self, trace: bool, death: Mapping[str, Any] | None) -> None:
        """A run begins; `death` has the label, the number and the side ("before" or "after") of a step, and `stops`."""
        self._counts.clear()
        self._traced, self._death = trace, dict(death or {})
        self._stops = bool(self._death.pop("stops", False))
        if self.watching and not self._hooked:
            self._hooked = True
            sys.addaudithook(self._audit)

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """What is done inside is one step, whatever it is made of."""
        if not self.watching or getattr(self._here, "inside", False):
            yield
            return
        with self._lock:
            number = self._counts[label]
            self._counts[label] += 1
        self._here.inside = True
        try:
            self._reached(label, number, "before")
            try:
                yield
            finally:
                self._reached(label, number, "after")
        finally:
            self._here.inside = False

    def _reached(self, label: str, number: int, side: str) -> None:
        if self._traced:
            self._tell({"kind": "step", "label": label, "number": number, "side": side, "at": self._now()})
        if self._death == {"label": label, "number": number, "side": side}:
            if self._stops:
                os.kill(os.getpid(), signal.SIGSTOP)
                return
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            os._exit(137)  # where signals come late

    def install(self) -> None:
        """Watch this process from now on; what replaces the file layer comes before it."""
        builtins.open = io.open = self._opening(io.open)
        os.open = self._opening_descriptor(os.open)
        for name in _FILES:
            setattr(os, name, self._changing(_NAMES.get(name, name), getattr(os, name)))
        for name in ("send", "sendall"):
            setattr(socket.socket, name, self._sending(getattr(socket.socket, name)))
        accessor = getattr(__import__("pathlib"), "_NormalAccessor", None)  # Python 3.10 keeps its own references
        for name in ("open", *_FILES) if accessor is not None else ():
            if hasattr(accessor, name):
                setattr(accessor, name, staticmethod(io.open if name == "open" else getattr(os, name)))

    def _audit(self, event: str, _: tuple[Any, ...]) -> None:
        if event in _OTHERS and self.watching:
            with self.step(event):
                pass

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opening(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if not self.watching or self._ignored(file) or not any(letter in mode for letter in "wax+"):
                return real(file, mode, *rest, **named)
            path = self._path(file)
            with self.step(f"open {path}"):
                opened = real(file, mode, *rest, **named)
            close = opened.close

            def closing() -> None:
                if opened.closed:
                    return
                with self.step(f"save {path}"):
                    close()

            opened.close = closing
            return opened

        return opening

    def _opening_descriptor(self, real: Callable[..., int]) -> Callable[..., int]:
        def opening(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            if not self.watching or self._ignored(path) or not flags & (os.O_WRONLY | os.O_RDWR):
                return real(path, flags, *rest, **named)
            with self.step(f"open {self._path(path)}"):
                return real(path, flags, *rest, **named)

        return opening

    def _changing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def changing(path: Any, *rest: Any, **named: Any) -> Any:
            if not self.watching:
                return real(path, *rest, **named)
            with self.step(f"{name} {self._path(path)}"):
                return real(path, *rest, **named)

        return changing

    def _sending(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def sending(through: socket.socket, data: Any, *rest: Any) -> Any:
            if not self.watching or through.family not in (socket.AF_INET, socket.AF_INET6):
                return real(through, data, *rest)
            with self.step(self._sent(through, bytes(data[:2000]))):
                return real(through, data, *rest)

        return sending

    def connecting(self, port: int) -> Any:
        """The step of making a connection to a port."""
        return self.step(f"connect {self._hosts.get(port, 'other')}")

    def _sent(self, through: socket.socket, data: bytes) -> str:
        """A request by its method, its host's role and its path; what follows it is "more" of the same."""
        port = through.getpeername()[1]
        request = _REQUEST.match(data)
        if request is None:
            return f"send more of {self._last.get(through, self._hosts.get(port, 'other'))}"
        path = normal(request[2].decode("latin-1").partition("?")[0])
        self._last[through] = f"{request[1].decode()} {self._hosts.get(port, 'other')} {path}"
        return f"send {self._last[through]}"

    def _ignored(self, path: Any) -> bool:
        """What is open already, and devices."""
        return isinstance(path, int) or os.fsdecode(path).startswith("/dev/")

    def _path(self, path: Any) -> str:
        """A path below the mount, without what differs from run to run; of any other path only the name."""
        whole = os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else "descriptor"
        if whole.startswith(self._mount):
            return _within(whole[len(self._mount) :])
        return f"outside {normal(os.path.basename(whole))}"


def label_of_line(line: str) -> str:
    """The step of writing a line of the log: its event, nothing of its content."""
    try:
        event = json.loads(line)["event"]
    except (ValueError, KeyError, TypeError):
        return "log"
    return f"log {normal(str(event)[:60])}"


def normal(path: str) -> str:
    """A path with * for what differs from message to message: pieces with a digit, as ids, dates and sizes have."""
    return "/".join(piece if _PLAIN.fullmatch(piece) else _VARYING.sub("*", piece) for piece in path.split("/"))


def _within(path: str) -> str:
    """The same for a path within the mount, where folders below the first are named after people and conversations."""
    first, *folders = path.split("/")
    if not folders:
        return normal(first)
    name = normal(_KINDS.sub(r"0\g<1>0", folders[-1])) if "." in folders[-1] else "*"
    return "/".join([normal(first), *("*" for _ in folders[:-1]), name])


def _hosts(environment: Mapping[str, str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for name, role in HOSTS.items():
        address = _ADDRESS.match(environment.get(name, ""))
        if address:
            found.setdefault(int(address[1]), role)
    return found
