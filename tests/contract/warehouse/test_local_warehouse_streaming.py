"""Local BigQuery: tabledata.insertAll takes, refuses and absorbs what the real one does."""

import json
from datetime import UTC, datetime

import pytest
from google.api_core.exceptions import BadRequest, NotFound
from local_warehouse import create_pipeline_tables, make_row, running_warehouse

COLUMNS = "s:STRING i:INTEGER f:FLOAT b:BOOLEAN t:TIMESTAMP d:DATE j:JSON"


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("streaming")) as warehouse:
        yield warehouse


@pytest.fixture(name="table")
def _table(warehouse):
    return warehouse.new_table(COLUMNS)


def insert(warehouse, table, *rows, **options):
    """Insert rows with the client; return its errors as index → (reason, location)."""
    options.setdefault("row_ids", [None] * len(rows))
    errors = warehouse.client.insert_rows_json(table, list(rows), **options)
    return {
        item["index"]: (item["errors"][0]["reason"], item["errors"][0]["location"])
        for item in errors
    }


def test_event_rows_are_stored(warehouse):
    """A row of the pipeline is queryable as soon as it is answered for, value by value."""
    dataset = create_pipeline_tables(warehouse)

    assert {} == insert(warehouse, f"{dataset}.events_function", make_row(7))
    assert [
        (
            7,
            datetime(2026, 11, 23, 11, 0, 0, 123456, UTC),
            datetime(2026, 11, 23, 12, 0, 7, tzinfo=UTC),
            {"a": 7, "deep": {"list": [1, 2]}},
        )
    ] == warehouse.rows(
        "SELECT event_index, event_timestamp, received_timestamp, event_attributes "
        f"FROM {dataset}.events WHERE received_date = DATE '2026-11-23'"
    )


@pytest.mark.parametrize(
    ("column", "given", "stored"),
    [
        ("s", "a\u0000ü'\"", "a\u0000ü'\""),
        ("s", 1.5, "1.5"),
        ("s", True, "true"),
        ("i", 5, 5),
        ("i", "-9223372036854775808", -(2**63)),
        ("i", "9223372036854775807", 2**63 - 1),
        ("f", "1e3", 1000.0),
        ("f", 3, 3.0),
        ("b", "TRUE", True),
        ("b", False, False),
        ("t", 1.5, datetime(1970, 1, 1, 0, 0, 1, 500000, UTC)),
        ("t", -1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("t", "2026-01-01 10:00:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("t", "2026-01-01T10:00:00.1234569+01:30", datetime(2026, 1, 1, 8, 30, 0, 123456, UTC)),
        ("t", "0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("j", '{"a": 1.10, "u": 18446744073709551615}', {"a": 1.1, "u": 18446744073709551615}),
        ("j", '"text"', "text"),
        ("j", "[" * 500 + "]" * 500, None),
        ("s", None, None),
    ],
)
def test_value_fits(warehouse, table, column, given, stored):
    """Each form of a value that BigQuery documents for the type is stored as that value."""
    assert {} == insert(warehouse, table, {column: given})
    if stored is not None or given is None:
        assert [(stored,)] == warehouse.rows(f"SELECT r.{column} FROM {table} AS r")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("s", {"a": 1}),
        ("s", ["a"]),
        ("i", "1.5"),
        ("i", 1.5),
        ("i", "9223372036854775808"),
        ("i", True),
        ("f", "x"),
        ("b", "yes"),
        ("b", 1),
        ("t", "yesterday"),
        ("t", "2026-02-30T00:00:00Z"),
        ("t", 1e15),
        ("t", True),
        ("d", "2026-02-30"),
        ("d", 20260101),
        ("d", "20260101"),
        ("j", {"a": 1}),
        ("j", "{"),
        ("j", ""),
        ("j", "1e400"),
        ("j", "[12345678901234567890123456789012345678901]"),
        ("j", "3.14159265358979323846"),
        ("j", '"\\ud800"'),
        ("j", "[" * 501 + "]" * 501),
        ("unknown", 1),
    ],
)
def test_value_that_does_not_fit(warehouse, table, column, value):
    """A value that the column cannot hold as it is makes the row invalid, and names the field."""
    assert {0: ("invalid", column)} == insert(warehouse, table, {column: value})
    assert [(0,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


def test_insert_ids_that_are_numbers(warehouse, table):
    """An insert id may be a number; it is the same as its text."""
    rows = [{"insertId": 7, "json": {"s": "a"}}, {"insertId": "7", "json": {"s": "b"}}]

    assert "insertErrors" not in warehouse.insert_all(table, {"rows": rows})[1]
    assert [("a",)] == warehouse.rows(f"SELECT s FROM {table}")


def test_one_bad_row_stops_the_others(warehouse, table):
    """Without skip_invalid_rows nothing of the request is stored."""
    errors = insert(warehouse, table, {"i": 1}, {"i": "x"}, {"i": 3})

    assert {0: ("stopped", ""), 1: ("invalid", "i"), 2: ("stopped", "")} == errors
    assert [(0,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


def test_skip_invalid_rows_stores_the_others(warehouse, table):
    """With skip_invalid_rows the bad row alone is missing, and reported."""
    errors = insert(warehouse, table, {"i": 1}, {"i": "x"}, {"i": 3}, skip_invalid_rows=True)

    assert {1: ("invalid", "i")} == errors
    assert [(1,), (3,)] == warehouse.rows(f"SELECT i FROM {table} ORDER BY i")


def test_unknown_fields_can_be_ignored(warehouse, table):
    """ignore_unknown_values drops what has no column; names match in any letter case."""
    assert {} == insert(warehouse, table, {"I": 1, "more": 2}, ignore_unknown_values=True)
    assert [(1,)] == warehouse.rows(f"SELECT i FROM {table}")


def test_required_column(warehouse):
    """A row without a REQUIRED value is invalid, whether the field is missing or null."""
    table = warehouse.new_table("a:STRING:REQUIRED b:STRING")

    assert {0: ("invalid", "a"), 1: ("invalid", "a")} == insert(
        warehouse, table, {"b": "x"}, {"a": None}
    )


@pytest.mark.parametrize(("column", "kind"), [("d", "DATE"), ("t", "TIMESTAMP")])
@pytest.mark.parametrize(("day", "fits"), [("2021-11-25", True), ("2021-11-23", False)])
def test_partition_window(warehouse, column, kind, day, fits):
    """Rows of partitions more than 1,825 days ago are refused, whatever the column's type."""
    table = warehouse.new_table(f"{column}:{kind}", timePartitioning={"field": column})
    value = day if kind == "DATE" else f"{day}T23:00:00Z"

    assert ({} if fits else {0: ("invalid", column)}) == insert(warehouse, table, {column: value})


def test_insert_id_is_absorbed_for_a_minute(warehouse, table):
    """A repeated insertId adds no row within 60 seconds, and one after them."""
    row = {"i": 1}
    insert(warehouse, table, row, row, row_ids=["a", "a"])
    warehouse.clock.time += 59
    insert(warehouse, table, row, row_ids=["a"])

    assert [(1,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")

    warehouse.clock.time += 1
    insert(warehouse, table, row, row_ids=["a"])

    assert [(2,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


def test_insert_id_belongs_to_its_table(warehouse, table):
    """The same insertId in another table is another row."""
    other = warehouse.new_table(COLUMNS)
    insert(warehouse, table, {"i": 1}, row_ids=["a"])
    insert(warehouse, other, {"i": 1}, row_ids=["a"])

    assert [(1,)] == warehouse.rows(f"SELECT COUNT(*) FROM {other}")


def test_refused_row_claims_no_insert_id(warehouse, table):
    """The insertId of a row that was stopped is free for the next attempt."""
    insert(warehouse, table, {"i": 1}, {"i": "x"}, row_ids=["a", "b"])
    insert(warehouse, table, {"i": 1}, row_ids=["a"])

    assert [(1,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"rows": [{"json": {"f": NaN}}]}', 400),
        (b'{"rows": [{"json": {"s": "\\ud800"}}]}', 400),
        (b'{"rows": [{"json": {"s": "\xff"}}]}', 400),
        (b'{"rows": {}}', 400),
        (b"[]", 400),
        (b"", 400),
        (b'{"rows": []}', 400),
        (json.dumps({"rows": [{"insertId": "x" * 129, "json": {}}]}).encode(), 400),
        (json.dumps({"rows": [{"json": {}}] * 50_001}).encode(), 400),
        (b'{"rows": [{"json": {"s": "' + b"x" * 10_485_760 + b'"}}]}', 413),
        (b'{"rows": [{"json": {}}], "templateSuffix": "x"}', 501),
    ],
    ids=lambda value: str(value[:30]) if isinstance(value, bytes) else None,
)
def test_malformed_request(warehouse, table, body, status):
    """A request that cannot be read or is over a limit is refused as a whole, in JSON."""
    answer = warehouse.insert_all(table, body)

    assert (status, status) == (answer[0], answer[1]["error"]["code"])


def test_big_request(warehouse, table):
    """A request too big for the event loop's patience is stored just the same."""
    rows = [{"s": "x" * 100, "i": number} for number in range(2_000)]

    assert {} == insert(warehouse, table, *rows)
    assert [(2000, 1999)] == warehouse.rows(f"SELECT COUNT(*), MAX(i) FROM {table}")


def test_table_that_does_not_exist(warehouse):
    """Inserting into nothing is 404 notFound."""
    with pytest.raises(NotFound, match="Not found: Table"):
        insert(warehouse, f"{warehouse.new_dataset()}.nothing", {"a": 1})


def test_view_takes_no_rows(warehouse):
    """Inserting into a view is refused."""
    dataset = create_pipeline_tables(warehouse)

    with pytest.raises(BadRequest, match="no table"):
        insert(warehouse, f"{dataset}.events", {"a": 1})


def test_rows_before_and_after_a_new_column(warehouse):
    """Adding a column between two inserts loses no row."""
    table = warehouse.new_table("a:STRING")
    insert(warehouse, table, {"a": "before"})
    fields = [{"name": "a", "type": "STRING"}, {"name": "b", "type": "INTEGER"}]
    dataset, name = table.split(".")
    status, _ = warehouse.call(
        "PATCH", f"datasets/{dataset}/tables/{name}", {"schema": {"fields": fields}}
    )
    insert(warehouse, table, {"a": "after", "b": 1})

    assert 200 == status
    assert [("after", 1), ("before", None)] == warehouse.rows(f"SELECT * FROM {table} ORDER BY a")


def test_table_without_a_schema(warehouse):
    """A table without columns takes no rows."""
    table = warehouse.new_table("")

    with pytest.raises(BadRequest, match="has no schema"):
        insert(warehouse, table, {}, ignore_unknown_values=True)


def test_deleted_table_takes_its_rows_along(warehouse):
    """A table that was deleted and made anew is empty, and the next insert works."""
    table = warehouse.new_table("a:STRING")
    insert(warehouse, table, {"a": "old"}, row_ids=["old"])
    warehouse.client.delete_table(table)
    warehouse.rows(f"CREATE TABLE {table} (b INT64)")
    insert(warehouse, table, {"b": 1}, row_ids=["new"])

    assert [(1,)] == warehouse.rows(f"SELECT b FROM {table}")
