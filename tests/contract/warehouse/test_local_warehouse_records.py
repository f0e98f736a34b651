"""Local BigQuery: a RECORD column is declared, filled, read and given more fields as there."""

import json
from datetime import UTC, date, datetime

import pytest
from google.cloud import bigquery
from local_warehouse import PROJECT, running_warehouse

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 123456, UTC)
SCALARS = ("STRING", "INTEGER", "FLOAT", "BOOLEAN", "TIMESTAMP", "DATE")
FULL = {
    "s": "a\u0000ü'\"",
    "i": -(2**63),
    "f": 1.5,
    "b": False,
    "t": "2026-01-02T03:04:05.123456Z",
    "d": "2026-01-02",
    "deep": {"rows": 2},
}
FULL_READ = {**FULL, "t": MOMENT, "d": date(2026, 1, 2), "deep": {"rows": 2.0}}
INF, NAN = float("inf"), float("nan")
NOTHING = dict.fromkeys(FULL)


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("records")) as warehouse:
        yield warehouse


def record(name, *fields, **more):
    """Return the message of a RECORD column."""
    return {"name": name, "type": "RECORD", "fields": list(fields), **more}


def scalar(name, kind="STRING", **more):
    """Return the message of a column that is none."""
    return {"name": name, "type": kind, **more}


DEEP = record("deep", scalar("rows", "FLOAT"))
PAYLOAD = record("p", *(scalar(kind[0].lower(), kind) for kind in SCALARS), DEEP)


def create(warehouse, *fields):
    """Ask for a table; returns the status and the table's name."""
    dataset = warehouse.new_dataset()
    body = {"tableReference": {"tableId": "t"}, "schema": {"fields": list(fields)}}
    return warehouse.call("POST", f"datasets/{dataset}/tables", body)[0], f"{dataset}.t"


@pytest.fixture(name="table")
def _table(warehouse):
    return create(warehouse, scalar("id"), PAYLOAD)[1]


def errors_of(answer):
    """Return the errors of an insertAll answer as (index, reason, location, message)."""
    return [
        (item["index"], *(item["errors"][0][key] for key in ("reason", "location", "message")))
        for item in answer.get("insertErrors", ())
    ]


def test_schema_is_kept_as_given(warehouse):
    """Fields and their descriptions come back unchanged, under both names of the type."""
    given = [
        record("p", scalar("a", description="An a."), description="A record.", mode="NULLABLE"),
        {"name": "q", "type": "STRUCT", "fields": [scalar("a", "INT64")], "mode": "REQUIRED"},
    ]
    status, table = create(warehouse, *given)
    dataset = table.partition(".")[0]

    assert 200 == status
    kept = warehouse.call("GET", f"datasets/{dataset}/tables/t")[1]
    assert given == kept["schema"]["fields"]


def nested(levels):
    """Return a column whose innermost field is that many levels deep."""
    return scalar("a") if levels == 0 else record("p", nested(levels - 1))


@pytest.mark.parametrize(
    ("field", "status"),
    [
        (record("p"), 400),
        (record("p", scalar("a b")), 400),
        (record("p", scalar("a"), scalar("A")), 400),
        (record("p", scalar("a", mode="SOMETIMES")), 400),
        (nested(15), 200),
        (nested(16), 400),
        (record("p", scalar("a", "GEOGRAPHY")), 501),
        (record("p", record("q", scalar("a", "INTERVAL"))), 501),
    ],
)
def test_schema_that_is_refused(warehouse, field, status):
    """Fields are held to the rules of columns; what cannot be stored in a record is a 501."""
    assert status == create(warehouse, field)[0]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (FULL, FULL_READ),
        ({}, NOTHING),
        (None, None),
        ({"s": None, "deep": None}, NOTHING),
        ({"S": 7, "DEEP": {"Rows": "NaN"}}, {**NOTHING, "s": "7", "deep": {"rows": NAN}}),
        ({"f": "-inf", "t": 1}, {**NOTHING, "f": -INF, "t": datetime(1970, 1, 1, 0, 0, 1, 0, UTC)}),
    ],
)  # fmt: skip
def test_stored(warehouse, table, given, stored):
    """A record is stored field by field; what is absent is NULL, in any letter case."""
    _, answer = warehouse.insert_all(table, {"rows": [{"json": {"id": "1", "p": given}}]})
    ((read,),) = warehouse.rows(f"SELECT p FROM {table}")
    (row,) = warehouse.client.list_rows(table)

    assert [] == errors_of(answer)
    assert repr(stored) == repr(read) == repr(row["p"])  # NaN is not equal to itself


@pytest.mark.parametrize(
    ("given", "location", "message"),
    [
        ({"i": "x"}, "p.i", "Cannot convert value to integer (bad value): x"),
        ({"deep": {"rows": {}}}, "p.deep.rows", "floating point"),
        ({"deep": {"other": 1}}, "p.deep.other", "no such field: p.deep.other."),
        ({"other": 1}, "p.other", "no such field: p.other."),
        ("text", "p", "This field is a record."),
        ([{"s": "a"}], "p", "This field is a record."),
        ({"deep": 5}, "p.deep", "This field is a record."),
    ],
)
def test_refused(warehouse, table, given, location, message):
    """A field that does not fit refuses its row, and the error says which it is."""
    rows = [{"json": {"id": "1", "p": given}}, {"json": {"id": "2", "p": FULL}}]
    _, answer = warehouse.insert_all(table, {"rows": rows, "skipInvalidRows": True})
    ((index, reason, where, text),) = errors_of(answer)

    assert (0, "invalid", location) == (index, reason, where)
    assert message in text
    assert [("2",)] == warehouse.rows(f"SELECT id FROM {table}")


def test_unknown_fields_are_ignored_where_wanted(warehouse, table):
    """With ignoreUnknownValues, fields outside the schema are left out at every depth."""
    row = {"id": "1", "x": 1, "p": {"s": "a", "x": {}, "deep": {"x": 1, "rows": 3}}}
    _, answer = warehouse.insert_all(table, {"rows": [{"json": row}], "ignoreUnknownValues": True})

    assert [] == errors_of(answer)
    assert [("a", 3.0)] == warehouse.rows(f"SELECT p.s, p.deep.rows FROM {table}")


def test_required(warehouse):
    """A REQUIRED record refuses NULL, not a record of nothing."""
    _, table = create(warehouse, record("p", scalar("a"), mode="REQUIRED"))
    rows = [{"json": {}}, {"json": {"p": None}}, {"json": {"p": {}}}]
    _, answer = warehouse.insert_all(table, {"rows": rows, "skipInvalidRows": True})

    assert [(0, "p"), (1, "p")] == [(error[0], error[2]) for error in errors_of(answer)]
    assert [(1,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table} WHERE p IS NOT NULL")


def test_fields_in_sql(warehouse, table):
    """Fields are read wherever a column is, also where a keyword is their name."""
    rows = [
        {"json": {"id": str(n), "p": {"s": "ab"[n % 2], "deep": {"rows": n}}}} for n in range(4)
    ]
    warehouse.insert_all(table, {"rows": rows})

    assert [("a", 2.0, 1), ("b", 4.0, 2)] == warehouse.rows(
        "SELECT p.s, SUM(p.deep.rows), MIN(CAST(x.p.deep.rows AS INT64) + IF(x.p.s = 'a', 1, 1)) "
        f"FROM {table} AS x WHERE P.S IS NOT NULL GROUP BY p.s ORDER BY p.s"
    )
    assert [(2.0,)] == warehouse.rows(
        f"WITH w AS (SELECT p FROM {table}) SELECT w.p.deep.rows FROM w WHERE w.p.deep.rows = 2"
    )


def test_statements(warehouse, table):
    """Statements write whole records; SET of one field is a 501, whichever way it is asked for."""
    warehouse.insert_all(table, {"rows": [{"json": {"id": "new", "p": {"s": "x", "i": 3}}}]})
    copy = f"{table.partition('.')[0]}.copy"
    warehouse.rows(f"CREATE TABLE {copy} AS SELECT * FROM {table}")
    query = {"useLegacySql": False, "query": f"UPDATE {table} SET p.s = 'y' WHERE TRUE"}
    merge = f"MERGE {table} t USING {copy} c ON t.id = c.id WHEN MATCHED THEN UPDATE SET p.s = 'y'"

    assert [("x", 3)] == warehouse.rows(f"SELECT p.s, p.i FROM {copy}")
    assert 501 == warehouse.call("POST", "queries", query)[0]
    assert 501 == warehouse.call("POST", "queries", {**query, "query": merge})[0]


def load(warehouse, table, *lines, **options):
    """Load lines of JSON; returns the finished job."""
    options.setdefault("source_format", "NEWLINE_DELIMITED_JSON")
    uri = warehouse.objects.write(f"b/{table}", "\n".join(map(json.dumps, lines)))
    job = warehouse.client.load_table_from_uri(
        uri, f"{PROJECT}.{table}", job_config=bigquery.LoadJobConfig(**options)
    )
    return job.result(retry=None)


def test_load_job(warehouse, table):
    """A load job fills records as insertAll does, and counts lines whose fields do not fit."""
    lines = [
        {"id": "0", "p": FULL},
        {"id": "1", "p": {"deep": {"rows": "x"}}},
        {"id": "2", "p": None},
    ]
    job = load(warehouse, table, *lines, max_bad_records=1)

    assert 2 == job.output_rows
    assert [("0", FULL_READ), ("2", None)] == warehouse.rows(f"SELECT * FROM {table} ORDER BY id")


def test_load_job_with_a_schema(warehouse, table):
    """A load job may know fewer fields than its table, but no others, nor other types."""
    some = [bigquery.SchemaField("p", "RECORD", fields=[bigquery.SchemaField("s", "STRING")])]
    other = [bigquery.SchemaField("p", "RECORD", fields=[bigquery.SchemaField("s", "FLOAT")])]
    load(warehouse, table, {"p": {"s": "a"}}, schema=some)

    with pytest.raises(Exception, match=r"p\.s has changed type from STRING to FLOAT"):
        load(warehouse, table, {"p": {"s": 1}}, schema=other)
    assert [("a", None)] == warehouse.rows(f"SELECT p.s, p.deep FROM {table}")


def test_fields_are_added(warehouse, table):
    """A patch adds fields at any depth; rows from before have NULL there."""
    dataset = table.partition(".")[0]
    warehouse.insert_all(table, {"rows": [{"json": {"id": "1", "p": FULL}}]})
    deep = record("deep", scalar("more", "DATE"), *DEEP["fields"])
    wider = record("p", *PAYLOAD["fields"][:-1], deep, record("q", scalar("z")))
    body = {"schema": {"fields": [scalar("id"), wider]}}

    assert 200 == warehouse.call("PATCH", f"datasets/{dataset}/tables/t", body)[0]
    row = {"id": "2", "p": {"q": {"z": "new"}, "deep": {"more": "2026-01-02"}}}
    _, answer = warehouse.insert_all(table, {"rows": [{"json": row}]})
    assert [] == errors_of(answer)
    assert [(2.0, None, None), (None, date(2026, 1, 2), "new")] == warehouse.rows(
        f"SELECT p.deep.rows, p.deep.more, p.q.z FROM {table} ORDER BY id"
    )
    listed = [row["p"]["deep"] for row in warehouse.client.list_rows(table)]
    assert [{"more": None, "rows": 2.0}, {"more": date(2026, 1, 2), "rows": None}] == listed


ITEMS = record("items", scalar("a"), scalar("tags", mode="REPEATED"), mode="REPEATED")


def test_arrays(warehouse):
    """Arrays are stored by insertAll and load jobs, and are empty where nothing was given."""
    _, table = create(warehouse, scalar("id"), scalar("n", "INTEGER", mode="REPEATED"), ITEMS)
    full = {"n": [2, "1"], "items": [{"a": "x", "tags": ["t", "u"]}, {"a": None}]}
    _, answer = warehouse.insert_all(table, {"rows": [{"json": {"id": "1", **full}}]})
    load(warehouse, table, {"id": "2", **full}, {"id": "3"})
    stored = ([2, 1], [{"a": "x", "tags": ["t", "u"]}, {"a": None, "tags": []}])

    assert [] == errors_of(answer)
    expected = [("1", *stored), ("2", *stored), ("3", [], [])]
    assert expected == warehouse.rows(f"SELECT * FROM {table} ORDER BY id")
    assert expected == [tuple(row) for row in warehouse.client.list_rows(table)]


def test_fields_and_arrays_are_added(warehouse):
    """A patch adds arrays, which are empty in rows from before, and fields of arrays' records."""
    _, table = create(warehouse, scalar("id"), record("items", scalar("a"), mode="REPEATED"))
    warehouse.insert_all(table, {"rows": [{"json": {"id": "1", "items": [{"a": "x"}]}}]})
    wider = record("items", scalar("a"), scalar("b", "DATE"), mode="REPEATED")
    fields = [scalar("id"), wider, scalar("more", mode="REPEATED")]
    path = f"datasets/{table.replace('.', '/tables/')}"

    assert 200 == warehouse.call("PATCH", path, {"schema": {"fields": fields}})[0]
    load(warehouse, table, {"id": "2"}, schema=[bigquery.SchemaField("id", "STRING")])
    assert [("1", [{"a": "x", "b": None}], []), ("2", [], [])] == warehouse.rows(
        f"SELECT * FROM {table} ORDER BY id"
    )
    wider["fields"].append(scalar("tags", mode="REPEATED"))
    assert 501 == warehouse.call("PATCH", path, {"schema": {"fields": fields}})[0]


@pytest.mark.parametrize(
    "change",
    [
        record("p", *PAYLOAD["fields"][1:]),
        record("p", *PAYLOAD["fields"][:-1], record("deep", scalar("rows", "STRING"))),
        record("p", *PAYLOAD["fields"][:-1], scalar("deep")),
        scalar("p"),
    ],
)
def test_fields_stay(warehouse, table, change):
    """No patch removes a field or changes its type."""
    body = {"schema": {"fields": [scalar("id"), change]}}
    path = f"datasets/{table.replace('.', '/tables/')}"

    assert 400 == warehouse.call("PATCH", path, body)[0]


def test_only_stored_tables(warehouse, table):
    """External tables with records are refused by name."""
    uri = warehouse.objects.write("b/lines.json", '{"p": {"a": "b"}}\n')
    configuration = {
        "sourceFormat": "NEWLINE_DELIMITED_JSON",
        "sourceUris": [uri],
        "schema": {"fields": [record("p", scalar("a"))]},
    }
    external = {"tableReference": {"tableId": "e"}, "externalDataConfiguration": configuration}
    dataset = table.partition(".")[0]

    status, answer = warehouse.call("POST", f"datasets/{dataset}/tables", external)
    assert (501, True) == (status, "columns of external tables" in answer["error"]["message"])
