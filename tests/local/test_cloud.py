"""The local cloud keeps its promises to tests: what goes in, what people see, what goes wrong on demand."""

from local.cloud import LocalCloud


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


def test_a_storm_of_copies_is_one_task(plain: LocalCloud) -> None:
    """Copies of one callback at once carry one task id: one is accepted, the others get 409."""
    sent = plain.compose(plain.person(), "storm")
    plain.deliver(sent, copies=20)
    assert len(plain.wait(sent)) == 1
    assert len(plain.invocations(sent, "async")) == 1
    assert len(plain.model.requests) == 1
