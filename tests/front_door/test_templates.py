"""Prompt templates through the front door: what the model is asked, and what a conversation remembers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conversation.templates import shipped
from local.cloud import LocalCloud, Reply
from shared.wording import wording

ZH = wording("zh")
NewCloud = Callable[..., LocalCloud]
PREFIX = next(template.prefix for template in shipped() if template.title == "#翻译")


def prompt(cloud: LocalCloud) -> list[str]:
    return [message["content"] for message in cloud.model.requests[-1].messages]


@pytest.mark.parametrize("where", ["private", "group"])
def test_a_template_is_for_one_message(cloud: LocalCloud, where: str) -> None:
    """The expanded words are asked and remembered; the next question is asked as it is."""
    lin = cloud.person()
    place = cloud.private(lin) if where == "private" else cloud.group(lin)
    cloud.model.script(Reply(text="good morning"))
    cloud.wait(cloud.say(lin, "＃翻译 早上好", place))
    assert prompt(cloud) == [f"{PREFIX}早上好"]
    cloud.wait(cloud.say(lin, "晚上好", place))
    assert prompt(cloud) == [f"{PREFIX}早上好", "good morning", "晚上好"]


def test_list_and_preview_ask_nobody(cloud: LocalCloud) -> None:
    """Both stand in the response body."""
    lin = cloud.person()
    [titles] = cloud.wait(cloud.say(lin, "模板"))
    [preview] = cloud.wait(cloud.say(lin, "#翻译"))
    assert all(f"`{template.title}`" in titles.text for template in shipped())
    assert preview.text == ZH.template_preview.format(title="#翻译", prefix=PREFIX, suffix="")
    assert (titles.via, preview.via, cloud.model.requests) == ("body", "body", [])


def test_a_long_list_and_a_long_preview_come_in_parts(new_cloud: NewCloud, tmp_path: Path) -> None:
    """Nothing that DingTalk would not render: every title in some part, and the end of the template in the last."""
    file = tmp_path / "settings.json"
    rows = [{"title": f"#title{number}", "prefix": "words " * 1500, "suffix": " end"} for number in range(400)]
    file.write_text(json.dumps({"templates": rows}), encoding="utf-8")
    cloud = new_cloud(SETTINGS_FILE=str(file))
    lin = cloud.person()
    titles = cloud.wait(cloud.say(lin, "模板"), 2)
    preview = cloud.wait(cloud.say(lin, "#title7"), 3)
    assert all(len(part.text) <= 3500 for part in (*titles, *preview))
    assert all(any(f"`#title{number}`" in part.text for part in titles) for number in range(400))
    assert preview[-1].text.endswith(" end")
    assert cloud.model.requests == []


def test_an_unknown_title_goes_to_the_model(cloud: LocalCloud) -> None:
    """As it was written, also when it begins like a known one."""
    for text in ("#正则表达式 邮箱", "#什么 x", "#1 in the list"):
        cloud.wait(cloud.say(cloud.person(), text))
        assert prompt(cloud) == [text]


@pytest.mark.parametrize("rows", [[], [{"title": "#自己的", "prefix": "<", "suffix": ">"}]])
def test_templates_of_the_deployment(new_cloud: NewCloud, tmp_path: Path, rows: list[dict[str, str]]) -> None:
    """The deployer's list replaces the shipped one; an empty list changes nothing."""
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"settings": {"SYSTEM_PROMPT": "be brief"}, "templates": rows}), encoding="utf-8")
    cloud = new_cloud(SETTINGS_FILE=str(file))
    lin = cloud.person()
    cloud.wait(cloud.say(lin, "#翻译 早上好"))
    assert prompt(cloud) == ["be brief", "#翻译 早上好"]
    cloud.wait(cloud.say(lin, "#自己的 早上好"))
    assert prompt(cloud)[-1] == ("<早上好>" if rows else "#自己的 早上好")
