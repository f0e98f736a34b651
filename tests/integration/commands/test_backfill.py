"""backfill: what is stored becomes rows, once, whatever happened before."""

import json
import os
import subprocess
import sys
import time

import pytest
from pipeline_client import unique
from place import Place, md5_of

from analytics_commands.backfill import command as backfill
from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.object_reader import BucketReader
from checkout import ROOT

_ALL_BUT_THE_CLOCK = "* EXCEPT (inserted_timestamp)"


@pytest.fixture(name="place")
def _place(pipeline):
    place = Place(pipeline)
    yield place
    pipeline.remove(place.environment)


@pytest.fixture(name="run")
def _run(command, place):
    """Run backfill on the environment, up to this moment; returns its JSON lines."""

    def run(*options, expect=0):
        chosen = ("--environment", place.environment, "--until", "0m", "--json", *options)
        code, out, err = command(backfill, *chosen)
        assert expect == code, err
        return [json.loads(line) for line in out.splitlines()]

    return run


def test_nothing_lacks(place, command):
    """Where all is loaded or lettered, backfill says so."""
    place.send([{"eventType": "a"}, 7])
    place.wait_for(1)
    place.wait_for(1, "open_dead_letters")

    chosen = ("--environment", place.environment, "--until", "0m")
    assert (0, "Nothing lacks rows.\n", "") == command(backfill, *chosen)


def test_lost_rows(place, run):
    """Objects without rows, and with too few, are found; executing loads them, once."""
    lost, half, whole = (place.send([{"eventType": t}] * 4) for t in ("lost", "half", "whole"))
    place.wait_for(12)
    before = place.rows(_ALL_BUT_THE_CLOCK)
    place.lose(f"batch_id = '{lost}' OR event_id = '{half}/2'")

    (found,) = run()
    assert (2, 5, 0) == (found["objects"], found["events_missing"], found["rows_loaded"])
    assert 7 == len(place.rows())

    (done,) = run("--execute")
    assert (2, 8, 1) == (done["objects"], done["rows_loaded"], done["load_jobs"])
    assert before == place.rows(_ALL_BUT_THE_CLOCK)
    assert [] == run("--execute")
    assert before == place.rows(_ALL_BUT_THE_CLOCK)
    assert whole in {batch for (batch,) in place.rows("batch_id")}


def test_rebuild(place, run):
    """A table that was wiped is rebuilt from Cloud Storage, value by value, as often as needed."""
    place.send(
        '[{"eventType":"a","eventIndex":9223372036854775807,"eventTimestamp":1790000000.25},'
        '{"playerId":"Zoë","eventAttributes":{"deep":[1.50,null,"x"]},"other":1e400},'
        '{"eventAttributes":"[1, 2","event_type":"snake","n":0.1},"no event"]'.encode()
    )
    place.send({"message": "hello world"}, session_id="a/b", event_ds="2020-02-29")
    place.wait_for(4)
    place.wait_for(1, "open_dead_letters")
    before, letters = place.rows(_ALL_BUT_THE_CLOCK), place.letters()

    for _ in range(2):
        place.lose()

        assert 4 == sum(day["rows_loaded"] for day in run("--execute"))
        assert before == place.rows(_ALL_BUT_THE_CLOCK)
        assert letters == place.letters()


def test_category_that_is_never_streamed(place, run):
    """A category that only lies in Cloud Storage is loaded where it is named."""
    place.send([{"eventType": "a"}] * 3, category="cold")

    assert [] == run("--execute")
    (done,) = run("--execute", "--category", "cold")

    assert 3 == done["rows_loaded"]
    assert [("cold", "a")] * 3 == place.rows("event_category, event_type")
    assert [] == run("--execute", "--category", "cold")


def test_poison(place, run):
    """Objects and lines that can never be loaded are lettered in one go, the others are loaded."""
    place.store([{"eventType": "good"}], "cold", "1")
    place.store([{"eventType": "bad"}], "cold", "2", content_md5=md5_of("another"))
    place.store([{"eventType": "good"}, 7], "cold", "3")

    (done,) = run("--execute", "--category", "cold")

    assert (3, 2, 2) == (done["objects"], done["rows_loaded"], done["dead_letters"])
    assert [("good",), ("good",)] == place.rows("event_type")
    assert [(0, "md5_mismatch"), (2, "not_an_object")] == place.letters()
    assert [] == run("--execute", "--category", "cold")


def test_limit_of_load_jobs(place, command):
    """At the limit it stops, says so, and leaves the rest to the next run."""
    for day in ("2026-03-01", "2026-03-02"):
        place.send({"eventType": "a"}, category="cold", event_ds=day)
    options = ("--environment", place.environment, "--until", "0m", "--category", "cold")

    code, _, err = command(backfill, *options, "--execute", "--max-jobs", "1")

    assert (1, 1) == (code, len(place.rows()))
    assert "error: stopped after 1 load job: run it again for the rest" in err
    command(backfill, *options, "--execute", "--max-jobs", "1")
    assert 2 == len(place.rows())


def test_day_that_fails(place, run, command, monkeypatch):
    """A day that cannot be listed is named; the others are loaded, and the exit code is 1."""
    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        place.send({"eventType": day}, category="cold", event_ds=day)
    objects = Inventory.objects

    def fail_on_one_day(inventory, prefix):
        if "2026-03-02" in prefix:
            raise TransientError("listing failed")
        return objects(inventory, prefix)

    options = ("--environment", place.environment, "--until", "0m", "--category", "cold")
    with monkeypatch.context() as patch:
        patch.setattr(Inventory, "objects", fail_on_one_day)
        code, _, err = command(backfill, *options, "--execute")

    assert (1, [("2026-03-01",), ("2026-03-03",)]) == (code, sorted(place.rows("event_type")))
    assert f"2026-03-02 {place.environment}/cold: listing failed\n" in err
    assert err.endswith("error: 1 day could not be looked at: run it again for the rest\n")
    run("--execute", "--category", "cold")
    assert 3 == len(place.rows())


def test_object_that_fails(place, run, command, monkeypatch):
    """An object that cannot be read is named; the others of its day are loaded."""
    for leaf in "abc":
        place.store([{"eventType": leaf}], "cold", leaf)
    read = BucketReader.read

    def fail_on_one(reader, ref, max_bytes):
        if ref.name.endswith("/b"):
            raise TransientError(f"reading {ref.uri} failed")
        return read(reader, ref, max_bytes)

    options = ("--environment", place.environment, "--until", "0m", "--category", "cold")
    with monkeypatch.context() as patch:
        patch.setattr(BucketReader, "read", fail_on_one)
        code, _, err = command(backfill, *options, "--execute")

    assert (1, [("a",), ("c",)]) == (code, sorted(place.rows("event_type")))
    assert "session/b failed\n" in err
    assert err.endswith("error: 1 object could not be loaded: run it again for the rest\n")
    run("--execute", "--category", "cold")
    assert 3 == len(place.rows())


def test_killed(place, run, variables):
    """Killed at any moment and run again, everything is there once."""
    batches, events = 200, 5
    for number in range(batches):
        place.store([{"eventType": "a", "eventIndex": n} for n in range(events)], "cold", number)
    line = [
        sys.executable,
        "-m",
        "analytics_commands",
        "backfill",
        "--environment",
        place.environment,
    ]
    line += ["--until", "0m", "--category", "cold", "--execute"]

    for seconds in (0.6, 0.8, 1.0, 1.2):
        with subprocess.Popen(line, cwd=ROOT, env={**os.environ, **variables}) as process:
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and process.poll() is None:
                pass
            process.kill()
    run("--execute", "--category", "cold")

    assert batches * events == len(place.rows())
    assert batches * events == len(place.rows(table="events_function"))


def test_wrong_input(command):
    """A time that is none, and a pipeline that is not named, are usage errors that say so."""
    with pytest.raises(SystemExit) as ended:
        command(backfill, "--since", "yesterday")

    assert 2 == ended.value.code


def test_no_bucket(command):
    """A bucket that does not exist is one line."""
    code, out, err = command(backfill, "--bucket-name", unique("nowhere"))

    assert (1, "", 1) == (code, out, len(err.splitlines()))
    assert "nowhere" in err


@pytest.mark.parametrize("said", ["4", "1000"])
def test_object_that_says_more_than_it_holds(place, run, said):
    """What an object claims and does not hold is a dead letter once, not work for every run."""
    place.store([{"eventType": "a"}] * 3, "cold", "1", event_count=said)
    place.store([{"eventType": "b"}], "cold", "2")
    run("--execute", "--category", "cold")

    assert [] == run("--execute", "--category", "cold")

    assert [("a",)] * 3 + [("b",)] == sorted(place.rows("event_type", "events_function"))
    assert [(0, "events_missing")] == place.letters()


def test_object_without_events(place, run):
    """An empty object lacks nothing; one with nothing but white space is a dead letter."""
    for leaf, content in (("empty", b""), ("blank", b" \n\n")):
        blob = place.store([], "cold", leaf)
        blob.metadata = None
        blob.upload_from_string(content)
    run("--execute", "--category", "cold")

    assert [] == run("--execute", "--category", "cold")
    assert [(0, "events_missing")] == place.letters()
