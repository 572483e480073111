"""The page without a mouse: https://www.w3.org/TR/WCAG22/#keyboard and #focus-visible."""

from __future__ import annotations

from typing import Any

import pytest

from tests.page.conftest import DESKTOP, TELEPHONE
from tests.page.scripted import GROUP, state_of
from tests.page.seeing import expects, sees
from tests.page.test_page_story import STORY

STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at), box = at.getBoundingClientRect();
  const own = at.getAttribute("aria-label") || at.title || at.textContent || at.placeholder;
  const name = at.labels?.[0]?.textContent || own;
  return {
    is: `${at.localName}#${at.id}.${at.className}`,
    named: Boolean((name || "").trim()),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none",
    inside: box.width > 0 && box.height > 0 &&
      box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""


def walked(page: Any, most: int = 250) -> list[dict[str, Any]]:
    """Where Tab goes from the start of the page until it leaves it."""
    rounds: list[list[dict[str, Any]]] = [[]]
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is not None:
            rounds[-1].append(stop)
        elif len(rounds) == 2 and rounds[1]:
            return rounds[1]
        elif len(rounds) == 1:
            rounds.append([])  # it began wherever something was clicked last
    raise AssertionError(f"Tab never left the page; the last stops: {rounds[-1][-5:]}")


@pytest.mark.parametrize("size", [DESKTOP, TELEPHONE], ids=["desktop", "telephone"])
@pytest.mark.parametrize("panel", ["none", "faults", "story"])
def test_every_stop_of_the_tab_key_is_named_and_visible(visit, scripted, size, panel) -> None:
    """Whatever can be reached says what it is, is on the screen, and shows that it has the focus."""
    question = scripted.message(GROUP, text="问", state=state_of("answered"))
    scripted.answer(question, "答 [链](https://example.com)")
    scripted.stories[question["id"]] = STORY
    page = visit(f"{scripted.url}/#{GROUP}", size)
    sees(page, ".message", "答")
    if panel == "faults":
        page.click("#tools-open")
        sees(page, ".fault")
    if panel == "story":
        page.locator(".message[data-from=bot] .state").click()
        sees(page, "#story summary", "回调请求")
    stops = walked(page)
    assert len(stops) >= 5
    assert [stop["is"] for stop in stops if not stop["named"]] == []
    assert [stop["is"] for stop in stops if not stop["inside"]] == []
    assert [stop["is"] for stop in stops if not stop["marked"]] == []


def test_escape_leads_back_to_the_composer(visit, scripted) -> None:
    """A panel that was opened with the keyboard is left with it, and what is typed next is a message."""
    page = visit(f"{scripted.url}/#{GROUP}")
    sees(page, ".entry-title")
    page.focus("#tools-open")
    page.keyboard.press("Enter")
    sees(page, ".fault")
    page.keyboard.press("Escape")
    expects(page.locator("#text")).to_be_focused()
