"""The model's part of a story when the functions talk to a provider that the local cloud does not see into."""

import pytest

from local.cloud import LocalCloud, failing
from local.page_server import PageServer
from local.page_state import PageState
from local.story import story_of
from local.story_text import story_text


@pytest.fixture
def real(cloud: LocalCloud, new_cloud) -> LocalCloud:
    """A cloud whose model is somebody else's: the stand-in of `cloud`."""
    return new_cloud(BASE_URL=f"{cloud.model.site.url}/v1")


def test_times_and_usage_come_from_the_log(cloud, real) -> None:
    """Model, first token, all, and tokens, as `reply` has logged them; no words, since none are logged."""
    cloud.model.script("forty-two")
    sent = real.say(real.person(), "the answer?")
    [answer] = real.wait(sent)
    assert answer.text == "forty-two"
    [told] = story_of(sent, real.parts)["model"]
    assert (told["logged"], told["outcome"]) == ("outcome", "answered")
    assert told["first_token_ms"] <= told["total_ms"]
    assert set(told["usage"]) == {"prompt_tokens", "completion_tokens"}
    assert "forty-two" not in str(told)


def test_retries_and_failures_come_from_the_log(cloud, real) -> None:
    """Each try that failed stands there with its reason, and so does the end of it; the story as text has them too."""
    cloud.model.script(failing(500), failing(401, "invalid_api_key"))
    sent = real.say(real.person(), "the answer?")
    real.wait(sent)
    story = story_of(sent, real.parts)
    assert [told["logged"] for told in story["model"]][:2] == ["model_retry", "model_failed"]
    assert story["model"][0]["reason"] == "server"
    state = PageState(real.parts, {})
    text = story_text(state.message(sent), [state.message(answer) for answer in sent.answers], story)
    assert "reply ↔ model, as reply logged it: logged model_retry, reason server" in text


def test_faults_of_a_real_model_do_not_apply(real) -> None:
    """The group says that it is not available, and switching one of it on is refused with a sentence."""
    server = PageServer(real.parts, {"demo": False, "name": "m-1"})
    assert [g["id"] for g in server._switches.catalogue()["groups"] if not g["available"]] == ["model"]
    with pytest.raises(Exception, match="real_model"):
        server._switches.switch_on({"id": "stall"})


def test_what_needs_no_model_has_no_model_in_its_story(real) -> None:
    """A command is not mistaken for a request."""
    sent = real.say(real.person(), "/clear")
    real.wait(sent)
    assert story_of(sent, real.parts)["model"] == []
