"""kill -9 at any moment: every event that was answered 200 is stored, and is one row."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest
import requests
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS, PipelineClient

from analytics_commands.foundation.pipeline.local_pipeline import read_env
from analytics_commands.foundation.pipeline.local_process import start_pipeline, wait_ready
from analytics_pipeline.schemas import SCHEMAS

CLIENTS = 8
BATCHES_BEFORE_KILL = 60


class Load:
    """Clients that POST batches until told to stop; `accepted` are the batch ids answered 200."""

    def __init__(self, variables):
        self._url = variables["ANALYTICS_URL"] + "/v1/event"
        self._key = variables["API_KEY"]
        self._stop = threading.Event()
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(CLIENTS)]
        self.accepted = []

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self, seconds=120):
        """Wait until enough batches were accepted for a kill to hurt."""
        assert self._enough.wait(seconds), f"only {len(self.accepted)} batches accepted"

    def _send(self):
        body = json.dumps([{"eventType": "survivor", "eventIndex": i} for i in range(4)])
        with requests.Session() as session:
            while not self._stop.is_set():
                try:
                    answer = session.post(
                        self._url,
                        data=body,
                        params={"key": self._key, "event_category": "function"},
                        timeout=60,
                    )
                except requests.RequestException:
                    continue  # the process that was killed; nothing was promised
                if answer.status_code == 200:
                    self.accepted.append(answer.json()["batch_id"])
                if len(self.accepted) >= BATCHES_BEFORE_KILL:
                    self._enough.set()


def children(process_id):
    """Return the ids of all processes below this one (Linux)."""
    below = []
    for task in Path(f"/proc/{process_id}/task").iterdir():
        for child in (task / "children").read_text().split():
            below += [int(child), *children(int(child))]
    return below


def command(process_id):
    """Return the command line of a process."""
    return Path(f"/proc/{process_id}/cmdline").read_text().replace("\0", " ")


def kill_supervisor(process):
    """Kill the process that serves gateway, storage, events and warehouse."""
    os.kill(process.pid, signal.SIGKILL)


def kill_functions(process):
    """Kill the functions' processes, masters and workers."""
    for child in children(process.pid):
        os.kill(child, signal.SIGKILL)


def kill_everything(process):
    """Kill all of it at once."""
    for doomed in [*children(process.pid), process.pid]:
        os.kill(doomed, signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")
@pytest.mark.parametrize("kill", [kill_supervisor, kill_functions, kill_everything])
def test_nothing_acknowledged_is_lost(kill, tmp_path):
    """After a kill under load and a restart, each acknowledged event is stored and one row."""
    first = start_pipeline(tmp_path)
    wait_ready(first)
    with Load(read_env(tmp_path / "env")) as load:
        load.wait()
        kill(first)
    end(first)

    second = start_pipeline(tmp_path)
    try:
        wait_ready(second)
        client = PipelineClient(read_env(tmp_path / "env"))
        stored = {
            blob.metadata["batch_id"]
            for blob in client.stored("data_type=json/analytics_environment=development/")
        }
        assert set(load.accepted) <= stored
        client.wait_for_count(
            4 * len(stored),
            "SELECT COUNT(*) FROM events.events WHERE event_type = 'survivor'",
        )
        counted = (
            "SELECT COUNT(*), COUNT(DISTINCT event_id) FROM events.events"
            " WHERE event_type = 'survivor'"
        )
        assert [(4 * len(stored), 4 * len(stored))] == client.query(counted)
        wait_for_receipts(client, tmp_path / "logs")
        client.close()
    finally:
        end(second)


def wait_for_receipts(client, logs):
    """Wait until each line that the functions wrote about an object is one row."""
    sql = "SELECT COUNT(*), COUNT(DISTINCT insertId) FROM events.run_googleapis_com_stdout"
    wanted = json.loads((SCHEMAS / "receipt_events.json").read_text())
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        text = "".join(path.read_text() for path in logs.iterdir())
        lines = sum(text.count(f'"event":"{event}"') for event in wanted)
        if client.query(sql) == [(lines, lines)]:
            return
        assert time.monotonic() < deadline, f"{client.query(sql)} for {lines} lines"
        time.sleep(POLL_SECONDS)


def end(process):
    """End the pipeline, whatever is left of it."""
    process.terminate()
    process.communicate(timeout=120)
