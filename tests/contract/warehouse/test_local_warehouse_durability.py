"""Local BigQuery: what was answered for survives a kill at any moment."""

import json
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from operator import add

import pytest
import urllib3
from google.api_core.exceptions import Conflict, NotFound
from local_warehouse import PROJECT, make_row, running_warehouse

from analytics_local_cloud.warehouse import Warehouse
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.inserts.stream_log import AcceptedRows, Batch
from checkout import ROOT

SERVER = """
import socket, sys, uvicorn
from pathlib import Path
from analytics_local_cloud.warehouse import create_app

class NoObjects:
    def expand(self, uri):
        return []

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
app = create_app(Path(sys.argv[1]), NoObjects())
uvicorn.Server(uvicorn.Config(app, log_config=None)).run([listener])
"""
CLIENTS = 8


@pytest.fixture(name="root")
def _root(tmp_path):
    """Hold a warehouse with the table `d.t` that nobody runs."""
    with running_warehouse(tmp_path) as warehouse:
        warehouse.client.create_dataset("d")
        warehouse.rows("CREATE TABLE d.t (id STRING NOT NULL)")
    return tmp_path


def insert_until_refused(port, client, accepted):
    """Insert a row at a time; remember those that were answered for."""
    url = f"http://127.0.0.1:{port}/bigquery/v2/projects/{PROJECT}/datasets/d/tables/t/insertAll"
    with urllib3.PoolManager() as http:
        for number in range(100_000):
            row = {"insertId": f"{client}-{number}", "json": {"id": f"{client}-{number}"}}
            try:
                answer = http.request("POST", url, json={"rows": [row]}, retries=False)
            except urllib3.exceptions.HTTPError:
                return
            assert 200 == answer.status
            accepted.append(row["json"]["id"])


def test_kill_under_load(root):
    """After a kill -9 under load every row that was answered for is there, exactly once."""
    accepted = []
    command = [sys.executable, "-c", SERVER, str(root / "warehouse")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        port = int(server.stdout.readline())
        clients = [
            threading.Thread(target=insert_until_refused, args=(port, client, accepted))
            for client in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        deadline = time.monotonic() + 120
        while len(accepted) < 1_000:
            assert time.monotonic() < deadline
            clients[0].join(0.01)
        server.kill()
        for client in clients:
            client.join()
    with running_warehouse(root) as warehouse:
        stored = [id_ for (id_,) in warehouse.rows("SELECT id FROM d.t")]

    assert set(accepted) <= set(stored)
    assert len(set(stored)) == len(stored)
    assert len(stored) <= len(accepted) + CLIENTS


def test_batch_that_was_stored_is_not_stored_again(root):
    """A log file that a kill left behind after its commit adds no row."""
    with running_warehouse(root) as warehouse:
        assert [] == warehouse.client.insert_rows_json("d.t", [{"id": "a"}])
        (log,) = (root / "warehouse" / "stream").glob("*.log")
        left_behind = log.read_bytes()
        assert [("a",)] == warehouse.rows("SELECT id FROM d.t")
    log.write_bytes(left_behind)
    with running_warehouse(root) as warehouse:
        assert [("a",)] == warehouse.rows("SELECT id FROM d.t")
        assert [] == warehouse.client.insert_rows_json("d.t", [{"id": "b"}])
        assert [("a",), ("b",)] == warehouse.rows("SELECT id FROM d.t ORDER BY id")


def test_record_that_was_cut_short(root, tmp_path):
    """A record that a kill cut short was never answered for: it is dropped, the others stay."""
    folder = tmp_path / "warehouse" / "stream"
    warehouse = Warehouse(tmp_path / "warehouse", None)
    table = warehouse.catalog.table(TableReference(DatasetReference(PROJECT, "d"), "t"))
    warehouse.appender.append(table, [("whole",)], [None])
    warehouse.appender.append(table, [("cut",)], [None])
    (log,) = folder.glob("*.log")
    content = log.read_bytes()
    warehouse.close()
    (folder / "stream-000000000099.log").write_bytes(content[:-1])

    with running_warehouse(root) as again:
        assert [("cut", 1), ("whole", 2)] == again.rows(
            "SELECT id, COUNT(*) FROM d.t GROUP BY 1 ORDER BY 1"
        )


def test_record_that_does_not_fit(root, caplog):
    """A record that DuckDB will never take is dropped and logged; it holds nothing up."""
    with closing(Batch(root / "warehouse" / "stream", 99)) as batch:
        for id_ in ("a", None, "b"):
            batch.add(AcceptedRows(PROJECT, "d", "t", ("id",), [(id_,)], 0.0))
    with running_warehouse(root) as warehouse:
        assert [("a",), ("b",)] == warehouse.rows("SELECT id FROM d.t ORDER BY id")

    assert "rows for local-project:d.t are lost" in caplog.text


def test_log_that_cannot_grow(tmp_path):
    """When the log cannot be written to, nothing of the record stays in it."""

    class FullDisk:
        size = None

        def write(self, content):
            return len(content) - 1

        def truncate(self, size):
            self.size = size

    batch = Batch(tmp_path, 1)
    batch._file = FullDisk()
    with pytest.raises(OSError, match="cannot grow"):
        batch.add(("p", "d", "t", ("id",), [("x",)]))

    assert (0, []) == (batch._file.size, batch.records)


def test_everything_is_there_after_a_restart(tmp_path):
    """Datasets, tables, views, rows, jobs and results survive a restart; job ids stay taken."""
    with running_warehouse(tmp_path) as warehouse:
        warehouse.client.create_dataset("d")
        warehouse.rows("CREATE TABLE d.t AS SELECT 1 AS a")
        warehouse.rows("CREATE VIEW d.v AS SELECT a FROM d.t")
        warehouse.client.query("SELECT a FROM d.v", job_id="kept", job_retry=None).result()
    with running_warehouse(tmp_path) as warehouse:
        assert [(1,)] == warehouse.rows("SELECT a FROM d.v")
        assert [(1,)] == [tuple(row) for row in warehouse.client.get_job("kept").result()]
        with pytest.raises(Conflict, match="Already Exists: Job"):
            warehouse.client._connection.api_request(
                method="POST",
                path=f"/projects/{PROJECT}/jobs",
                data={
                    "jobReference": {"jobId": "kept"},
                    "configuration": {"query": {"query": "SELECT 1", "useLegacySql": False}},
                },
            )


def test_results_are_kept_for_a_day(tmp_path):
    """Results of older queries are removed at the next start; their jobs remain."""
    with running_warehouse(tmp_path) as warehouse:
        job = warehouse.client.query("SELECT 1")
        assert [(1,)] == [tuple(row) for row in job.result()]
    (result,) = (tmp_path / "warehouse" / "results").iterdir()
    written = result.stat().st_mtime
    for hours, kept in ((23, True), (25, False)):
        clock = partial(add, written, hours * 3600)
        Warehouse(tmp_path / "warehouse", None, clock).close()
        assert kept == result.exists()

    with running_warehouse(tmp_path) as warehouse:
        assert "DONE" == warehouse.client.get_job(job.job_id).state
        with pytest.raises(NotFound, match="are gone"):
            warehouse.client.get_job(job.job_id).result()


def test_concurrent_writers_and_readers(tmp_path):
    """Inserts beside queries neither fail nor block each other, and readers see whole requests."""
    with running_warehouse(tmp_path) as warehouse:
        warehouse.client.create_dataset("d")
        warehouse.rows("CREATE TABLE d.t (event_id STRING, batch_id STRING)")
        failures = []

        def write(writer):
            for number in range(50):
                rows = [
                    {
                        "json": {
                            "event_id": f"{writer}/{number}/{n}",
                            "batch_id": f"{writer}/{number}",
                        }
                    }
                    for n in range(4)
                ]
                answer = warehouse.insert_all("d.t", json.dumps({"rows": rows}).encode())
                failures.extend([answer] if answer[0] != 200 or "insertErrors" in answer[1] else [])

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for writer in writers:
            writer.start()
        sizes = set()
        while any(writer.is_alive() for writer in writers):
            sql = "SELECT DISTINCT COUNT(*) FROM d.t GROUP BY batch_id"
            sizes.update(size for (size,) in warehouse.rows(sql))
        for writer in writers:
            writer.join()

        assert ([], {4}) == (failures, sizes | {4})
        assert [(800, 200)] == warehouse.rows("SELECT COUNT(*), COUNT(DISTINCT batch_id) FROM d.t")


def test_row_of_the_pipeline_round_trips_through_the_log(tmp_path):
    """Every kind of cell comes back from the log of a killed process as it went in."""
    with running_warehouse(tmp_path) as warehouse:
        table = warehouse.new_table(
            "s:STRING i:INTEGER f:FLOAT b:BOOLEAN t:TIMESTAMP d:DATE j:JSON n:STRING"
        )
        values = {"s": "ü\u0000", "i": str(2**63 - 1), "f": "NaN", "b": True, "t": 1.5}
        values |= {"d": "2026-11-23", "j": make_row()["extra"]}
        assert [] == warehouse.client.insert_rows_json(table, [values])
        (log,) = (tmp_path / "warehouse" / "stream").glob("*.log")
        content = log.read_bytes()
        expected = warehouse.rows(f"SELECT * FROM {table}")
    (log.parent / "stream-000000000099.log").write_bytes(content)
    with running_warehouse(tmp_path) as warehouse:
        assert repr(expected * 2) == repr(warehouse.rows(f"SELECT * FROM {table}"))
