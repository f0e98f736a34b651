"""What the local storage acknowledged survives `kill -9`, object and event together."""

import asyncio
import signal
import subprocess
import sys

import aiohttp
import pytest

from analytics_local_cloud.storage import ObjectStore
from checkout import ROOT

PROGRAM = ROOT / "tests" / "contract" / "storage_process.py"
CLIENTS = 8


@pytest.fixture(name="start_storage")
def _start_storage(tmp_path):
    """Return a function that starts the storage and returns its process and URL."""
    processes = []

    def start():
        path = f"PYTHONPATH={ROOT / 'scripts'}:{ROOT / 'functions'}"  # the folder is the program's
        command = ["env", path, sys.executable, PROGRAM, tmp_path / "storage"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen(command, text=True, **pipes)
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


async def write_until_killed(url, process, acknowledged, kill_after):
    """Write objects from several clients; kill the storage in the middle of it."""
    settings = f"{url}/storage/v1/b/events/notificationConfigs"

    async def write(client, session):
        for number in range(100_000):
            name = f"{client}/{number}"
            content = name.encode() * (1 + 9_000 * (number % 7 == 0))
            async with session.put(f"{url}/events/{name}", data=content) as answer:
                assert 200 == answer.status
                acknowledged[name] = (content, answer.headers["x-goog-generation"])
            if len(acknowledged) >= kill_after:
                process.send_signal(signal.SIGKILL)

    async with aiohttp.ClientSession() as session:
        await (await session.post(settings, json={"topic": "t"})).release()
        writes = (write(client, session) for client in range(CLIENTS))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert {True} == {isinstance(outcome, aiohttp.ClientError) for outcome in outcomes}


async def test_acknowledged_writes_survive_a_kill(start_storage, tmp_path):
    """After SIGKILL under load every acknowledged object is there, intact, and announced."""
    acknowledged = {}
    for kill_after in (150, 300):
        process, url = start_storage()
        await write_until_killed(url, process, acknowledged, kill_after)
        process.wait()

    store = ObjectStore(tmp_path / "storage")
    announced = {(e.name, str(e.generation)) for e in store.outbox.due("events", 100_000)}
    for name, (content, generation) in acknowledged.items():
        stored = store.objects.get("events", name)
        assert content == store.objects.path(stored).read_bytes()
        assert (name, generation) in announced
    files = {path.name for path in tmp_path.glob("storage/blobs/*")}
    assert files == {file.path.name for file in store.expand("gs://events/*")}
    store.close()
