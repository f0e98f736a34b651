"""Local BigQuery: load jobs load everything or nothing, once per job id."""

import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, NotFound
from google.cloud import bigquery
from local_warehouse import PROJECT, create_pipeline_tables, make_row, running_warehouse

from analytics_local_cloud.warehouse.web.load_uploads import split_multipart

NDJSON = bigquery.SourceFormat.NEWLINE_DELIMITED_JSON


@pytest.fixture(name="warehouse", scope="module")
def _warehouse(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("loads")) as warehouse:
        yield warehouse


@pytest.fixture(name="table")
def _table(warehouse):
    return warehouse.new_table("a:INTEGER:REQUIRED j:JSON s:STRING")


def load(warehouse, table, content, job_id=None, **options):
    """Load NDJSON text and wait; return the job."""
    options.setdefault("source_format", NDJSON)
    config = bigquery.LoadJobConfig(**options)
    data = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    job = warehouse.client.load_table_from_file(data, table, job_id=job_id, job_config=config)
    job.result()
    return job


def test_json_columns_take_raw_values(warehouse, table):
    """JSON columns take any JSON value as it is; blank lines are no rows."""
    lines = '{"a": 1, "j": {"n": 1.10}}\n\n{"a": "2", "j": "text", "s": 5}\r\n{"a": 3, "j": null}'
    job = load(warehouse, table, lines)

    assert 3 == job.output_rows
    assert [(1, '{"n":1.1}', None), (2, '"text"', "5"), (3, "null", None)] == warehouse.rows(
        f"SELECT a, TO_JSON_STRING(j), s FROM {table} ORDER BY a"
    )


def test_pipeline_rows(warehouse):
    """What reconciliation uploads, rows of the pipeline with JSON values, is loaded."""
    dataset = create_pipeline_tables(warehouse)
    row = make_row(3, event_attributes={"a": 3}, extra={"message": "hello"})
    load(warehouse, f"{PROJECT}.{dataset}.events_function", json.dumps(row))

    assert [(3, "hello")] == warehouse.rows(
        f"SELECT event_index, JSON_VALUE(extra, '$.message') FROM {dataset}.events"
    )


@pytest.mark.parametrize(
    "content", ['{"a": 1}\n{"a": "x"}', '{"a": 1}\nnot json', "[1]", '{"j": 1}']
)
def test_a_bad_record_undoes_the_job(warehouse, table, content):
    """One record too many that does not fit leaves the table as it was."""
    with pytest.raises(BadRequest):
        load(warehouse, table, content)

    assert [(0,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


def test_bad_records_within_the_limit(warehouse, table):
    """MaxBadRecords skips as many, counts and reports them."""
    job = load(warehouse, table, '{"a": 1}\n{"a": "x"}\nnot json', max_bad_records=2)
    status, resource = warehouse.call("GET", f"jobs/{job.job_id}")

    assert (200, 1) == (status, job.output_rows)
    assert "2" == resource["statistics"]["load"]["badRecords"]
    assert 2 == len(job.errors)


def test_unknown_fields(warehouse, table):
    """A field without a column is a bad record unless unknown values are ignored."""
    with pytest.raises(BadRequest, match="no such field: z"):
        load(warehouse, table, '{"a": 1, "z": 1}')

    assert 1 == load(warehouse, table, '{"a": 1, "z": 1}', ignore_unknown_values=True).output_rows


@pytest.mark.parametrize("bad", [False, True])
def test_job_id_runs_once(warehouse, table, bad):
    """A repeated job id is 409 and loads nothing, also when the first run failed."""
    job_id = f"load-{table.replace('.', '-')}"
    content = "{}" if bad else '{"a": 1}'
    try:
        load(warehouse, table, content, job_id=job_id)
    except BadRequest:
        assert bad
    status, answer = warehouse.call(
        "POST",
        "jobs",
        {
            "jobReference": {"jobId": job_id},
            "configuration": {
                "load": {"destinationTable": {"datasetId": "d", "tableId": "t"}, "sourceUris": []}
            },
        },
    )

    assert (409, "duplicate") == (
        status,
        answer["error"]["errors"][0]["reason"],
    )
    assert [(0 if bad else 1,)] == warehouse.rows(f"SELECT COUNT(*) FROM {table}")


def test_finished_job_is_found(warehouse, table):
    """get_job tells how a job ended, under the id that the caller chose."""
    load(warehouse, table, '{"a": 1}', job_id="chosen-id")
    job = warehouse.client.get_job("chosen-id")

    assert ("DONE", None, 1) == (job.state, job.error_result, job.output_rows)
    assert "chosen-id" in [item.job_id for item in warehouse.client.list_jobs(max_results=5)]
    with pytest.raises(NotFound):
        warehouse.client.get_job("nobody-chose-this")


def test_objects_of_a_pattern(warehouse, table):
    """A pattern loads every object that matches, gzip by content, empty ones as nothing."""
    warehouse.objects.write("b/in/1", '{"a": 1}\n')
    warehouse.objects.write("b/in/deeper/2", gzip.compress(b'{"a": 2}', mtime=0))
    warehouse.objects.write("b/in/.keep", "")
    warehouse.objects.write("b/other", '{"a": 3}')
    config = bigquery.LoadJobConfig(source_format=NDJSON)
    job = warehouse.client.load_table_from_uri("gs://b/in/*", table, job_config=config)
    job.result()

    assert (2, 3) == (job.output_rows, job.input_files)
    assert [(1,), (2,)] == warehouse.rows(f"SELECT a FROM {table} ORDER BY a")


def test_missing_object(warehouse, table):
    """A pattern that matches nothing fails the job with notFound."""
    config = bigquery.LoadJobConfig(source_format=NDJSON)
    job = warehouse.client.load_table_from_uri("gs://b/nothing/*", table, job_config=config)

    with pytest.raises(NotFound, match="gs://b/nothing"):
        job.result()


def test_resumable_upload(warehouse, table):
    """An upload in chunks arrives whole, also when a chunk is sent again after a status query."""
    url = f"{warehouse.url}/upload/bigquery/v2/projects/{PROJECT}/jobs?uploadType=resumable"
    start = warehouse.http.request("POST", url, json=load_message(table))
    data = b"".join(b'{"a": %d}\n' % number for number in range(1_000))
    location, size = start.headers["Location"], len(data)

    def put(body, content_range):
        headers = {"Content-Range": f"bytes {content_range}"}
        answer = warehouse.http.request("PUT", location, body=body, headers=headers, redirect=False)
        return answer.status, answer.headers.get("Range")

    assert (308, None) == put(b"", f"*/{size}")
    assert (308, "bytes=0-2999") == put(data[:3_000], f"0-2999/{size}")
    assert (308, "bytes=0-2999") == put(b"", "*/*")
    assert (400, None) == put(b"x", f"5000-5000/{size}")
    assert (308, "bytes=0-2999") == put(data[2_000:3_000], f"2000-2999/{size}")
    assert (200, None) == put(data[3_000:], f"3000-{size - 1}/{size}")
    assert (404, None) == put(b"", "*/*")
    assert [(1_000, 999)] == warehouse.rows(f"SELECT COUNT(*), MAX(a) FROM {table}")


def load_message(table):
    """Return the message of a job that loads NDJSON into `table`."""
    dataset, name = table.split(".")
    destination = {"datasetId": dataset, "tableId": name}
    return {"configuration": {"load": {"sourceFormat": NDJSON, "destinationTable": destination}}}


@pytest.mark.parametrize(
    ("kind", "content_type", "status"),
    [
        ("multipart", "multipart/related", 400),
        ("multipart", "multipart/related; boundary=edge", 400),
        ("media", "text/plain", 501),
    ],
)
def test_upload_that_is_refused(warehouse, kind, content_type, status):
    """An upload that cannot be taken apart is 400, one of another kind 501."""
    url = f"{warehouse.url}/upload/bigquery/v2/projects/{PROJECT}/jobs?uploadType={kind}"
    headers = {"Content-Type": content_type}

    assert status == warehouse.http.request("POST", url, body=b"--edge", headers=headers).status


def upload(warehouse, table, data, newline=b"\r\n"):
    """Send the data in the request that starts the job; return how many rows that made."""
    parts = [
        b"--edge",
        b"Content-Type: application/json",
        b"",
        json.dumps(load_message(table)).encode(),
        b"--edge",
        b"Content-Type: application/octet-stream",
        b"",
        data,
        b"--edge--",
        b"",
    ]
    answer = warehouse.http.request(
        "POST",
        f"{warehouse.url}/upload/bigquery/v2/projects/{PROJECT}/jobs?uploadType=multipart",
        body=newline.join(parts),
        headers={"Content-Type": 'multipart/related; boundary="edge"'},
    )
    return answer.json()["statistics"]["load"]["outputRows"]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_multipart_data_with_the_boundary_in_it(warehouse, table, newline):
    """Uploaded data may contain the text of the boundary."""
    data = b'{"a": 1, "s": "--edge"}\n{"a": 2, "s": "--edge--"}\n'

    assert "2" == upload(warehouse, table, data, newline)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_multipart_data_that_is_compressed(warehouse, table, newline):
    """Uploaded data may be gzip: it arrives byte by byte, and nothing more."""
    data = gzip.compress(b'{"a": 1}\n', mtime=0)

    assert "1" == upload(warehouse, table, data, newline)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_multipart_data_that_ends_its_line(newline, end):
    """However uploaded data ends, it is as it was sent."""
    parts = [b"--edge", b"A: b", b"", b"{}", b"--edge", b"A: b", b"", b"data" + end, b"--edge--"]

    job, data = split_multipart(newline.join(parts), "multipart/related; boundary=edge")

    assert ({}, b"data" + end) == (job, data)


def test_csv(warehouse, table):
    """CSV loads by position, after the rows to skip; an empty field is NULL but in a STRING."""
    content = 'a,j,s\n1,"{""k"": 1}",\n2,,"x, y"\n'
    load(warehouse, table, content, source_format="CSV", skip_leading_rows=1)

    assert [(1, {"k": 1}, ""), (2, None, "x, y")] == warehouse.rows(
        f"SELECT * FROM {table} ORDER BY a"
    )


def test_csv_row_of_another_length(warehouse, table):
    """A CSV row with a field too many or too few is a bad record."""
    job = load(warehouse, table, "1,,x\n2\n3,,x,y\n", source_format="CSV", max_bad_records=2)

    assert (1, 2) == (job.output_rows, len(job.errors))


@pytest.mark.parametrize(
    ("options", "content", "expected"),
    [
        ({}, '1,,"x\ny"\n2,,y', [(2, None, "y")]),
        ({"allow_quoted_newlines": True}, '1,,"x\ny"\n', [(1, None, "x\ny")]),
        ({"allow_jagged_rows": True}, "1\n2,{}\n3,,x,y\n", [(1, None, None), (2, {}, None)]),
        ({"ignore_unknown_values": True}, "1\n3,,x,y\n", [(3, None, "x")]),
        ({"null_marker": "-"}, "1,-,-\n-,{},x\n3,,x\n", [(1, None, None)]),
        ({"quote_character": "'"}, "1,'{\"a\": 1}','x,\"y'\n", [(1, {"a": 1}, 'x,"y')]),
        ({"quote_character": ""}, '1,1,"x"\n', [(1, 1, '"x"')]),
        ({"field_delimiter": "\\t"}, "1\t\tx,y\n", [(1, None, "x,y")]),
        ({"field_delimiter": "tab"}, "1\t\tx,y\n", [(1, None, "x,y")]),
    ],
)
def test_csv_options(warehouse, table, options, content, expected):
    """Each option of CSV files does what it says; rows that need one, without it, are bad."""
    load(warehouse, table, content, source_format="CSV", max_bad_records=2, **options)

    assert expected == warehouse.rows(f"SELECT * FROM {table} ORDER BY a")


def test_words_and_days_of_files(warehouse):
    """Files spell booleans and days in more ways than insertAll takes."""
    table = warehouse.new_table("b:BOOLEAN t:TIMESTAMP n:NUMERIC")
    load(warehouse, table, "yes,2026/1/2 03:04:05,1.5\nF,,\n0,,\n", source_format="CSV")
    load(warehouse, table, '{"n": 12345678901234567890.123456789, "t": "2026/11/27"}')

    moments = [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)]
    assert [
        (True, moments[0], Decimal("1.5")),
        (None, moments[1], Decimal("12345678901234567890.123456789")),
        (False, None, None),
        (False, None, None),
    ] == warehouse.rows(f"SELECT * FROM {table} ORDER BY t IS NULL, t")


def test_csv_into_arrays(warehouse):
    """CSV files hold no arrays."""
    table = warehouse.new_table("a:STRING:REPEATED")

    with pytest.raises(BadRequest, match="CSV files hold no RECORD or REPEATED"):
        load(warehouse, table, "x\n", source_format="CSV")


@pytest.mark.parametrize("kind", ["CSV", NDJSON])
def test_schema_is_detected(warehouse, kind):
    """Without schema and table, autodetect makes both from the data."""
    dataset = warehouse.new_dataset()
    content = {
        "CSV": "i,f,s,t,d,b\n1,1.5,x,2026-01-01 00:00:00,2026-01-01,true\n2,2,,,,\n",
        NDJSON: '{"i": 1, "f": 1.5, "s": "x", "t": "2026-01-01T00:00:00Z", "d": "2026-01-01",'
        ' "b": true}\n{"i": 2, "f": 2}',
    }[kind]
    load(warehouse, f"{PROJECT}.{dataset}.found", content, source_format=kind, autodetect=True)
    schema = warehouse.client.get_table(f"{dataset}.found").schema

    assert ["INTEGER", "FLOAT", "STRING", "TIMESTAMP", "DATE", "BOOLEAN"] == [
        column.field_type for column in schema
    ]


def test_write_dispositions(warehouse, table):
    """WRITE_TRUNCATE replaces the rows, WRITE_EMPTY refuses a table that has some."""
    load(warehouse, table, '{"a": 1}')
    load(warehouse, table, '{"a": 2}', write_disposition="WRITE_TRUNCATE")

    with pytest.raises(Conflict):
        load(warehouse, table, '{"a": 3}', write_disposition="WRITE_EMPTY")
    assert [(2,)] == warehouse.rows(f"SELECT a FROM {table}")


def test_missing_table(warehouse):
    """A table is created from the given schema, unless the job must not."""
    dataset = warehouse.new_dataset()
    schema = [bigquery.SchemaField("a", "INTEGER")]

    with pytest.raises(NotFound):
        load(warehouse, f"{dataset}.n", "{}", schema=schema, create_disposition="CREATE_NEVER")
    assert 1 == load(warehouse, f"{dataset}.n", '{"a": 1}', schema=schema).output_rows


@pytest.mark.parametrize(
    ("options", "fields", "refusal"),
    [
        ((), "a:STRING", "Field a has changed type from INTEGER to STRING"),
        ((), "a:INTEGER:REPEATED", "Field a has changed mode from REQUIRED to REPEATED"),
        ((), "a:INTEGER", "Field a has changed mode from REQUIRED to NULLABLE"),
        (("FIELD_ADDITION",), "a:INTEGER", "Field a has changed mode from REQUIRED to NULLABLE"),
        ((), "a:INTEGER:REQUIRED z:DATE", r"Cannot add fields \(field: z\)"),
        (("FIELD_RELAXATION",), "a:INTEGER z:DATE", r"Cannot add fields \(field: z\)"),
        ((), "a:INTEGER:REQUIRED", None),
        (("FIELD_ADDITION",), "a:INTEGER:REQUIRED z:DATE y:STRING:REPEATED", None),
        (("FIELD_RELAXATION",), "a:INTEGER", None),
        (("FIELD_ADDITION", "FIELD_RELAXATION"), "a:INTEGER z:DATE", None),
    ],
)
def test_schema_of_another_table(warehouse, table, options, fields, refusal):
    """A given schema is the table's, or what the job's options allow to make of it."""
    schema = [bigquery.SchemaField(*text.split(":")) for text in fields.split()]
    content = '{"a": 1}'
    config = {"schema": schema, "schema_update_options": [f"ALLOW_{name}" for name in options]}
    load(warehouse, table, '{"a": 2, "s": "old"}')
    if refusal:
        with pytest.raises(BadRequest, match=f"does not match Table .*{refusal}"):
            load(warehouse, table, content, **config)
        return
    load(warehouse, table, content, **config)

    kept = {field.name: field for field in warehouse.client.get_table(table).schema}
    assert schema == [kept[field.name] for field in schema]
    assert [(1, None), (2, "old")] == warehouse.rows(f"SELECT a, s FROM {table} ORDER BY a")


def test_new_table_has_the_properties_of_the_job(warehouse):
    """A table that a job makes is described, labelled, partitioned as the job says."""
    dataset = warehouse.new_dataset()
    schema = [bigquery.SchemaField("d", "DATE", description="A day.")]
    partitioning = bigquery.TimePartitioning(field="d")
    config = {"schema": schema, "time_partitioning": partitioning}
    config |= {"destination_table_description": "Days.", "clustering_fields": ["d"]}
    load(warehouse, f"{dataset}.days", '{"d": "2026-01-02"}', **config)
    load(warehouse, f"{dataset}.days", '{"d": "2026-01-03"}', time_partitioning=partitioning)
    table = warehouse.client.get_table(f"{dataset}.days")

    assert (schema, "Days.", ["d"]) == (table.schema, table.description, table.clustering_fields)
    assert (partitioning.to_api_repr(), 2) == (
        table.time_partitioning.to_api_repr(),
        table.num_rows,
    )
    other = bigquery.TimePartitioning(field="d", type_="MONTH")
    with pytest.raises(BadRequest, match="Incompatible table partitioning specification"):
        load(warehouse, f"{dataset}.days", "{}", time_partitioning=other)


def test_daily_quota(warehouse, table, monkeypatch):
    """Loads beyond a table's daily number fail with quotaExceeded until the next UTC day."""
    monkeypatch.setattr("analytics_local_cloud.warehouse.jobs.job_records.MODIFICATIONS_PER_DAY", 2)
    load(warehouse, table, '{"a": 1}')
    with pytest.raises(BadRequest):
        load(warehouse, table, "{}")

    with pytest.raises(Forbidden, match="Quota exceeded"):
        load(warehouse, table, '{"a": 1}')
    warehouse.clock.time += 86_400

    assert 1 == load(warehouse, table, '{"a": 1}').output_rows


@pytest.mark.parametrize("kind", ["AVRO", "ORC", "DATASTORE_BACKUP"])
def test_jobs_that_are_not_supported(warehouse, table, kind):
    """A load that cannot be done ends with notImplemented, as clients expect of a job."""
    configuration = load_message(table)["configuration"]
    configuration["load"] |= {"sourceFormat": kind}
    configuration["load"]["sourceUris"] = [warehouse.objects.write("b/x", "")]
    status, job = warehouse.call("POST", "jobs", {"configuration": configuration})

    assert (200, "notImplemented") == (status, job["status"]["errorResult"]["reason"])
