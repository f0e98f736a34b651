"""Builds what an audit compares: one object as the receipts, the bucket and BigQuery know it."""

from datetime import UTC, datetime

from analytics_commands.audit.reading.bucket_pages import ListedObject
from analytics_commands.audit.reading.result_pages import AccountRow
from analytics_commands.audit.sightings import Held, Sighting
from analytics_pipeline.object_names import ObjectRef, parse_object_name
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


def listed(leaf="o", count=3, *, generation="1", created=RECEIVED, metadata=None, **place):
    """Return an object as a page of a listing has it."""
    own = {"event_count": str(count), "received_timestamp": f"{created.timestamp():.6f}"}
    return ListedObject(
        name_of(leaf, **place), generation, 10, created, {**own, **(metadata or {})}
    )


def account(leaf="o", accepted=3, loaded=3, *, generation="1", oddities=None, **place):
    """Return an object as the receipts and BigQuery have it; `loaded` may be None."""
    moment = place.pop("moment", RECEIVED)
    return AccountRow(
        name_of(leaf, **place),
        None if loaded is None else generation,
        accepted,
        int(moment.timestamp() * 1_000_000),
        loaded,
        oddities,
    )


def name_of(leaf="o", **place):
    """Return the name of an object."""
    return uri_of(leaf, **place).removeprefix(ROOT)


def held(loaded=3, **counts):
    """Return what BigQuery has of a version; each event has one row that is shown."""
    rows = dict.fromkeys(("rows", "distinct_rows", "visible_rows"), loaded)
    rows |= {"dead_lettered": 0, "lettered_as_whole": 0, "later_copies": 0, "generation": "1"}
    return Held(loaded=loaded, **(rows | counts))


def sighting(**known):
    """Return an object of which some of `held`, `accepted` and `stored` are known."""
    if isinstance(known.get("held"), Held):
        known["held"] = (known["held"],)
    each = known.get("stored")
    uri = each.ref.uri if each else uri_of()
    category = each.place.partition.event_category if each else "function"
    day = Day(DAY.event_ds, DAY.analytics_environment, category)
    return Sighting(uri, day, RECEIVED, **known)
