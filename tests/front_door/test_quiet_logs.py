"""What operators read: JSON lines with request ids, and no secret, webhook or message text."""

from __future__ import annotations

import json
from collections.abc import Callable

from local.cloud import LocalCloud, Reply, failing
from local.functions import ACCESS_KEY_SECRET, SECURITY_TOKEN
from shared.wording import wording

QUESTION = "what is the plan for Mars?"
ANSWER = "nobody knows the plan for Mars"


def test_no_secret_webhook_or_text_in_any_line(new_cloud: Callable[..., LocalCloud]) -> None:
    """A run with answers, refusals, faults and kills: every line is JSON, and none tells what it must not."""
    key, secret = "sk-very-secret-key-000111222", "robot-secret-for-log-test"
    cloud = new_cloud(CHATGPT_API_KEY=key, secret=secret, LOG_LEVEL="debug", DINGTALK_APP_SECRET=secret)
    lin = cloud.person("Lin Zhiyuan")
    cloud.model.script(
        Reply(text=ANSWER),
        failing(401, "invalid_api_key", f"Incorrect API key provided: {key}"),
        failing(400, "content_filter", f"refused: {QUESTION}"),
        Reply(raw=f"<html>{QUESTION}</html>".encode(), content_type="text/html"),
        Reply(text=ANSWER),
        Reply(text=ANSWER),
    )
    for fault in ["", "", "", "", "300001", "throttled"]:
        if fault:
            cloud.dingtalk_fails(fault)
        cloud.wait(cloud.say(lin, QUESTION))
    cloud.invoke_fails("403")
    cloud.wait(cloud.say(lin, QUESTION))
    cloud.kill_at("model")
    cloud.wait(cloud.say(lin, QUESTION))
    cloud.wait(
        cloud.say(lin, QUESTION, change={"sessionWebhook": "https://evil.example/robot/sendBySession?session=s1"})
    )
    cloud.deliver_raw({"timestamp": "1", "sign": "garbage-signature"}, QUESTION.encode())
    lines = [line.text for line in cloud.logs()]
    ours = [line for line in lines if line.startswith("{")]
    assert len(ours) > 20
    sessions = [sent.session for sent in cloud.dingtalk.timeline if hasattr(sent, "session")]
    assert len(sessions) >= 8
    told = [key, secret, QUESTION, "plan for Mars", ANSWER, "Zhiyuan", ACCESS_KEY_SECRET, SECURITY_TOKEN, *sessions]
    for line in lines:
        assert not [word for word in told if word in line], line
    for line in ours:
        assert {"level", "event", "function"} <= set(json.loads(line))


def test_a_request_id_leads_from_the_person_to_both_functions(cloud: LocalCloud) -> None:
    """The id in a sentence of failure is in a line of `conversation` and in one of `reply`."""
    cloud.model.script(failing(401, "invalid_api_key", "no"))
    [answer] = cloud.wait(cloud.say(cloud.person(), "hello"))
    found = {
        line.function
        for line in cloud.logs()
        if line.text.startswith("{") and json.loads(line.text).get("request_id", "-") in answer.text
    }
    assert found == {"conversation", "reply"}
    assert wording("zh").failed_key_refused[:8] in answer.text


def test_texts_are_logged_where_that_is_switched_on(new_cloud: Callable[..., LocalCloud]) -> None:
    """LOG_TEXT=on, and nothing else: both functions' lines have the question, reply's the answer; never a webhook."""
    cloud = new_cloud(LOG_TEXT="on")
    cloud.model.script(Reply(text=ANSWER), Reply(text="x" * 600))
    sent = cloud.say(cloud.person(), QUESTION)
    cloud.wait(sent)
    cloud.wait(cloud.say(cloud.person(), "help me at length"))
    lines = [json.loads(line.text) for line in cloud.logs() if line.text.startswith("{")]
    asked = [line for line in lines if line.get("question") == QUESTION]
    assert {line["function"] for line in asked} == {"conversation", "reply"}
    assert [line["answer"] for line in lines if "answer" in line] == [ANSWER, "x" * 500]
    assert not any(sent.session in line.text for line in cloud.logs())
