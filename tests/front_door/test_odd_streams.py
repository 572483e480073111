"""What people read, and what is remembered, of the odd streams that providers really send."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from local.cloud import LocalCloud, Reply
from shared.wording import wording

ZH = wording("zh")
NOTES = ("stalled", "length_cut", "filtered_cut", "error_cut", "pictures_left_out")


def event(delta: object, finish: str | None = None, **more: object) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **more}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"


def said(*texts: str, finish: str | None = None) -> str:
    return "".join(event({"content": text}, finish) for text in texts)


DONE = "data: [DONE]\n\n"
STORY = "从前有一座山，山里有一座庙，庙里有一个老和尚在讲故事。"
ERROR = json.dumps({"error": {"message": "secret words", "code": "server_overloaded"}})
WHOLE = {"message": {"role": "assistant", "content": "你好！"}}
PNG = "data:image/png;base64," + "iVBORw0KGgo" * 2000

STREAMS: dict[str, tuple[str, str, str]] = {
    "a finish on every chunk": (said("你", "好", "！", finish="stop") + DONE, "你好！", ""),
    "a finish as the text null": (said("你", "好！", finish="null") + event({}, "stop"), "你好！", ""),
    "a whole message behind the deltas": (said("你", "好！") + event({}, "stop", **WHOLE), "你好！", ""),
    "events without data": (
        "data:\n\n" + said("你好") + 'event: heartbeat\n\ndata: ""\n\n' + said("！") + DONE,
        "你好！",
        "",
    ),
    "a line that is no JSON": (said("你好") + "data: {oops\n\n" + said("！") + DONE, "你好！", ""),
    "deltas that hold the whole so far": (said(*[STORY[:n] for n in range(4, len(STORY), 4)], STORY) + DONE, STORY, ""),
    "thinking before a lone tag": (said("用户在问好。", "简单回应。</think>", "你好！") + DONE, "你好！", ""),
    "thinking in another tag": (said("<thought>嗯", "</thought>", "你好！") + DONE, "你好！", ""),
    "an answer about the tags": (
        said("用 `<think>` 和 `</think>` 包裹。") + DONE,
        "用 `<think>` 和 `</think>` 包裹。",
        "",
    ),
    "the whole text as the last delta": (said("从前有一座山，", "山里有一座庙，", STORY[14:], STORY), STORY, ""),
    "a thought closed by another name": (said("<think>嗯", "</thinking>", "你好！") + DONE, "你好！", ""),
    "an answer that begins with its tag": (
        said("<think>标签之间", "是推理过程。") + DONE,
        "<think>标签之间是推理过程。",
        "",
    ),
    "a picture": (said(f"看：![一只猫]({PNG})") + DONE, "看：🖼️ 一只猫", "pictures_left_out"),
    "no mark of its end": (said("你好！"), "你好！", ""),
    "a broken end": (said("你好！") + 'data: {"choi', "你好！", "stalled"),
    "the limit": (said("你好！") + event({}, "length") + DONE, "你好！", "length_cut"),
    "filtered in the middle": (said("你好！") + event({}, "content_filter") + DONE, "你好！", "filtered_cut"),
    "an error in the middle": (said("你好！") + ERROR, "你好！", "error_cut"),
}


def notes(names: Iterable[str]) -> list[str]:
    """The beginnings of these sentences."""
    return [getattr(ZH, name).partition("{")[0] for name in names]


@pytest.mark.parametrize(("raw", "text", "note"), STREAMS.values(), ids=STREAMS)
def test_an_odd_stream_is_one_answer(cloud: LocalCloud, raw: str, text: str, note: str) -> None:
    """The person reads the answer once and whole, or why a part is missing; the model's words are remembered."""
    cloud.model.script(Reply(raw=raw.encode(), content_type="text/event-stream"))
    person = cloud.person()
    sent = cloud.say(person, "你好")
    cloud.wait(sent)
    [shown] = [answer.text for answer in sent.answers]
    assert shown.startswith(text)
    assert [name for name, words in zip(NOTES, notes(NOTES), strict=True) if words in shown] == ([note] if note else [])
    assert shown == text or note
    cloud.wait(cloud.say(person, "还记得吗"))
    assert [m["content"] for m in cloud.model.requests[-1].messages[:2]] == ["你好", text]
    assert "secret words" not in shown


LIMITED = {
    "beside the text": event({"reasoning_content": "嗯"}) + event({}, "length") + DONE,
    "in the text": said("<think>嗯，") + event({}, "length") + DONE,
    "without a word": event({}, "length") + DONE,
}


@pytest.mark.parametrize("raw", LIMITED.values(), ids=LIMITED)
def test_a_limit_that_thinking_used_up_has_its_own_sentence(cloud: LocalCloud, raw: str) -> None:
    """Nobody is told that the model had nothing to say when it was cut while it thought."""
    cloud.model.script(Reply(raw=raw.encode(), content_type="text/event-stream"))
    sent = cloud.say(cloud.person(), "你好")
    cloud.wait(sent)
    [shown] = [answer.text for answer in sent.answers]
    assert shown.startswith(ZH.failed_thought_too_long.partition("{")[0])
