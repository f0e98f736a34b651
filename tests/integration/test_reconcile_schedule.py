"""What delivery gave up on becomes rows on the schedule, while nobody does anything."""

import asyncio
import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS, PipelineClient, unique

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_local_cloud.storage import ObjectStore
from analytics_pipeline.object_names import Partition

BODY = '{"settle_minutes": 0, "list_bucket": true}'
OPTIONS = ("--reconcile-every", "1", "--reconcile-body", BODY)
LINES = b'{"eventType": "survivor"}\nno event\n'


def lose_deliveries(data_dir, bucket):
    """Give up on every pending event, as delivery does when its retention is over."""
    with closing(ObjectStore(data_dir / "storage")) as store:
        lost = store.outbox.due(bucket, 100)
        for event in lost:
            asyncio.run(store.outbox.settle(replace(event, state="discarded")))
        assert 0 == store.outbox.pending(bucket)
    return [event.name for event in lost]


def runs_of(variables):
    """Return what the runs of reconcile that came to their end did, in their order."""
    path = Path(variables["FUNCTION_LOGS"]) / "reconcile.log"
    text = path.read_text() if path.exists() else ""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "objects_reconciled"]


def wait_for_quiet(variables):
    """Wait for the first run that finds nothing to do after one that did; returns all runs."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        runs = runs_of(variables)
        if any(run["objects"] for run in runs) and runs[-1]["objects"] == 0:
            return runs
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"no run without work after one with: {runs_of(variables)}")


@pytest.fixture(name="lost")
def _lost(tmp_path):
    """Store a batch and a foreign object whose deliveries fail until they are given up."""
    with running_pipeline(tmp_path) as variables:
        client = PipelineClient(variables)
        client.warehouse.delete_table(f"{variables['BIGQUERY_DATASET']}.events_function")
        batch = client.send([{"eventIndex": i} for i in range(3)], event_category="function")
        today = time.strftime("%Y-%m-%d", time.gmtime())
        place = Partition("development", "function", today, "0-8").format()
        foreign = client.bucket.blob(f"data_type=json/{place}/{unique()}/lines")
        foreign.upload_from_string(LINES)
        client.close()
    assert 2 == len(lose_deliveries(tmp_path, variables["BUCKET_NAME"]))
    return batch["batch_id"], foreign.name


def test_rows_come_by_themselves(lost, tmp_path):
    """Events whose delivery was lost are rows, or dead letters, after some scheduled calls."""
    batch_id, foreign = lost
    with running_pipeline(tmp_path, *OPTIONS) as variables:
        client = PipelineClient(variables)
        client.wait_for_rows(3, batch_id)
        of_foreign = f"ENDS_WITH(gcs_uri, '{foreign}')"
        client.wait_for_count(1, f"SELECT COUNT(*) FROM events.events WHERE {of_foreign}")
        client.wait_for_count(
            1,
            "SELECT COUNT(*) FROM events.open_dead_letters"
            f" WHERE {of_foreign} AND line = 2 AND reason = 'invalid_line'",
        )
        runs = wait_for_quiet(variables)
        stored = client.query(
            "SELECT COUNT(*), COUNT(DISTINCT event_id) FROM events.events_function"
        )
        client.close()

    assert [(4, 4)] == stored
    assert (2, 4, 1) == tuple(
        sum(run[count] for run in runs) for count in ("objects", "rows", "dead_letters")
    )
