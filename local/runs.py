"""What a run of a handler is asked, and what is known of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.deaths import Death


@dataclass(frozen=True)
class LogLine:
    """One line a function wrote. `at` is in seconds since the epoch, in the cloud."""

    function: str
    instance: str
    request_id: str
    at: float
    text: str


@dataclass(frozen=True)
class FileChange:
    """One change in the bucket, at `at` (seconds since the epoch, in the cloud); `path` is the path within it.

    `operation` is "write" (a file was opened for that), "saved" (it was closed), "os.remove", "os.rename", "os.mkdir";
    with the fault "trace" also "read" and "os.listdir". `number` counts the operations of the run, from 1.
    """

    request_id: str
    operation: str
    path: str
    at: float = 0.0
    number: int = 0


@dataclass
class Step:
    """One side effect of a run: the `number`th of its label, from 0; see `local/runner_steps.py`.

    `began` and `ended` are seconds since the epoch, in the cloud; `ended` is None when the process died in it.
    """

    label: str
    number: int
    began: float
    ended: float | None = None

    @property
    def name(self) -> tuple[str, int]:
        """What a step is addressed by."""
        return self.label, self.number


@dataclass(frozen=True)
class Outcome:
    """How one run of a handler ended.

    `kind` is "result", "error" (the handler raised), "init" (its import failed), "exit" (the process died) or
    "timeout"; `ms` is what the run took, without the cold start, and `gained` the seconds that its own clock has more,
    because it slept; `place` is the file and line of the function's code where it failed, "" where none is known.
    `steps` is empty where nobody asked for them. `began` and `ended` are seconds since the epoch, in the cloud.
    """

    kind: str
    payload: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    error_type: str = ""
    message: str = ""
    stack: tuple[str, ...] = ()
    place: str = ""
    ms: int = 0
    instance: str = ""
    cold: bool = False
    gained: float = 0.0
    steps: tuple[Step, ...] = ()
    began: float = 0.0
    ended: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the handler returned."""
        return self.kind == "result"

    @property
    def error(self) -> str:
        """How it failed, in a line: type, message, and file and line where they are known."""
        what = f"{self.error_type}: {self.message}".removesuffix(": ")
        return f"{what} ({self.place})" if self.place else what


@dataclass
class Call:
    """What an instance is asked to run: `how` is "event" or "wsgi"; `die` is "", "start" or "end".

    `cold` asks for a new instance that starts so many seconds later; `disk` are faults of the bucket for this run.
    `trace` asks for its steps; `death` is the end of the instance. `pace` is how many real seconds a sleep of one
    second takes in this run, None for what it takes in all.
    """

    request_id: str
    event: bytes
    how: str = "event"
    environ: Mapping[str, str] = field(default_factory=dict)
    die: str = ""
    cold: float | None = None
    disk: tuple[Mapping[str, Any], ...] = ()
    trace: bool = False
    death: Death | None = None
    pace: float | None = None
