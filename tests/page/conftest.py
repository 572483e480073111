"""A headless Chromium for the tests of the page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.cloud import LocalCloud
from local.page_server import PageServer
from tests.page.scripted import ScriptedServer

OUTPUT = Path(__file__).parents[2] / "test-output" / "page"
FAILED = pytest.StashKey[bool]()
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, TELEPHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def _left_out(reason: str) -> None:
    """Without a browser these tests are left out, but not in CI."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"CI must run the tests of the page: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let fixtures know whether their test failed."""
    outcome: Any = yield
    if outcome.get_result().failed:
        item.stash[FAILED] = True


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, or a reason why there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _left_out("no Chromium on PATH (Debian: apt-get install chromium fonts-noto-cjk)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _left_out("playwright is not installed (pip install playwright)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


def _host(url: str) -> str:
    return urlsplit(url).netloc


@pytest.fixture
def visit(browser: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Open a page of a given size; at the end it must have had no error, and have asked nobody but its own server."""
    for server in {"scripted", "address"} & set(request.fixturenames):
        request.getfixturevalue(server)  # set up before the page, so that it is closed after it
    contexts, problems, homes, hosts = [], [], set(), set()

    def open_page(url: str, size: dict[str, int] = DESKTOP, **how: Any) -> Any:
        context = browser.new_context(viewport=size, locale="zh-CN", **how)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: (problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        # What one has picked oneself is shown from the browser's memory: blob:.
        page.on("request", lambda request: request.url.startswith("blob:") or hosts.add(_host(request.url)))
        page.goto(url)
        homes.add(_host(url))
        return page

    open_page.problems = problems
    yield open_page
    for context in contexts:
        if request.node.stash.get(FAILED, False):
            OUTPUT.mkdir(parents=True, exist_ok=True)
            context.pages[0].screenshot(
                path=OUTPUT / f"failed-{re.sub(r'[^a-z0-9]+', '-', request.node.name)[:60]}.png"
            )
        context.close()
    assert problems == []
    assert hosts <= homes


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A page server whose state the test decides."""
    server = ScriptedServer()
    yield server
    server.stop()


@pytest.fixture
def page_server(cloud: LocalCloud) -> Iterator[PageServer]:
    """The page's server of `cloud`."""
    server = PageServer(cloud.parts, {"demo": True, "name": "echo"})
    cloud.do(server.site.start(0))
    yield server
    cloud.do(server.stop())


@pytest.fixture
def address(page_server: PageServer) -> str:
    """Where the page of `cloud` is."""
    return page_server.site.url


@pytest.fixture
def picture() -> Callable[[Any, str], None]:
    """Keep a screenshot as test output."""

    def take(page: Any, name: str) -> None:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=OUTPUT / f"{name}.png")

    return take
