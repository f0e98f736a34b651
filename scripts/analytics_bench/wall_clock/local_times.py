"""The local pipeline: how long until a row is there, and how many batches it takes in a second."""

import http.client
import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from analytics_bench.native.c_programs import Native
from analytics_bench.report.figures_file import Figure
from analytics_bench.services.load_runs import Sending, send
from analytics_bench.services.process_usage import memory_mb
from analytics_bench.traffic.game_events import make_batches
from analytics_bench.traffic.requests_file import post_events, requests_file
from analytics_bench.wall_clock.rounds import NotDelivered
from analytics_commands.foundation.pipeline.local_pipeline import read_env
from analytics_commands.foundation.pipeline.local_process import (
    read_on,
    start_pipeline,
    wait_ready,
)

_SINGLES = 40  # requests that are waited for, one by one
_BATCHES = 4000  # that are different
_EVENTS, _CLIENTS = 4, 30
_SUMS = (
    "SELECT COUNT(*), COUNT(DISTINCT event_id), COUNT(DISTINCT event_index), SUM(event_index)"
    " FROM events"
)
_SECONDS = 6.0
_PATIENCE_SECONDS = 60.0
_STOP_SECONDS = 30.0
_MILLI = 1000


@dataclass(frozen=True)
class LocalPipeline:
    """A pipeline that runs; `variables` say where."""

    variables: Mapping[str, str]
    pid: int

    def query(self, sql: str) -> list[int]:
        """Return the numbers of the only row that answers."""
        project = self.variables["GOOGLE_CLOUD_PROJECT"]
        host = urlsplit(self.variables["BIGQUERY_EMULATOR_HOST"]).netloc
        connection = http.client.HTTPConnection(host, timeout=_PATIENCE_SECONDS)
        dataset = {"projectId": project, "datasetId": self.variables["BIGQUERY_DATASET"]}
        query = {"query": sql, "useLegacySql": False, "defaultDataset": dataset}
        headers = {"Content-Type": "application/json"}
        connection.request(
            "POST", f"/bigquery/v2/projects/{project}/queries", json.dumps(query), headers
        )
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return [int(cell["v"] or 0) for cell in answer["rows"][0]["f"]]

    def wait_for_rows(self, first: int, batches: int) -> float:
        """Wait for the events of so many batches from that number on; returns the seconds.

        Raises NotDelivered when they do not come, or others do.
        """
        begin, end = first * _EVENTS, (first + batches) * _EVENTS
        wanted = [end - begin, end - begin, end - begin, sum(range(begin, end))]
        sql = f"{_SUMS} WHERE event_index >= {begin} AND event_index < {end}"
        begun = time.monotonic()
        while (found := self.query(sql)) != wanted:
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise NotDelivered(f"the local pipeline: {found} instead of {wanted}")
        return time.monotonic() - begun


def local_figures(native: Native, folder: Path) -> Iterator[Figure]:
    """Yield latency, speed and memory of the local pipeline; raises NotDelivered."""
    with _running(folder) as pipeline:
        yield Figure("local_idle_memory", "ours", round(memory_mb(pipeline.pid), 1), "MB")
        waits = sorted(_single(pipeline, native, folder, number) for number in range(_SINGLES))
        for measure, share in (("local_row_p50", 0.5), ("local_row_p99", 0.99)):
            value = waits[round(share * (len(waits) - 1))]
            yield Figure(measure, "ours", round(value * _MILLI, 1), "ms", events=_EVENTS)
        sending, waited = _many(pipeline, native, folder)
        speed = round(sending.per_second, 1)
        yield Figure("local_per_second", "ours", speed, "batches/s", _EVENTS, _CLIENTS)
        yield Figure("local_rows_after", "ours", round(waited, 2), "s", _EVENTS, _CLIENTS)
        yield Figure("local_busy_memory", "ours", round(memory_mb(pipeline.pid), 1), "MB")


def _single(pipeline: LocalPipeline, native: Native, folder: Path, number: int) -> float:
    """Send one batch; returns the seconds from then until its rows are there."""
    begun = time.monotonic()
    _send(pipeline, native, folder, number, 1, clients=1)
    pipeline.wait_for_rows(number, 1)
    return time.monotonic() - begun


def _many(pipeline: LocalPipeline, native: Native, folder: Path) -> tuple[Sending, float]:
    """Send for some seconds; returns how that went, and how much later all rows are there."""
    sending = _send(pipeline, native, folder, _SINGLES, _BATCHES, clients=_CLIENTS)
    return sending, pipeline.wait_for_rows(_SINGLES, sending.sent)


def _send(
    pipeline: LocalPipeline, native: Native, folder: Path, first: int, most: int, *, clients: int
) -> Sending:
    file = folder / "local-requests"
    batches = make_batches(_EVENTS, most, first)
    key = pipeline.variables["API_KEY"]
    file.write_bytes(requests_file(post_events(b, n, key) for n, b in enumerate(batches)))
    port = urlsplit(pipeline.variables["ANALYTICS_URL"]).port or 0
    sending = send(
        native.load_generator, port, file, connections=clients, count=most, seconds=_SECONDS
    )
    if sending.errors:
        raise NotDelivered(f"the local pipeline: {sending.errors} requests failed")
    return sending


@contextmanager
def _running(folder: Path) -> Iterator[LocalPipeline]:
    data = folder / "local-pipeline"
    with start_pipeline(data) as process:
        try:
            wait_ready(process)
            read_on(process)
            yield LocalPipeline(read_env(data / "env"), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_SECONDS)
