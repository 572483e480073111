"""The same promise on every platform: FC 3.0 and 2.0, both runtimes, with and without task mode."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from local.cloud import LocalCloud, Sent
from local.fc import AsyncRules
from local.functions import SERVICE
from local.oss import BUCKET
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]


@pytest.mark.parametrize("runtime", ["python3.12", "python3.10"])
@pytest.mark.parametrize("platform", ["fc3", "fc2"])
def test_every_platform_answers(new_cloud: NewCloud, platform: str, runtime: str) -> None:
    """JSON event or WSGI, credentials in the context or in the environment."""
    service = {"conversation_settings": {"SERVICE_NAME": SERVICE}} if platform == "fc2" else {}
    cloud = new_cloud(platform=platform, runtime=runtime, **service)
    sent = cloud.say(cloud.person(), "hello")
    [answer] = cloud.wait(sent)
    assert (sent.status, "hello" in answer.text) == (200, True)
    help_shown = cloud.say(cloud.person(), "帮助")
    assert [shown.via for shown in help_shown.answers] == ["body"]


def test_a_service_name_is_ignored_on_fc3(new_cloud: NewCloud) -> None:
    """Old settings carried over: one log line, and everything works."""
    cloud = new_cloud(conversation_settings={"SERVICE_NAME": "old"})
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    assert "hello" in answer.text
    assert any("SERVICE_NAME" in line.text for line in cloud.logs("conversation"))


def oss_cloud(new_cloud: NewCloud, **options: object) -> LocalCloud:
    """A region without task mode, with messages claimed on the stand-in OSS."""
    return new_cloud(rules=AsyncRules(task_ids=False), instances=8, CLAIM="oss", OSS_BUCKET=BUCKET, **options)


def test_claims_hold_without_task_mode(new_cloud: NewCloud) -> None:
    """50 copies at once, no refusal by FC: one model call, one post."""
    cloud = oss_cloud(new_cloud)
    sent = cloud.compose(cloud.person(), "hello")
    cloud.deliver(sent, copies=50)
    assert len(cloud.wait(sent, 100)) == 1
    assert (len(cloud.model.requests), len(sent.posts)) == (1, 1)
    assert len(cloud.invocations(sent, "async")) == 50


def test_a_claim_holds_for_ready_made_sentences_too(new_cloud: NewCloud) -> None:
    """INSTANT_ANSWERS=webhook without task mode: a dozen copies of a request for help are one post."""
    cloud = oss_cloud(new_cloud, INSTANT_ANSWERS="webhook")
    sent = cloud.compose(cloud.person(), "帮助")
    cloud.deliver(sent, copies=12)
    assert len(cloud.wait(sent, 100)) == 1


def test_fcs_retry_holds_its_own_claim(new_cloud: NewCloud) -> None:
    """A killed run's retry carries the same hand-over: it goes on instead of stopping at its own claim."""
    cloud = oss_cloud(new_cloud)
    cloud.kill_at("model")
    sent = cloud.say(cloud.person(), "hello")
    assert len(cloud.wait(sent)) == 1


def test_an_unreachable_oss_does_not_stop_an_answer(new_cloud: NewCloud) -> None:
    """The claim cannot be made: one ERROR line, and the person is answered."""
    cloud = new_cloud(CLAIM="oss", OSS_BUCKET=BUCKET, OSS_ENDPOINT="http://127.0.0.1:9")
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    assert "hello" in answer.text
    assert any("claim_failed" in line.text for line in cloud.logs("reply"))


def test_instant_answers_can_go_through_the_webhook(new_cloud: NewCloud) -> None:
    """INSTANT_ANSWERS=webhook: nothing in the body; help and refusals are posted, once each."""
    cloud = new_cloud(INSTANT_ANSWERS="webhook")
    lin = cloud.person()
    for sent, expected in [
        (cloud.say(lin, "帮助"), "命令"),
        (cloud.say(lin, kind="picture"), ZH.unsupported.format(kind=ZH.type_picture)),
        (cloud.say(lin, "/foo"), "foo"),
    ]:
        [answer] = cloud.wait(sent)
        assert (answer.via, expected in answer.text) == ("webhook", True)
        cloud.redeliver(sent, copies=3)
        assert len(cloud.wait(sent)) == 1
    assert cloud.model.requests == []


def test_incomplete_settings_are_told_to_people_and_operators(new_cloud: NewCloud) -> None:
    """No model key: an explained failure with the request id, and an ERROR line that names the setting."""
    cloud = new_cloud(CHATGPT_API_KEY=None)
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    assert answer.text.startswith(ZH.failed_settings[:12])
    [line] = [json.loads(line.text) for line in cloud.logs("reply") if "settings_incomplete" in line.text]
    assert "CHATGPT_API_KEY" in line["problems"]


def test_without_a_robot_secret_everything_is_refused(new_cloud: NewCloud) -> None:
    """No secret set: 401 for every POST, and the log says why."""
    cloud = new_cloud(DINGTALK_APP_SECRET=None)
    sent = cloud.say(cloud.person(), "hello")
    assert sent.status == 401
    assert any("DINGTALK_APP_SECRET" in line.text and "ERROR" in line.text for line in cloud.logs("conversation"))


def test_health(cloud: LocalCloud) -> None:
    """GET says whether settings are complete, and with a valid signature that it matched; nothing else."""
    plain = cloud.deliver_raw({}, method="GET")
    signed = cloud.deliver_raw(cloud.signed_headers(), method="GET")
    forged = cloud.deliver_raw(cloud.signed_headers(secret="wrong-secret"), method="GET")
    assert (plain.status, forged.status, signed.status) == (200, 200, 200)
    assert plain.body == forged.body
    assert json.loads(signed.body)["signature"] == "matched"
    assert "signature" not in json.loads(plain.body)
    assert not cloud.invocations(how="async")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/", 405), ("DELETE", "/", 405), ("GET", "/other", 404), ("HEAD", "/", 200), ("POST", "/", 401)],
)
def test_other_requests(cloud: LocalCloud, method: str, path: str, status: int) -> None:
    """Scanners get short answers and invoke nothing."""
    assert cloud.deliver_raw({}, method=method, path=path).status == status


def test_several_robots(new_cloud: NewCloud) -> None:
    """Each robot's people have conversations of their own."""
    cloud = new_cloud(DINGTALK_APP_SECRET="first-robot-secret,second-robot-secret", secret="first-robot-secret")
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "to the first"))

    def to_second(words: str) -> Sent:
        sent = cloud.compose(lin, words)
        cloud.deliver(sent, headers=cloud.signed_headers(secret="second-robot-secret"))
        cloud.wait(sent)
        return sent

    to_second("to the second")
    assert [m["content"] for m in cloud.model.requests[-1].messages] == ["to the second"]


def test_a_callback_path_hides_the_function(new_cloud: NewCloud) -> None:
    """CALLBACK_PATH set: a correctly signed POST elsewhere is a 404."""
    cloud = new_cloud(CALLBACK_PATH="/h7JqUnguessable")
    sent = cloud.compose(cloud.person(), "hello")
    body = json.dumps(sent.payload).encode()
    assert cloud.deliver_raw(cloud.signed_headers(), body).status == 404
    assert cloud.deliver_raw(cloud.signed_headers(), body, path="/h7JqUnguessable").status == 200
    assert len(cloud.wait(sent)) == 1


@pytest.mark.parametrize(("size", "signed", "status"), [(65_536, True, 200), (65_537, True, 200), (65_537, False, 413)])
def test_large_bodies(cloud: LocalCloud, size: int, signed: bool, status: int) -> None:
    """64 KB is read; beyond, a signed sender is told, an unsigned one gets 413 before anything is parsed."""
    sent = cloud.compose(cloud.person(), "hello")
    body = json.dumps({**sent.payload, "padding": ""}).encode()
    body = json.dumps({**sent.payload, "padding": "x" * (size - len(body))}).encode()
    assert len(body) == size
    delivery = cloud.deliver_raw(cloud.signed_headers() if signed else {}, body)
    assert delivery.status == status
    cloud.wait(sent)
    if signed and size > 65_536:
        assert ZH.too_large[:6] in json.loads(delivery.body)["text"]["content"]
    assert len(cloud.invocations(sent, "async")) == (signed and size <= 65_536)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("character", ["x", "哈", '"', "\x01"])
def test_bodies_too_large_to_be_read(cloud: LocalCloud, character: str, signed: bool) -> None:
    """Where FC's event has more than 1 MB, its length alone decides, whatever is in it and whoever signed it."""
    sent = cloud.compose(cloud.person(), "hello")
    count = (1024 * 1024 - len(json.dumps(sent.payload)) - 20) // len(
        json.dumps(character, ensure_ascii=False).encode()[1:-1]
    )
    body = json.dumps({**sent.payload, "padding": character * count}, ensure_ascii=False).encode()
    assert cloud.deliver_raw(cloud.signed_headers() if signed else {}, body).status == 413
    assert not cloud.invocations(sent, "async")
