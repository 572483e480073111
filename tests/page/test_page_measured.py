"""A conversation with 2,000 messages: what it costs, written to test-output/page/measured.json."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from tests.page.conftest import OUTPUT
from tests.page.scripted import ZHOU, state_of
from tests.page.seeing import expects, sees, until, write

SENDS = 5
ROOT = Path(__file__).parents[2]
MARKED = """async (text) => {
  const field = document.querySelector("#text");
  field.value = text;
  const began = performance.now();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  const mine = () => [...document.querySelectorAll(".thread:not([hidden]) .mine")].at(-1);
  const sent = () => mine()?.querySelector(".plain")?.textContent === text;
  const mark = () => mine().querySelector(".phase-acknowledged, .phase-silent, .phase-answered");
  while (!(sent() && mark())) await new Promise((go) => setTimeout(go));
  return performance.now() - began;
}"""
"""From Enter to the mark, which may already be that of the answer."""
ACKNOWLEDGED = """async (text) => {
  const field = document.querySelector("#text");
  field.value = text;
  const began = performance.now();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  const mark = () => document.querySelector(".thread:not([hidden]) .message:last-child .state.phase-acknowledged");
  const sent = () => document.querySelector(".thread:not([hidden]) .message:last-child .plain")?.textContent === text;
  while (!(sent() && mark())) await new Promise((go) => setTimeout(go));
  return performance.now() - began;
}"""
FRAMES = """async () => {
  const thread = document.querySelector(".thread:not([hidden])");
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  for (let step = 0; step < 60; step += 1) {
    thread.scrollTop -= 400;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps.sort((a, b) => a - b);
}"""


def keep(found):
    """Write what was measured beside what the other cases of this file have measured."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    path = OUTPUT / "measured.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**known, **found}, indent=2) + "\n")


def sending(page):
    """Median milliseconds from Enter to the acknowledged mark."""
    return statistics.median(page.evaluate(ACKNOWLEDGED, f"第 {number} 次") for number in range(SENDS))


def test_many_messages_are_only_appended_to(visit, scripted, picture):
    """With 2,000 messages the latest are there at once, all others follow, and a new one touches none of them."""
    for number in range(1000):
        question = scripted.message(text=f"问题 {number}", state=state_of("answered", ack_ms=9, answered_ms=99))
        scripted.answer(question, f"**回答** {number}\n\n- 一\n- 二")
    page = visit(scripted.url)
    sees(page, ".message", "回答 999")
    until(page, "document.querySelectorAll('.message').length === 2000")
    page.evaluate("for (const node of document.querySelectorAll('.message')) node.old = true")
    write(page, "还快吗")
    sees(page, ".plain", "还快吗")
    assert page.evaluate("[...document.querySelectorAll('.message')].filter((node) => node.old).length") == 2000
    expects(page.locator(".message:last-child .plain")).to_have_text("还快吗")
    until(page, "document.querySelector('.message:last-child').getBoundingClientRect().bottom < innerHeight")
    order = page.evaluate("[...document.querySelectorAll('.message .bubble')].map((node) => node.textContent)")
    assert [text for text in order if text.startswith("问题")] == [f"问题 {number}" for number in range(1000)]
    picture(page, "many")


def test_many_messages_do_not_slow_sending_down(visit, scripted):
    """Sending beside 2,000 messages takes about as long as into an empty chat, and scrolling keeps drawing."""
    for number in range(1000):
        question = scripted.message(text=f"问题 {number}", state=state_of("answered", ack_ms=9, answered_ms=99))
        scripted.answer(question, f"**回答** {number}\n\n- 一\n- 二")
    scripted.phase = "acknowledged"
    began = time.monotonic()
    page = visit(scripted.url)
    sees(page, "#text:enabled")
    usable = time.monotonic() - began
    until(page, "document.querySelectorAll('.message').length === 2000")
    full = sending(page)
    frames = page.evaluate(FRAMES)
    page.goto(f"{scripted.url}/#{quote(ZHOU, safe='')}")
    sees(page, "#subtitle", "周明")
    empty = sending(page)
    found = {
        "usable_ms_with_2000": round(usable * 1000),
        "send_ms_with_2000": round(full),
        "send_ms_with_0": round(empty),
        "scroll_frame_ms_median": round(frames[len(frames) // 2], 1),
        "scroll_frame_ms_worst": round(frames[-1], 1),
    }
    keep(found)
    # Generous: a busy machine must not fail what a quiet one does in a tenth of it.
    assert full < 5 * empty + 500, found
    assert found["scroll_frame_ms_median"] < 200, found


def beyond_the_callback(page, cloud, name):
    """Median milliseconds from Enter to the mark, less what the callback itself took."""
    found = []
    for number in range(SENDS):
        took = page.evaluate(MARKED, f"{name} {number}")
        sent = next(entry for entry in reversed(cloud.dingtalk.timeline) if entry.text == f"{name} {number}")
        cloud.wait(sent)
        found.append(max(0.0, took - sent.ack_ms))
    return statistics.median(found)


def test_many_messages_on_the_real_cloud(visit, address, page_server, cloud):
    """With 2,000 messages there, the page adds about as much to the callback's own time as in an empty chat."""
    turns = [(f"问题 {number}", f"**回答** {number}\n\n- 一\n- 二") for number in range(1000)]
    cloud.recount(turns, page_server.state.people["person-1"], page_server.state.conversations["private-1"])
    began = time.monotonic()
    page = visit(f"{address}#private-1")
    sees(page, "#text:enabled")
    sees(page, ".message", "回答 999")
    usable = time.monotonic() - began
    until(page, "document.querySelectorAll('.message').length === 2000")
    full = beyond_the_callback(page, cloud, "满")
    frames = page.evaluate(FRAMES)
    page.goto(f"{address}/#private-2")
    sees(page, "#subtitle", "周明")
    empty = beyond_the_callback(page, cloud, "空")
    found = {
        "cloud_usable_ms_with_2000": round(usable * 1000),
        "cloud_send_ms_beyond_callback_with_2000": round(full),
        "cloud_send_ms_beyond_callback_with_0": round(empty),
        "cloud_scroll_frame_ms_median": round(frames[len(frames) // 2], 1),
        "cloud_scroll_frame_ms_worst": round(frames[-1], 1),
    }
    keep(found)
    # Generous: a busy machine must not fail what a quiet one does in a tenth of it.
    assert full < 5 * empty + 500, found
    assert found["cloud_scroll_frame_ms_median"] < 200, found


def test_page_is_usable_once_its_address_is_printed(visit, tmp_path):
    """From the line of `python -m local` to a page in which one can write; nothing has to be waited for in between."""
    command = [sys.executable, "-m", "local", "--demo", "--port", "0", "--bucket", str(tmp_path), "--env", os.devnull]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            began = time.monotonic()
            page = visit(url)
            sees(page, "#text:enabled")
            keep({"usable_ms_after_the_url_line": round((time.monotonic() - began) * 1000)})
            write(page, "帮助")
            sees(page, ".markdown-body", "/clear")
            page.goto("about:blank")
        finally:
            process.terminate()
        assert process.wait(20) == 0
