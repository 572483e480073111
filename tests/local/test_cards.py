"""Cards that fill while they stream: what a bot may do with the interface, and what people see meanwhile."""

from typing import Any

import pytest

from local.card_rules import MOST_PER_SECOND, QPS, CardRefused, Rate
from local.cloud import LocalCloud, Sent
from local.page_state import PageState
from local.story import state_of, story_of
from local.story_text import story_text
from tests.local.card_bot import CardBot, card_bot


@pytest.fixture
def bot(plain: LocalCloud):
    with card_bot(plain) as found:
        yield found


@pytest.fixture
def sent(plain: LocalCloud) -> Sent:
    """A message that the two functions have nothing to say to."""
    return plain.say(plain.person("Lin"), "raise")


@pytest.mark.parametrize("group", [False, True], ids=["private", "group"])
def test_people_see_a_card_fill_and_finish(plain, bot, group) -> None:
    """One message in the chat, first empty and processing, then with more and more words, then finished."""
    lin = plain.person("Lin")
    place = plain.group(lin, plain.person("Zhou")) if group else plain.private(lin)
    sent = plain.say(lin, "raise", place)
    status, answer = bot.create(sent)
    assert (status, answer["success"], answer["result"]["deliverResults"][0]["success"]) == (200, True, True)
    [first] = plain.seen(place)
    assert (first.kind, first.text, first.card, first.via, first.complete_at) == (
        "card",
        "",
        "PROCESSING",
        "card",
        None,
    )
    assert state_of(sent, plain.parts)["phase"] == "failed"  # the callback itself was answered with an error
    for text, state in (("All", "INPUTING"), ("All is", "INPUTING"), ("All is **well**", "FINISHED")):
        assert bot.stream(text, isFinalize=state == "FINISHED") == (200, {"success": True, "result": True})
        [seen] = plain.seen(place)
        assert (seen.id, seen.at, seen.text, seen.card) == (first.id, first.at, text, state)
    [card] = plain.cards
    assert (card.texts, card.state, card.sent) == (["", "All", "All is", "All is **well**"], "FINISHED", sent)
    assert state_of(sent, plain.parts)["phase"] == "answered"
    assert seen.complete_at >= first.at


def test_a_card_that_failed_says_so(plain, bot, sent) -> None:
    """An error ends a card as much as the last words do."""
    bot.create(sent)
    bot.stream("half a sen")
    bot.stream("Sorry.", isFinalize=True, isError=True)
    assert [(seen.text, seen.card) for seen in sent.answers] == [("Sorry.", "FAILED")]


def test_variables_change_by_key_or_all_at_once(plain, bot, sent) -> None:
    """`flowStatus` moves the state; without `updateCardDataByKey` what is not named is gone, as in DingTalk."""
    bot.create(sent, cardData={"cardParamMap": {"title": "Answer", "msgContent": "old", "config": "{}"}})
    [seen] = sent.answers
    assert (seen.title, seen.text, seen.card) == ("Answer", "old", "PROCESSING")
    assert bot.update({"msgContent": "new", "flowStatus": "4"}) == (200, {"success": True, "result": True})
    assert [(s.title, s.text, s.card) for s in sent.answers] == [("Answer", "new", "EXECUTING")]
    bot.update({"msgContent": "only", "flowStatus": "3"}, by_key=False)
    bot.update({"msgContent": "only this"})
    assert [(s.title, s.text, s.card) for s in sent.answers] == [("", "only this", "FINISHED")]


def test_an_update_with_the_same_guid_happens_once(plain, bot, sent) -> None:
    """`guid` is the idempotency key: a repeated call succeeds and changes nothing, also on a finished card."""
    bot.create(sent)
    bot.stream("one", guid="g")
    assert bot.stream("two", guid="g")[0] == 200
    bot.stream("three", guid="last", isFinalize=True)
    assert bot.stream("three", guid="last", isFinalize=True)[0] == 200
    assert plain.cards[0].texts == ["", "one", "three"]


WRONG_CREATES: dict[str, dict[str, Any]] = {
    "param.outTrackIdEmpty": {"outTrackId": None},
    "param.cardTemplateIdEmpty": {"cardTemplateId": None},
    "param.cardPublicDataEmpty": {"cardData": None},
    "param.invalid": {"cardData": {"cardParamMap": {"content": 1}}},
    "param.openSpaceIdEmpty": {"openSpaceId": None},
    "param.openSpaceIdInvalid": {"openSpaceId": "dtv1.card//SOMEWHERE.1"},
    "param.openDeliverModelEmpty": {"imRobotOpenDeliverModel": None},
    "param.openDeliverModelError": {"imRobotOpenDeliverModel": {"spaceType": "IM_GROUP"}},
    "param.cardAlreadyExist": {"outTrackId": "track-0"},
}


@pytest.mark.parametrize("code", WRONG_CREATES)
def test_a_wrong_card_is_refused(plain, bot, sent, code) -> None:
    """With DingTalk's documented code and HTTP 400, and nobody sees anything."""
    bot.create(sent, "track-0")
    status, answer = bot.create(sent, "track-1", **WRONG_CREATES[code])
    assert (status, answer["code"]) == (400, code)
    assert len(plain.cards) == 1


WRONG_STREAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "no key": ("param.stream.keyEmpty", {"without": "key"}),
    "no guid": ("param.stream.guidEmpty", {"without": "guid"}),
    "no content": ("param.stream.contentEmpty", {"without": "content"}),
    "an increment of markdown": ("param.stream.isFull", {"isFull": False}),
    "no isFull": ("param.stream.isFull", {"without": "isFull"}),
    "unknown card": ("param.stream.outTrackId", {"track": "track-9"}),
    "finished card": ("param.invalid", {"track": "track-0"}),
    "no track": ("param.outTrackIdEmpty", {"track": ""}),
}


@pytest.mark.parametrize("case", WRONG_STREAMS)
def test_a_wrong_update_is_refused(plain, bot, sent, case) -> None:
    """With DingTalk's documented code and HTTP 400, and the card stays as it was."""
    code, changes = WRONG_STREAMS[case]
    bot.create(sent, "track-0")
    bot.stream("done", track="track-0", isFinalize=True)
    bot.create(sent)
    status, answer = bot.stream("more", **changes)
    assert (status, answer["code"]) == (400, code)
    assert [(seen.text, seen.card) for seen in sent.answers] == [("done", "FINISHED"), ("", "PROCESSING")]


def test_other_calls_are_refused(plain, bot, sent) -> None:
    """Updates of unknown cards, of nothing, bodies that are no objects, and calls that do not exist."""
    assert bot.update({"content": "x"}, "track-9")[1]["code"] == "param.cardNotExist"
    empty = bot.call("PUT", "/v1.0/card/instances", {"outTrackId": "track-9"})
    assert empty[1]["code"] == "param.cardDataAndPrivateDataBothEmpty"
    assert bot.call("PUT", "/v1.0/card/streaming", [])[1]["code"] == "param.empty"
    assert bot.call("POST", "/v1.0/card/nothing", {})[0] == 404


def test_a_card_for_nobody_fails_inside_http_200(plain, bot, sent) -> None:
    """Where nobody has written to the robot there is no place for a card; the answer hides that, as DingTalk's does."""
    status, answer = bot.create(sent, openSpaceId="dtv1.card//IM_ROBOT.nobody")
    [result] = answer["result"]["deliverResults"]
    assert (status, answer["success"], result["success"], result["errorMsg"]) == (
        200,
        True,
        False,
        "spaceId is illegal",
    )
    assert plain.cards == []


def test_tokens_are_needed_and_expire(plain, bot, sent) -> None:
    """One token is given out while it lasts, two hours of the cloud's clock; any other is refused."""
    token = bot.http.headers["x-acs-dingtalk-access-token"]
    with card_bot(plain) as other:
        assert other.http.headers["x-acs-dingtalk-access-token"] == token
    wrong = bot.call("POST", "/v1.0/oauth2/accessToken", {"appKey": "k", "appSecret": "s"})
    assert (wrong[0], wrong[1]["code"]) == (400, "invalidClientIdOrSecret")
    bot.http.headers["x-acs-dingtalk-access-token"] = "another"
    assert bot.create(sent)[1]["code"] == "InvalidAuthentication"
    bot.http.headers["x-acs-dingtalk-access-token"] = token
    plain.advance(7201)
    assert bot.create(sent)[1]["code"] == "InvalidAuthentication"
    with card_bot(plain) as other:
        assert other.create(sent)[0] == 200


def test_calls_are_counted_by_interface_and_second() -> None:
    """Twenty in any second, then none until the first of them is a second old."""
    rate = Rate()
    for _ in range(MOST_PER_SECOND):
        rate.check("streaming", 5_000)
    rate.check("instances", 5_000)
    for now in (5_000, 5_999):
        with pytest.raises(CardRefused, match="QpsLimit") as refused:
            rate.check("streaming", now)
        assert refused.value.status == 403
    rate.check("streaming", 6_000)
    rate.check("streaming", 1_000)  # the clock was moved back


def test_too_many_calls_are_refused(plain, bot, sent) -> None:
    """The code and the status are those that bots see; what was refused changes nothing."""
    bot.create(sent)
    plain.dingtalk.cards.rate.most = 0
    status, answer = bot.stream("too much")
    assert (status, answer["code"]) == (403, QPS)
    assert plain.cards[0].texts == [""]


@pytest.mark.parametrize(
    ("code", "status"), [("unknownError", 500), (QPS, 403), ("system.busy", 500), ("param.stream.content", 400)]
)
def test_the_interface_fails_when_told(plain, bot, sent, code, status) -> None:
    """Each code of the fault is met by the next update of that conversation only, and the one after it succeeds."""
    bot.create(sent)
    plain.switch_on("card-refused", where=plain.private(plain.person("Zhou")), code=code)
    plain.switch_on("card-refused", where=sent.conversation, times=1, code=code)
    assert bot.update({"content": "not streamed"})[0] == 200
    found = bot.stream("first")
    assert (found[0], found[1]["code"]) == (status, code)
    assert bot.stream("second")[0] == 200
    assert plain.cards[0].texts == ["", "not streamed", "second"]


def test_the_story_has_every_call_and_no_secret(plain, bot, sent) -> None:
    """Each call stands in the story of its message with body, answer and fault; tokens and secrets do not."""
    bot.create(sent)
    plain.switch_on("card-slow", times=1, seconds=0.01)
    bot.stream("hello", isFinalize=True)
    story = story_of(sent, plain.parts)
    assert [(call["method"], call["status"], call["fault"]) for call in story["cards"]] == [
        ("POST", 200, None),
        ("PUT", 200, "streaming:slow"),
    ]
    state = PageState(plain.parts, {})
    text = story_text(state.message(sent), [state.message(answer) for answer in sent.answers], story)
    assert f"PUT {plain.dingtalk.site.url}/v1.0/card/streaming" in text
    assert "Seen in the chat: card through a card" in text
    assert plain.options.secret not in text + str(story)
    assert bot.http.headers["x-acs-dingtalk-access-token"] not in text + str(story)


def test_a_reset_forgets_cards(plain, bot: CardBot, sent) -> None:
    """Nothing of them is left, and their updates are refused."""
    bot.create(sent)
    plain.reset()
    assert plain.cards == []
    assert bot.stream("late")[1]["code"] == "param.stream.outTrackId"
