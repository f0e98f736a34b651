"""Local BigQuery: what a column takes, and what is stored of it, as GoogleSQL reads literals."""

import duckdb
import pytest

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.files.text_values import read_text
from analytics_local_cloud.warehouse.inserts.row_portions import insert_rows
from analytics_local_cloud.warehouse.values.column_types import Column, parse_columns
from analytics_local_cloud.warehouse.values.json_rows import RowError, RowReader

TAKEN = {
    "TIMESTAMP": {
        "2026-11-27": "2026-11-27 00:00:00+00",
        "2026-1-2": "2026-01-02 00:00:00+00",
        "2026-11-27 +01:00": "2026-11-26 23:00:00+00",
        "2026-11-27 1:2:3": "2026-11-27 01:02:03+00",
        "2026-11-27 12:00:00 UTC": "2026-11-27 12:00:00+00",
        "2026-11-27t12:00:00z": "2026-11-27 12:00:00+00",
        "2026-11-27T12:00:00.1234567": "2026-11-27 12:00:00.123456+00",
        "2026-11-27T12:00:00+0530": "2026-11-27 06:30:00+00",
        "2026-11-27T12:00:00+5": "2026-11-27 07:00:00+00",
        "2026-11-27T12:00:00+5:3": "2026-11-27 06:57:00+00",
        "2026-11-27T12:00:00 UTC-5": "2026-11-27 17:00:00+00",
        "2026-11-27T12:00:00+14:00": "2026-11-26 22:00:00+00",
        "2026-11-27T23:59:60Z": "2026-11-28 00:00:00+00",
        "2026-11-27 12:00:00 America/Los_Angeles": "2026-11-27 20:00:00+00",
        "2026-03-08 02:30:00 America/New_York": "2026-03-08 07:30:00+00",
        "2026-11-01 01:30:00 America/New_York": "2026-11-01 05:30:00+00",
        "2026-11-27T12:00:00 Etc/GMT+5": "2026-11-27 17:00:00+00",
        "9999-12-31 23:59:59.999999": "9999-12-31 23:59:59.999999+00",
        "1700000000": "2023-11-14 22:13:20+00",
        "-0.0000015": "1969-12-31 23:59:59.999998+00",
        1.5: "1970-01-01 00:00:01.5+00",
    },
    "DATE": {"2026-1-2": "2026-01-02", "0001-01-01": "0001-01-01", "2024-02-29": "2024-02-29"},
    "DATETIME": {
        "2026-11-27": "2026-11-27 00:00:00",
        "2026-11-27T1:2:3": "2026-11-27 01:02:03",
        "2026-11-27 12:00:00.000001": "2026-11-27 12:00:00.000001",
        "1969-12-31 23:59:60": "1970-01-01 00:00:00",
    },
    "TIME": {"1:2:3": "01:02:03", "12:00:00.1": "12:00:00.1", "23:59:60": "00:00:00"},
    "NUMERIC": {
        "1": "1.000000000",
        "-.5e1": "-5.000000000",
        "1.0000000000": "1.000000000",
        "0e-300": "0.000000000",
        "-99999999999999999999999999999.999999999": "-99999999999999999999999999999.999999999",
        1.1: "1.100000000",
    },
    "BYTES": {"": "", "AP8=": "\\x00\\xFF", "YSInXA==": "a\\x22\\x27\\x5C"},
    "BOOLEAN": {"True": "true", "FALSE": "false"},
    "INTEGER": {"+5": "5", "00012": "12", "-9223372036854775808": "-9223372036854775808"},
    "FLOAT": {"+.5": "0.5", "1E5": "100000.0", "nan": "nan", "-INF": "-inf", "Infinity": "inf"},
}
REFUSED = {
    "TIMESTAMP": [
        *("", "yesterday", "2026-11-27 ", " 2026-11-27", "2026/11/27", "26-1-1"),
        *("2026-11-27 12:00", "2026-11-27 12", "2026-11-27T", "2026-11-27T:99"),
        *("2026-11-27T99:99:99Z", "2026-11-27T12:00:99", "2026-11-27T24:00:00Z"),
        *("2026-11-27T12:60:00Z", "2026-11-27T12:00:00.", "2026-11-27T12:00:00.1234567891"),
        *("2026-11-27T12:00:00+99:99", "2026-11-27T12:00:00+14:01", "2026-11-27T12:00:00+05:60"),
        *("2026-11-27T12:00:00+530", "2026-11-27T12:00:00+1:234", "2026-11-27T12:00:00 +05:30"),
        *("2026-11-27 12:00:00UTC", "2026-11-27 12:00:00 Z", "2026-11-27 12:00:00  UTC"),
        *("2026-11-27 12:00:00 utc", "2026-11-27 12:00:00 GMT+5", "2026-11-27 UTC"),
        *("2026-11-27 12:00:00 Europe/Nowhere", "2026-11-27 12:00:00 america/los_angeles"),
        *("2026-11-27 12:00:00 America", "2026-11-27 12:00:00 posix/UTC", "2026-11-27Z"),
        *("2026-11-27 12:00:00 /UTC", "2026-11-27 12:00:00 Etc/../UTC", "2026-11-27+01:00"),
        *("0000-01-01", "10000-01-01", "0001-01-01 00:00:00+01:00", "2026-02-29"),
        *("9999-12-31 23:59:59.999999-01:00", "9999-12-31 23:59:60", "253402300800", "1e9"),
        *(1e15, float("nan"), True, ["2026-11-27"], "\uff12026-11-27"),
    ],
    "DATE": ["2026-02-29", "2026-13-01", "0000-01-01", "2026-11-27 12:00:00", "20261127", 20261127],
    "DATETIME": [
        *("2026-11-27 12:00", "2026-11-27T12:00:00Z", "2026-11-27T12:00:00+01:00", "0000-01-01"),
        *("2026-11-27T12:00:00.1234567", "2026-11-27T24:00:00", "9999-12-31 23:59:60", 1),
    ],
    "TIME": ["12:00", "24:00:00", "12:60:00", "12:00:61", "12:00:00Z", "T12:00:00", "12:00:00.", 1],
    "NUMERIC": [
        *("", " 1", "1_0", "0x1", "NaN", "inf", ".", "1e-10", "1.1234567891", "1e29", "1e999"),
        *("100000000000000000000000000000", True, [1]),
    ],
    "BYTES": ["AP8", "AP8=\n", "A P8=", "-_8=", "é", 1],
    "BOOLEAN": ["yes", "1", 1, 0],
    "INTEGER": ["1.5", 1.5, "1e3", "5.0", "0x1F", " 5", "1_0", "٣", "9223372036854775808", True],
    "FLOAT": ["", ".", "1_0", " 1", "1d", "++1", "++inf", "infi", "٣", True, 10**400],
}
IN_FILES = {"1e9"}  # the number, and its text, are one there
NOT_IN_FILES = {  # refused, though BigQuery reads them
    *("2026-11-27 +01:00", "2026-11-27t12:00:00z", "2026-11-27T23:59:60Z", "-.5e1", "0e-300"),
    *("2026-11-27T12:00:00+5", "2026-11-27T12:00:00+5:3", "1969-12-31 23:59:60", "23:59:60"),
    *("2026-11-27T12:00:00 UTC-5", "2026-11-27T12:00:00 Etc/GMT+5"),
    *("2026-11-27 12:00:00 America/Los_Angeles", "2026-03-08 02:30:00 America/New_York"),
    "2026-11-01 01:30:00 America/New_York",
}
ITEMS = {
    "name": "c",
    "type": "RECORD",
    "mode": "REPEATED",
    "fields": [
        {"name": "n", "type": "INT64", "mode": "REQUIRED"},
        {"name": "tags", "type": "STRING", "mode": "REPEATED"},
        {"name": "j", "type": "JSON"},
        {"name": "b", "type": "BYTES"},
    ],
}


@pytest.fixture(name="database", scope="module")
def _database():
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        yield database


def stored(database, column, row):
    """Return the text of what a table of one column stores of a row."""
    database.execute(f"CREATE OR REPLACE TABLE t (c {column.duckdb_type})")
    cells = RowReader([column], ignore_unknown=False).read(row)
    insert_rows(database, "t", [column], [cells])
    ((text,),) = database.execute("SELECT c::VARCHAR FROM t").fetchall()
    return text


@pytest.mark.parametrize("kind", TAKEN)
def test_values_that_fit(database, kind):
    """Each spelling that GoogleSQL reads is stored as the value that it means there."""
    values = TAKEN[kind]

    assert values == {v: stored(database, Column("c", kind), {"c": v}) for v in values}


@pytest.mark.parametrize("kind", TAKEN)
def test_values_in_arrays(database, kind):
    """An element of an array is read as a value of its type alone is."""
    values = TAKEN[kind]
    column = Column("c", kind, "REPEATED")
    whole = stored(database, column, {"c": list(values)})

    database.execute("CREATE OR REPLACE TABLE single AS SELECT unnest(c)::VARCHAR AS c FROM t")
    assert "[" == whole[0]
    assert list(values.values()) == [text for (text,) in database.execute("FROM single").fetchall()]


@pytest.mark.parametrize("kind", REFUSED)
def test_values_that_do_not_fit(kind):
    """What GoogleSQL refuses to read as the type makes the row invalid."""
    reader = RowReader([Column("c", kind)], ignore_unknown=False)

    for value in REFUSED[kind]:
        with pytest.raises(RowError):
            reader.read({"c": value})


@pytest.mark.parametrize("kind", TAKEN)
def test_texts_of_files(database, kind):
    """External tables read a text as insertAll does, or refuse it; what it refuses, they do."""
    column = Column("c", kind)
    value = read_text(column, "c")

    def read(text):
        sql = f"SELECT ({value})::VARCHAR FROM (SELECT ?::VARCHAR AS c)"
        try:
            ((found,),) = database.execute(sql, [text]).fetchall()
        except duckdb.Error:
            return None
        return found

    taken = {text: read(text) for text in TAKEN[kind] if isinstance(text, str)}
    refused = {text for text in taken if taken[text] is None}
    assert taken == {text: None if text in refused else TAKEN[kind][text] for text in taken}
    assert refused <= NOT_IN_FILES
    refused = [text for text in REFUSED[kind] if isinstance(text, str) and text not in IN_FILES]
    assert dict.fromkeys(refused) == {text: read(text) for text in refused}
    nothing = database.execute(f"SELECT {value} FROM (SELECT NULL::VARCHAR AS c)").fetchall()
    assert [(None,)] == nothing


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "[]"),
        ({"c": []}, "[]"),
        (
            {"c": [{"n": "1", "tags": ["a", 'b"'], "j": '{"a": [1.10]}', "b": "AP8="}]},
            """[{'n': 1, 'tags': [a, 'b"'], 'j': '{"a":[1.1]}', 'b': '\\\\x00\\\\xFF'}]""",
        ),
        (
            {"C": [{"N": 1, "J": "null"}]},
            "[{'n': 1, 'tags': [], 'j': NULL, 'b': NULL}]",
        ),
    ],
)
def test_records_in_arrays(database, given, expected):
    """Arrays of records hold arrays; what is absent is an empty array, or NULL."""
    (column,) = parse_columns({"fields": [ITEMS]})

    assert expected == stored(database, column, given)


@pytest.mark.parametrize(
    ("given", "location", "message"),
    [
        ({"c": None}, "c", "Only optional fields can be set to NULL. Field: c; Value: NULL"),
        ({"c": [None]}, "c", "Only optional fields can be set to NULL. Field: c; Value: NULL"),
        ({"c": {"n": 1}}, "c", "Repeated field must be imported as a JSON array. Field: c."),
        ({"c": [1]}, "c", "This field is a record."),
        ({"c": [{}]}, "c.n", "Missing required field: c.n."),
        ({"c": [{"n": 1, "x": 1}]}, "c.x", "no such field: c.x."),
        ({"c": [{"n": 1, "tags": ["a", None]}]}, "c.tags", "Only optional fields can be set"),
        ({"c": [{"n": 1, "b": "?"}]}, "c.b", "Could not decode base64 string to bytes: ?"),
    ],
)
def test_records_that_do_not_fit(given, location, message):
    """What does not fit into an array of records is named with its path."""
    reader = RowReader(parse_columns({"fields": [ITEMS]}), ignore_unknown=False)

    with pytest.raises(RowError) as refused:
        reader.read(given)
    (error,) = refused.value.errors
    assert ("invalid", location) == (error.reason, error.location)
    assert message in error.message


@pytest.mark.parametrize(
    ("field", "status"),
    [
        *(({"name": name}, 200) for name in ("a", "_", "_PARTIT", "TABLE_x", "a" * 300)),
        *(({"name": name}, 400) for name in ("", "1a", "a-b", "a b", "é", "a" * 301)),
        *(({"name": name}, 400) for name in ("_TABLE_x", "_file_x", "_PARTITIONx", "__ROOT__")),
        *(({"name": name}, 400) for name in ("_row_Timestamp", "_COLIDENTIFIER_1")),
        *(({"type": kind}, 200) for kind in ("int64", "BOOL", "FLOAT64", "NUMERIC", "DATETIME")),
        *(({"type": kind}, 200) for kind in ("TIME", "BYTES", "JSON")),
        *(({"type": kind}, 501) for kind in ("BIGNUMERIC", "GEOGRAPHY", "RANGE", "INTERVAL")),
        *(({"type": kind}, 400) for kind in ("", "TEXT", "VARCHAR", "RECORD", "STRUCT")),
        ({"type": "STRUCT", "fields": [{"name": "a", "type": "GEOGRAPHY"}]}, 501),
        ({"fields": [{"name": "a", "type": "STRING"}]}, 400),
        ({"mode": "repeated"}, 200),
        ({"mode": "SOMETIMES"}, 400),
    ],
)
def test_fields_of_a_schema(field, status):
    """A field is served, refused by name, or no field of BigQuery."""
    try:
        parse_columns({"fields": [{"name": "a", "type": "STRING", **field}]})
        found = 200
    except ApiError as error:
        found = error.status

    assert status == found


@pytest.mark.parametrize(
    ("name", "status"),
    [
        *(
            (name, 200)
            for name in ("t", "1", "a-b", "a b", "ä_日", "a\u0301", "a\u2013b", "é" * 512)
        ),
        *((name, 400) for name in ("", "a.b", "a*b", "a/b", "a\tb", "é" * 513, "__tables__")),
        *((name, 400) for name in ("INFORMATION_SCHEMA", "\ud800", "__TABLES_SUMMARY__")),
        *((name, 501) for name in ("t$20260101", "t@-3600000")),
    ],
)
def test_table_names(name, status):
    """Table names have the letters that BigQuery allows, and none of its own."""
    try:
        TableReference.from_rest({"datasetId": "d", "tableId": name}, "p")
        found = 200
    except ApiError as error:
        found = error.status

    assert status == found


@pytest.mark.parametrize("name", ["", "a-b", "a b", "é", "information_schema", "a" * 1025])
def test_dataset_names_that_are_refused(name):
    """Dataset names are letters, numbers and underscores of ASCII."""
    with pytest.raises(ApiError, match="Invalid dataset ID"):
        DatasetReference.from_rest({"datasetId": name}, "p")
