"""Local BigQuery: external tables read what is stored at the moment of the query."""

import gzip
import json
from datetime import date
from functools import partial

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from local_warehouse import PROJECT, SCHEMAS, running_warehouse

PACKED = gzip.compress(b"{}", mtime=0)
FOLDER = "data_type=json/analytics_environment=testing/event_category=cold"
LINE = {
    "buildVersion": "1.2",
    "eventType": "shot",
    "eventAttributes": '{"a":1}',
    "receivedTimestamp": 1767225600.123456,
    "batchId": "b",
    "eventId": "b/0",
}


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("external")) as warehouse:
        yield warehouse


@pytest.fixture(name="bucket")
def _bucket(warehouse):
    """Hold three events in two sessions of two days, and an empty object."""
    bucket = warehouse.new_dataset()
    for day, lines in (("2026-01-01", 2), ("2026-01-02", 1)):
        name = f"{bucket}/{FOLDER}/event_ds={day}/event_time=0-8/session/deep/object"
        warehouse.objects.write(name, (json.dumps(LINE) + "\n") * lines)
    warehouse.objects.write(f"{bucket}/{FOLDER}/event_ds=2026-01-01/event_time=0-8/none/.keep", "")
    return bucket


def definition(bucket, **changes):
    """Return the definition that `bq --external_table_definition=name::…` sends."""
    return {
        "sourceFormat": "NEWLINE_DELIMITED_JSON",
        "autodetect": True,
        "jsonOptions": {"encoding": "UTF-8"},
        "schema": {
            "fields": [
                {"name": "buildVersion", "type": "STRING"},
                {"name": "eventType", "type": "STRING"},
            ]
        },
        "sourceUris": [f"gs://{bucket}/{FOLDER}/*"],
        **changes,
    }


def query(warehouse, sql, external):
    """Query the temporary table `t`; return its rows."""
    config = {"query": sql, "useLegacySql": False, "tableDefinitions": {"t": external}}
    _, job = warehouse.call("POST", "jobs", {"configuration": {"query": config}})
    status, answer = warehouse.call("GET", f"queries/{job['jobReference']['jobId']}")
    if status != 200:
        raise BadRequest(answer["error"]["message"])
    return [tuple(cell["v"] for cell in row["f"]) for row in answer["rows"]]


def load(warehouse, uri):
    """Load the objects into a new table; return how many rows that makes."""
    schema = [bigquery.SchemaField("eventType", "STRING")]
    config = bigquery.LoadJobConfig(
        source_format="NEWLINE_DELIMITED_JSON", schema=schema, ignore_unknown_values=True
    )
    table = f"{PROJECT}.{warehouse.new_dataset()}.t"
    return warehouse.client.load_table_from_uri(uri, table, job_config=config).result().output_rows


def create_events_gcs(warehouse, bucket, **options):
    """Create the pipeline's `events_gcs` over a bucket; return its name and status."""
    dataset = warehouse.new_dataset()
    prefix = (
        f"gs://{bucket}/data_type=json/{{analytics_environment:STRING}}/{{event_category:STRING}}"
        "/{event_ds:DATE}/{event_time:STRING}"
    )
    configuration = {
        "sourceFormat": "NEWLINE_DELIMITED_JSON",
        "sourceUris": [f"gs://{bucket}/data_type=json/*"],
        "ignoreUnknownValues": True,
        "schema": {"fields": json.loads((SCHEMAS / "events_gcs.json").read_text())},
        "hivePartitioningOptions": {"mode": "CUSTOM", "sourceUriPrefix": prefix, **options},
    }
    body = {
        "tableReference": {"tableId": "events_gcs"},
        "externalDataConfiguration": configuration,
    }
    status, answer = warehouse.call("POST", f"datasets/{dataset}/tables", body)
    return f"{dataset}.events_gcs", status, answer


def test_documented_query(warehouse, bucket):
    """The documented command's query answers, whatever other fields the lines hold."""
    sql = "SELECT buildVersion, eventType, COUNT(*) AS n FROM t GROUP BY 1, 2"

    assert [("1.2", "shot", "3")] == query(warehouse, sql, definition(bucket))


def test_unknown_field(warehouse, bucket):
    """With a schema alone, as BigQuery documents it, a further field fails the query."""
    strict = definition(bucket, autodetect=False)
    lenient = {**strict, "ignoreUnknownValues": True}

    with pytest.raises(BadRequest, match="No such field"):
        query(warehouse, "SELECT COUNT(*) FROM t", strict)
    assert [("3",)] == query(warehouse, "SELECT COUNT(*) FROM t", lenient)


@pytest.mark.parametrize(
    "line",
    [
        *(b"[1]", b"1", b"not json", b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":[1,]}', b'{"a":1,}'),
        *(b'{"a":01}', b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}', b'{"a":"\t"}', b"\x0b", b"\xc2\xa0"),
        *(
            b"{}{}",
            b"{} // c",
            b"\xef\xbb\xbf\xef\xbb\xbf{}",
            b'{"a":' + b"[" * 9000 + b"]" * 9000 + b"}",
        ),
        *(PACKED[:-1], PACKED[:-4] + b"\x09\0\0\0"),
        *(PACKED + b"x", b"\x1f\x8b"),
    ],
    ids=lambda line: repr(line[:12] + line[-12:]),
)
def test_line_that_is_no_object(warehouse, bucket, line):
    """One line that is no JSON object fails the query, and a load job, as it does in BigQuery."""
    warehouse.objects.write(f"{bucket}/{FOLDER}/event_ds=2026-01-03/event_time=0-8/s/bad", line)

    with pytest.raises(BadRequest, match="Error while reading data"):
        query(warehouse, "SELECT COUNT(*) FROM t", definition(bucket))
    with pytest.raises(BadRequest, match="Error while reading data"):
        load(warehouse, f"gs://{bucket}/{FOLDER}/event_ds=2026-01-03/*")


@pytest.mark.parametrize(
    "content",
    [
        PACKED + b"\0" * 9,
        gzip.compress(b"{}\n", mtime=0)
        + b"\0"
        + gzip.compress(b"", mtime=0)
        + gzip.compress(b"", mtime=0),
        b"\x1f\x8b\x08\x0c\0\0\0\0\0\x03\x01\0x.json\0" + PACKED[10:],
        b"\xef\xbb\xbf\r\n{}\r\r\n \t\n",
    ],
    ids=["zeros", "members", "a field more", "a mark"],
)
def test_forms_of_content(warehouse, bucket, content):
    """What is gzip or white space for a load job is for an external table."""
    uri = warehouse.objects.write(f"{bucket}/forms", content)

    assert [("1",)] == query(
        warehouse, "SELECT COUNT(*) FROM t", definition(bucket, sourceUris=[uri])
    )
    assert 1 == load(warehouse, uri)


def test_compressed_and_plain_objects(warehouse, bucket):
    """Objects are decompressed by their content, in any mixture."""
    packed = gzip.compress(json.dumps(LINE).encode(), mtime=0)
    warehouse.objects.write(f"{bucket}/{FOLDER}/event_ds=2026-01-03/event_time=0-8/s/x", packed)

    assert [("4",)] == query(warehouse, "SELECT COUNT(*) FROM t", definition(bucket))


def test_types_of_columns(warehouse, bucket):
    """JSON values become the columns' types; TIMESTAMP takes epoch seconds and text."""
    fields = [("f", "FLOAT"), ("i", "INTEGER"), ("b", "BOOLEAN"), ("d", "DATE"), ("j", "JSON")]
    fields += [("t", "TIMESTAMP"), ("u", "TIMESTAMP"), ("s", "STRING"), ("n", "STRING")]
    line = (
        '{"f": 1.5, "i": "7", "b": true, "d": "2026-01-01", "j": {"x": [1]}, '
        '"t": 1767225600.123456, "u": "2026-01-01T00:00:00Z", "s": 12345678901234567890123}'
    )
    uri = warehouse.objects.write(f"{bucket}/types", line)
    schema = {"fields": [{"name": name, "type": kind} for name, kind in fields]}

    assert [
        (
            "1.5",
            "7",
            "true",
            "2026-01-01",
            '{"x":[1]}',
            "1767225600.123456",
            "1767225600.000000",
            "12345678901234567890123",
            None,
        )
    ] == query(warehouse, "SELECT * FROM t", definition(bucket, schema=schema, sourceUris=[uri]))


def test_detected_schema(warehouse, bucket):
    """Without a schema, autodetect finds the columns in the files."""
    detected = definition(bucket, schema=None)
    sql = "SELECT DISTINCT eventAttributes, batchId, receivedTimestamp > 1 FROM t"

    assert [('{"a":1}', "b", "true")] == query(warehouse, sql, detected)


def test_detected_schema_stays(warehouse, bucket):
    """A table keeps the columns that were found when it was made."""
    dataset = warehouse.new_dataset()
    detected = definition(bucket, schema=None, ignoreUnknownValues=True)
    body = {"tableReference": {"tableId": "e"}, "externalDataConfiguration": detected}
    _, resource = warehouse.call("POST", f"datasets/{dataset}/tables", body)
    line = '{"new": 1, "eventType": "later"}'
    warehouse.objects.write(f"{bucket}/{FOLDER}/event_ds=2025-01-01/event_time=0-8/s/first", line)

    assert list(LINE) == [field["name"] for field in resource["schema"]["fields"]]
    assert [("later", None)] == warehouse.rows(
        f"SELECT eventType, batchId FROM {dataset}.e WHERE batchId IS NULL"
    )


def test_csv(warehouse, bucket):
    """CSV files are read by position, after the rows to skip."""
    uri = warehouse.objects.write(f"{bucket}/table.csv", 'a;b\nx;1\n"y;z";2\n')
    options = {"skipLeadingRows": "1", "fieldDelimiter": ";"}
    fields = [{"name": "a", "type": "STRING"}, {"name": "b", "type": "INTEGER"}]
    external = {"sourceFormat": "CSV", "sourceUris": [uri], "csvOptions": options}
    external["schema"] = {"fields": fields}

    assert [("x", "1"), ("y;z", "2")] == query(warehouse, "SELECT * FROM t ORDER BY b", external)


def test_no_objects(warehouse, bucket):
    """A pattern that matches nothing fails the query and names the pattern."""
    nothing = definition(bucket, sourceUris=[f"gs://{bucket}/nothing/*"])

    with pytest.raises(BadRequest, match=f"gs://{bucket}/nothing"):
        query(warehouse, "SELECT 1 FROM t", nothing)


@pytest.mark.parametrize(
    "changes",
    [
        {"sourceUris": ["gs://b/*/x*"]},
        {"sourceUris": ["gs://*/x"]},
        {"sourceUris": ["https://b/x"]},
        {"sourceFormat": "PARQUET"},
        {"maxBadRecords": 5},
        {"schema": None, "autodetect": False},
    ],
)
def test_definition_that_is_refused(warehouse, bucket, changes):
    """Bad patterns, and what external tables do not support, are refused by name."""
    with pytest.raises(BadRequest):
        query(warehouse, "SELECT 1 FROM t", definition(bucket, **changes))


def test_hive_keys_are_columns(warehouse, bucket):
    """`events_gcs` shows path keys as typed columns, the objects' own fields beside them."""
    table, status, resource = create_events_gcs(warehouse, bucket)
    sql = f"SELECT event_ds, event_time, COUNT(*) FROM {table} GROUP BY 1, 2 ORDER BY 1"

    assert 200 == status
    assert ["analytics_environment", "event_category", "event_ds", "event_time"] == [
        field["name"] for field in resource["schema"]["fields"][-4:]
    ]
    assert [(date(2026, 1, 1), "0-8", 2), (date(2026, 1, 2), "0-8", 1)] == warehouse.rows(sql)
    assert [(1,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table} WHERE event_ds = '2026-01-02'")
    assert [(1767225600.123456,)] == warehouse.rows(f"SELECT MAX(receivedTimestamp) FROM {table}")


def test_new_objects_are_seen(warehouse, bucket):
    """Each query reads what is stored by then."""
    table, _, _ = create_events_gcs(warehouse, bucket)
    warehouse.objects.write(
        f"{bucket}/{FOLDER}/event_ds=2026-01-09/event_time=0-8/s/new", '{"message": "hi"}\n'
    )

    assert [("hi",)] == warehouse.rows(f"SELECT message FROM {table} WHERE message IS NOT NULL")


def test_hive_table_over_nothing(warehouse):
    """A hive-partitioned table over an empty prefix is not created."""
    _, status, answer = create_events_gcs(warehouse, "nothing-here")

    assert 400 == status
    assert "without any associated files" in answer["error"]["message"]


@pytest.mark.parametrize(("mode", "kind"), [("AUTO", "DATE"), ("STRINGS", "STRING")])
def test_hive_modes(warehouse, bucket, mode, kind):
    """AUTO guesses the keys' types, STRINGS leaves them text."""
    prefix = f"gs://{bucket}/data_type=json/"
    _, _, resource = create_events_gcs(warehouse, bucket, mode=mode, sourceUriPrefix=prefix)
    types = {field["name"]: field["type"] for field in resource["schema"]["fields"]}

    assert (kind, "STRING") == (types["event_ds"], types["event_time"])


def test_object_outside_the_hive_layout(warehouse, bucket):
    """An object whose path lacks the keys fails the query and is named."""
    table, _, _ = create_events_gcs(warehouse, bucket)
    warehouse.objects.write(f"{bucket}/data_type=json/stray", "{}")

    with pytest.raises(BadRequest, match="data_type=json/stray"):
        warehouse.rows(f"SELECT COUNT(*) FROM {table}")


def test_file_name(warehouse, bucket):
    """_FILE_NAME is each row's object, and no part of SELECT *."""
    table, _, _ = create_events_gcs(warehouse, bucket)
    uri = f"gs://{bucket}/{FOLDER}/event_ds=2026-01-02/event_time=0-8/session/deep/object"
    sql = f"SELECT *, _FILE_NAME AS name FROM {table} WHERE _FILE_NAME LIKE '%2026-01-02%'"
    names = [field.name for field in warehouse.client.query(sql).result().schema]

    assert [(uri,)] == warehouse.rows(f"SELECT name FROM ({sql})")
    assert ("name", 1) == (names[-1], sum("name" in name.lower() for name in names))


def test_view_over_an_external_table(warehouse, bucket):
    """A view may read an external table, and be joined with it."""
    table, _, _ = create_events_gcs(warehouse, bucket)
    view = f"{table}_view"
    warehouse.rows(f"CREATE VIEW {view} AS SELECT DISTINCT eventId FROM {table}")

    assert [(3,)] == warehouse.rows(f"SELECT COUNT(*) FROM {view} JOIN {table} USING (eventId)")


def test_copy_into_a_table(warehouse, bucket):
    """INSERT … SELECT from an external table stores its rows."""
    table = warehouse.new_table("version:STRING")
    config = bigquery.QueryJobConfig()
    external = bigquery.ExternalConfig.from_api_repr(definition(bucket))
    config.table_definitions = {"t": external}
    sql = f"INSERT INTO {table} (version) SELECT buildVersion FROM t"
    result = warehouse.client.query(sql, job_config=config).result()

    assert 3 == result.num_dml_affected_rows


@pytest.mark.parametrize(
    "compress", [bytes, partial(gzip.compress, mtime=0)], ids=["plain", "gzip"]
)
@pytest.mark.parametrize(
    ("escape", "expected"),
    [
        (r"\ud800", "\ufffd"),
        (r"\udc00\ud800", "\ufffd\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\\ud800", r"\ud800"),
        (r"\\\ud800", "\\\ufffd"),
    ],
)
def test_lone_surrogates(warehouse, bucket, escape, expected, compress):
    """A surrogate that stands alone reads as U+FFFD; pairs and escaped backslashes stay."""
    line = f'{{"buildVersion": "{escape}", "eventType": "odd"}}\n'.encode()
    warehouse.objects.write(f"{bucket}/{FOLDER}/event_ds=2026-01-03/odd", compress(line))

    rows = query(
        warehouse, "SELECT buildVersion FROM t WHERE eventType = 'odd'", definition(bucket)
    )

    assert [(expected,)] == rows
