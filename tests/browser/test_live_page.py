"""Live, as somebody watches it: events as they come, found and opened, however many there are."""

import logging

import pytest
from pipeline_client import PipelineClient

from analytics_commands.foundation.pipeline.local_process import running_pipeline

LOG = logging.getLogger(__name__)  # figures: pytest --log-cli-level=INFO
MANY = 10_000
AN_HOUR = 50_000
A_BATCH = 1_000
MOST_ELEMENTS = 8_000  # of a page that shows 200 rows
FUNCTION = {"event_category": "function"}
ROWS = "document.querySelectorAll('#lines tbody tr').length"


def saw(event_type):
    """Return the condition that the first row is of an event of a type."""
    return f"document.querySelector('#lines tbody tr')?.cells[2].innerText === '{event_type}'"


@pytest.fixture(name="watched", scope="module")
def _watched(tmp_path_factory):
    """Run a pipeline that is watched; returns a client of it."""
    with running_pipeline(tmp_path_factory.mktemp("watched")) as told:
        client = PipelineClient(told)
        yield client
        client.close()


@pytest.fixture(name="live")
def _live(watched):
    return f"{watched.variables['ANALYTICS_URL']}/console/live"


async def test_appears(visit, live, watched):
    """An event is on the page after its POST, and its row is, too, without a reload."""
    watched.send({"eventType": "before"}, **FUNCTION)
    await visit.open(live)
    await visit.wait_for(saw("before"))
    await visit.evaluate(
        f"window.seen = new Promise((done) => {{ const look = () => {saw('now')}"
        " ? done(Date.now()) : requestAnimationFrame(look); look(); }); 0"
    )
    sent = await visit.evaluate("Date.now()")
    watched.send({"eventType": "now", "playerId": "ann"}, **FUNCTION)
    LOG.info("an event is shown %d ms after its POST", await visit.evaluate("seen") - sent)

    await visit.wait_for("document.querySelector('#lines tbody tr').innerText.includes('loaded')")
    assert [] == visit.complaints


async def test_every_kind(visit, live, watched):
    """What is refused, repeated, no event, a file or a dead letter is seen as such."""
    for _ in range(2):
        watched.send({"eventType": "twice"}, headers={"Idempotency-Key": "k" * 20}, **FUNCTION)
    watched.post({}, event_category="not this")
    watched.send(["no object"], **FUNCTION)
    watched.send(b"\x00bytes")
    ticket = {"content_type": "text/plain", "md5_digest": "XUFAKrxLKna5cZ2REBfFkg=="}
    watched.send(ticket, path="/v1/file")
    await visit.open(live)

    for state in ("refused", "repeated", "dead_letter", "stored", "issued"):
        await visit.wait_for(f"document.querySelector('#lines').innerText.includes('{state}')")
    assert "event_category" in await visit.text()


async def test_filter(visit, live, watched):
    """Typing leaves what is wanted, a click on a cell narrows it, and the address says so."""
    for player in ("ann", "bo"):
        for kind in ("f_start", "f_end"):
            watched.send({"eventType": kind, "playerId": player}, **FUNCTION)
    await visit.open(live)
    await visit.write("#filter input", "f_")
    await visit.wait_for(f"{ROWS} === 4")
    await visit.click("#lines a[data-field=player]")
    await visit.wait_for(f"{ROWS} === 2")
    address = await visit.evaluate("decodeURIComponent(location.search)")
    await visit.evaluate("history.back()")
    await visit.wait_for(f"{ROWS} === 4")
    await visit.write("#filter input", "type:nothing-is-so")

    assert "player:bo" in address
    await visit.wait_for("document.querySelector('#none').checkVisibility()")


async def test_inspector(visit, live, watched):
    """An event opens with the keyboard: as sent, stored, and as a row, and why it has no column."""
    watched.send({"eventtype": "misspelt", "playerId": "opened"}, **FUNCTION)
    await visit.open(f"{live}?q=player:opened")
    await visit.wait_for("document.querySelector('#lines tbody tr')?.innerText.includes('loaded')")
    await visit.press("j")
    await visit.press("Enter")
    await visit.wait_for("document.querySelector('#event h2') !== null")
    text = await visit.text("#event")
    address = await visit.evaluate("location.href")

    for words in (
        '"eventtype": "misspelt"',
        "misspelt?",
        "eventType",
        "data_type=json/",
        "player_id",
    ):
        assert words in text
    await visit.press("Escape")
    await visit.wait_for("document.querySelector('#event').hidden")
    await visit.open(address)
    assert "data_type=json/" in await visit.text("#event")


async def test_pause(visit, live, watched):
    """A paused page stays as it is, and shows what came meanwhile when it goes on."""
    watched.send({"eventType": "shown"}, **FUNCTION)
    await visit.open(live)
    await visit.wait_for(saw("shown"))
    await visit.click("#pause")
    await visit.wait_for("document.querySelector('#pause').innerText === 'Resume'")
    watched.send({"eventType": "meanwhile"}, **FUNCTION)
    await visit.wait_for("/paused; [1-9]/.test(document.querySelector('#count').innerText)")
    is_still = await visit.evaluate(saw("shown"))
    await visit.click("#pause")

    assert is_still
    await visit.wait_for(saw("meanwhile"))


async def test_many(visit, live, watched):
    """Of ten thousand events, the wanted ones are found."""
    await visit.open(live)
    for batch in range(MANY // A_BATCH):
        events = [
            {"eventType": f"many-{batch}", "playerId": f"p{number}"} for number in range(A_BATCH)
        ]
        watched.send(events)
    await visit.wait_for("document.querySelector('#count').innerText.endsWith('of 10,000')")
    took = await visit.evaluate(
        "(async () => { const field = document.querySelector('#filter input');"
        " const began = performance.now(); field.value = 'player:p77';"
        " field.dispatchEvent(new Event('input', { bubbles: true }));"
        " await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
        " return performance.now() - began; })()"
    )
    LOG.info("%d events are filtered in %.0f ms", MANY, took)

    await visit.wait_for("document.querySelector('#count').innerText === '10 of 10,000'")
    assert 10 == await visit.evaluate(ROWS)
    await visit.write("#filter input", "-player:p77")
    await visit.wait_for("document.querySelector('#count').innerText.startsWith('9,990 of')")
    assert 200 == await visit.evaluate(ROWS)


async def test_open_for_hours(visit, live, watched):
    """However many events come, the page stays as large as it is."""
    await visit.open(live)
    heaps = []
    for batch in range(AN_HOUR // A_BATCH):
        last = f"hours-{batch}"
        pad = "x" * 100
        watched.send([{"eventType": last, "eventAttributes": {"pad": pad}}] * A_BATCH)
        await visit.wait_for(saw(last))
        if batch % 10 == 9:
            await visit.page.ask("HeapProfiler.collectGarbage")
            heaps.append((await visit.page.ask("Runtime.getHeapUsage"))["usedSize"])
    counted = await visit.page.ask("Memory.getDOMCounters")
    LOG.info("bytes of the heap %s, nodes %d", heaps, counted["nodes"])

    assert await visit.evaluate("document.querySelectorAll('*').length") < MOST_ELEMENTS
    assert heaps[-1] < 1.5 * heaps[0]
    assert [] == visit.complaints


async def test_reconnects(visit, tmp_path):
    """A page goes on by itself when the pipeline comes back, and says so meanwhile."""
    with running_pipeline(tmp_path) as told:
        client = PipelineClient(told)
        client.send({"eventType": "first"}, **FUNCTION)
        await visit.open(f"{told['ANALYTICS_URL']}/console/live")
        await visit.wait_for(saw("first"))
        client.close()
    await visit.wait_for("document.querySelector('#count').innerText.includes('does not answer')")
    port = told["ANALYTICS_URL"].rpartition(":")[2]
    with running_pipeline(tmp_path, "--port", port) as told:
        client = PipelineClient(told)
        client.send({"eventType": "again"}, **FUNCTION)
        await visit.wait_for(saw("again"))
        assert "first" not in await visit.text("#lines")
        client.close()
