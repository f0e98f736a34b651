"""One grammar for every reader: the same bytes are the same events, whoever reads them."""

import gzip
import time

import pytest
from google.cloud import bigquery
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS, unique
from place import Place

from analytics_commands.backfill import command as backfill

BOM = b"\xef\xbb\xbf"
PLAIN = b'{"eventType":"a"}\n{"eventType":"b"}\n'
# Bytes → the types of their events; reasons of the lines that are none.
BODIES = {
    "plain": (PLAIN, ["a", "b"], []),
    "no last line end": (PLAIN.rstrip(), ["a", "b"], []),
    "byte order mark": (BOM + PLAIN, ["a", "b"], []),
    "carriage returns": (PLAIN.replace(b"\n", b"\r\n"), ["a", "b"], []),
    "blank lines": (b"\n \n\r\n" + PLAIN.replace(b"\n", b"\n\n\t\n"), ["a", "b"], []),
    "gzip": (gzip.compress(PLAIN), ["a", "b"], []),
    "gzip of a byte order mark": (gzip.compress(BOM + PLAIN), ["a", "b"], []),
    "gzip in two members": (gzip.compress(PLAIN[:9]) + gzip.compress(PLAIN[9:]), ["a", "b"], []),
    "line separators": (
        '{"eventType":"a\u2028\u0085"}\n{"eventType":"b"}'.encode(),
        ["a\u2028\u0085", "b"],
        [],
    ),
    "a line that is no text": (
        b'{"eventType":"a"}\n{"eventType":"\xff"}\n{"eventType":"b"}\n',
        ["a", "b"],
        ["invalid_line"],
    ),
    "a line that is no JSON": (PLAIN + b"{'a':1}\n", ["a", "b"], ["invalid_line"]),
    "our own wrapping": (b'{"_raw":"x"}\n{"_value":42}\n' + PLAIN, [None, None, "a", "b"], []),
}
# BigQuery refuses a file with a line that it cannot read.
ALL_READ = [name for name, (_, _, reasons) in BODIES.items() if not reasons]


@pytest.fixture(name="place")
def _place(pipeline):
    place = Place(pipeline)
    yield place
    pipeline.remove(place.environment)


def write(place, content, *, category="function"):
    """Store the bytes as somebody else would; returns the object's URI."""
    name = (
        f"data_type=json/analytics_environment={place.environment}/event_category={category}"
        f"/event_ds={time.strftime('%Y-%m-%d', time.gmtime())}/event_time=0-8/{unique()}/o"
    )
    blob = place.pipeline.bucket.blob(name)
    blob.upload_from_string(content, content_type="application/x-ndjson")
    return f"gs://{blob.bucket.name}/{name}"


def check(place, name):
    """Wait for the rows and letters of a body, and compare them."""
    _, types, reasons = BODIES[name]
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        rows = [value for (value,) in place.rows("event_type")]
        letters = [reason for (reason,) in place.letters("reason")]
        if (len(rows), len(letters)) >= (len(types), len(reasons)):
            break
        assert time.monotonic() < deadline, (rows, letters)
        time.sleep(POLL_SECONDS)
    assert (sorted(types, key=str), reasons) == (sorted(rows, key=str), letters)


@pytest.mark.parametrize("name", BODIES)
def test_post(place, name):
    """POST, and what it stored for `load`."""
    place.pipeline.send(
        BODIES[name][0], analytics_environment=place.environment, event_category="function"
    )

    check(place, name)


@pytest.mark.parametrize("name", BODIES)
def test_load(place, name):
    """`load`, of an object that somebody else wrote."""
    write(place, BODIES[name][0])

    check(place, name)


@pytest.mark.parametrize("name", BODIES)
def test_backfill(place, command, name):
    """`backfill`, of a category that is never streamed."""
    write(place, BODIES[name][0], category="cold")

    code, _, errors = command(
        backfill,
        *("--environment", place.environment, "--category", "cold"),
        *("--since", "1h", "--until", "0m", "--execute"),
    )

    assert 0 == code, errors
    check(place, name)


@pytest.mark.parametrize("name", ALL_READ)
def test_external_table(place, name):
    """The external table over all that is stored."""
    content, types, _ = BODIES[name]
    uri = write(place, content, category="cold")
    options = bigquery.ExternalConfig("NEWLINE_DELIMITED_JSON")
    options.source_uris = [uri]
    options.schema = [bigquery.SchemaField("eventType", "STRING")]
    options.ignore_unknown_values = True
    options.compression = "GZIP" if content.startswith(b"\x1f\x8b") else "NONE"
    config = bigquery.QueryJobConfig(table_definitions={"stored": options})

    rows = place.pipeline.warehouse.query_and_wait(
        "SELECT eventType FROM stored", job_config=config
    )

    assert types == [value for (value,) in rows]


@pytest.mark.parametrize("name", ALL_READ)
def test_load_job(place, name):
    """A load job of BigQuery's own, as `bq load` runs it."""
    content, types, _ = BODIES[name]
    uri = write(place, content, category="cold")
    table = (
        f"{place.pipeline.variables['GOOGLE_CLOUD_PROJECT']}.events.{unique('t').replace('-', '_')}"
    )
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        schema=[bigquery.SchemaField("eventType", "STRING")],
        ignore_unknown_values=True,
    )

    place.pipeline.warehouse.load_table_from_uri(uri, table, job_config=config).result()

    rows = place.pipeline.query(f"SELECT eventType FROM `{table}`")
    place.pipeline.warehouse.delete_table(table)
    assert sorted(types, key=str) == sorted((value for (value,) in rows), key=str)
