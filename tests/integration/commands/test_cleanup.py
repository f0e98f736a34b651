"""`cleanup` deletes what it lists, and nothing else."""

import json

import pytest
from faulty_cloud import google_error
from local_storage import Bucket
from pipeline_client import unique
from serving import serve

from analytics_commands.cleanup import command as cleanup
from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.foundation.pipeline.deletion import Outcome, delete_object
from analytics_local_cloud.storage import LocalSigner, ObjectStore, create_app
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import ObjectRef

DAY = "event_ds=2026-11-23/event_time=0-8"


@pytest.fixture(name="environment")
def _environment():
    return unique("cleanup")


@pytest.fixture(name="clean")
def _clean(command, environment):
    """Run the command on the JSON objects of the test's environment, of any age."""
    prefix = f"data_type=json/analytics_environment={environment}/"

    def clean(*options, prefix=prefix, older_than="0m"):
        return command(cleanup, "--prefix", prefix, "--older-than", older_than, *options)

    return clean


def place_of(environment, name, data_type="json", category="function"):
    """Return the name of an object."""
    return (
        f"data_type={data_type}/analytics_environment={environment}/event_category={category}"
        f"/{DAY}/session/{name}"
    )


def write(pipeline, name, content=b"{}\n", **metadata):
    """Write an object beside the pipeline; returns its name."""
    blob = pipeline.bucket.blob(name)
    blob.metadata = metadata
    blob.upload_from_string(content)
    return name


def names(pipeline, environment):
    """Return the names of all objects of an environment."""
    found = [
        blob.name
        for data_type in ("json", "unknown", "file")
        for blob in pipeline.stored(f"data_type={data_type}/analytics_environment={environment}/")
    ]
    return sorted(found)


def send(pipeline, environment, **parameters):
    """Send a batch of two events; returns the name of its object."""
    answer = pipeline.send([{"n": 1}, {"n": 2}], analytics_environment=environment, **parameters)
    return pipeline.stored_batch(answer["batch_id"]).name


def send_loaded(pipeline, environment):
    """Send a batch and wait for its rows; returns the name of its object."""
    name = send(pipeline, environment, event_category="function")
    uri = f"gs://{pipeline.bucket.name}/{name}"
    sql = f"SELECT COUNT(*) FROM events.events_function WHERE gcs_uri = '{uri}'"
    pipeline.wait_for_count(2, sql)
    return name


def test_dry_run_then_execute(pipeline, clean, environment):
    """Without --execute names and totals are shown and all stays; with it, those are deleted."""
    cold, loaded = send(pipeline, environment), send_loaded(pipeline, environment)
    size = sum(
        blob.size
        for blob in pipeline.stored(f"data_type=json/analytics_environment={environment}/")
    )
    code, out, err = clean()

    assert (0, [cold, loaded]) == (code, names(pipeline, environment))
    assert out == "".join(
        f"would delete  gs://{pipeline.bucket.name}/{name}\n" for name in (cold, loaded)
    )
    assert f"would delete: 2 objects, {size:,} bytes, 4 events\n" in err
    assert "--execute" in err

    code, out, err = clean("--execute")

    assert (0, []) == (code, names(pipeline, environment))
    assert out == "".join(
        f"deleted  gs://{pipeline.bucket.name}/{name}\n" for name in (cold, loaded)
    )
    assert f"deleted: 2 objects, {size:,} bytes, 4 events\n" == err
    assert (0, "") == clean("--execute")[:2]


def test_what_stays(pipeline, clean, environment):
    """Other environments, other data types, younger objects and .keep stay."""
    mine = send(pipeline, environment)
    others = [
        send(pipeline, f"{environment}-2"),
        write(pipeline, place_of(environment, ".keep"), b""),
        write(pipeline, place_of(environment, "dump", "file", "dumps")),
        write(pipeline, place_of(environment, "body", "unknown")),
    ]

    assert (0, "", "nothing is that old under this prefix\n") == clean("--execute", older_than="1h")
    assert mine in names(pipeline, environment)
    assert 0 == clean("--execute")[0]
    assert sorted(others) == sorted(
        names(pipeline, environment) + names(pipeline, f"{environment}-2")
    )


def test_what_is_not_loaded(pipeline, clean, environment):
    """An object that BigQuery lacks events of is kept, and said to be, unless it is forced."""
    loaded = send_loaded(pipeline, environment)
    waiting = write(pipeline, place_of(environment, "waiting"), event_count="3")
    pipeline.wait_for_count(
        3, f"SELECT COUNT(*) FROM events.events WHERE analytics_environment = '{environment}'"
    )
    code, out, err = clean("--execute", "--json")
    lines = [json.loads(line) for line in out.splitlines()]

    assert (0, [waiting]) == (code, names(pipeline, environment))
    assert {loaded: ("deleted", 2, ""), waiting: ("kept", 3, "2 of its events are not loaded")} == {
        line["object"].removeprefix(f"gs://{pipeline.bucket.name}/"): (
            line["outcome"],
            line["events"],
            line["detail"],
        )
        for line in lines
    }
    assert "kept: 1 object, 3 bytes, 3 events\n" in err
    assert 0 == clean("--execute", "--force")[0]
    assert [] == names(pipeline, environment)


def test_open_dead_letters(pipeline, clean, environment):
    """An object with open dead letters is kept: `replay` reads it. Forced, it goes."""
    answer = pipeline.send(
        [{"n": 1}, "no object", 7], analytics_environment=environment, event_category="function"
    )
    for table, count in (("events_function", 1), ("dead_letters", 2)):
        sql = f"SELECT COUNT(*) FROM events.{table} WHERE batch_id = '{answer['batch_id']}'"
        pipeline.wait_for_count(count, sql)
    code, out, _ = clean("--execute")

    assert (0, 1) == (code, len(names(pipeline, environment)))
    assert out.startswith("kept  ")
    assert out.endswith(": 2 of its dead letters are open\n")
    assert 0 == clean("--execute", "--force")[0]
    assert [] == names(pipeline, environment)


def test_closed_dead_letters(pipeline, clean, environment):
    """An object whose dead letters are closed may go: an event is a row, or has a letter."""
    answer = pipeline.send(
        [{"n": 1}, 7], analytics_environment=environment, event_category="function"
    )
    batch = f"WHERE batch_id = '{answer['batch_id']}'"
    for table in ("events_function", "dead_letters"):
        pipeline.wait_for_count(1, f"SELECT COUNT(*) FROM events.{table} {batch}")
    pipeline.query(
        "INSERT INTO events.dead_letters SELECT * REPLACE (CURRENT_TIMESTAMP() AS"
        f" resolved_timestamp, 'by hand' AS resolution) FROM events.dead_letters {batch}"
    )

    assert 0 == clean("--execute")[0]
    assert [] == names(pipeline, environment)


def test_files_and_unknown_bodies(pipeline, clean, environment):
    """Files and bodies that are no events are deleted under their own prefixes."""
    for data_type in ("file", "unknown"):
        name = write(pipeline, place_of(environment, "x", data_type))
        prefix = f"data_type={data_type}/analytics_environment={environment}/"

        assert [name] == names(pipeline, environment)
        assert 0 == clean("--execute", prefix=prefix)[0]
        assert [] == names(pipeline, environment)


@pytest.mark.parametrize("prefix", ["", "data_type=json/", "events/"])
def test_prefix_that_is_too_wide(command, prefix):
    """An empty prefix, or one that does not name an environment, is an error of usage."""
    with pytest.raises(SystemExit) as exit_:
        command(cleanup, "--prefix", prefix, "--older-than", "0m", "--execute", "--force")

    assert 2 == exit_.value.code


def test_object_that_was_replaced(pipeline, environment):
    """Only the generation that was listed is deleted; one that is gone is done."""
    name = write(pipeline, place_of(environment, "a", category="cold"))
    (old,) = pipeline.stored(name)
    write(pipeline, name, b"new")
    ref = ObjectRef(pipeline.bucket.name, name, str(old.generation))

    assert Outcome.FAILED is delete_object(pipeline.bucket, ref).outcome
    (new,) = pipeline.stored(name)
    ref = ObjectRef(pipeline.bucket.name, name, str(new.generation))
    assert Outcome.DELETED is delete_object(pipeline.bucket, ref).outcome
    assert Outcome.GONE is delete_object(pipeline.bucket, ref).outcome


@pytest.fixture(name="refusing_bucket")
def _refusing_bucket(tmp_path, monkeypatch):
    """Point the command at a storage that refuses to delete what is called `held`."""
    store, signer = ObjectStore(tmp_path), LocalSigner(tmp_path)
    storage, refusal = create_app(store, signer), google_error(403, "forbidden")

    async def refuse(scope, receive, send):
        is_held = scope.get("method") == "DELETE" and "held" in scope["path"]
        await (refusal if is_held else storage)(scope, receive, send)

    with serve(refuse) as url:
        bucket = Bucket(store, signer, url, "local-events")
        bucket.send("POST", "/storage/v1/b?project=local-project", {"name": bucket.name})
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        yield bucket
    store.close()


def test_deletion_that_is_refused(command, refusing_bucket):
    """One failure stops nothing: it is named, the others are deleted, and the exit code is 1."""
    places = [place_of("qa", name, "file", "dumps") for name in ("a", "held", "z")]
    for place in places:
        refusing_bucket.write(place)
    options = ("--prefix", "data_type=file/analytics_environment=qa/", "--older-than", "0m")
    code, out, err = command(cleanup, *options, "--execute")
    outcomes = [line.split("  ")[0] for line in out.splitlines()]

    assert (1, ["deleted", "failed", "deleted"]) == (code, outcomes)
    assert "held: 403 DELETE" in out
    assert err.endswith("error: 1 object could not be deleted: run it again\n")


def test_listing_that_fails(command, refusing_bucket, monkeypatch):
    """A listing that ends early leaves the rest for another run, and says what was done."""
    places = [place_of("qa", name, "file", "dumps") for name in ("a", "b")]
    for place in places:
        refusing_bucket.write(place)
    listed = Inventory.objects

    def fail_after_one(inventory, prefix):
        yield next(listed(inventory, prefix))
        raise TransientError("listing failed")

    monkeypatch.setattr(Inventory, "objects", fail_after_one)
    options = ("--prefix", "data_type=file/analytics_environment=qa/", "--older-than", "0m")
    code, out, err = command(cleanup, *options, "--execute")

    assert (1, 1) == (code, out.count("deleted  "))
    assert "deleted: 1 object, " in err
    assert err.endswith("error: listing failed; run it again for the rest\n")
