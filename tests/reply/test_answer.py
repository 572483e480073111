"""The whole job with a scripted world: whatever happens, the person sees one outcome."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reply.answer import TOO_LATE_MS, answer, apologise
from reply.conversation import Document, State
from reply.records import Record
from reply.run import GRACE_S, Run
from reply.services import Answer, Usage
from reply.store import ConversationKey, Opened
from reply.waiting import PATIENCE_S
from shared.errors import DeliveryDelayed, ModelFailed, ModelFailure, Undeliverable
from shared.message import VERSION, Message, Sender
from tests.reply.kit import NOW, ZH, FakeChat, Killed, World, message


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def run(world: World, what: Message, seconds: float = 180) -> str:
    return answer(what, world.services(), world.until(seconds))


def test_one_question_one_answer(world: World) -> None:
    """A question is answered, remembered and put on record, and the bucket holds nothing else."""
    assert run(world, message("hello")) == "answered"
    assert world.chat.seen == ["echo: hello"]
    assert world.records() == ["answered.7.json"]
    assert len(world.files("conversations")) == 1
    [line] = world.lines("outcome")
    assert (line["request_id"], line["model"], line["parts"]) == (message().request_id, "fake", 1)
    assert {"queue_ms", "wait_ms", "model_ms", "deliver_ms", "first_token_ms"} <= set(line)


def test_the_next_question_sees_the_last_rounds(world: World) -> None:
    """HISTORY_LENGTH rounds go into the prompt, oldest first, behind the system prompt."""
    world.settings = replace(world.settings, rounds=2, system_prompt="be kind")
    for number in range(4):
        run(world, message(f"q{number}", id=f"m{number}", at=NOW + number))
    assert [(m.role, m.content) for m in world.model.asked[-1]] == [
        ("system", "be kind"),
        ("user", "q1"),
        ("assistant", "echo: q1"),
        ("user", "q2"),
        ("assistant", "echo: q2"),
        ("user", "q3"),
    ]


def test_no_context_when_history_length_is_zero(world: World) -> None:
    """HISTORY_LENGTH=0 means none, not all."""
    world.settings = replace(world.settings, rounds=0)
    run(world, message("q1", id="m1"))
    run(world, message("q2", id="m2", at=NOW + 1))
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


GROUP = {"group": True, "conversation_id": "cidG"}


@pytest.mark.parametrize(("shared", "expected"), [(False, ["q2"]), (True, ["q1", "echo: q1", "q2"])])
def test_context_scope_in_groups(world: World, shared: bool, expected: list[str]) -> None:
    """A group's members have contexts of their own, or one together where CONTEXT_SCOPE=group."""
    world.settings = replace(world.settings, group_shares_context=shared)
    first = message("q1", id="m1", **GROUP)
    run(world, first)
    run(world, replace(message("q2", id="m2", at=NOW + 1, **GROUP), sender=replace(first.sender, id="user2")))
    assert [m.content for m in world.model.asked[-1]] == expected


def test_private_chat_and_group_do_not_share(world: World) -> None:
    """What was said in private does not appear in a group, whatever the scope."""
    world.settings = replace(world.settings, group_shares_context=True)
    run(world, message("secret", id="m1"))
    run(world, message("q2", id="m2", at=NOW + 1, **GROUP))
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


def test_two_robots_do_not_share(world: World) -> None:
    """The same conversation id under another robot is another conversation."""
    run(world, message("q1", id="m1"))
    run(world, message("q2", id="m2", at=NOW + 1, robot="robot2"))
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


@pytest.mark.parametrize("handover", ["h-msg1", "another"])
def test_a_finished_message_is_not_answered_again(world: World, handover: str) -> None:
    """FC's retry and DingTalk's redelivery after the answer: no model call, no post."""
    run(world, message())
    assert run(world, message(handover=handover)) == "done"
    assert len(world.chat.seen) == len(world.model.asked) == 1


@pytest.mark.parametrize(("later", "outcome"), [(1, "duplicate"), (-1, "answered")])
def test_of_two_runs_that_began_at_once_one_speaks(world: World, later: int, outcome: str) -> None:
    """FC may run an event twice: where neither saw the other begin, both find the same one of them ahead."""
    services, mine = world.services(), message()
    key = ConversationKey(mine.robot, mine.conversation_id, mine.sender.id)

    def beside() -> Answer:
        opened = services.store.load(key)
        turn = opened.document.turns[mine.turn_id]
        other = replace(turn, runner="another", deadline=turn.deadline + later)
        services.store.save(key, replace(opened, document=opened.document.with_turn(other)))
        return Answer("mine", "fake")

    world.model.queue = [beside]
    assert answer(mine, services, world.until()) == outcome
    assert world.chat.seen == (["mine"] if outcome == "answered" else [])


@pytest.mark.parametrize(("finishes", "outcome"), [(True, "duplicate"), (False, "answered")])
def test_the_run_that_is_ahead_leaves_the_word_to_one_that_could_not_see_it(
    world: World, finishes: bool, outcome: str
) -> None:
    """Both began at once, the other looked before this one had noted itself: what it saves a moment later counts."""
    services, mine = world.services(), message()
    key = ConversationKey(mine.robot, mine.conversation_id, mine.sender.id)

    def save(**changes: object) -> None:
        turn = services.store.load(key).document.turns[mine.turn_id]
        other = replace(turn, runner="another", deadline=turn.deadline - 1, **changes)  # type: ignore[arg-type]  # fields
        services.store.save(key, Opened(Document({other.id: other}), frozenset()))

    def beside() -> Answer:
        save()
        return Answer("mine", "fake")

    world.model.queue = [beside]
    world.clock.on_sleep = lambda: save(state=State.ANSWERED, answer="theirs") if finishes else None
    assert answer(mine, services, world.until()) == outcome
    assert world.chat.seen == ([] if finishes else ["mine"])
    assert world.clock.slept == [GRACE_S]


def test_a_live_duplicate_stays_silent(world: World) -> None:
    """While one run has the message, another hand-over of it ends successfully and shows nothing."""
    silent: list[str] = []

    def meanwhile() -> Answer:
        silent.append(run(world, message(handover="another")))
        return Answer("mine", "fake")

    world.model.queue = [meanwhile]
    assert run(world, message()) == "answered"
    assert silent == ["duplicate"]
    assert world.chat.seen == ["mine"]


def test_another_hand_over_stays_silent_while_the_first_delivers(world: World) -> None:
    """Answered, being shown, not on record yet: a copy that starts now shows nothing."""
    silent: list[str] = []
    world.chat.on_shown = lambda: silent.append(run(world, message(handover="another"))) if not silent else None
    assert run(world, message()) == "answered"
    assert (silent, len(world.chat.seen)) == (["duplicate"], 1)


def test_one_event_that_fc_runs_twice_at_once_is_answered_once(world: World) -> None:
    """The later run takes over what looks dead; the earlier one sees that, and stays silent."""
    later: list[str] = []

    def meanwhile() -> Answer:
        later.append(run(world, message()))
        return Answer("mine", "fake")

    world.model.queue = [meanwhile]
    assert run(world, message()) == "duplicate"
    assert later == ["answered"]
    assert world.chat.seen == ["echo: hello"]


@pytest.mark.parametrize("blind", ["from the start", "since it asked"])
def test_two_runs_that_cannot_reach_the_conversation_answer_once(world: World, blind: str) -> None:
    """FC runs an event twice and neither sees what the other saves: the record of the first one tells the second."""

    def close() -> None:
        if not (world.mount / "conversations").is_file():
            shutil.rmtree(world.mount / "conversations", ignore_errors=True)
            (world.mount / "conversations").write_text("not a directory")

    def meanwhile() -> Answer:
        close()
        assert run(world, message()) == "answered"
        return Answer("mine", "fake")

    if blind == "from the start":
        close()
    world.model.queue = [meanwhile]
    assert run(world, message()) == "silent"
    assert len(world.chat.seen) == 1
    assert world.records() == ["answered.7.json"]


def test_a_run_that_another_overtook_leaves_no_note(world: World) -> None:
    """The other one was on record before this one wrote its note: it is this one that removes it."""

    def meanwhile() -> Answer:
        world.files("records")[0].unlink()
        assert run(world, message()) == "answered"
        world.services().records.open(message())
        return Answer("mine", "fake")

    world.model.queue = [meanwhile]
    assert run(world, message()) == "duplicate"
    assert world.records() == ["answered.7.json"]


def test_a_second_run_waits_for_one_that_is_showing_the_answer(world: World) -> None:
    """FC runs an event twice, the later one begins while the earlier one posts: it waits, and shows nothing."""
    waits, ended, later = threading.Event(), threading.Event(), []

    def asleep() -> None:
        waits.set()
        assert ended.wait(10)

    def beside() -> None:
        second.start()
        assert waits.wait(10)

    world.clock.on_sleep, world.chat.on_shown = asleep, beside
    second = threading.Thread(target=lambda: later.append(run(world, message())))
    assert run(world, message()) == "answered"
    ended.set()
    second.join(10)
    assert (later, world.chat.seen) == (["done"], ["echo: hello"])


def test_a_saved_answer_of_a_dead_run_is_shown_after_some_patience(world: World) -> None:
    """Nobody else shows it: FC's retry does, once it has given the earlier run the time that a post may take."""
    world.chat.errors = [Killed()]
    with pytest.raises(Killed):
        run(world, message())
    assert run(world, message()) == "answered"
    assert world.chat.seen == ["echo: hello"]
    assert sum(world.clock.slept) == pytest.approx(PATIENCE_S)


def test_the_last_attempt_leaves_the_word_to_a_run_that_has_just_finished(world: World) -> None:
    """FC runs an event once more while an earlier run, taken for dead, saves its answer: only the answer is shown."""
    for _ in range(2):
        pending(world, message())
    services, mine = world.services(), message()
    key = ConversationKey(mine.robot, mine.conversation_id, mine.sender.id)

    def finished() -> None:
        opened = services.store.load(key)
        answered = replace(opened.document.turns[mine.turn_id], state=State.ANSWERED, answer="from the other")
        services.store.save(key, replace(opened, document=opened.document.with_turn(answered)))

    world.clock.on_sleep = finished
    assert run(world, mine) == "duplicate"
    assert (world.chat.seen, world.clock.slept) == ([], [GRACE_S])


def test_runs_that_the_last_attempt_took_for_dead_stay_silent(world: World) -> None:
    """FC runs an event three times at once: the last one explains, and neither of the others speaks after it."""
    outcomes: list[str] = []

    def meanwhile() -> Answer:
        outcomes.append(run(world, message()))
        return Answer("too late", "fake")

    world.model.queue = [meanwhile, meanwhile]
    outcomes.append(run(world, message()))
    assert outcomes == ["failed", "duplicate", "duplicate"]
    assert world.chat.seen == [ZH.failed_gave_up.format(request_id=message().request_id)]


def test_a_run_stays_silent_when_the_one_it_took_for_dead_has_explained(world: World) -> None:
    """The earlier run hung and its watchdog spoke: no answer follows, none is remembered, and nobody waits for it."""
    pending(world, message())

    def explained() -> Answer:
        world.services().records.close(message(), Record("failed", answer="the watchdog's words"))
        return Answer("too late", "fake")

    world.model.queue = [explained]
    assert run(world, message()) == "silent"
    assert (world.chat.seen, world.records()) == ([], ["failed.0.json"])
    world.clock.slept.clear()
    run(world, message("q2", id="m2", at=NOW + 1))
    assert world.clock.slept == []
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


def test_another_body_under_the_same_id_is_logged_and_not_answered(world: World) -> None:
    """The first is answered, the other acknowledged."""
    run(world, message("first"))
    assert run(world, message("second", body_hash="else", handover="x")) == "conflict"
    assert world.chat.seen == ["echo: first"]
    assert len(world.lines("same_id_other_body")) == 1


def test_clear_forgets_and_confirms(world: World) -> None:
    """After `\\clear` nothing earlier enters a prompt; it is no question and waits for nobody."""
    run(world, message("q1", id="m1"))
    assert run(world, message("", id="m2", at=NOW + 1, command="clear")) == "command"
    run(world, message("q3", id="m3", at=NOW + 2))
    assert world.chat.seen[1] == ZH.cleared
    assert [m.content for m in world.model.asked[-1]] == ["q3"]
    assert world.records() == ["answered.7.json", "answered.7.json", "command.0.json"]


def test_a_notice_is_shown_once(world: World) -> None:
    """INSTANT_ANSWERS=webhook: a ready-made sentence is posted, once, without a model."""
    assert run(world, message("", notice="help text")) == "refused"
    assert run(world, message("", notice="help text")) == "done"
    assert world.chat.seen == ["help text"]
    assert world.model.asked == []


@pytest.mark.parametrize("deaths", [1, 2, 3], ids=["again", "the last attempt", "FC gave up"])
def test_a_notice_whose_runs_die_is_shown_all_the_same(world: World, deaths: int) -> None:
    """It costs nothing to show it: the last attempt does so too, and what FC does when it gives up."""
    notice = message("", notice="help text")
    world.chat.errors = [Killed() for _ in range(deaths)]
    for _ in range(deaths):
        with pytest.raises(Killed):
            run(world, notice)
    assert (run(world, notice) if deaths < 3 else gave_up(world, notice)) == "refused"
    assert world.chat.seen == ["help text"]


def test_a_notice_on_a_broken_bucket_is_shown(world: World) -> None:
    """Nothing of it needs the bucket."""
    break_mount(world)
    assert run(world, message("", notice="help text")) == "refused"
    assert world.chat.seen == ["help text"]


def test_a_notice_is_no_part_of_the_conversation(world: World) -> None:
    """Neither the message nor the sentence is in a later prompt."""
    run(world, message("help", id="m1", notice="help text"))
    run(world, message("q2", id="m2", at=NOW + 1))
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


@pytest.mark.parametrize("reason", ModelFailure)
def test_every_model_failure_is_explained_once(world: World, reason: ModelFailure) -> None:
    """Each has its own sentence with the request id; FC is not made to retry, and no later prompt shows a trace."""
    world.model.queue = [ModelFailed(reason, "sk-secret-detail organisation 42")] * 2
    assert run(world, message()) == "failed"
    sentence = getattr(ZH, f"failed_{reason.value}").format(request_id=message().request_id)
    assert world.chat.seen == [sentence]
    assert world.records() == ["failed.0.json"]
    assert run(world, message()) == "done"
    world.model.queue.clear()
    run(world, message("q2", id="m2", at=NOW + 1))
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


def test_too_long_drops_the_oldest_turns_and_tries_once_more(world: World) -> None:
    """The context is halved and the question asked again within the same time."""
    for number in range(4):
        run(world, message(f"q{number}", id=f"m{number}", at=NOW + number))
    world.model.queue = [ModelFailed(ModelFailure.TOO_LONG)]
    assert run(world, message("q4", id="m4", at=NOW + 4)) == "answered"
    assert [m.content for m in world.model.asked[-1]] == ["q2", "echo: q2", "q3", "echo: q3", "q4"]


@pytest.mark.parametrize(
    ("cut", "note"),
    [
        ("stalled", ZH.stalled),
        ("length", ZH.length_cut),
        ("filtered", ZH.filtered_cut),
        ("error", ZH.error_cut),
        ("", ""),
    ],
)
def test_a_cut_answer_says_so(world: World, cut: str, note: str) -> None:
    """What has come is shown with a note, on record and a WARNING; the note is not remembered as the model's words."""
    world.model.queue = [Answer("half", "fake", cut=cut, cut_code="some_code")]  # type: ignore[arg-type]  # parametrised literals
    run(world, message())
    note = note.format(request_id=message().request_id)
    assert world.chat.seen == ["half" + (f"\n\n{note}" if note else "")]
    lines = [(line["level"], line["reason"], line["code"]) for line in world.lines("answer_cut")]
    assert lines == ([("WARNING", cut, "some_code")] if cut else [])
    [record] = [json.loads(path.read_bytes()) for path in world.files("records")]
    assert record.get("cut") == ({"reason": cut, "code": "some_code"} if cut else None)
    run(world, message("q2", id="m2", at=NOW + 1))
    assert world.model.asked[-1][1].content == "half"


def test_pictures_that_were_taken_out_are_said(world: World) -> None:
    """The person is told of pictures that are not shown, also by a run that shows a saved answer; no prompt is."""
    world.model.queue = [Answer("🖼️ a cat", "fake", pictures=2)]
    run(world, message())
    assert world.chat.seen == [f"🖼️ a cat\n\n{ZH.pictures_left_out.format(count=2)}"]
    run(world, message("q2", id="m2", at=NOW + 1))
    assert world.model.asked[-1][1].content == "🖼️ a cat"


@pytest.mark.parametrize(("late", "expected"), [(TOO_LATE_MS, "answered"), (TOO_LATE_MS + 1, "failed")])
def test_a_late_event_is_explained(world: World, late: int, expected: str) -> None:
    """More than ten minutes in the queue: no surprising answer, and no model call, but a sentence."""
    assert run(world, message(handed_over_at=int(NOW * 1000) - late)) == expected
    assert len(world.model.asked) == (expected == "answered")
    assert len(world.chat.seen) == 1


def test_an_expired_webhook_costs_nothing(world: World) -> None:
    """No way left: no model call, no post, a record and one ERROR line."""
    closed = replace(message().reply_to, expires_at=int(NOW * 1000))
    assert run(world, message(reply_to=closed)) == "undeliverable"
    assert (world.model.asked, world.chat.seen) == ([], [])
    assert world.records() == ["undeliverable.0.json"]
    assert len(world.lines("undeliverable")) == 1
    assert run(world, message(reply_to=closed)) == "done"


def test_undeliverable_is_recorded_and_the_answer_remembered(world: World) -> None:
    """DingTalk closed the way: recorded, logged, not retried; the answer is in the history."""
    world.chat.errors = [Undeliverable("300001")]
    assert run(world, message("q1")) == "undeliverable"
    assert world.records() == ["undeliverable.7.json"]
    run(world, message("q2", id="m2", at=NOW + 1))
    assert [m.content for m in world.model.asked[-1]] == ["q1", "echo: q1", "q2"]


def test_a_delayed_delivery_is_raised_and_finished_by_the_retry(world: World) -> None:
    """FC runs the event again; the saved answer is shown and the model not paid again."""
    world.chat.errors = [DeliveryDelayed("130101")]
    with pytest.raises(DeliveryDelayed):
        run(world, message())
    assert world.records() == ["open"]
    assert run(world, message()) == "answered"
    assert world.chat.seen == ["echo: hello"]
    assert len(world.model.asked) == 1
    assert world.records() == ["answered.7.json"]


def test_parts_go_on_where_they_stopped(world: World) -> None:
    """An instance that dies between parts: the retry shows the rest only."""
    world.chat = FakeChat(parts=3, die_after=2)
    with pytest.raises(Killed):
        run(world, message())
    world.chat.die_after = 0
    assert run(world, message()) == "answered"
    assert world.chat.seen == ["echo: hello#1", "echo: hello#2", "echo: hello#3"]


def test_a_dead_run_is_taken_over_at_once_by_its_own_retry(world: World) -> None:
    """Killed while the model was asked: the same hand-over takes over; the third run explains instead."""
    world.model.queue = [Killed(), Killed()]
    for _ in range(2):
        with pytest.raises(Killed):
            run(world, message())
    assert run(world, message()) == "failed"
    assert world.chat.seen == [ZH.failed_gave_up.format(request_id=message().request_id)]
    assert len(world.model.asked) == 2


def test_another_handover_takes_over_past_the_deadline_only(world: World) -> None:
    """A dead run's message, handed over anew: silent until FC has certainly killed the first, then answered."""
    world.model.queue = [Killed()]
    with pytest.raises(Killed):
        run(world, message())
    assert run(world, message(handover="another")) == "duplicate"
    world.clock.time += 180
    assert run(world, message(handover="another", handed_over_at=int(world.clock.time * 1000))) == "answered"


def test_a_lost_answer_is_explained(world: World) -> None:
    """Answered long ago, its text trimmed, its record gone: explained, not paid again."""
    run(world, message("q1"))
    shutil.rmtree(world.mount / "records")
    world.settings = replace(world.settings, rounds=0)
    world.clock.time += 6000
    run(world, message("q2", id="m2", at=world.clock.time))
    assert run(world, message("q1", handover="x")) == "failed"
    assert world.chat.seen[-1] == ZH.failed_answer_lost.format(request_id=message().request_id)
    assert len(world.model.asked) == 2


def test_a_redelivery_counted_to_another_day_is_recognised(world: World) -> None:
    """Where the message time is unknown, a redelivery may carry another: the first one's record counts."""
    run(world, message())
    assert run(world, message(created_at=int((NOW + 86_400) * 1000), handover="x")) == "done"
    assert len(world.chat.seen) == 1


@pytest.mark.parametrize("signed_before", [0, 86_400], ids=["no time", "time too long ago"])
def test_a_redelivery_over_midnight_is_recognised_by_the_record(world: World, signed_before: int) -> None:
    """A time that follows the signature falls on the next day; the document may have let go of the turn by then."""
    tomorrow = int((NOW + 86_400) * 1000)
    run(world, message())
    shutil.rmtree(world.mount / "conversations")
    again = message(created_at=tomorrow, signed_at=tomorrow + signed_before * 1000, handover="x")
    assert run(world, again) == "done"
    assert len(world.chat.seen) == 1


def break_mount(world: World) -> None:
    shutil.rmtree(world.mount)
    world.mount.write_text("not a directory")


def test_a_broken_bucket_never_stops_an_answer(world: World) -> None:
    """The person is answered without memory and told so in one line; operators get ERROR lines."""
    break_mount(world)
    assert run(world, message()) == "answered"
    assert world.chat.seen == [f"echo: hello\n\n{ZH.no_memory}"]
    assert world.lines("conversation_unread")
    assert world.lines("record_unsaved")


def test_a_bucket_that_breaks_meanwhile_is_told(world: World) -> None:
    """Read but not saved: the answer says that it is not remembered."""

    def breaking() -> Answer:
        break_mount(world)
        return Answer("fine", "fake")

    world.model.queue = [breaking]
    assert run(world, message()) == "answered"
    assert world.chat.seen == [f"fine\n\n{ZH.not_remembered}"]


def test_clear_on_a_broken_bucket_is_explained(world: World) -> None:
    """Nothing was cleared, and nobody is told that it was."""
    break_mount(world)
    assert run(world, message("", command="clear")) == "failed"
    assert world.chat.seen == [ZH.clear_failed.format(request_id=message().request_id)]


def test_incomplete_settings_are_explained(world: World) -> None:
    """A missing key: the person reads a sentence, the operator which setting."""
    world.problems = ("CHATGPT_API_KEY is not set; wanted a key",)
    assert run(world, message()) == "failed"
    assert world.chat.seen == [ZH.failed_settings.format(request_id=message().request_id)]
    assert "CHATGPT_API_KEY" in world.lines("settings_incomplete")[0]["problems"]


def test_a_later_version_is_explained(world: World) -> None:
    """`conversation` was deployed before `reply`: the person is asked to send it again."""
    assert run(world, message(version=VERSION + 1)) == "failed"
    assert world.chat.seen == [ZH.failed_version.format(request_id=message().request_id)]


def test_a_defect_is_explained_and_logged_without_contents(world: World) -> None:
    """Whatever breaks, the person is told; the log names the place, not the text."""
    world.model.queue = [RuntimeError("very secret text")]
    assert run(world, message("private words")) == "failed"
    assert world.chat.seen == [ZH.failed_internal.format(request_id=message().request_id)]
    [line] = world.lines("internal_error")
    assert line["problem"] == "RuntimeError"
    assert line["where"].startswith("reply/kit.py:")
    assert "secret" not in world.stream.getvalue()
    assert "private words" not in world.stream.getvalue()


def test_a_defect_in_delivery_does_not_end_in_silence(world: World) -> None:
    """A channel that breaks before it shows anything: the explanation takes its place."""
    world.chat.errors = [RuntimeError("split")]
    assert run(world, message()) == "failed"
    assert world.chat.seen == [ZH.failed_internal.format(request_id=message().request_id)]


def pending(world: World, what: Message, seconds: float = 180) -> None:
    """Leave a turn at work behind, as a live instance would."""
    world.model.queue.insert(0, Killed())
    with pytest.raises(Killed):
        run(world, what, seconds)
    world.model.asked.pop()


def finishing(world: World, what: Message) -> Callable[[], None]:
    def finish() -> None:
        world.clock.on_sleep = lambda: None
        run(world, what)

    return finish


def test_a_later_turn_waits_for_an_earlier_one(world: World) -> None:
    """Two messages at once: the second is asked after the first was answered, with it in its prompt."""
    pending(world, message("q1", id="m1"))
    world.clock.on_sleep = finishing(world, message("q1", id="m1"))
    run(world, message("q2", id="m2", at=NOW + 1))
    assert world.chat.seen == ["echo: q1", "echo: q2"]
    assert [m.content for m in world.model.asked[-1]] == ["q1", "echo: q1", "q2"]


@pytest.mark.parametrize("group", [False, True])
def test_a_later_turn_waits_until_an_earlier_answer_was_shown(world: World, group: bool) -> None:
    """Saved and still on its way, in parts or to a slow DingTalk: the next answer does not overtake it."""
    world.settings = replace(world.settings, group_shares_context=group)
    bob = Sender("user2", "user2", "Bob")
    first = message("q1", id="m1", group=group, sender=bob) if group else message("q1", id="m1")
    run(world, first)
    [record] = world.files("records")
    content = record.read_bytes()
    record.unlink()

    def shown() -> None:
        record.write_bytes(content)

    world.clock.on_sleep = shown
    run(world, message("q2", id="m2", at=NOW + 1, group=group))
    assert world.clock.slept == [0.25]
    assert world.lines("went_ahead") == []


def test_an_answer_that_never_gets_on_record_holds_nobody_for_long(world: World) -> None:
    """Its instance is dead at its deadline, and DingTalk has it or FC's retry brings it."""
    run(world, message("q1", id="m1"), 60)
    shutil.rmtree(world.mount / "records")
    run(world, message("q2", id="m2", at=NOW + 1))
    assert 50 < sum(world.clock.slept) <= 62


def test_an_earlier_turn_does_not_wait_for_a_later_one(world: World) -> None:
    """Nobody waits in a circle."""
    pending(world, message("q2", id="m2", at=NOW + 1))
    run(world, message("q1", id="m1"))
    assert world.clock.slept == []


def test_a_hanging_turn_holds_nobody_past_its_own_time(world: World) -> None:
    """A later turn goes ahead while it still has the model's whole time and a margin for delivery; so does a third."""
    pending(world, message("q1", id="m1"))
    start = world.clock.time
    run(world, message("q2", id="m2", at=NOW + 1))
    assert 100 < world.clock.time - start <= 180 - 55 - 20 + 1
    assert world.model.seconds[-1] == 55
    assert world.chat.seen == ["echo: q2"]
    assert len(world.lines("went_ahead")) == 1


def test_a_dead_turn_is_not_waited_for(world: World) -> None:
    """Past its deadline and half a minute more, a turn that nobody ended is ignored."""
    pending(world, message("q1", id="m1"), seconds=60)
    world.clock.time += 91
    run(world, message("q2", id="m2", at=world.clock.time))
    assert world.clock.slept == []


def test_the_model_never_gets_more_time_than_the_function_has(world: World) -> None:
    """A short function time-out shortens the model's, keeping a part for delivery."""
    run(world, message(), seconds=40)
    assert world.model.seconds == [34.0]


def test_the_watchdog_speaks_before_the_kill(world: World) -> None:
    """A run that hangs: the person reads a sentence in time, and what comes later is silent and not remembered."""
    shown = threading.Event()
    world.chat.on_shown = shown.set

    def hang() -> Answer:
        world.clock.alarm.set()
        assert shown.wait(20)
        return Answer("too late", "fake", usage=Usage(1, 1))

    world.model.queue = [hang]
    assert run(world, message()) == "silent"
    assert world.chat.seen == [ZH.failed_timeout.format(request_id=message().request_id)]
    assert world.records() == ["failed.0.json"]
    world.clock.alarm.clear()
    assert run(world, message()) == "done"
    run(world, message("q2", id="m2", at=NOW + 1))
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


def test_a_watchdog_that_is_not_heard_leaves_the_word_to_the_run(world: World) -> None:
    """Its post is refused for now while the model answers: the answer is shown, not nothing."""
    refused = threading.Event()
    world.chat.errors = [DeliveryDelayed("130101")]
    world.chat.on_error = refused.set

    def hang() -> Answer:
        world.clock.alarm.set()
        assert refused.wait(20)
        return Answer("in time after all", "fake")

    world.model.queue = [hang]
    assert run(world, message()) == "answered"
    assert world.chat.seen == ["in time after all"]


def test_a_turn_whose_watchdog_spoke_holds_nobody(world: World) -> None:
    """Killed after the watchdog's word: the retry ends the turn, and the next question does not wait for it."""
    shown = threading.Event()
    world.chat.on_shown = shown.set

    def hang() -> Answer:
        world.clock.alarm.set()
        assert shown.wait(20)
        raise Killed

    world.model.queue = [hang]
    with pytest.raises(Killed):
        run(world, message())
    world.clock.alarm.clear()
    assert run(world, message()) == "done"
    run(world, message("q2", id="m2", at=NOW + 1))
    assert world.clock.slept == []
    assert [m.content for m in world.model.asked[-1]] == ["q2"]


@pytest.mark.parametrize(("left", "asked"), [(5001, 1), (5000, 0), (0, 0)])
def test_a_webhook_about_to_expire_costs_nothing(world: World, left: int, asked: int) -> None:
    """Within five seconds of its end the answer could not be posted any more."""
    target = replace(message().reply_to, expires_at=int(NOW * 1000) + left)
    run(world, message(reply_to=target))
    assert len(world.model.asked) == asked


def test_a_clear_that_was_not_saved_clears_nothing(world: World) -> None:
    """One failing save: the person is told, and the context is still there."""
    run(world, message("q1", id="m1"))
    world.fail_saves = 1
    assert run(world, message("", id="m2", at=NOW + 1, command="clear")) == "failed"
    assert world.chat.seen[-1].startswith(ZH.clear_failed[:12])
    run(world, message("q3", id="m3", at=NOW + 2))
    assert [m.content for m in world.model.asked[-1]] == ["q1", "echo: q1", "q3"]


def test_an_old_message_time_does_not_lose_the_turn(world: World) -> None:
    """A body whose time is a day back: attempts are still counted, and a retry shows the saved answer."""
    old = message(created_at=int((NOW - 86_400) * 1000))
    world.model.queue = [Killed(), Killed()]
    for _ in range(2):
        with pytest.raises(Killed):
            run(world, old)
    assert run(world, old) == "failed"
    assert len(world.model.asked) == 2


@pytest.mark.parametrize("minutes", [0, 31, 89])
def test_a_late_retry_still_has_the_text(world: World, minutes: int) -> None:
    """As long as FC retries, the saved answer is there, however many rounds came since."""
    world.settings = replace(world.settings, rounds=0)
    world.chat.errors = [DeliveryDelayed("130101")]
    late = message(reply_to=replace(message().reply_to, expires_at=0))
    with pytest.raises(DeliveryDelayed):
        run(world, late)
    world.clock.time += minutes * 60
    run(world, message("q2", id="m2", at=world.clock.time))
    assert run(world, late) == "answered"
    assert world.chat.seen[-1] == "echo: hello"


def test_the_watchdog_does_not_speak_for_what_is_done(world: World) -> None:
    """A redelivery that hangs after its record was found shows nothing."""
    run(world, message())
    world.clock.alarm.set()
    assert run(world, message(handover="x")) == "done"
    assert len(world.chat.seen) == 1


@pytest.mark.parametrize(("seconds", "before"), [(180, 12), (60, 6), (10, 2), (3, 2)])
def test_when_the_watchdog_speaks(world: World, seconds: float, before: float) -> None:
    """A tenth of the function's time-out before its end, within two and twelve seconds."""
    assert Run.start(message(), world.services(), world.until(seconds)).watchdog_at == pytest.approx(
        world.until(seconds) - before
    )


def gave_up(world: World, what: Message) -> str:
    return apologise(what, world.services(), world.until())


def test_giving_up_apologises_once(world: World) -> None:
    """FC's failure report: one apology, and none when an outcome is on record."""
    assert gave_up(world, message()) == "failed"
    assert gave_up(world, message()) == "done"
    assert world.chat.seen == [ZH.failed_gave_up.format(request_id=message().request_id)]


def test_giving_up_shows_a_saved_answer(world: World) -> None:
    """What was answered but never shown is shown, not apologised for."""
    world.chat.errors = [DeliveryDelayed("-1")]
    with pytest.raises(DeliveryDelayed):
        run(world, message())
    assert gave_up(world, message()) == "answered"
    assert world.chat.seen == ["echo: hello"]


@pytest.mark.parametrize("error", [DeliveryDelayed("-1"), Undeliverable("300001"), RuntimeError("bug")])
def test_giving_up_never_raises(world: World, error: Exception) -> None:
    """Raising would make FC run the apology again and again."""
    world.chat.errors = [error]
    gave_up(world, message())
    assert world.lines("gave_up")


def test_giving_up_on_a_broken_bucket_still_apologises(world: World) -> None:
    """No record can be read: the person is told all the same."""
    break_mount(world)
    assert gave_up(world, message()) == "failed"
    assert len(world.chat.seen) == 1


class ClaimedElsewhere:
    """A claim that another hand-over holds."""

    def holds(self, message: Message) -> bool:
        return False


def test_a_message_claimed_elsewhere_is_left_alone(world: World) -> None:
    """CLAIM=oss: another hand-over holds it; this one shows nothing and costs nothing."""
    world.claim = ClaimedElsewhere()
    assert run(world, message()) == "duplicate"
    assert (world.chat.seen, world.model.asked, world.files("conversations")) == ([], [], [])


def test_quotes_stand_before_the_question(world: World) -> None:
    """The model reads what was quoted; one that cannot be read is said so."""
    run(world, message("why?", id="m1", quote="the sky is blue"))
    assert world.model.asked[-1][-1].content == ZH.quoted.format(quote="the sky is blue", question="why?")
    run(world, message("why?", id="m2", at=NOW + 1, quote_unreadable=True))
    assert world.model.asked[-1][-1].content == ZH.quote_unreadable.format(question="why?")


def test_nothing_about_the_person_reaches_the_model(world: World) -> None:
    """Ids and names stay here."""
    run(world, message("hi"))
    assert "user1" not in str(world.model.asked)
    assert "Ann" not in str(world.model.asked)


def refused(reason: ModelFailure, **facts: int) -> ModelFailed:
    return ModelFailed(reason, **facts)


CONTEXT_REFUSED = {
    "filtered": (refused(ModelFailure.FILTERED), True),
    "a bad request": (refused(ModelFailure.BAD_REQUEST), True),
    "nothing said": (refused(ModelFailure.EMPTY), False),
    "an internal error": (refused(ModelFailure.SERVER, status=500), False),
}


@pytest.mark.parametrize(("failed", "dropped"), CONTEXT_REFUSED.values(), ids=CONTEXT_REFUSED)
def test_a_context_that_is_refused_is_left_out_once(world: World, failed: ModelFailed, dropped: bool) -> None:
    """What was said before cannot block a conversation: asked once without it, the person told, and not met again."""
    for number in range(2):
        run(world, message(f"q{number}", id=f"m{number}", at=NOW + number))
    world.model.queue = [failed]
    assert run(world, message("q2", id="m2", at=NOW + 2)) == "answered"
    assert [m.content for m in world.model.asked[-1]] == ["q2"]
    note = ZH.context_dropped if dropped else ZH.context_left_out
    assert world.chat.seen[-1] == f"{note}\n\necho: q2"
    (line,) = world.lines("asked_without_context")
    assert (line["level"], line["reason"], line["dropped"]) == ("WARNING", failed.reason.value, dropped)
    run(world, message("q3", id="m3", at=NOW + 3))
    known = ["q2", "echo: q2", "q3"] if dropped else ["q0", "echo: q0", "q1", "echo: q1", "q2", "echo: q2", "q3"]
    assert [m.content for m in world.model.asked[-1]] == known
    assert world.chat.seen[-1] == "echo: q3"


def test_a_dropped_context_keeps_mode_and_persona(world: World) -> None:
    """Only what was said before ends: the persona goes on, and a new context begins."""
    run(world, message("你是律师", id="p", at=NOW - 1, command="persona"))
    run(world, message("q0", id="m0", at=NOW))
    world.model.queue = [refused(ModelFailure.FILTERED)]
    run(world, message("q1", id="m1", at=NOW + 1))
    assert [m.content for m in world.model.asked[-1]] == ["你是律师", "q1"]


@pytest.mark.parametrize(
    ("failures", "sentence", "asked"),
    [
        ([ModelFailure.FILTERED, ModelFailure.FILTERED], "failed_filtered", 2),
        ([ModelFailure.BAD_REQUEST, ModelFailure.TIMEOUT], "failed_bad_request", 2),
        ([ModelFailure.TOO_LONG] * 4, "failed_too_long", 3),
        ([ModelFailure.TOO_LONG, ModelFailure.TOO_LONG, ModelFailure.FILTERED], "failed_filtered", 3),
        ([ModelFailure.BUSY], "failed_busy", 1),
        ([ModelFailure.KEY_REFUSED], "failed_key_refused", 1),
        ([ModelFailure.QUOTA], "failed_quota", 1),
        ([ModelFailure.UNKNOWN_MODEL], "failed_unknown_model", 1),
        ([ModelFailure.TIMEOUT], "failed_timeout", 1),
    ],
)
def test_a_failure_that_lies_elsewhere_is_told(
    world: World, failures: list[ModelFailure], sentence: str, asked: int
) -> None:
    """Without context it is asked once; where that fails too, one sentence says why, and the context stays."""
    for number in range(2):
        run(world, message(f"q{number}", id=f"m{number}", at=NOW + number))
    before = len(world.model.asked)
    world.model.queue = [ModelFailed(reason) for reason in failures]
    assert run(world, message("q2", id="m2", at=NOW + 2)) == "failed"
    assert len(world.model.asked) - before == asked
    assert world.chat.seen[-1] == getattr(ZH, sentence).format(request_id=message(id="m2").request_id)
    world.model.queue.clear()
    run(world, message("q3", id="m3", at=NOW + 3))
    assert len(world.model.asked[-1]) == 5


def test_too_long_shortens_until_it_fits(world: World) -> None:
    """The context is halved again and again; when nothing of it fits, the person is told, and 重置 is named at last."""
    for number in range(5):
        run(world, message(f"q{number}", id=f"m{number}", at=NOW + number))
    world.model.queue = [ModelFailed(ModelFailure.TOO_LONG)] * 2
    run(world, message("q5", id="m5", at=NOW + 5))
    assert [len(asked) for asked in world.model.asked[-3:]] == [11, 5, 3]
    assert world.chat.seen[-1] == "echo: q5"
    world.model.queue = [ModelFailed(ModelFailure.TOO_LONG)] * 3
    run(world, message("q6", id="m6", at=NOW + 6))
    assert [len(asked) for asked in world.model.asked[-4:]] == [11, 5, 3, 1]
    assert world.chat.seen[-1] == f"{ZH.context_left_out}\n\necho: q6"
    world.model.queue = [ModelFailed(ModelFailure.TOO_LONG)] * 9
    run(world, message("q7", id="m7", at=NOW + 7))
    assert "`重置`" in world.chat.seen[-1]
