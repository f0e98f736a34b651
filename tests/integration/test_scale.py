"""A thousand batches from thirty clients: nothing lost, nothing doubled."""

import asyncio
import json
import sys
import time

import aiohttp
import pytest
from pipeline_client import unique

pytestmark = pytest.mark.load

BATCHES, CLIENTS, EVENTS = 1000, 30, 4


def make_events(event_type):
    """Return a batch of about 4 KB, as a game sends it."""
    attributes = {f"attribute_{i}": "v" * 20 for i in range(20)}
    return [
        {
            "eventEnvironment": "testing",
            "eventSource": "client",
            "eventClass": "scale",
            "eventType": event_type,
            "eventTimestamp": 1790000000 + i,
            "eventIndex": i,
            "sessionId": "f58179a375290599dde17f7c6d546d78",
            "buildVersion": "2.0.13",
            "playerId": "12345",
            "eventAttributes": attributes,
        }
        for i in range(EVENTS)
    ]


async def send_all(variables, body, category):
    """POST the body as often as asked from all clients; returns the statuses."""
    url = f"{variables['ANALYTICS_URL']}/v1/event"
    parameters = {"key": variables["API_KEY"], "event_category": category}
    left = iter(range(BATCHES))
    statuses = []

    async def client(session):
        for _ in left:
            async with session.post(url, data=body, params=parameters) as answer:
                await answer.read()
                statuses.append(answer.status)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CLIENTS)) as session:
        await asyncio.gather(*(client(session) for _ in range(CLIENTS)))
    return statuses


def test_thousand_batches(pipeline, variables):
    """Every batch is acknowledged, and every event of it is one row; how fast is only told."""
    event_type = unique("scale")
    body = json.dumps(make_events(event_type)).encode()

    started = time.monotonic()
    statuses = asyncio.run(send_all(variables, body, "function"))
    rate = BATCHES / (time.monotonic() - started)
    lag = pipeline.wait_for_count(
        BATCHES * EVENTS,
        f"SELECT COUNT(*) FROM events.events_function WHERE event_type = '{event_type}'",
    )

    rows = pipeline.query(
        "SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events FROM"
        " (SELECT batch_id, COUNT(*) AS n FROM events.events_function"
        f" WHERE event_type = '{event_type}' GROUP BY 1) a GROUP BY 1"
    )
    assert [200] * BATCHES == statuses
    assert [(EVENTS, BATCHES, BATCHES * EVENTS)] == rows
    sys.stdout.write(f"{rate:.0f} batches/s, last row queryable after {lag:.2f} s\n")
