"""One grammar for every reader: the same bytes are the same events, whoever reads them."""

import json
import os
import time

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import bigquery
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS, unique
from place import Place
from reader_cases import CASES, EQUAL_NAMES, KEPT, MARKED, NOT_JSON, REFUSED, generate

from analytics_commands.backfill import command as backfill

SEED = int(os.environ.get("FUZZ_SEED", "11"))
GENERATED = {"generated": generate(200, SEED)}
ALL = CASES | GENERATED
NAMES = list(ALL)
FIELDS = [bigquery.SchemaField("eventType", "STRING")]


@pytest.fixture(name="place")
def _place(pipeline):
    place = Place(pipeline)
    yield place
    pipeline.remove(place.environment)


def write(place, name, content, *, category="function"):
    """Store the bytes as somebody else would; returns the object's URI."""
    path = (
        f"data_type=json/analytics_environment={place.environment}/event_category={category}"
        f"/event_ds={time.strftime('%Y-%m-%d', time.gmtime())}/event_time=0-8/{name}/o"
    )
    blob = place.pipeline.bucket.blob(path)
    blob.upload_from_string(content, content_type="application/x-ndjson")
    return f"gs://{blob.bucket.name}/{path}"


def found(place):
    """Return the outcome of each line, in order, by the number of the case."""
    lines = {}
    for number, line, type_, extra in place.rows("session_id, line, event_type, extra"):
        held = json.loads(extra) if isinstance(extra, str) else extra or {}
        lines.setdefault(int(number), {})[line] = (type_, held.get("v"))
    for uri, line, reason in place.letters("gcs_uri, line, reason"):
        lines.setdefault(int(uri.split("/")[-2]), {})[line] = reason
    return {number: [each[line] for line in sorted(each)] for number, each in lines.items()}


def is_like(expected, outcomes):
    """Return whether the outcomes are as expected; `...` is anything."""
    return len(expected) == len(outcomes) and all(
        a == b
        or (type(a) is type(b) is tuple and all(x in (..., y) for x, y in zip(a, b, strict=True)))
        for a, b in zip(expected, outcomes, strict=True)
    )


def check(place, expected):
    """Wait for the rows and letters of all cases, and compare them."""
    wanted = sum(map(len, expected.values()))
    deadline = time.monotonic() + 3 * DEADLINE_SECONDS
    while sum(map(len, (lines := found(place)).values())) < wanted and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    assert {} == {
        name: (outcomes, lines.get(NAMES.index(name), []))
        for name, outcomes in expected.items()
        if not is_like(outcomes, lines.get(NAMES.index(name), []))
    }


def test_post(place):
    """POST, and what it stored for `load`."""
    answers = {}
    for number, (name, case) in enumerate(ALL.items()):
        response = place.pipeline.post(
            case.content,
            analytics_environment=place.environment,
            event_category="function",
            session_id=number,
        )
        answer = response.json()
        answers[name] = answer.get("reason") or answer["data_type"]

    refused = {name: case.by_post for name, case in ALL.items() if isinstance(case.by_post, str)}
    assert {name: refused.get(name, "json") for name in ALL} == answers
    check(place, {name: case.by_post for name, case in ALL.items() if name not in refused})


def test_load(place):
    """`load`, of objects that somebody else wrote."""
    for number, case in enumerate(ALL.values()):
        write(place, number, case.content)

    check(place, {name: case.outcomes for name, case in ALL.items()})


def test_backfill(place, command):
    """`backfill`, of a category that is never streamed."""
    for number, case in enumerate(ALL.values()):
        write(place, number, case.content, category="cold")

    code, _, errors = command(
        backfill,
        *("--environment", place.environment, "--category", "cold"),
        *("--since", "1h", "--until", "0m", "--execute"),
    )

    assert 0 == code, errors
    check(place, {name: case.outcomes for name, case in ALL.items()})


def test_external_table(place):
    """The external table over all that is stored, and one over each file that is refused."""
    expected = {}
    for number, (name, case) in enumerate(ALL.items()):
        if case.by_bigquery is REFUSED:
            config = bigquery.ExternalConfig("NEWLINE_DELIMITED_JSON")
            config.source_uris = [write(place, number, case.content, category="odd")]
            config.schema = FIELDS
            config.ignore_unknown_values = True
            job = bigquery.QueryJobConfig(table_definitions={"stored": config})
            with pytest.raises(BadRequest, match="Error while reading data"):
                place.pipeline.warehouse.query_and_wait(
                    "SELECT eventType FROM stored", job_config=job
                )
        else:
            write(place, number, case.content, category="cold")
            expected[name] = case.by_bigquery
    rows = place.pipeline.query(
        "SELECT _FILE_NAME, eventType FROM events.events_gcs"
        f" WHERE analytics_environment = '{place.environment}' AND event_category = 'cold'"
    )
    types = {name: [] for name in expected}
    for uri, type_ in rows:
        types[NAMES[int(uri.split("/")[-2])]].append(type_)

    assert expected == types


def load(place, uris, *, bad=0):
    """Run a load job of BigQuery's own, as `bq load` does; returns the types and the bad lines."""
    project = place.pipeline.variables["GOOGLE_CLOUD_PROJECT"]
    table = f"{project}.events.{unique('t').replace('-', '_')}"
    config = bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
        schema=FIELDS,
        ignore_unknown_values=True,
        max_bad_records=bad,
    )
    warehouse = place.pipeline.warehouse
    job = warehouse.load_table_from_uri(uris, table, job_config=config).result()
    rows = place.pipeline.query(f"SELECT eventType FROM `{table}`")
    warehouse.delete_table(table)
    statistics = job._properties["statistics"]["load"]
    return [type_ for (type_,) in rows], int(statistics.get("badRecords", 0))


def test_load_job(place):
    """A load job reads what the external table reads, and of other files the good lines."""
    uris, expected, bad = [], [], 0
    for number, (name, case) in enumerate(ALL.items()):
        uri = write(place, number, case.content, category="cold")
        if case.outcomes == ["corrupt_gzip"] and case.by_bigquery is REFUSED:
            with pytest.raises(BadRequest, match="gzip"):
                load(place, [uri], bad=99)
            continue
        uris.append(uri)
        if name.startswith("marked"):
            bad += 1
        elif case.by_bigquery is REFUSED:
            bad += sum(isinstance(outcome, str) for outcome in case.outcomes)
            expected += [outcome[0] for outcome in case.outcomes if isinstance(outcome, tuple)]
        else:
            expected += case.by_bigquery

    types, refused = load(place, uris, bad=9999)

    assert bad == refused
    assert sorted(map(str, expected)) == sorted(map(str, types))


def test_parse_json(place):
    """PARSE_JSON takes the values that are JSON, but for what its type JSON cannot hold."""
    expected = {token: v for token, v in KEPT if token[:1] in b'"[{' or not isinstance(v, str)}
    refused = [token for token, _ in KEPT + MARKED if token not in expected]
    refused += [token for token in NOT_JSON if token.isascii()]
    expected |= dict.fromkeys(refused)
    expected[EQUAL_NAMES] = {"a": 1}  # where we take the last, and send BigQuery that one
    texts = bigquery.ArrayQueryParameter("texts", "STRING", list(map(bytes.decode, expected)))

    rows = place.pipeline.warehouse.query_and_wait(
        "SELECT TO_JSON_STRING(SAFE.PARSE_JSON(text)) FROM UNNEST(@texts) AS text"
        " WITH OFFSET AS n ORDER BY n",
        job_config=bigquery.QueryJobConfig(query_parameters=[texts]),
    )

    parsed = zip(expected, rows, strict=True)
    assert expected == {token: text and json.loads(text) for token, (text,) in parsed}
