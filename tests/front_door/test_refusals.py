"""What people read when a provider refuses: the kind of failure in words, or the answer after all."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from local.cloud import LocalCloud, Reply, Sent
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]


def says(status: int, body: object, **headers: str) -> Reply:
    return Reply(status=status, raw=json.dumps(body).encode(), headers=headers)


def error(status: int, message: str, code: object = None, **more: object) -> Reply:
    return says(status, {"error": {"message": message, "type": "x", "param": None, "code": code, **more}})


def read(cloud: LocalCloud, sent: Sent) -> str:
    (answer,) = cloud.wait(sent, 60)
    return answer.text


BILLING = "You exceeded your current quota, please check your plan and billing details."
SENTENCES = {
    "dashscope is busy, 429": (
        says(429, {"error": {"message": BILLING, "code": "insufficient_quota"}}, **{"Retry-After": "9999"}),
        ZH.failed_busy,
    ),
    "gemini is busy, 429": (
        says(
            429,
            [{"error": {"code": 429, "message": f"{BILLING} Please retry in 4000s.", "status": "RESOURCE_EXHAUSTED"}}],
        ),
        ZH.failed_busy,
    ),
    "one-api's quota, 403": (error(403, "token quota is not enough, token remain quota: $0"), ZH.failed_quota),
    "siliconflow's balance": (
        says(403, {"code": 30001, "message": "Sorry, your account balance is insufficient", "data": None}),
        ZH.failed_quota,
    ),
    "ark's balance": (error(403, "your account has an overdue balance", "AccountOverdueError"), ZH.failed_quota),
    "openrouter's moderation": (
        error(403, "Your input was flagged", 403, metadata={"flagged_input": "?"}),
        ZH.failed_filtered,
    ),
    "glm's filter": (
        says(400, {"contentFilter": [{"level": 1}], "error": {"code": "1301", "message": "不安全或敏感内容"}}),
        ZH.failed_filtered,
    ),
    "ark's filter": (error(400, "no", "InputTextSensitiveContentDetected"), ZH.failed_filtered),
    "minimax's filter inside 200": (
        says(200, {"choices": None, "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}),
        ZH.failed_filtered,
    ),
    "minimax's balance inside 200": (
        says(200, {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
        ZH.failed_quota,
    ),
    "success false inside 200": (says(200, {"success": False, "message": "无效的令牌"}), ZH.failed_key_refused),
    "new-api without a channel": (
        error(503, "No available channel for model m under group default (distributor)", "model_not_found"),
        ZH.failed_unknown_model,
    ),
    "zhipu's length": (says(400, {"error": {"code": "1261", "message": "Prompt 超长"}}), ZH.failed_too_long),
    "vllm's length": (error(400, "max_tokens must be at least 1, got -99."), ZH.failed_too_long),
}


@pytest.mark.parametrize(("reply", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_people_read_what_it_was(cloud: LocalCloud, reply: Reply, sentence: str) -> None:
    """One sentence for the kind of failure, at once, and none of the provider's words, in the chat or the log."""
    cloud.model.script(*[reply] * 12)
    sent = cloud.say(cloud.person(), "hello")
    text = read(cloud, sent)
    assert text.startswith(sentence.split("{request_id}")[0])
    assert len(cloud.model.requests) == 1
    (line,) = [json.loads(line.text) for line in cloud.logs("reply") if '"model_failed"' in line.text]
    assert "provider_error" not in line
    assert line["status"] == reply.status


def test_an_8k_model_answers(new_cloud: NewCloud) -> None:
    """With MAX_TOKENS_PER_DAY 8,192 tokens are asked for; a model that has no more in all answers 你好 all the same."""
    cloud = new_cloud(MAX_TOKENS_PER_DAY="100000")
    words = (
        "This model's maximum context length is 8192 tokens. However, you requested 8210 tokens (18 in the messages, "
        "8192 in the completion)."
    )
    cloud.model.script(error(400, words, "context_length_exceeded"), "你好！", "再见！")
    person = cloud.person()
    assert read(cloud, cloud.say(person, "你好")) == "你好！"
    assert read(cloud, cloud.say(person, "再见")) == "再见！"
    assert [request.body["max_tokens"] for request in cloud.model.requests] == [8192, 8174, 4096]


def test_a_model_without_system_role_has_its_instructions(new_cloud: NewCloud) -> None:
    """SYSTEM_PROMPT goes into the first message, from the second question on at once."""
    cloud = new_cloud(SYSTEM_PROMPT="Be brief.", DEFAULT_MODE="单聊")
    cloud.model.script(error(400, "System role not supported"), "yes", "yes again")
    person = cloud.person()
    assert read(cloud, cloud.say(person, "q1")) == "yes"
    assert read(cloud, cloud.say(person, "q2")) == "yes again"
    assert [len(request.messages) for request in cloud.model.requests] == [2, 1, 1]
    assert cloud.model.requests[-1].question == "Be brief.\n\nq2"


def test_moderation_burns_no_key(new_cloud: NewCloud) -> None:
    """The second key is not tried on a question that the filter refuses, and stays for the next one."""
    cloud = new_cloud(CHATGPT_API_KEY="sk-first-key-0001,sk-second-key-0002")
    cloud.model.script(error(403, "Your input was flagged", 403, metadata={"flagged_input": "?"}))
    person = cloud.person()
    assert read(cloud, cloud.say(person, "q1")).startswith(ZH.failed_filtered[:12])
    read(cloud, cloud.say(person, "q2"))
    assert {request.headers["Authorization"] for request in cloud.model.requests} == {"Bearer sk-first-key-0001"}


def test_a_filtered_round_does_not_block_a_conversation(cloud: LocalCloud) -> None:
    """The filter minds an earlier round: the answer comes without it, says so, and the next one is as any other."""
    person = cloud.person()
    cloud.model.script("a poem that the filter minds")
    read(cloud, cloud.say(person, "a poem"))
    refused = error(400, "Input data may contain inappropriate content.", "data_inspection_failed")
    cloud.model.script(refused, "fine", "fine again")
    assert read(cloud, cloud.say(person, "how are you?")) == f"{ZH.context_dropped}\n\nfine"
    assert read(cloud, cloud.say(person, "and now?")) == "fine again"
    assert [len(request.messages) for request in cloud.model.requests] == [1, 3, 1, 3]


@pytest.mark.parametrize("status", [403, 405, 406])
def test_a_firewall_that_minds_an_earlier_round_blocks_no_conversation(cloud: LocalCloud, status: int) -> None:
    """Its page is no wrong address where the question alone is answered."""
    person = cloud.person()
    cloud.model.script("SELECT * FROM users; -- an injection")
    read(cloud, cloud.say(person, "an example of an injection"))
    page = Reply(status=status, raw=b"<html>Blocked by the firewall</html>", content_type="text/html")
    cloud.model.script(page, "fine")
    assert read(cloud, cloud.say(person, "how are you?")) == f"{ZH.context_left_out}\n\nfine"


@pytest.mark.parametrize("form", ["", "/v1", "/v1/chat/completions", "/relay", "/relay/v1/"])
def test_an_address_in_any_form_answers(new_cloud: NewCloud, form: str) -> None:
    """BASE_URL as people copy it, with the API where the written form does not lead."""
    with LocalCloud() as other:
        other.model.script(Reply(status=404, raw=b"<html>not here</html>", content_type="text/html"), "yes")
        cloud = new_cloud(BASE_URL=f"{other.model.site.url}{form}")
        assert read(cloud, cloud.say(cloud.person(), "hello")) == "yes"
        assert len(other.model.requests) == 2
