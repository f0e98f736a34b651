"""What holds for each page of the console, in any window, in the light and in the dark."""

import json
import os
from pathlib import Path

import pytest

from analytics_console.console import PAGES

AXE_CORE = Path(os.environ.get("AXE_CORE", "nowhere")).absolute()
KEYBOARD = (Path(__file__).parent / "keyboard.js").read_text()
MOST_BYTES = 200_000
MOST_STOPS = 400
WIDTHS = {"wide": 1280, "phone": 360}
_AUDIT = """
axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) =>
    html.slice(0, 200) + " " + failureSummary).join(" | ")}`))
"""
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
each_look = pytest.mark.parametrize(
    ("width", "dark"),
    [(width, dark) for width in WIDTHS.values() for dark in (False, True)],
    ids=[f"{name}-{shade}" for name in WIDTHS for shade in ("light", "dark")],
)


@each_page
@each_look
async def test_no_complaints(page, width, dark, visit, home):
    """A page loads without an error, asks nobody else, and fits into the window."""
    await visit.open(home + page.path, width, dark=dark)
    shown = await visit.evaluate("[document.documentElement.scrollWidth, innerWidth]")

    assert [] == visit.complaints
    assert [] == [
        url for url in visit.requests if not url.startswith((f"{home}/console/", "data:"))
    ]
    assert shown[0] <= shown[1]


@each_page
@each_look
@pytest.mark.skipif(not AXE_CORE.is_file(), reason="AXE_CORE=$(.ci/axe-core) is missing")
async def test_accessible(page, width, dark, visit, home):
    """axe-core finds nothing serious on a page: names, contrast, headings, tables."""
    await visit.open(home + page.path, width, dark=dark)
    await visit.evaluate(AXE_CORE.read_text() + "\n;0")

    assert [] == await visit.evaluate(_AUDIT)


@each_page
async def test_small(page, visit, home):
    """A page and all that it loads is small."""
    await visit.open(home + page.path)

    assert 0 < visit.received <= MOST_BYTES


@each_page
async def test_keyboard(page, visit, home):
    """The Tab key reaches all that can be used on a page, and it is seen where it is."""
    await visit.open(home + page.path)
    await visit.evaluate(f"{KEYBOARD}; window.reached = new Set()")
    expected = min(MOST_STOPS, await visit.evaluate("keyboard.reachable().length"))
    hidden = []
    for _ in range(expected):
        await visit.press("Tab")
        hidden += await visit.evaluate(
            "(() => { reached.add(document.activeElement); const at = keyboard.hidden();"
            " return at ? [at] : []; })()"
        )
    missed = await visit.evaluate(
        "keyboard.reachable().filter((each) => !reached.has(each))"
        f".slice(0, reached.size < {MOST_STOPS} ? 5 : 0)"
        ".map((each) => each.outerHTML.slice(0, 200))"
    )

    assert 0 < expected
    assert [] == hidden
    assert [] == missed


@each_page
async def test_without_scripts(page, visit, home):
    """A page says what it has to say where scripts are switched off."""
    await visit.open(home + page.path, scripts=False)

    assert page.title == await visit.text("h1")
    assert 100 < len(await visit.text())
    assert [] == visit.complaints


async def test_twins(pipeline, home):
    """Each page is JSON, too, and the first is at the address itself."""
    for page in PAGES:
        answer = pipeline.http.get(f"{home}{page.path}.json", timeout=60)
        assert 200 == answer.status_code
        assert isinstance(answer.json(), dict)
    first = pipeline.http.get(f"{home}/", timeout=60)

    assert f"<h1>{PAGES[0].title}" in first.text
    assert "default-src 'none'" in first.headers["Content-Security-Policy"]


async def test_complaints_are_found(visit, home):
    """These tests would see what a page must not do."""
    await visit.open(f"{home}{PAGES[0].path}")
    await visit.evaluate(
        "document.body.insertAdjacentHTML('beforeend',"
        f" {json.dumps('<img src=x onerror=alert(1)><img src=http://192.0.2.1/x>')})"
    )
    await visit.evaluate("console.error('oh'), setTimeout(() => alert('a dialog'))")

    for words in ("inline event handler violates", "http://192.0.2.1/x", "oh", "dialog: a dialog"):
        await visit.hears(words)
