"""Faults: switched on and off over HTTP, they hit what they name and nothing else."""

import asyncio
import json
import subprocess
import sys

import aiohttp
import pytest
from serving import serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import Shift, Status, UnknownFault, read_faults
from analytics_local_cloud.faults.faulty_app import FaultyApp
from analytics_local_cloud.local_api.faults_api import PATH, FaultsApi
from analytics_local_cloud.schedule import Schedule, keep_calling
from analytics_local_cloud.storage import LocalSigner, ObjectStore
from analytics_local_cloud.storage.objects.targets import Target

ANSWER = b"an answer"


class Service:
    """An application that answers ANSWER, and keeps the methods and bodies that arrived."""

    def __init__(self):
        self.carried_out = []

    async def __call__(self, scope, receive, send):
        """Carry a request out."""
        request = Request(scope, receive)
        self.carried_out.append((request.method, await request.body()))
        await Response(ANSWER)(scope, receive, send)


class Cloud:
    """A client of the gateway, of a storage, and of the faults of both."""

    def __init__(self, session, gateway, storage, service):
        self.urls = {"gateway": gateway, "storage": storage}
        self.service = service
        self._session = session

    async def ask(self, method, url, body=None):
        """Send a request; returns status, headers and body, or how it ended."""
        try:
            async with self._session.request(method, url, data=body) as answer:
                return answer.status, answer.headers, await answer.read()
        except aiohttp.ClientPayloadError:
            return answer.status, "cut off"
        except aiohttp.ClientConnectionError as exc:
            return type(exc).__name__, "reset"

    async def faults(self, method, body=None):
        """Ask the API; returns its status and what it answers."""
        encoded = body if isinstance(body, bytes | None) else json.dumps(body)
        status, _, text = await self.ask(method, self.urls["gateway"] + PATH, encoded)
        return status, json.loads(text)

    async def switch_on(self, *faults):
        """Switch on the faults, and no others."""
        status, state = await self.faults("PUT", {"faults": faults})
        assert (200, len(faults)) == (status, len(state["faults"])), state

    async def post(self, place="gateway", path="/v1/event"):
        """Send a request to a service; returns its status and body, or how it ended."""
        status, *_, body = await self.ask("POST", self.urls[place] + path, b"a body")
        return status, body

    async def played(self):
        """Return how often each fault took place."""
        return (await self.faults("GET"))[1]["played"]


@pytest.fixture(name="served", scope="module")
def _served():
    """Serve a gateway and a storage; yields their URLs, what they do, and the faults of both."""
    board, service = FaultBoard(), Service()
    gateway_app = FaultyApp(service, "gateway", board)
    entrance = Starlette(routes=[Route(PATH, FaultsApi(board)), Mount("/", gateway_app)])
    with serve(entrance) as gateway, serve(FaultyApp(service, "storage", board)) as storage:
        yield gateway, storage, service, board


@pytest.fixture(name="cloud")
async def _cloud(served):
    *urls, service, board = served
    board.close()
    service.carried_out.clear()
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Cloud(session, *urls, service)


async def test_none(cloud):
    """Without a fault every request passes, and none is told of."""
    assert (200, ANSWER) == await cloud.post()
    assert (200, {"faults": [], "played": []}) == await cloud.faults("GET")


@pytest.mark.parametrize(
    ("fault", "ends", "carried_out"),
    [
        ({"do": "status"}, (503, None), 0),
        ({"do": "status", "code": 429}, (429, None), 0),
        ({"do": "status", "code": 500, "when": "after"}, (500, None), 1),
        ({"do": "reset"}, (None, "reset"), 0),
        ({"do": "reset", "when": "after"}, (None, "reset"), 1),
        ({"do": "truncate"}, (200, "cut off"), 1),
        ({"do": "truncate", "bytes": len(ANSWER) + 1}, (200, ANSWER), 1),
        ({"do": "delay", "seconds": 0}, (200, ANSWER), 1),
        ({"do": "status", "method": "post", "path": "/v1/"}, (503, None), 0),
        ({"do": "status", "method": "PUT"}, (200, ANSWER), 1),
        ({"do": "status", "path": "/v1/file"}, (200, ANSWER), 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["gateway", "storage"])
async def test_requests(cloud, place, fault, ends, carried_out):
    """A fault does to the requests that it names what it says, at its place alone."""
    await cloud.switch_on({**fault, "at": place})
    other = {"gateway": "storage", "storage": "gateway"}[place]

    status, body = await cloud.post(place)
    assert (ends[0] or status, ends[1] or body) == (status, body)
    assert [("POST", b"a body")] * carried_out == cloud.service.carried_out
    assert (200, ANSWER) == await cloud.post(other)
    await cloud.faults("DELETE")
    assert (200, ANSWER) == await cloud.post(place)


async def test_retry_after(cloud):
    """A status may say when to come again, and says in Google's form that it is on purpose."""
    await cloud.switch_on({"do": "status", "at": "storage", "code": 503, "retry_after": 7})

    _, headers, body = await cloud.ask("GET", cloud.urls["storage"])
    assert "7" == headers["Retry-After"]
    assert "a fault at the storage, on purpose" == json.loads(body)["error"]["message"]


async def test_delay(cloud):
    """A delayed request is carried out after its time."""
    await cloud.switch_on({"do": "delay", "at": "gateway", "seconds": 0.2})
    began = asyncio.get_running_loop().time()

    assert (200, ANSWER) == await cloud.post()
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_times(cloud):
    """A fault that is to take place some times does, then no more, and tells how often it did."""
    await cloud.switch_on({"do": "status", "at": "gateway", "times": 2})

    assert [503, 503, 200, 200] == [(await cloud.post())[0] for _ in range(4)]
    assert [2] == await cloud.played()


async def test_one_after_the_other(cloud):
    """What a request no longer meets is left for the next one."""
    reset = {"do": "reset", "at": "gateway", "when": "after", "times": 1}
    await cloud.switch_on({"do": "status", "at": "gateway", "times": 1}, reset)

    carried_out = []
    for _ in range(3):
        await cloud.post()
        carried_out.append(len(cloud.service.carried_out))
    assert [0, 1, 2] == carried_out
    assert [1, 1] == await cloud.played()


async def test_the_same_seed_hits_the_same(cloud):
    """Dice fall by the seed: the same requests are hit again, others by another seed."""

    async def hits(seed):
        await cloud.switch_on({"do": "status", "at": "gateway", "probability": 0.5, "seed": seed})
        return [(await cloud.post())[0] for _ in range(20)]

    first = await hits(1)
    assert {200, 503} == set(first)
    assert first == await hits(1)
    assert first != await hits(2)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "Input data was truncated"),
        (b"\xff", "JSON is malformed"),
        ([], "Expected `object`, got `array`"),
        ({}, "missing required field `faults`"),
        ({"faults": [], "x": 1}, "unknown field `x`"),
        ({"faults": [{}]}, "missing required field `do`"),
        ({"faults": [{"do": "explode", "at": "disk"}]}, "Invalid value 'explode'"),
        ({"faults": [{"do": "status"}]}, "missing required field `at`"),
        ({"faults": [{"do": "status", "at": "disk"}]}, "Invalid enum value 'disk'"),
        ({"faults": [{"do": "drop", "at": "gateway"}]}, "Invalid enum value 'gateway'"),
        ({"faults": [{"do": "full", "at": "disk", "times": 1}]}, "unknown field `times`"),
        ({"faults": [{"do": "status", "at": "storage", "code": 200}]}, "Expected `int` >= 400"),
        ({"faults": [{"do": "reset", "at": "storage", "probability": 0}]}, "Expected `float` > 0"),
        ({"faults": [{"do": "delay", "at": "storage", "seconds": -1}]}, "Expected `float` >= 0"),
        ({"faults": [{"do": "shift", "at": "clock"}]}, "missing required field `seconds`"),
        ({"faults": [{"do": "full", "at": "disk"}] * 101}, "length <= 100"),
    ],
    ids=str,
)
async def test_refused(cloud, body, says):
    """What is no fault is refused with what is known, and changes nothing."""
    await cloud.switch_on({"do": "delay", "at": "storage"})

    status, answer = await cloud.faults("PUT", body)
    assert 400 == status
    assert says in answer["message"]
    assert '{"do": "status", ' in answer["message"]
    assert ["delay"] == [fault["do"] for fault in (await cloud.faults("GET"))[1]["faults"]]


async def test_methods(cloud):
    """Other methods are refused by name; what the API answers, it takes again."""
    assert 405 == (await cloud.faults("POST", {"faults": []}))[0]
    await cloud.switch_on({"do": "status", "at": "gateway", "times": 3})
    _, state = await cloud.faults("GET")

    assert (200, state) == await cloud.faults("PUT", state)


async def test_the_api_is_at_the_gateway_alone(cloud):
    """No other service has the API, no other path is it, and no fault hits it."""
    await cloud.switch_on({"do": "status", "at": "gateway", "times": 5})

    assert [0] == await cloud.played()
    assert (200, ANSWER) == await cloud.post("storage", PATH)
    assert 503 == (await cloud.post("gateway", f"{PATH}/x"))[0]


async def test_clock(tmp_path):
    """A clock that is set dates what is stored, and lets signatures age, until it is set back."""
    board = FaultBoard(lambda: 1_000_000.0)
    store, signer = ObjectStore(tmp_path, board.clock), LocalSigner(tmp_path, board.clock)
    await store.buckets.create("events", {})

    async def write(name):
        with store.objects.incoming() as blob:
            return (await store.objects.put(Target("events", name, {}), blob)).updated

    board.replace([Shift(at="clock", seconds=60)])
    assert (1_000_060_000_000, 1_000_060.0) == (await write("a"), signer.clock())
    board.close()
    assert 1_000_000.0 == signer.clock()
    assert await write("b") == 1_000_060_000_001  # generations grow, whatever the clock shows
    store.close()


async def test_clock_of_the_schedule(tmp_path, capsys):
    """A call whose time comes because the clock was set is made."""
    board = FaultBoard()
    settings = {"FUNCTION_SOURCE": str(tmp_path / "none.py")}
    calling = asyncio.create_task(
        keep_calling(Schedule(3600.0), settings, tmp_path / "log", board.clock)
    )
    await asyncio.sleep(0)
    board.replace([Shift(at="clock", seconds=3600)])
    async with asyncio.timeout(10):
        while not (tmp_path / "log").exists():  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)
    calling.cancel()
    await asyncio.wait([calling])
    assert "" == capsys.readouterr().err


def test_disk(tmp_path):
    """While the disk is full no file grows, and what was started then has room later."""
    code = f"""
import subprocess, sys
from pathlib import Path
from analytics_local_cloud.faults.fault_board import FaultBoard
from analytics_local_cloud.faults.fault_kinds import Full
board, file = FaultBoard(), Path({str(tmp_path / "file")!r})
board.replace([Full(at="disk")])
board.replace([Full(at="disk")])
try:
    file.write_text("x")
except OSError as exc:
    print(exc.strerror)
started = "from analytics_local_cloud.faults.full_disk import let_files_grow;" \\
    "let_files_grow(); open('" + str(file) + "', 'w').write('child')"
print(subprocess.run([sys.executable, "-c", started]).returncode, file.read_text())
board.close()
file.write_text("room")
print(file.read_text())
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ["File too large", "0 child", "room"] == ended.stdout.splitlines()


def test_read():
    """A fault is read as it was meant, with what was not said."""
    (fault,) = read_faults(b'{"faults": [{"do": "status", "at": "warehouse", "code": 500}]}')

    assert Status(at="warehouse", code=500, times=None) == fault
    with pytest.raises(UnknownFault):
        read_faults(b"{}")
