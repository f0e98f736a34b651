"""Whatever clients send, it is text on every page, and does nothing."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pipeline_client import PipelineClient

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_console.console import PAGES
from browser.hostile_payloads import PAYLOADS, send_all

MOST_LINKS = 60
# Live has drawn what its stream told; the others are as they came.
DRAWN = "document.querySelector('#lines') === null || document.querySelector('#count').dataset.text"
LOOK = (Path(__file__).parent / "looking_around.js").read_text()


@pytest.fixture(name="attacked", scope="module")
def _attacked(tmp_path_factory):
    """Run a pipeline to which all payloads were sent."""
    with running_pipeline(tmp_path_factory.mktemp("attacked"), "--streaming-buffer", "0") as told:
        client = PipelineClient(told)
        ids = ", ".join(f"'{batch_id}'" for batch_id in send_all(client))
        tables = "SELECT batch_id FROM events.{} WHERE batch_id IN (" + ids + ")"
        client.wait_for_count(
            ids.count(",") + 1,
            f"SELECT COUNT(DISTINCT batch_id) FROM ({tables.format('events')}"
            f" UNION ALL {tables.format('open_dead_letters')})",
        )
        yield client
        client.close()


async def look(visit, url, width=1280):
    """Open a page, and return what is found there; it must do nothing."""
    home = re.match(r"https?://[^/]+", url)[0]
    await visit.open(url, width)
    await visit.wait_for(DRAWN)
    found = await visit.evaluate(LOOK)

    assert (None, [], []) == (found["hit"], found["foreign"], found["turned"]), url
    assert [] == [complaint for complaint in visit.complaints if "status of 4" not in complaint]
    assert [] == [each for each in visit.requests if not each.startswith((home, "data:"))]
    assert found["wider"] <= 0, url
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_text_stays_text(page, visit, attacked):
    """What was sent does nothing on a page, nor on any page that it links to."""
    home = attacked.variables["ANALYTICS_URL"]
    waiting, seen = [home + page.path], set()
    while waiting and len(seen) < MOST_LINKS:
        url = waiting.pop(0)
        seen.add(url)
        found = await look(visit, url)
        links = [link.partition("#")[0] for link in found["links"]]
        waiting += [
            link
            for link in dict.fromkeys(links)
            if urlsplit(link).path == page.path and link not in seen and link not in waiting
        ]
    await look(visit, home + page.path, 360)


async def test_replay_of_hostile_letters(visit, attacked):
    """What a replay tells of hostile letters is text, too."""
    await visit.open(f"{attacked.variables['ANALYTICS_URL']}/console/dead-letters")
    await visit.click("form[action='/console/dead-letters/replay'] button")
    await visit.wait_for("document.querySelector('.replay tbody tr') !== null")
    found = await visit.evaluate(LOOK)

    assert (None, [], []) == (found["hit"], found["foreign"], found["turned"])
    assert [] == visit.complaints


async def test_shown_as_sent(visit, attacked):
    """The first page shows the payloads, letter by letter."""
    await visit.open(attacked.variables["ANALYTICS_URL"] + PAGES[0].path)
    text = await visit.text()

    for name in ("html", "svg", "closing", "attribute", "template", "prototype"):
        assert PAYLOADS[name][:40] in unquote(text)
