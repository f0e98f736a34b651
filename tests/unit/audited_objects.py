"""Builds what an audit compares: one object as the log, the bucket and BigQuery know it."""

from datetime import UTC, date, datetime

from analytics_commands.audit.accepted import Accepted
from analytics_commands.audit.sightings import Sighting
from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.reconcile.ports import LedgerEntry
from analytics_pipeline.stored_objects import Day, StoredObject

BUCKET, ROOT = "b", "gs://b/"
DAY = Day("2026-03-01", "testing", "function")
RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def uri_of(leaf="o", *, category="function", data_type="json", environment="testing"):
    """Return the URI of an object."""
    return (
        f"{ROOT}data_type={data_type}/analytics_environment={environment}"
        f"/event_category={category}/event_ds=2026-03-01/event_time=8-16/s/{leaf}"
    )


def stored(leaf="o", count=3, *, received=RECEIVED, metadata=None, **place):
    """Return an object as a listing has it."""
    name = uri_of(leaf, **place).removeprefix(ROOT)
    own = {"received_timestamp": f"{received.timestamp():.6f}", **(metadata or {})}
    if count is not None:
        own["event_count"] = str(count)
    return StoredObject(
        ref=ObjectRef(BUCKET, name, "1"),
        place=parse_object_name(name),
        created=received,
        size=10,
        metadata=own,
    )


def accepted(leaf="o", count=3, *, moment=RECEIVED, **place):
    """Return an object as the log has it."""
    day = Day(DAY.event_ds, DAY.analytics_environment, place.get("category", "function"))
    return Accepted(uri_of(leaf, **place), day, count, moment)


def entry(leaf="o", loaded=3, **counts):
    """Return an object as BigQuery has it; each event has one row that is shown."""
    place = {key: counts.pop(key) for key in ("category", "data_type") if key in counts}
    rows = dict.fromkeys(("rows", "distinct_rows", "visible_rows"), loaded)
    rows |= {"dead_lettered": 0, "lettered_as_whole": 0, "later_copies": 0, "generation": "1"}
    return LedgerEntry(
        gcs_uri=uri_of(leaf, **place),
        analytics_environment="testing",
        event_category=place.get("category", "function"),
        event_ds=date(2026, 3, 1),
        received=RECEIVED,
        loaded=loaded,
        **(rows | counts),
    )


def sighting(**known):
    """Return an object that some of `entry`, `accepted` and `stored` know."""
    if "entry" in known:
        known["entries"] = (known.pop("entry"),)
    each = known.get("stored")
    uri = each.ref.uri if each else uri_of()
    category = each.place.partition.event_category if each else "function"
    day = Day(DAY.event_ds, DAY.analytics_environment, category)
    return Sighting(uri, day, RECEIVED, **known)
