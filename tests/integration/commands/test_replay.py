"""replay: dead letters become rows once what refused them is mended, on record."""

import json

import pytest
from place import Place, md5_of

from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.replay import command as replay
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import batch_id_of

GOOD = [{"eventType": "a"}, {"eventType": "b"}]


@pytest.fixture(name="place")
def _place(pipeline):
    place = Place(pipeline)
    yield place
    pipeline.remove(place.environment)


@pytest.fixture(name="run")
def _run(command, place):
    """Replay the environment's letters; returns the exit code and the outcomes."""

    def run(*options):
        chosen = ("--environment", place.environment, "--json", *options)
        code, out, _ = command(replay, *chosen)
        return code, [json.loads(line)["outcome"] for line in out.splitlines()]

    return run


def test_mended_object(place, run):
    """An object that could not be read is loaded after it was mended, and its letter is closed."""
    blob = place.store(GOOD, content_md5=md5_of("another"))
    place.wait_for(1, "open_dead_letters")
    assert (1, ["still refused"]) == run("--execute")

    blob.metadata = {**blob.metadata, "content_md5": md5_of(*GOOD)}
    blob.patch()
    assert (0, ["would be loaded"]) == run()
    assert [] == place.rows()

    assert (0, ["replayed"]) == run("--execute")
    assert [("a",), ("b",)] == place.rows("event_type")
    assert [] == place.letters()
    history = {resolution for (resolution,) in place.letters("resolution", "dead_letters")}
    assert {None, "replayed"} == history
    assert (0, []) == run("--execute")
    assert 2 == len(place.rows())


def test_lines_of_a_mended_object(place, run):
    """Lines of it that are no events get letters of their own."""
    events = [*GOOD, 7]
    blob = place.store(events, content_md5=md5_of("another"))
    place.wait_for(1, "open_dead_letters")
    blob.metadata = {**blob.metadata, "content_md5": md5_of(*events)}
    blob.patch()

    assert (0, ["replayed"]) == run("--execute")

    assert 2 == len(place.rows())
    assert [(3, "not_an_object")] == place.letters()


def test_object_that_holds_too_little(place, run):
    """What it does hold is loaded; the letter stays open until the object says what it holds."""
    blob = place.store(GOOD, content_md5=md5_of("another"), event_count="3")
    place.wait_for(1, "open_dead_letters")
    blob.metadata = {**blob.metadata, "content_md5": md5_of(*GOOD)}
    blob.patch()

    assert (1, ["still refused"]) == run("--execute")
    assert 2 == len(place.rows())

    blob.metadata = {**blob.metadata, "event_count": "2"}
    blob.patch()
    assert (0, ["replayed"]) == run("--execute")
    assert 2 == len(place.rows())


def test_whole_line(place, run, pipeline):
    """What is loaded is the line in Cloud Storage, not the cut payload of the letter."""
    # Of a category that is never streamed, so that nothing but the replay can have loaded it.
    blob = place.store([{"eventType": "a"}, {"eventType": "b", "text": "x" * 100_000}], "cold")
    uri = f"gs://{blob.bucket.name}/{blob.name}"
    batch = batch_id_of(uri)
    letter = {
        "dead_letter_id": f"{batch}/1",
        "gcs_uri": uri,
        "generation": str(blob.generation),
        "analytics_environment": place.environment,
        "event_category": "cold",
        "event_ds": "2026-03-01",
        "batch_id": batch,
        "line": 2,
        "event_count": 1,
        "reason": "invalid_row",
        "detail": "planted",
        "payload": '{"eventType":"b","text":"xxx',
        "payload_truncated": True,
        "received_timestamp": blob.time_created.isoformat(),
        "dead_lettered_date": blob.time_created.date().isoformat(),
        "dead_lettered_timestamp": blob.time_created.isoformat(),
    }
    table = f"{pipeline.warehouse.project}.events.dead_letters"
    assert [] == pipeline.warehouse.insert_rows_json(table, [letter])

    assert (0, []) == run("--reason", "another", "--execute")
    assert (0, ["would be tried"]) == run("--reason", "invalid_row")
    assert (0, ["replayed"]) == run("--reason", "invalid_row", "--execute")

    sql = "event_type, LENGTH(JSON_VALUE(extra, '$.text'))"
    assert [("b", 100_000)] == place.rows(sql)


def test_still_refused(place, command, monkeypatch):
    """A line that is no event stays open; people read which, and why."""
    monkeypatch.setenv("COLUMNS", "80")
    place.send([{"eventType": "a"}, 7])
    place.wait_for(1, "open_dead_letters")

    code, out, err = command(replay, "--environment", place.environment, "--execute")

    assert 1 == code
    names, _, uri, row, more = out.splitlines()
    assert ["line", "reason", "outcome", "detail"] == names.split()
    assert uri.startswith("object: gs://")
    assert "2  not_an_object  still refused  not_an_object: the event is not a JSON" == row.strip()
    assert "object" == more.strip()
    assert "error: 1 letter stays open: it is refused again\n" == err
    assert [(2, "not_an_object")] == place.letters()


@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
def test_object_gone(place, run, is_replaced):
    """A letter of an object that was deleted or replaced is closed: nothing is left to load."""
    blob = place.store([7])
    place.wait_for(1, "open_dead_letters")
    if is_replaced:
        place.store(GOOD)
        place.wait_for(2)
    else:
        blob.delete()

    assert (0, ["would be closed"]) == run()
    assert [(1, "not_an_object")] == place.letters()
    assert (0, ["object gone"]) == run("--execute")
    assert [] == place.letters()
    assert {(None,), ("object gone",)} == set(place.letters("resolution", "dead_letters"))
    assert (0, []) == run("--execute")


def test_one_that_fails(place, run, command, monkeypatch):
    """An object that cannot be read now is named; the letters of the others are replayed."""
    blobs = [place.store(GOOD, leaf=leaf, content_md5=md5_of("another")) for leaf in "abc"]
    place.wait_for(3, "open_dead_letters")
    for blob in blobs:
        blob.metadata = {**blob.metadata, "content_md5": md5_of(*GOOD)}
        blob.patch()
    find = Inventory.find

    def fail_once(inventory, ref):
        if ref.name.endswith("/b"):
            raise TransientError("listing failed")
        return find(inventory, ref)

    monkeypatch.setattr(Inventory, "find", fail_once)
    assert (1, ["replayed", "failed", "replayed"]) == run("--execute")
    assert 4 == len(place.rows())
    _, _, err = command(replay, "--environment", place.environment)
    assert err.endswith("error: 1 letter could not be tried: run it again\n")

    monkeypatch.undo()


def test_nothing_open(place, command):
    """Without letters there is nothing to do."""
    code, out, err = command(replay, "--environment", place.environment)

    assert (0, "No dead letter is open.\n", "") == (code, out, err)
