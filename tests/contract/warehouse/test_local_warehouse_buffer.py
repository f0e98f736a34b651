"""Local BigQuery: rows that were streamed a moment ago can be read, not changed."""

import json

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from local_warehouse import PROJECT, running_warehouse

from analytics_local_cloud.warehouse import STREAMING_BUFFER_SECONDS
from analytics_local_cloud.warehouse.catalog.engine import Engine
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.inserts.streaming_buffer import StreamingBuffer

MERGE = (
    "MERGE {table} t USING (SELECT 2 AS a, 'new' AS b) s ON t.a = s.a "
    "WHEN MATCHED THEN UPDATE SET b = s.b WHEN NOT MATCHED THEN INSERT ROW"
)
MERGE_BY_SOURCE = (
    "MERGE {table} t USING (SELECT 1 AS a) s ON t.a = s.a WHEN NOT MATCHED BY SOURCE THEN DELETE"
)


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("buffer")) as warehouse:
        yield warehouse


@pytest.fixture(name="table")
def _table(warehouse):
    """Hold the row 1, inserted by a statement, and the row 2, streamed just now."""
    table = warehouse.new_table("a:INTEGER b:STRING")
    warehouse.rows(f"INSERT INTO {table} (a, b) VALUES (1, 'old')")
    stream(warehouse, table, 2)
    return table


def stream(warehouse, table, *numbers):
    """Stream a row for each number."""
    rows = [{"a": number, "b": "streamed"} for number in numbers]
    assert [] == warehouse.client.insert_rows_json(table, rows, row_ids=[None] * len(rows))


def numbers_in(warehouse, table):
    """Return the rows that are there, by their numbers."""
    return [number for (number,) in warehouse.rows(f"SELECT a FROM {table} ORDER BY a")]


def change(warehouse, table, sql, **options):
    """Run a statement; return how many rows it changed."""
    config = bigquery.QueryJobConfig(**options)
    query = sql.format(table=table)
    job = warehouse.client.query(query, job_config=config, retry=None, job_retry=None)
    return job.result(retry=None).num_dml_affected_rows


def is_refused(warehouse, table, sql):
    """Tell whether the statement is refused for the streaming buffer, having changed nothing."""
    before = warehouse.rows(f"SELECT * FROM {table} ORDER BY a")
    with pytest.raises(BadRequest, match="would affect rows in the streaming buffer"):
        change(warehouse, table, sql)
    return before == warehouse.rows(f"SELECT * FROM {table} ORDER BY a")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM {table} WHERE TRUE",
        "DELETE {table} x WHERE x.a = 2 OR x.a = 1",
        "DELETE FROM {table} WHERE a IN (SELECT MAX(a) FROM {table})",
        "UPDATE {table} SET b = 'new' WHERE a = 2",
        "UPDATE {table} q SET b = s.b FROM (SELECT 2 AS a, 'new' AS b) s WHERE s.a = q.a",
        MERGE,
        MERGE_BY_SOURCE,
        "TRUNCATE TABLE {table}",
    ],
)
def test_streamed_row_cannot_be_changed(warehouse, table, sql):
    """A statement that would change a row in the buffer changes nothing, until a minute later."""
    assert is_refused(warehouse, table, sql)
    warehouse.clock.time += STREAMING_BUFFER_SECONDS

    change(warehouse, table, sql)
    assert [(1, "old"), (2, "streamed")] != warehouse.rows(f"SELECT * FROM {table} ORDER BY a")


def test_time_begins_with_the_answer(warehouse, table):
    """How long a row waits until it is stored adds nothing to its time in the buffer."""
    stream(warehouse, table, 3)  # the next question stores it at the latest
    warehouse.clock.time += STREAMING_BUFFER_SECONDS

    assert 2 == change(warehouse, table, "DELETE FROM {table} WHERE a > 1")


def test_refusal(warehouse, table):
    """The refusal has BigQuery's status, reason and words, with the table's full name."""
    sql = f"DELETE FROM {table} WHERE a = 2"
    status, answer = warehouse.call("POST", "queries", {"query": sql, "useLegacySql": False})

    assert (400, "invalidQuery") == (status, answer["error"]["errors"][0]["reason"])
    assert (
        f"UPDATE or DELETE statement over table {PROJECT}.{table} would affect rows in the "
        "streaming buffer, which is not supported"
    ) == answer["error"]["message"]


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("DELETE FROM {table} WHERE a = 1", [2]),
        ("DELETE FROM {table} WHERE a < (SELECT MAX(a) FROM {table})", [2]),
        ("UPDATE {table} SET a = 0 WHERE a <= 1", [0, 2]),
        (MERGE.replace("2 AS a", "3 AS a"), [1, 2, 3]),
        ("INSERT INTO {table} (a, b) SELECT a + 1, b FROM {table} WHERE a = 2", [1, 2, 3]),
    ],
)
def test_other_rows_can_be_changed(warehouse, table, sql, left):
    """A statement that changes rows outside the buffer alone does so, and says how many."""
    assert 1 == change(warehouse, table, sql)
    assert left == numbers_in(warehouse, table)


def test_rows_of_load_jobs_can_be_changed(warehouse, table):
    """Rows of a load job are never in the buffer, whatever was streamed before and after them."""
    config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON")
    uri = warehouse.objects.write("bucket/loaded.json", json.dumps({"a": 3}))
    warehouse.client.load_table_from_uri(uri, table, job_config=config).result()
    stream(warehouse, table, 4)

    assert 1 == change(warehouse, table, "DELETE FROM {table} WHERE a = 3")
    assert is_refused(warehouse, table, "DELETE FROM {table} WHERE a = 2")
    assert is_refused(warehouse, table, "DELETE FROM {table} WHERE a = 4")


def test_rows_leave_the_buffer_one_by_one(warehouse, table):
    """Each row leaves it when its own time is over."""
    warehouse.clock.time += STREAMING_BUFFER_SECONDS - 1
    stream(warehouse, table, 3)
    assert is_refused(warehouse, table, "DELETE FROM {table} WHERE a = 2")
    warehouse.clock.time += 1

    assert 1 == change(warehouse, table, "DELETE FROM {table} WHERE a = 2")
    assert is_refused(warehouse, table, "DELETE FROM {table} WHERE a = 3")


def test_vacuum(tmp_path):
    """Rows of the buffer are found again after DuckDB has given the rows of a table new ids."""
    table = TableReference(DatasetReference(PROJECT, "d"), "t")
    engine = Engine(tmp_path / "warehouse.duckdb")
    buffer = StreamingBuffer(60, lambda: 0)
    found = []
    with engine.write() as transaction:
        transaction.connection.execute(
            f'CREATE SCHEMA "{table.parent.schema}";'
            f"CREATE TABLE {table.physical} AS SELECT x FROM range(799_999) AS t(x)"
        )
        buffer.add(transaction, table, [(1, 0)])
        transaction.connection.execute(f"INSERT INTO {table.physical} VALUES (799_999)")
    with engine.write() as transaction:
        found += buffer.rows(transaction, table)
        transaction.connection.execute(f"DELETE FROM {table.physical} WHERE x < 600_000")
        buffer.move(transaction, table, found)
    with engine.session() as session:
        session.execute("CHECKPOINT")
    with engine.write() as transaction:
        found += buffer.rows(transaction, table)
        (row,) = transaction.connection.execute(
            f"SELECT rowid FROM {table.physical} WHERE x = 799_999"
        ).fetchone()
    engine.close()

    assert [799_999, row] == [rows.first_id for rows in found] == [rows.last_id for rows in found]
    assert row < 799_999


def test_statement_over_an_external_table(warehouse, table):
    """What is checked before and then done may read files."""
    uri = warehouse.objects.write("bucket/numbers.json", json.dumps({"n": 1}))
    external = bigquery.ExternalConfig("NEWLINE_DELIMITED_JSON")
    external.source_uris = [uri]
    external.schema = [bigquery.SchemaField("n", "INTEGER")]
    sql = "DELETE FROM {table} WHERE a IN (SELECT n FROM files)"

    assert 1 == change(warehouse, table, sql, table_definitions={"files": external})


@pytest.mark.parametrize(
    "sql", ["CREATE OR REPLACE TABLE {} AS SELECT 1 AS a, 'x' AS b", "DROP TABLE {}"]
)
def test_replaced_table(warehouse, table, sql):
    """A table that is replaced or dropped takes its buffer along."""
    warehouse.rows(sql.format(table))
    warehouse.rows(f"CREATE TABLE IF NOT EXISTS {table} (a INT64, b STRING)")
    rows = warehouse.rows(f"SELECT * FROM {table}")

    assert len(rows) == change(warehouse, table, "DELETE FROM {table} WHERE TRUE")


def test_restart(tmp_path):
    """After a restart all rows count as older."""
    with running_warehouse(tmp_path) as warehouse:
        table = warehouse.new_table("a:INTEGER b:STRING")
        stream(warehouse, table, 1)
    with running_warehouse(tmp_path) as warehouse:
        assert 1 == change(warehouse, table, "DELETE FROM {table} WHERE TRUE")


def test_no_buffer(tmp_path):
    """With a buffer of no seconds every row can be changed at once."""
    with running_warehouse(tmp_path, buffer_seconds=0) as warehouse:
        table = warehouse.new_table("a:INTEGER b:STRING")
        stream(warehouse, table, 1)

        assert 1 == change(warehouse, table, "DELETE FROM {table} WHERE TRUE")
