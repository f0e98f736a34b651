"""rehearse: what a change does to the events of a bucket, of which it changes nothing."""

import json

import pytest
from place import Place, md5_of
from rehearsed_checkout import RehearsedCheckout

from analytics_commands.rehearse import command as rehearse
from analytics_pipeline.clock import now
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.object_reader import BucketReader


@pytest.fixture(name="place")
def _place(pipeline):
    place = Place(pipeline)
    yield place
    pipeline.remove(place.environment)


@pytest.fixture(name="run")
def _run(command, place, tmp_path):
    """Rehearse a new column with the environment's events; returns exit code, records, stderr."""
    checkout = RehearsedCheckout(tmp_path)
    checkout.add_column("match_id", "matchId")

    def run(*options):
        chosen = ("--folder", tmp_path, "--environment", place.environment, "--json", *options)
        code, out, err = command(rehearse, *chosen)
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def test_events_of_a_bucket(place, run, pipeline):
    """The events that would fill a new column are named, wherever they are; nothing is loaded."""
    place.send([{"eventType": "a"}, 7, {"matchId": "m"}])
    place.send([{"eventType": "a"}] * 50)
    batch = place.send([{"matchId": "c"}], category="cold")
    place.wait_for(52)
    today = now().date().isoformat()
    name = (
        f"data_type=json/analytics_environment={place.environment}/event_category=function"
        f"/event_ds={today}/event_time=0-8/s/other"
    )
    blob = pipeline.bucket.blob(name)
    blob.metadata = {"content_md5": md5_of("another")}
    blob.upload_from_string(b'{"matchId":"unread"}\n')
    place.wait_for(2, "open_dead_letters")
    rows = place.rows("*")

    code, (record,), err = run()

    assert 1 == code
    assert record["object"].startswith(f"gs://{pipeline.bucket.name}/data_type=json/")
    assert 3 == record["line"]
    change = {"kind": "column added", "about": "match_id: STRING", "before": "NULL", "now": "m"}
    assert [change] == record["changes"]
    assert err.endswith("1 of 54 events of 3 objects would differ.\n")
    assert (record["event_id"],) in place.rows("event_id")
    assert rows == place.rows("*")
    _, (record,), _ = run("--category", "cold")
    assert f"{batch}/0" == record["event_id"]
    code, records, err = run("--until", "1h")
    assert (1, []) == (code, records)
    assert "error: there is no event to rehearse with" in err


def test_object_that_fails(place, run, monkeypatch):
    """An object that cannot be read is named, and is no success; the others are rehearsed with."""
    batches = [place.send([{"matchId": "m"}]) for _ in range(3)]
    place.wait_for(3)
    read, failed = BucketReader.read, []

    def fail_once(reader, ref, max_bytes):
        if not failed:
            failed.append(ref.uri)
            raise TransientError("HTTP 503")
        return read(reader, ref, max_bytes)

    with monkeypatch.context() as patch:
        patch.setattr(BucketReader, "read", fail_once)
        code, records, err = run()

    assert (1, 2) == (code, len(records))
    assert f"{failed[0]}: HTTP 503\n" in err
    assert err.endswith("error: 1 object could not be read\n")
    assert {each["event_id"] for each in records} < {f"{batch}/0" for batch in batches}
