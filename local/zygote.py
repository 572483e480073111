"""A process that has the heavy packages imported already and forks function instances in milliseconds.

It imports no function code, so an instance still imports its entry point itself, as on FC. One line of JSON on
standard input asks for one instance; the end of standard input ends it. Where `os.fork` is missing, every instance is
a fresh interpreter instead, with the same protocol.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.loopback import hold_if_asked

ROOT = str(Path(__file__).resolve().parent.parent)
_BOOT = "import sys; sys.path[0] = {root!r}; from local.{module} import main; main(sys.argv[1:])"


class Zygote:
    """The cloud's handle on one such process; safe to use from any thread."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self._preload = preload
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._children: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start importing, without waiting for it."""
        with self._lock:
            self._ensure()

    def spawn(self, request: Mapping[str, Any]) -> None:
        """Start one instance; `request` is what `local.runner.run` takes."""
        line = json.dumps(request)
        with self._lock:
            if not hasattr(os, "fork"):
                self._children = [child for child in self._children if child.poll() is None]
                self._children.append(_interpreter("runner", [line], stdin=subprocess.DEVNULL))
                return
            process = self._ensure()
            if process.stdin is None:
                raise RuntimeError("the zygote was started without a pipe")
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()

    def stop(self) -> None:
        """End the process; instances end when the cloud closes their connections."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                process.terminate()  # it may be in the middle of its imports
                with contextlib.suppress(OSError):
                    process.communicate()
            for child in self._children:
                child.kill()
                child.wait()
            self._children.clear()

    def _ensure(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = _interpreter("zygote", list(self._preload), stdin=subprocess.PIPE)
        return self._process


_zygotes: dict[tuple[str, ...], Zygote] = {}


def zygote_for(preload: tuple[str, ...]) -> Zygote:
    """Return the one zygote of this process that has `preload` imported; clouds share it."""
    if preload not in _zygotes:
        _zygotes[preload] = Zygote(preload)
        atexit.register(_zygotes[preload].stop)
    return _zygotes[preload]


def _interpreter(module: str, arguments: list[str], *, stdin: int) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C is for the cloud, which then ends its processes in order.
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT.format(root=ROOT, module=module), *arguments],
        stdin=stdin,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def main(preload: list[str]) -> None:
    """Import what can be imported of `preload`, then fork on request until standard input ends."""
    from local.runner import run

    hold_if_asked()
    for name in preload:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps: nobody waits for instances
    for line in sys.stdin.buffer:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            os.open(os.devnull, os.O_RDONLY)
            run(json.loads(line))
            os._exit(0)
