"""Objects of other writers, each of them odd in its own way: no command ends at one of them."""

import gzip
import json

import pytest
from pipeline_client import PipelineClient, unique

from analytics_commands.audit import command as audit
from analytics_commands.backfill import command as backfill
from analytics_commands.cleanup import command as cleanup
from analytics_commands.forget import command as forget
from analytics_commands.import_events import command as import_events
from analytics_commands.replay import command as replay

EVENT = b'{"eventType":"odd","playerId":"ann"}\n'
DAY = "event_ds=2026-03-01/event_time=8-16"
# Name below the category: content, Content-Encoding, other attributes, metadata.
ODD = {
    f"{DAY}/metadata": (EVENT, None, {}, {"uploaded_by": "Zoë", "x": "\u2028 ' \" ;"}),
    f"{DAY}/counts": (EVENT, None, {}, {"event_count": "9" * 4400, "forgotten_count": "-1"}),
    f"{DAY}/digits": (EVENT, None, {}, {"event_count": "\u0661", "received_timestamp": "1e999"}),
    f"{DAY}/times": (EVENT, None, {}, {"received_timestamp": "nan", "content_md5": "?"}),
    f"{DAY}/claims": (EVENT, None, {}, {"event_count": "9" * 18, "batch_id": "b"}),
    f"{DAY}/rewritten": (EVENT, None, {}, {"rewritten_at": "", "forgotten_count": "x"}),
    f"{DAY}/type": (EVENT, None, {"content_type": 'a/b; c="\\"; d'}, {}),
    f"{DAY}/disposition": (EVENT, None, {"content_disposition": "x; filename*=UTF-8''%ff é"}, {}),
    f"{DAY}/language": (EVENT, None, {"content_language": "xx-é", "cache_control": "é"}, {}),
    f"{DAY}/a//b": (EVENT, None, {}, {}),
    f"{DAY}/./../%2F #?[1]*\\'\"~ ": (EVENT, None, {}, {}),
    f"{DAY}/n\u0303😀\u200f": (EVENT, None, {}, {}),
    f"{DAY}/tab\tname": (EVENT, None, {}, {}),
    f"{DAY}/{'n' * 700}": (EVENT, None, {}, {}),
    f"{DAY}/empty": (b"", None, {}, {}),
    f"{DAY}/blank": (b"\r\n\n \n", None, {}, {}),
    f"{DAY}/mark": (b"\xef\xbb\xbf" + EVENT, None, {}, {}),
    f"{DAY}/bytes": (b"\xff\xfe\x00\n" + EVENT, None, {}, {}),
    f"{DAY}/windows": (b"\xff" * 30_000 + b"\n" + EVENT.replace(b"\n", b"\r\n"), None, {}, {}),
    f"{DAY}/deep": (b'{"a":' + b"[" * 5_000 + b"\n" + EVENT, None, {}, {}),
    f"{DAY}/many.gz": (gzip.compress(EVENT, mtime=0) * 3, None, {}, {}),
    f"{DAY}/coded": (gzip.compress(EVENT, mtime=0), "GZIP", {}, {}),
    f"{DAY}/plain": (EVENT, "gzip", {}, {}),
    f"{DAY}/cut": (gzip.compress(EVENT, mtime=0)[:-9], "gzip", {}, {}),
    f"{DAY}/brotli": (EVENT, "br", {}, {}),
    "event_ds=20260301/event_time=8-16/basic": (EVENT, None, {}, {}),
    "event_ds=2026-W09-7/event_time=8-16/week": (EVENT, None, {}, {}),
    "event_ds=2026-02-30/event_time=8-16/none": (EVENT, None, {}, {}),
    "event_ds=9999-12-31/event_time=never/late": (EVENT, None, {}, {}),
    "event_ds=0001-01-01/event_time=8-16/early": (EVENT, None, {}, {}),
}


LOADED = 23  # objects that have rows
HEALTHY = f"{DAY}/zz-healthy"  # comes after all of them


@pytest.fixture(name="pipeline", scope="module")
def _pipeline(variables):
    client = PipelineClient(variables)
    yield client
    client.close()


@pytest.fixture(name="environment")
def _environment(pipeline):
    """Write odd objects beside a healthy one, loaded and not; returns their environment."""
    environment = unique("odd")
    for category in ("function", "cold"):
        root = f"data_type=json/analytics_environment={environment}/event_category={category}"
        for name, (content, encoding, attributes, metadata) in ODD.items():
            blob = pipeline.bucket.blob(f"{root}/{name}")
            blob.metadata, blob.content_encoding = metadata, encoding
            for attribute, value in attributes.items():
                setattr(blob, attribute, value)
            blob.upload_from_string(content, content_type=attributes.get("content_type"))
        blob = pipeline.bucket.blob(f"{root}/{HEALTHY}")
        blob.upload_from_string(b'{"eventType":"healthy"}\n')
    yield environment
    pipeline.remove(environment)


@pytest.fixture(name="run")
def _run(command, environment):
    """Run a command on the environment; returns its exit code and its output: no defect."""

    def run(module, *options):
        code, out, err = command(module, *options, "--environment", environment)
        assert code in {0, 1}, err
        assert "Traceback" not in err, err
        return code, out, err

    return run


def test_backfill(pipeline, environment, run):
    """What is healthy is loaded; what is odd is a row, or has a dead letter, and is left alone."""
    where = f"analytics_environment = '{environment}' AND event_category = 'cold'"
    options = ("--category", "cold", "--until", "0m", "--since", "9999d", "--json", "--execute")
    assert 0 == run(backfill, *options)[0]
    sql = f"SELECT COUNT(DISTINCT gcs_uri) FROM events.events WHERE {where}"

    assert [(LOADED,)] == pipeline.query(sql)
    assert [(1,)] == pipeline.query(f"{sql} AND event_type = 'healthy'")
    assert (0, "") == run(backfill, *options)[:2]


def test_audit(run):
    """The audit comes to its end and names objects, not itself."""
    code, out, _ = run(audit, "--settle", "0m", "--since", "9999d", "--json")
    records = [json.loads(line) for line in out.splitlines()]

    assert "summary" == records[-1]["type"]
    assert code == int(records[-1]["gaps"] > 0)


def test_forget(run):
    """Everything that can be read is searched and rewritten; the rest is named."""
    run(backfill, "--until", "0m", "--since", "9999d", "--execute")
    code, out, _ = run(forget, "--player-id", "ann", "--json", "--execute")
    parts = [json.loads(line) for line in out.splitlines()]
    asking = {
        part["name"].rpartition("/")[2] for part in parts if part["outcome"] == "needs a person"
    }

    assert (1, {"cut", "brotli"}) == (code, asking)
    assert {"deleted", "needs a person"} == {part["outcome"] for part in parts}


def test_replay(run):
    """Letters of what is odd are tried, one object after the other."""
    _, out, _ = run(replay, "--json", "--execute")

    assert "failed" not in {json.loads(line)["outcome"] for line in out.splitlines()}


def test_import_events(run):
    """A table can be made of what is there."""
    run(import_events, "query")


def test_cleanup(environment, command):
    """All of it can be deleted."""
    prefix = f"data_type=json/analytics_environment={environment}/event_category=cold/"
    options = ("--prefix", prefix, "--older-than", "0m", "--json")
    code, out, _ = command(cleanup, *options)

    outcomes = {json.loads(line)["outcome"] for line in out.splitlines()}
    assert (0, True) == (code, outcomes <= {"would delete", "kept"})
