"""A conversation with 2,000 messages: what it costs, written to test-output/page/measured.json."""

import json
import statistics
import time
from urllib.parse import quote

from tests.page.conftest import OUTPUT
from tests.page.scripted import ZHOU, state_of
from tests.page.seeing import expects, sees, until, write

SENDS = 5
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
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / "measured.json").write_text(json.dumps(found, indent=2) + "\n")
    # Generous: a busy machine must not fail what a quiet one does in a tenth of it.
    assert full < 5 * empty + 500, found
    assert found["scroll_frame_ms_median"] < 200, found
