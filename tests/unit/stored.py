"""Stored objects and what BigQuery holds of them, as tests need them."""

from datetime import UTC, date, datetime, timedelta

from analytics_commands.foundation.accounts.ledger import LedgerEntry
from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.stored_objects import Selection, StoredObject

NAME = (
    "data_type=json/analytics_environment=testing/event_category=function/event_ds=2026-03-01"
    "/event_time=8-16/session/2026-03-01T15:59:59Z-77"
)
URI = f"gs://bucket/{NAME}"
NOW = datetime(2026, 3, 1, 16, tzinfo=UTC)
LAST_DAY = Selection(NOW - timedelta(days=1), NOW)


def make_stored(
    leaf="1",
    *,
    day="2026-03-01",
    environment="testing",
    category="function",
    third="8-16",
    session="session",
    age=timedelta(hours=1),
    size=100,
    encoding="",
    **metadata,
):
    """Return an object received `age` before NOW; four events, unless the metadata says else."""
    name = (
        f"data_type=json/analytics_environment={environment}/event_category={category}"
        f"/event_ds={day}/event_time={third}/{session}/2026-03-01T15:00:00Z-{leaf}"
    )
    return StoredObject(
        ref=ObjectRef("bucket", name, "5"),
        place=parse_object_name(name),
        created=NOW - age,
        size=size,
        content_encoding=encoding,
        metadata={k: v for k, v in {"event_count": "4", **metadata}.items() if v is not None},
    )


def make_entry(stored, loaded=4, **changes):
    """Return what BigQuery holds of an object: `loaded` events, each once."""
    values = {
        "gcs_uri": stored.ref.uri,
        "generation": stored.ref.generation,
        "analytics_environment": "testing",
        "event_category": "function",
        "event_ds": date(2026, 3, 1),
        "received": stored.created,
        "loaded": loaded,
        "dead_lettered": 0,
        "lettered_as_whole": 0,
        "rows": loaded,
        "distinct_rows": loaded,
        "visible_rows": loaded,
        "later_copies": 0,
        **changes,
    }
    return LedgerEntry(**values)
