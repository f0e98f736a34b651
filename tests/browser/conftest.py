"""A browser, and a pipeline whose console it looks at; both are started once for all tests."""

import json
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from pipeline_client import PipelineClient

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from devtools.chromium import PROGRAM, Chromium
from devtools.visit import Visit
from generate.sample_game import odd_batches, sample_batches

_NOWHERE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # as on a laptop without network


def pytest_collection_modifyitems(items):
    """Let the tests share the event loop of their browser."""
    for item in items:
        if item.path.parent.name == "browser" and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(name="browser", scope="session", loop_scope="session")
async def _browser(tmp_path_factory):
    if PROGRAM is None:
        pytest.skip("chromium is not installed")
    browser = await Chromium.start(tmp_path_factory.mktemp("profile"), _NOWHERE)
    yield browser
    await browser.kill()


@pytest_asyncio.fixture(name="visit", loop_scope="session")
async def _visit(browser):
    visit = await Visit.begin(browser)
    yield visit
    await visit.end()


@pytest.fixture(name="variables", scope="session")
def _variables(tmp_path_factory):
    """Run a pipeline, and send it a week of a game, and what clients get wrong."""
    folder = tmp_path_factory.mktemp("a pipeline")
    with running_pipeline(folder, "--streaming-buffer", "0") as variables:
        client = PipelineClient(variables)
        sent = 0
        for batch in sample_batches(datetime.now(UTC)):
            client.send(batch.body, **batch.parameters)
            sent += len(json.loads(batch.body))
        client.wait_for_count(sent, "SELECT COUNT(*) FROM events.events")
        for batch in odd_batches():
            client.post(batch.body, **batch.parameters)
        client.wait_for_count(3, "SELECT COUNT(*) FROM events.open_dead_letters")
        client.close()
        yield variables


@pytest.fixture(name="home")
def _home(variables):
    """Return the address of the console."""
    return variables["ANALYTICS_URL"]


@pytest.fixture(name="pipeline")
def _pipeline(variables):
    client = PipelineClient(variables)
    yield client
    client.close()
