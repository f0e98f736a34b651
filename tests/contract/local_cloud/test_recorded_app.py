"""Requests and answers are heard as they go over the wire, and go on unchanged."""

import asyncio
import io
import json

import aiohttp
import pytest
from serving import serve
from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import read_faults
from analytics_local_cloud.faults.faulty_app import FaultyApp
from analytics_local_cloud.journal.exchanges import Journal
from analytics_local_cloud.journal.recorded_app import GATEWAY, STORAGE, WAREHOUSE, RecordedApp

MEGABYTE = 1_000_000
INSERT = "/bigquery/v2/projects/p/datasets/events/tables/{}/insertAll"


async def echo(scope, receive, send):
    """Answer with the body that came."""
    body = await Request(scope, receive).body()
    await Response(body)(scope, receive, send)


class Recorded:
    """A service that answers what it is sent, behind faults, and heard."""

    def __init__(self, place):
        self.board, self.journal = FaultBoard(), Journal()
        self.journal.watch(2**40)
        self.app = RecordedApp(FaultyApp(echo, "gateway", self.board), place, self.journal)

    def switch_on(self, **fault):
        faults = json.dumps({"faults": [{"at": "gateway", **fault}]})
        self.board.replace(read_faults(faults.encode()))

    async def ask(self, method="POST", target="/v1/event", body=b"a body", **headers):
        """Send a request; returns what was heard, and status with body or how it ended."""
        before = self.journal.last
        with serve(self.app) as url:
            answer = await self._ask(method, url + target, body, headers)
        return list(self.journal.after(before)), answer

    async def _ask(self, method, url, body, headers):
        async with aiohttp.ClientSession() as session:
            try:
                async with session.request(
                    method, url, data=io.BytesIO(body), headers=headers
                ) as answer:
                    return answer.status, await answer.read()
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as exc:
                return type(exc).__name__, b""


@pytest.fixture(name="gateway")
def _gateway():
    return Recorded(GATEWAY)


async def test_request_and_answer(gateway):
    """What is sent and answered is kept, with its times, and goes on unchanged."""
    (heard,), answer = await gateway.ask(body=b"x" * MEGABYTE, **{"Idempotency-Key": "k"})

    assert (200, b"x" * MEGABYTE) == answer
    assert ("gateway", "POST", "/v1/event", 200) == (
        heard.place,
        heard.method,
        heard.path,
        heard.status,
    )
    assert b"x" * MEGABYTE == heard.body
    assert "k" == heard.headers["idempotency-key"]
    assert 0 < heard.began <= heard.ended


@pytest.mark.parametrize(
    "query",
    ["key=S3CRET", "%6Bey=S3CRET", "k%65y=S3CRET&key=S3CRET", "a=1&key=S3%43RET", "key=S3CRET&key"],
)
async def test_key_is_not_kept(gateway, query):
    """An API key is forgotten at once, however its name is written, in a header, too."""
    (heard,), _ = await gateway.ask(target=f"/v1/event?{query}&b=%20", **{"X-Api-Key": "S3CRET"})

    assert "S3CRET" not in repr(heard)
    assert "key=KEY" in heard.query
    assert heard.query.endswith("&b=%20")


@pytest.mark.parametrize("size", [5 * 1024 * 1024, 5 * 1024 * 1024 + 1])
async def test_large_body(gateway, size):
    """A body is kept up to 5 MiB; of a larger one nothing is, and it goes on all the same."""
    (heard,), (status, answer) = await gateway.ask(body=b"x" * size)

    is_cut = size > 5 * 1024 * 1024
    assert (200, size) == (status, len(answer))
    assert (is_cut, 0 if is_cut else size) == (heard.is_cut, len(heard.body))
    assert b"" == heard.answer  # it is longer than what is kept of answers


@pytest.mark.parametrize(
    ("fault", "status", "heard_status"),
    [
        ({"do": "reset"}, {"ServerDisconnectedError", "ClientOSError"}, 0),
        ({"do": "reset", "when": "after"}, {"ServerDisconnectedError", "ClientOSError"}, 0),
        ({"do": "status", "code": 503}, {503}, 503),
        ({"do": "status", "code": 503, "when": "after"}, {503}, 503),
        ({"do": "truncate", "bytes": 1}, {"ClientPayloadError"}, 200),
    ],
    ids=["reset before", "reset after", "status before", "status after", "truncated"],
)
async def test_faults(gateway, fault, status, heard_status):
    """A request that meets a fault is heard, and the fault takes place as it does unheard."""
    gateway.switch_on(**fault)
    (heard,), (ended, _) = await gateway.ask()

    assert ended in status
    assert heard_status == heard.status
    assert b"" != heard.answer or not heard_status


async def test_client_that_left(gateway):
    """A request whose client goes away before the end of its body is heard without a status."""
    with serve(gateway.app) as url:
        host, port = url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /v1/event HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    (heard,) = gateway.journal.after(0)

    assert (0, b"abc") == (heard.status, heard.body)


@pytest.mark.parametrize(
    ("place", "method", "target", "is_heard"),
    [
        (GATEWAY, "OPTIONS", "/v1/event", False),
        (GATEWAY, "GET", "/nowhere", True),
        (STORAGE, "PUT", "/bucket/name", True),
        (STORAGE, "GET", "/bucket/name", False),
        (WAREHOUSE, "POST", INSERT.format("events_function"), True),
        (WAREHOUSE, "POST", INSERT.format("dead_letters"), True),
        (WAREHOUSE, "POST", INSERT.format("run_googleapis_com_stdout"), False),
        (WAREHOUSE, "POST", "/bigquery/v2/projects/p/queries", False),
    ],
)
async def test_what_is_heard(place, method, target, is_heard):
    """Each service's own part of the way of an event is heard, and nothing else."""
    heard, (status, _) = await Recorded(place).ask(method, target)

    assert 200 == status
    assert is_heard == bool(heard)
    assert place.with_body or not any(each.body for each in heard)
