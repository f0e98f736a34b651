"""One object is one object's business: whatever is wrong with it, all others are loaded."""

import gzip
import json
import time
from datetime import UTC, datetime

import pytest
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS
from place import Place

from analytics_commands.audit import command as audit
from analytics_commands.backfill import command as backfill
from analytics_commands.forget import command as forget
from analytics_pipeline.reconcile import wiring

EVENT = b'{"eventType":"odd"}\n'
FOLDER = (
    "data_type=json/analytics_environment={}/event_category=function/event_ds={}/event_time=0-8"
)


def labelled(**metadata):
    """Return an object with this metadata; all of it becomes a row."""
    return {"metadata": metadata}, 1, []


# Attributes, or a name or other content; rows; reasons of dead letters.
ODD_OBJECTS = {
    "a letter outside ASCII": labelled(uploaded_by="Zoë"),
    "an emoji": labelled(mood="\U0001f600"),
    "4,400 digits": labelled(event_count="9" * 4400),
    "a superscript": labelled(event_count="²"),
    "a negative count": labelled(event_count="-1"),
    "a count in words": labelled(event_count="one", forgotten_count="none"),
    "no time": labelled(received_timestamp="nan"),
    "an infinite time": labelled(received_timestamp="1e400"),
    "a time of dinosaurs": labelled(received_timestamp="-2100000000000"),
    "no digest": labelled(content_md5="no base64!"),
    "another's batch": labelled(batch_id="0" * 32),
    "a disposition": ({"content_disposition": 'attachment; filename="ж.json"'}, 1, []),
    "a content type": ({"content_type": "text/plain; charset=utf-8; title=ж"}, 1, []),
    "a language": ({"content_language": "x-ж"}, 1, []),
    "two slashes": ({"leaf": "a//b"}, 1, []),
    "dots": ({"leaf": "a/../b"}, 1, []),
    "a tab": ({"leaf": "a\tb"}, 1, []),
    "everything else": ({"leaf": "a %2F#?[1]*'\"\\~ж\u2028"}, 1, []),
    "gzip without a label": ({"content": gzip.compress(EVENT, mtime=0)}, 1, []),
    "gzip in capitals": (
        {"content": gzip.compress(EVENT, mtime=0), "content_encoding": "GZIP"},
        1,
        [],
    ),
    "a label without gzip": ({"content_encoding": "gzip"}, 1, []),
    "gzip cut short": ({"content": gzip.compress(EVENT, mtime=0)[:-3]}, 0, ["corrupt_gzip"]),
    "another encoding": ({"content_encoding": "br"}, 0, ["unsupported_encoding"]),
    "another digest": ({"metadata": {"content_md5": "A" * 22 + "=="}}, 0, ["md5_mismatch"]),
    "too many lines": ({"content": b"1\n" * 100_001}, 0, ["too_many_lines"]),
    "50 lines of no text": ({"content": b"\xff" * 64_000 + b"\n"}, 0, ["invalid_line"]),
    "more events than it holds": ({"metadata": {"event_count": "7"}}, 1, ["events_missing"]),
}


@pytest.fixture(name="place")
def _place(pipeline):
    place = Place(pipeline)
    yield place
    pipeline.remove(place.environment)


def put(place, number, *, content=EVENT, leaf="o", metadata=None, **attributes):
    """Write an object as somebody else would; returns its URI."""
    folder = FOLDER.format(place.environment, datetime.now(UTC).date())
    blob = place.pipeline.bucket.blob(f"{folder}/{number}/{leaf}")
    blob.metadata = metadata
    content_type = attributes.pop("content_type", None)
    for name, value in attributes.items():
        setattr(blob, name, value)
    blob.upload_from_string(content, content_type="application/x-ndjson")
    if content_type:  # the client puts it into a header, where it would have to be ASCII
        blob.content_type = content_type
        blob.patch()
    return f"gs://{blob.bucket.name}/{blob.name}"


def found(place, table, columns):
    """Return what a table holds of each object: URI → values, sorted."""
    sql = (
        f"SELECT gcs_uri, {columns} FROM events.{table}"
        f" WHERE analytics_environment = '{place.environment}'"
    )
    values = {}
    for uri, value in place.pipeline.query(sql):
        values.setdefault(uri, []).append(value)
    return {uri: sorted(each) for uri, each in values.items()}


def wait_until(is_so):
    """Wait for a condition."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(POLL_SECONDS)


@pytest.fixture(name="expected")
def _expected(place):
    """Write every odd object between healthy ones; returns rows and reasons by URI."""
    expected = {}
    for number, (odd, rows, reasons) in enumerate(ODD_OBJECTS.values()):
        expected[put(place, number, **odd)] = (["odd"] * rows, reasons)
    for number in ("-1", "5a", "zzz"):
        expected[put(place, number, content=b'{"eventType":"fine"}\n')] = (["fine"], [])
    return expected


def named(expected, uris):
    """Return the names of odd objects."""
    names = [*ODD_OBJECTS, "healthy", "healthy", "healthy"]
    return {name for uri, name in zip(expected, names, strict=True) if uri in uris}


def check(place, expected, *, is_repaired):
    """Compare rows and letters of every object with what is expected."""
    rows = found(place, "events", "event_type")
    letters = found(place, "open_dead_letters", "reason")
    wrong = {
        uri
        for uri, (types, reasons) in expected.items()
        if types != rows.get(uri, [])
        # Only who counts an object's events can say that some are missing.
        or (reasons != letters.get(uri, []) and (is_repaired or reasons != ["events_missing"]))
    }
    assert set() == named(expected, wrong)


def test_delivered(place, expected):
    """Every odd object becomes a row or a letter as soon as it is delivered."""
    healthy = [uri for uri, (types, _) in expected.items() if types]
    letters = [uri for uri, (types, reasons) in expected.items() if reasons and not types]
    wait_until(lambda: found(place, "events", "event_type").keys() >= set(healthy))
    wait_until(lambda: found(place, "open_dead_letters", "reason").keys() >= set(letters))

    check(place, expected, is_repaired=False)


@pytest.mark.parametrize("repair", ["backfill", "reconcile"])
def test_repaired(place, expected, command, repair):
    """Rows that got lost come back by one run, whatever stands beside them."""
    healthy = [uri for uri, (types, _) in expected.items() if types]
    wait_until(lambda: found(place, "events", "event_type").keys() >= set(healthy))
    place.lose()

    if repair == "backfill":
        arguments = ["--environment", place.environment, "--since", "2h", "--until", "0m"]
        code, _, errors = command(backfill, *arguments, "--execute")
        assert 0 == code, errors
    else:
        wait_until(lambda: found(place, "receipts", "event").keys() >= set(expected))
        place.lose_receipts()
        command(audit, "--environment", place.environment)  # sets the environment's variables
        wiring.reconciliation.cache_clear()
        answer, _ = wiring.reconciliation().handle(
            b'{"days": 1, "settle_minutes": 0, "budget_minutes": 20, "list_bucket": true}'
        )
        wiring.reconciliation.cache_clear()
        assert len(healthy) <= answer["rows"]

    check(place, expected, is_repaired=True)


def test_other_commands(place, expected, command):
    """Who asks for a player's data, or whether anything was lost, is answered."""
    healthy = [uri for uri, (types, _) in expected.items() if types]
    wait_until(lambda: found(place, "events", "event_type").keys() >= set(healthy))

    code, out, errors = command(forget, "--environment", place.environment, "--player-id", "x")
    assert 1 == code, errors
    assert "needs a person: 2 objects" in errors  # whose content nobody can look into
    assert {"gzip cut short", "another encoding"} == named(
        expected, {uri for uri in expected if uri in out}
    )
    code, out, errors = command(
        audit, "--environment", place.environment, "--settle", "0m", "--json"
    )
    assert code in {0, 1}, errors
    verdict = json.loads(out.splitlines()[-1])
    assert verdict
