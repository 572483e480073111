"""Contrast of everything that is written on the page: WCAG 2.2, 1.4.3 (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""

import pytest

from tests.page.scripted import GROUP, state_of
from tests.page.seeing import sees
from tests.page.test_page_story import STORY

PHASES = {
    "answered": {"ack_ms": 9, "answered_ms": 99},
    "failed": {"why": "errcode 300001"},
    "acknowledged": {"ack_ms": 9},
    "silent": {"ack_ms": 9},
    "undelivered": {},
    "sent": {},
}
TOO_FAINT = """() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return { parts: [r, g, b], a };
  };
  const over = (top, below) => ({ parts: top.parts.map((v, i) => v * top.a + below.parts[i] * (1 - top.a)), a: 1 });
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ({ parts }) => parts.reduce((sum, v, i) => sum + linear(v) * [0.2126, 0.7152, 0.0722][i], 0);
  const upwards = (node) => (node ? [node, ...upwards(node.parentElement)] : []);
  const ground = (node) => {
    const styles = upwards(node).map((at) => getComputedStyle(at));
    const colours = styles.map(({ backgroundColor }) => parse(backgroundColor));
    const solid = colours.findIndex(({ a }) => a === 1);
    if (styles.slice(0, solid + 1).some(({ backgroundImage }) => backgroundImage !== "none")) return null;
    return colours.slice(0, solid + 1).reverse().reduce((below, top) => over(top, below));
  };
  const seen = (node) =>
    node.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) &&
    !node.closest("[disabled], .unseen, .copied");
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const below = walker.currentNode.data.trim() && seen(node) ? ground(node) : null;
    if (!below) continue;
    const opacity = upwards(node).reduce((all, at) => all * Number(getComputedStyle(at).opacity), 1);
    const colour = parse(getComputedStyle(node).color);
    const front = over({ ...colour, a: colour.a * opacity }, below);
    const [low, high] = [light(front), light(below)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${walker.currentNode.data.trim().slice(0, 20)}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_written_can_be_read(visit, scripted, scheme):
    """At least 4.5 to 1, in the chat, in a story, and beside faults that are on, by day and by night."""
    for phase, known in PHASES.items():
        scripted.message(GROUP, "zhou", f"问 {phase}", state=state_of(phase, **known))
    question = scripted.message(GROUP, text="问", state=state_of("answered"))
    scripted.answer(question, "> 引\n\n**答** `码` [链](https://example.com)\n\n| 表 |\n|-|\n| 一 |", via="body")
    for state in ("INPUTING", "FAILED"):
        scripted.answer(question, "卡片", kind="card", via="card", card=state)
    scripted.stories[question["id"]] = STORY
    scripted.switch_on({"id": "errcode", "messages": 1, "code": "130101"})
    scripted.move_clock(3600.0)
    page = visit(f"{scripted.url}/#{GROUP}", color_scheme=scheme)
    sees(page, ".markdown-body", "答")
    page.locator("#demo summary").click()
    page.locator("#expert summary").click()
    assert page.evaluate(TOO_FAINT) == []
    page.click("#tools-open")
    sees(page, ".fault", "钉钉拒收回答")
    assert page.evaluate(TOO_FAINT) == []
    page.locator(".message[data-from=bot] .state").first.click()
    sees(page, "#story summary", "回调请求")
    page.evaluate("for (const chapter of document.querySelectorAll('#story details')) chapter.open = true")
    assert page.evaluate(TOO_FAINT) == []


def test_what_is_too_faint_is_found(visit, scripted):
    """The measure itself: grey on grey is reported, with its ratio."""
    page = visit(scripted.url)
    sees(page, "#title", "小助手")
    page.evaluate("document.querySelector('#title').style.setProperty('color', '#bbbbbb')")
    assert page.evaluate(TOO_FAINT) == ["小助手: 1.92"]
