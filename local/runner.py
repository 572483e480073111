"""What a function instance is: a process that runs one entry point, one invocation at a time.

It replaces environment, clock, file layer and output before the entry point is imported, so that nothing in the
function's code can tell where it runs.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from local import frames
from local.loopback import hold_if_asked
from local.runner_clock import InstanceClock
from local.runner_context import make_context
from local.runner_disk import Disk
from local.runner_steps import RETURN, START, Steps, label_of_line

KILLED = 137
"""Exit status of a process that was killed, as a shell shows it."""
_NOTE_SECONDS = 1.0
_real_sendall = socket.socket.sendall


class Instance:
    """One instance: connects to its cloud, imports the entry point, serves invocations until the cloud goes away."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._host: str = request["host"]
        self._connection = socket.create_connection((request["host"], request["port"]))
        # Frames are small and many: each would wait until the one before it is acknowledged, some 40 ms on loopback.
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sending = threading.Lock()
        self._invocations: queue.SimpleQueue[frames.Frame] = queue.SimpleQueue()
        self._noted: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._connecting = threading.Lock()
        self.send({"kind": "hello", "token": request["token"], "pid": os.getpid()})
        setup = frames.receive(self._connection)
        if setup is None:
            os._exit(0)
        self._facts: Mapping[str, Any] = setup["facts"]
        os.environ.clear()
        os.environ.update(setup["environment"])
        if hasattr(time, "tzset"):
            time.tzset()  # a setting TZ is read when a process starts, and this one was forked
        self._clock = InstanceClock(setup["pace"], setup["skew"])
        self._clock.follow(setup["offset"])
        self._disk = Disk(setup["mount"])
        self._steps = Steps(setup["mount"], setup["environment"], self._clock.of_cloud, self.send)
        if setup["watched"]:
            self._disk.watch(self._report_file)
        self._path: list[str] = setup["path"]

    def _report_file(self, operation: str, path: str, number: int) -> None:
        # With the time of this process: what other parts note at the same moment comes on other connections.
        at = self._clock.of_cloud()
        self.send({"kind": "file", "operation": operation, "path": path, "at": at, "number": number})

    def _log(self, line: str) -> None:
        with self._steps.step(label_of_line(line)):
            # With the time of this process: lines of two instances come on two connections, in any order.
            self.send({"kind": "log", "line": line, "at": self._clock.of_cloud()})

    def send(self, frame: Mapping[str, Any]) -> None:
        """Tell the cloud something; without a cloud there is nothing left to do."""
        data = frames.encode(frame)
        try:
            with self._sending:
                _real_sendall(self._connection, data)
        except OSError:
            os._exit(0)

    def serve(self) -> None:
        """Run until the cloud closes the connection."""
        sys.stdout = sys.stderr = _LogLines(self._log)
        self._clock.install()
        self._report_connections()
        self._steps.install()
        sys.path[:0] = self._path
        module, _, name = self._facts["handler"].rpartition(".")
        try:
            handler = getattr(importlib.import_module(module), name)
        except BaseException as error:  # noqa: BLE001  # whatever the entry point's import does ends this instance
            found = _described(error, self._path)
            place = found["place"] or f"wanted {self._facts['handler']} in {', '.join(self._path)}"
            self.send({"kind": "broken", **found, "place": place})
            os._exit(1)
        self.send({"kind": "ready"})
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._run(handler, self._invocations.get())

    def _listen(self) -> None:
        while True:
            frame = frames.receive(self._connection)
            if frame is None:
                os._exit(0)
            if frame["kind"] == "clock":
                self._clock.follow(frame["offset"])
            elif frame["kind"] == "noted":
                self._noted.put(None)
            elif frame["kind"] == "disk":
                self._disk.set_faults(frame["faults"])
            else:
                self._invocations.put(frame)

    def _report_connections(self) -> None:
        """Say which local port each connection has, so that the stand-ins know which invocation is talking to them.

        `connect` returns when the cloud has taken note: nothing can be sent before that.
        """
        real_connect = socket.socket.connect

        def connect(connecting: socket.socket, address: Any, /) -> None:
            if connecting.family not in (socket.AF_INET, socket.AF_INET6):
                real_connect(connecting, address)
                return
            with self._steps.connecting(address[1]):
                real_connect(connecting, address)
                if connecting.getpeername()[0] == self._host:
                    with self._connecting, contextlib.suppress(queue.Empty):
                        ends = {"client": connecting.getsockname()[1], "server": connecting.getpeername()[1]}
                        self.send({"kind": "connected", **ends})
                        self._noted.get(timeout=_NOTE_SECONDS)

        socket.socket.connect = connect  # type: ignore[method-assign,assignment]  # the one place every client passes

    def _run(self, handler: Callable[..., Any], frame: frames.Frame) -> None:
        self._clock.begin(frame["offset"], frame["pace"])
        self._disk.set_faults(frame["faults"])
        self._steps.begin(frame["trace"], frame["death"])
        if frame["die"] == "start":
            os._exit(KILLED)
        with self._steps.step(START):
            pass
        context = make_context(frame["request_id"], self._facts)
        try:
            result = _called(handler, frame, context)
        except (SystemExit, KeyboardInterrupt) as error:
            self.send({"kind": "exits", **_described(error, self._path)})
            os._exit(1)
        except BaseException as error:  # noqa: BLE001  # FC reports whatever a handler raises
            found = _described(error, self._path)
            # Where none of its lines took part, it had returned already.
            place = found["place"] or f"of what {self._facts['handler']} returned"
            answer: Mapping[str, Any] = {"kind": "error", **found, "place": place}
        else:
            answer = {"kind": "result", **result}
        if frame["die"] == "end":
            os._exit(KILLED)
        answer = {**answer, "gained": self._clock.gained}
        sys.stdout.flush()
        with self._steps.step(RETURN):
            self.send(answer)


def _called(handler: Callable[..., Any], frame: frames.Frame, context: object) -> dict[str, Any]:
    if frame["call"] == "wsgi":
        return _called_wsgi(handler, frame, context)
    value = handler(frames.from_text(frame["event"]), context)
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    if not isinstance(value, bytes):
        value = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return {"payload": frames.to_text(value)}


def _called_wsgi(handler: Callable[..., Any], frame: frames.Frame, context: object) -> dict[str, Any]:
    """Call the way FC 2.0 documents for HTTP handlers in Python: WSGI, with `fc.context` in the environment."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        started[:] = [status, headers]

    body = frames.from_text(frame["event"])
    environ = {**frame["environ"], "fc.context": context, "wsgi.input": io.BytesIO(body)}
    chunks: Iterable[bytes] = handler(environ, start_response)
    payload = b"".join(chunks)
    return {"payload": frames.to_text(payload), "status": int(started[0].split()[0]), "headers": started[1]}


def _described(error: BaseException, code: Sequence[str]) -> dict[str, Any]:
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    message = error.msg if isinstance(error, SyntaxError) else str(error)  # the place is told apart
    found = {"message": message, "type": type(error).__name__, "stack": [line.rstrip() for line in lines]}
    return {**found, "place": _place(error, code)}


def _place(error: BaseException, code: Sequence[str]) -> str:
    """Return the innermost line of the function's own code, as "folder/file.py, line 7"; "" where it took no part."""
    places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno))
    for file, line in reversed(places):
        for folder in code:
            if file.startswith(os.path.join(folder, "")) and not _installed(file):
                return f"{os.path.relpath(file, folder)}, line {line}"
    return ""


def _installed(file: str) -> bool:
    """Whether it is another package's: an environment can lie in the folder of the code, and this module in it."""
    return file.startswith(os.path.dirname(__file__) + os.sep) or "site-packages" in file.split(os.sep)


class _LogLines(io.TextIOBase):
    """Standard output and error of an instance: whole lines go to the cloud's log."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._rest: dict[int, str] = {}

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        """Send every line that is complete; each thread has its own unfinished one."""
        me = threading.get_ident()
        *lines, rest = (self._rest.get(me, "") + text).split("\n")
        self._rest[me] = rest
        for line in lines:
            self._send(line)
        return len(text)

    def flush(self) -> None:
        """Send what this thread wrote without a line end."""
        rest = self._rest.pop(threading.get_ident(), "")
        if rest:
            self._send(rest)


def run(request: Mapping[str, Any]) -> None:
    """Be the instance that `request` describes, until the cloud ends it."""
    Instance(request).serve()


def main(arguments: list[str]) -> None:
    """Be the instance that the first argument describes (JSON), in an interpreter of its own."""
    hold_if_asked()
    run(json.loads(arguments[0]))
