"""What a person does with the page and sees on it. Everything waits: nothing is read before it is drawn."""

from __future__ import annotations

import re
from typing import Any

PATIENCE_MS = 30_000


def item(page: Any, text: str) -> Any:
    """The message that shows `text`, in the log that is open."""
    return page.locator(".thread:not([hidden]) .message", has_text=text)


def write(page: Any, text: str, key: str = "Enter") -> None:
    """Type into the composer and press a key."""
    page.fill("#text", text)
    page.press("#text", key)


def sees(page: Any, selector: str, text: str | re.Pattern[str] = "", **how: Any) -> Any:
    """Wait until an element with that text is there, and return it."""
    found = page.locator(selector, has_text=text) if text else page.locator(selector)
    found.first.wait_for(**how)
    return found


def expects(locator: Any) -> Any:
    """Playwright's assertions about `locator`, which wait; imported late, because not every machine has Playwright."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MS)
    return expect(locator)


def until(page: Any, condition: str) -> None:
    """Wait until a JavaScript expression holds; the page's policy forbids Playwright's own way."""
    page.evaluate(f"async () => {{ while (!({condition})) await new Promise((go) => setTimeout(go, 10)); }}")
