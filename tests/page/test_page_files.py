"""What can be said of the page's files without a browser."""

import hashlib
import re

import pytest

from tests.page.scripted import PAGE

STATIC = PAGE / "static"
OWN = sorted(path for path in STATIC.iterdir() if path.suffix in (".js", ".css"))


def test_vendored_libraries_are_the_published_ones():
    """VENDORED.md names every library with its version, its licence text beside it, and the sum of its file."""
    vendor = STATIC / "vendor"
    rows = re.findall(
        r"\| `([\w.-]+\.js)` \| `[\w-]+@[\d.]+` .*`([0-9a-f]{64})` \|", (vendor / "VENDORED.md").read_text()
    )
    assert {name for name, _ in rows} == {path.name for path in vendor.glob("*.js")}
    for name, expected in rows:
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == expected
        assert (vendor / name.replace(".js", ".LICENSE.txt")).stat().st_size > 500


def test_the_page_forbids_what_is_not_its_own():
    """The policy allows nothing inline, foreign, no objects and no forms, and the page needs none of them."""
    html = (PAGE / "index.html").read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert html.index("Content-Security-Policy") < html.index("<link")
    assert not re.search(r"<style|<script(?! type=\"module\" src=)|\son\w+=|\sstyle=", html)


@pytest.mark.parametrize("path", [PAGE / "index.html", *OWN], ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path):
    """No own file names another host, but as an example of a setting or the name of an XML vocabulary."""
    text = path.read_text().replace("http://www.w3.org/2000/svg", "").replace("BASE_URL=https://api.openai.com/v1", "")
    assert not re.search(r"https?://[\w\"'`]", text)


@pytest.mark.parametrize("path", [path for path in OWN if path.suffix == ".js"], ids=lambda path: path.name)
def test_no_module_builds_elements_from_markup(path):
    """Markup becomes elements in one place only, behind the sanitiser."""
    text = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert ("dompurify" in text) == (path.name == "markdown.js")
