"""Local BigQuery: rows of 5 MB beside each other are answered for, or refused clearly."""

import json

import pytest
from google.api_core.exceptions import BadRequest
from local_warehouse import PROJECT, create_pipeline_tables, make_row, running_warehouse

from analytics_local_cloud.warehouse import Warehouse
from analytics_local_cloud.warehouse.catalog import engine
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.inserts.row_portions import PORTION_BYTES, in_portions

ROWS, SIZE = 12, 4_700_000
PLAYERS = [(f"p{player}", ROWS // 4) for player in range(4)]
IDS = "(JSON_VALUE(extra, '$.playerId'), JSON_VALUE(extra, '$.player_id'))"
TEXT = "STRING(extra.dump)"
DUMP = f"LENGTH(JSON_VALUE(extra, '$.dump')) = {SIZE}"


def large_rows(count):
    """Return rows of `events_function` with an `extra` of 5 MB, as a load job takes them."""
    for number in range(count):
        extra = {"dump": f"{number:07} " * (SIZE // 8), "playerId": f"p{number % 4}"}
        yield json.dumps(make_row(number) | {"extra": extra, "event_attributes": {}})


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("amounts")) as warehouse:
        yield warehouse


@pytest.fixture(name="table", scope="module")
def _table(warehouse):
    """Hold rows of 5 MB."""
    dataset = create_pipeline_tables(warehouse)
    uri = warehouse.objects.write("bucket/large.json", "\n".join(large_rows(ROWS)))
    load(warehouse, uri, f"{dataset}.events_function")
    return f"{dataset}.events"  # the view over it


def load(warehouse, uri, table):
    """Run a load job over an object of lines; raises what ends it."""
    dataset, name = table.split(".")
    configuration = {
        "sourceUris": [uri],
        "sourceFormat": "NEWLINE_DELIMITED_JSON",
        "destinationTable": {"projectId": PROJECT, "datasetId": dataset, "tableId": name},
    }
    body = {"configuration": {"load": configuration}}
    status, job = warehouse.call("POST", "jobs", body)
    assert 200 == status, job
    return job["status"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT COUNT(*) FROM {table}", [(ROWS,)]),
        ("SELECT COUNT(*) FROM {table}_function WHERE {dump}", [(ROWS,)]),
        (
            "SELECT JSON_VALUE(extra, '$.playerId'), COUNT(*) FROM {table} GROUP BY 1 ORDER BY 1",
            PLAYERS,
        ),
        ("SELECT COUNT(*) FROM {table} WHERE 'p1' IN {ids}", [(ROWS // 4,)]),
        (
            "SELECT COUNT(DISTINCT TO_JSON_STRING(extra)), MIN(LENGTH({text})) FROM {table}",
            [(ROWS, SIZE)],
        ),
        (
            "SELECT event_index FROM {table} ORDER BY TO_JSON_STRING(extra) DESC LIMIT 1",
            [(ROWS - 1,)],
        ),
    ],
)
def test_questions(warehouse, table, sql, expected):
    """What looks into all of the rows at once is answered: counts, groups, sorts, the view."""
    assert expected == warehouse.rows(sql.format(table=table, dump=DUMP, ids=IDS, text=TEXT))


def test_rows_themselves(warehouse, table):
    """All of the rows can be had, in pages of 10 MB."""
    sql = f"SELECT event_index, extra FROM {table} ORDER BY event_index"
    job = warehouse.client.query(sql, job_retry=None)

    pages = [list(page) for page in job.result(retry=None).pages]
    rows = [row for page in pages for row in page]
    assert list(range(ROWS)) == [row["event_index"] for row in rows]
    assert {SIZE} == {len(row["extra"]["dump"]) for row in rows}
    assert 3 == max(map(len, pages))


def test_listing(warehouse, table):
    """`tabledata.list` has pages of 10 MB, too, and leaves out no row."""
    dataset, view = table.split(".")
    path = f"datasets/{dataset}/tables/{view}_function/data?selectedFields=event_index,extra"
    indexes, token = [], ""
    while token is not None:
        status, page = warehouse.call("GET", f"{path}&pageToken={token}")
        assert 200 == status
        indexes += [int(row["f"][0]["v"]) for row in page["rows"]]
        token = page.get("pageToken")
        assert len(page["rows"]) <= 8

    assert list(range(ROWS)) == indexes


def test_change_that_reads_all_of_them(warehouse, table):
    """A statement that looks into all of the rows changes those that it is about, and no others."""
    sql = f"UPDATE {table}_function SET build_version = '2'"
    warehouse.rows(f"{sql} WHERE JSON_VALUE(extra, '$.playerId') = 'p1'")

    counted = warehouse.rows(f"SELECT COUNT(*), COUNT(build_version) FROM {table} WHERE {DUMP}")
    assert [(ROWS, ROWS // 4)] == counted


def test_memory_is_given_back(tmp_path):
    """After its last reader the engine keeps little of what it read."""
    opened = engine.Engine(tmp_path / "warehouse.duckdb")
    with opened.write() as transaction:
        sql = "CREATE TABLE t AS SELECT random() AS number FROM range(12000000)"
        transaction.connection.execute(sql)
    with opened.large_session() as reader:
        reader.execute("SELECT sum(number) FROM t").fetchall()
        with opened.large_session():
            pass
        used = memory(reader)
    with opened.session() as session:
        left = memory(session)
    opened.close()

    assert used > 64_000_000 >= left


def memory(session):
    """Return the bytes that DuckDB has in memory."""
    ((used,),) = session.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
    return used


def test_more_than_there_is_memory_for(tmp_path, monkeypatch):
    """A job that needs more memory than there is fails for good; the next one is answered."""
    with running_warehouse(tmp_path) as warehouse:
        table = f"{create_pipeline_tables(warehouse)}.events_function"
        uri = warehouse.objects.write("bucket/large.json", "\n".join(large_rows(6)))
        assert {"state": "DONE"} == load(warehouse, uri, table)
    monkeypatch.setattr(engine, "_MAX_MEMORY_BYTES", 32_000_000)
    with running_warehouse(tmp_path) as warehouse:
        with pytest.raises(BadRequest, match="Resources exceeded during query exec") as raised:
            warehouse.rows(f"SELECT COUNT(*) FROM {table} WHERE {DUMP}")
        path = "datasets/{}/tables/{}/data".format(*table.split("."))
        status, answer = warehouse.call("GET", path)

        assert ["resourcesExceeded"] == [error["reason"] for error in raised.value.errors]
        assert "resourcesExceeded" == load(warehouse, uri, table)["errorResult"]["reason"]
        assert (400, "resourcesExceeded") == (status, answer["error"]["errors"][0]["reason"])
        assert [(6,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([0], [1]),
        ([1] * 2_000, [2_000]),
        ([1] * 2_001, [2_000, 1]),
        ([PORTION_BYTES], [1]),
        ([PORTION_BYTES, 1], [1, 1]),
        ([PORTION_BYTES - 1, 1, 1], [2, 1]),
        ([PORTION_BYTES // 2] * 5, [2, 2, 1]),
    ],
)
def test_portions(sizes, expected):
    """Rows are stored in portions that end where they are large, or many."""
    rows = [("x" * size, None, number) for number, size in enumerate(sizes)]
    portions = list(in_portions(rows))

    assert expected == [len(portion) for portion in portions]
    assert rows == [row for portion in portions for row in portion]


def test_stream_of_large_rows(tmp_path):
    """Large rows that stream in are logged and stored in portions, each once."""
    with running_warehouse(tmp_path) as served:
        served.client.create_dataset("d")
        served.rows("CREATE TABLE d.t (id STRING)")
    warehouse, large = Warehouse(tmp_path / "warehouse", None), "x" * (PORTION_BYTES // 2)
    table = warehouse.catalog.table(TableReference(DatasetReference(PROJECT, "d"), "t"))
    appender, behind = warehouse.appender, []
    with appender._storing:
        for number in range(8):
            appender.append(table, [(f"{number}{large}",)], [None])
            behind.append(appender.is_behind)
        logs = list((tmp_path / "warehouse" / "stream").glob("*.log"))
    appender.flush()
    caught_up = not appender.is_behind
    warehouse.close()

    with running_warehouse(tmp_path) as served:
        stored = served.rows("SELECT SUBSTR(id, 1, 1), COUNT(*) FROM d.t GROUP BY 1 ORDER BY 1")
    assert [(str(number), 1) for number in range(8)] == stored
    assert ([False] * 7 + [True], True, 4) == (behind, caught_up, len(logs))
