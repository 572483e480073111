"""The local cloud keeps its promises to tests: what goes in, what people see, what goes wrong on demand."""

import asyncio
import re
import time
from contextlib import contextmanager
from typing import Any

from local.cloud import LocalCloud
from local.functions import CODE
from local.story import state_of
from tests.documents import ROOT


def test_a_question_is_acknowledged_and_answered(plain: LocalCloud) -> None:
    """A signed callback is acknowledged, and the answer is seen in the person's own chat only."""
    lin, zhou = plain.person("Lin"), plain.person("Zhou")
    sent = plain.say(lin, "hello")
    [answer] = plain.wait(sent)
    assert (sent.status, answer.via, answer.answers) == (200, "webhook", sent)
    assert "hello" in answer.text
    assert plain.seen(plain.private(lin)) == [answer]
    assert plain.seen(plain.private(zhou)) == []


def test_an_answer_in_the_response_body_is_seen(plain: LocalCloud) -> None:
    """What a callback's response body carries is shown, once for the same words."""
    sent = plain.say(plain.person(), "help")
    plain.redeliver(sent, copies=3)
    assert [(a.via, a.text) for a in plain.wait(sent)] == [("body", "some help")]
    assert len(sent.deliveries) == 4


def test_what_a_function_says_waits_for_nothing(plain: LocalCloud) -> None:
    """A warm function that logs and answers is heard at once: no frame waits 40 ms for another's acknowledgement.

    The best of five counts: other programs take time, too.
    """
    lin = plain.person()
    plain.say(lin, "help")
    assert min(plain.say(lin, "help").ack_ms for _ in range(5)) < 30


def test_times_and_lines_stand_in_the_order_of_what_happened(plain: LocalCloud) -> None:
    """An answer is never older than what it came with, and a line of `reply` never before the hand-over's."""
    for words in ("help", "hello", "once more"):
        sent = plain.say(plain.person(), words)
        [answer] = plain.wait(sent)
        state = state_of(sent, plain.parts)
        assert sent.deliveries[0].at - sent.at == state["ack_ms"]
        if answer.via == "body":
            assert state["ack_ms"] <= state["answered_ms"]
        lines = [
            line.text for line in plain.logs() if line.request_id in {i.request_id for i in plain.invocations(sent)}
        ]
        assert lines == [f"got {words}", *(["disk written", "posted 0"] if answer.via == "webhook" else [])]


def test_a_storm_of_copies_is_one_task(plain: LocalCloud) -> None:
    """Copies of one callback at once carry one task id: one is accepted, the others get 409."""
    sent = plain.compose(plain.person(), "storm")
    plain.deliver(sent, copies=20)
    assert len(plain.wait(sent)) == 1
    assert len(plain.invocations(sent, "async")) == 1
    assert len(plain.model.requests) == 1


def test_the_documented_test_of_somebody_elses_bot_works() -> None:
    """The example in docs/local-cloud.md runs as it stands there, with a bot of two functions in its place."""
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "local-cloud.md").read_text("utf-8"), re.DOTALL)
    own = example.replace('Path("my_bot")', repr(CODE).replace("PosixPath", "Path")).replace("@pytest.fixture", "")
    own = own.replace("front.handler", "conversation.index.handler").replace("back.handler", "reply.index.handler")
    assert own.count("index.handler") == 2
    names: dict[str, Any] = {}
    exec(compile(own, "docs/local-cloud.md", "exec"), names)  # noqa: S102  # our own document
    with contextmanager(names["cloud"])() as cloud:
        names["test_people_see_one_answer_when_the_model_is_busy"](cloud)


def test_a_cloud_that_stops_leaves_no_task_behind() -> None:
    """What is still open is ended, and what begins only because something else ends, too."""
    begun: list[asyncio.Task[None]] = []

    async def wait(successors: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            if successors:
                begun.append(asyncio.get_running_loop().create_task(wait(successors - 1)))

    async def begin() -> None:
        begun.append(asyncio.get_running_loop().create_task(wait(3)))
        await asyncio.sleep(0)

    with LocalCloud() as cloud:
        cloud.do(begin())
    assert [task.done() for task in begun] == [True] * 4


def test_a_cloud_starts_in_under_a_second() -> None:
    """Ports are open at once; functions are imported by the instances that need them. The best of three counts."""

    def seconds() -> float:
        began = time.monotonic()
        with LocalCloud():
            return time.monotonic() - began

    assert min(seconds() for _ in range(3)) < 1
