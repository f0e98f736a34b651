"""Pure: what the three accounts of an object disagree about."""

from collections.abc import Iterator
from operator import attrgetter

from analytics_commands.audit.findings import Fault
from analytics_commands.audit.sightings import Sighting
from analytics_commands.foundation.terminal.wording import counted
from analytics_pipeline.object_names import LOADED_CATEGORY
from analytics_pipeline.stored_objects import StoredObject


def judge(
    sighting: Sighting, *, is_logged: bool, is_expired: bool, is_swept: bool
) -> Iterator[Fault]:
    """Yield every fault of a settled object.

    `is_logged` says that there are log lines of its time, `is_expired` that the bucket's rules
    would have deleted it by now, `is_swept` that the nightly run has looked for repeated events.
    """
    stored = sighting.stored
    if stored is None:
        yield _judge_absent(sighting, is_expired=is_expired)
        return
    yield from _judge_count(sighting, stored, is_logged=is_logged)
    if stored.place.data_type != "json" and sighting.day.event_category == LOADED_CATEGORY:
        yield Fault("not_loadable", None, f"{stored.size:,} bytes")
    elif sighting.own_held:
        yield from _judge_rows(sighting)
        yield from _judge_view(sighting, is_swept=is_swept)
    elif stored.place.is_loadable and sighting.event_count != 0:
        yield Fault("undelivered", sighting.event_count, _all_of(sighting.event_count))
    if overwritten := sighting.overwritten:
        yield Fault("overwritten", overwritten, "are of what the object was before")


def _judge_absent(sighting: Sighting, *, is_expired: bool) -> Fault:
    """Return what it means that the object is not there."""
    if sighting.held:
        events = sighting.loaded + sighting.dead_lettered
        kind, detail = "orphan", f"{_loaded(sighting)}, the object is gone"
    else:
        events = sighting.accepted or 0
        kind, detail = "missing", f"{_are(events, 'was', 'were')} accepted, the object is not there"
    return Fault("expired" if is_expired else kind, events, detail)


def _judge_count(sighting: Sighting, stored: StoredObject, *, is_logged: bool) -> Iterator[Fault]:
    """Compare what the log says of the object with what the object says of itself."""
    accepted, said = sighting.accepted, stored.event_count
    if accepted is None:
        if is_logged:
            yield Fault("unacknowledged", said, "no log line says that it was accepted")
        return
    if said is None or said + stored.forgotten_count != accepted:
        own = "nothing" if said is None else f"{said:,}"
        forgotten = f" and {stored.forgotten_count:,} forgotten" if stored.is_rewritten else ""
        difference = abs(accepted - (said or 0) - stored.forgotten_count)
        detail = f"the log says {accepted:,}, the object {own}{forgotten}"
        yield Fault("altered_count", difference, detail)


def _judge_rows(sighting: Sighting) -> Iterator[Fault]:
    """Compare how many events the object has with what BigQuery holds of them."""
    if missing := sighting.missing:
        kind = "lost" if sighting.loaded + sighting.dead_lettered else "undelivered"
        events = counted(sighting.event_count or 0, "event")
        yield Fault(kind, missing, f"{missing:,} of {events}; {_loaded(sighting)}")


def _judge_view(sighting: Sighting, *, is_swept: bool) -> Iterator[Fault]:
    """Compare how many events the object has with how many the view shows."""
    count, loaded = sighting.event_count, sighting.loaded
    rows, distinct, visible, later = (
        sum(map(attrgetter(name), sighting.own_held))
        for name in ("rows", "distinct_rows", "visible_rows", "later_copies")
    )
    surplus = max(0, loaded - count) if count is not None else 0
    several_days = max(0, distinct - loaded)  # a line that is on two days by itself
    if doubled := surplus + several_days:
        due = "" if count is None else f", the object has {count:,}"
        yield Fault("doubled", doubled, f"{_are(distinct)} shown{due}")
    if later > several_days:
        kind = "doubled_across_days" if is_swept else "retried_later"
        events = later - several_days
        yield Fault(kind, events, f"{_are(events)} shown on an earlier day, too")
    shown = max(loaded, distinct)  # each line once, and each day on which it is
    if retried := max(0, shown - visible):
        yield Fault("retried", retried, f"{_are(retried)} shown from elsewhere")
    if redelivered := max(0, rows - shown):
        yield Fault(
            "redelivered", redelivered, f"{counted(rows, 'row')} of {counted(shown, 'event')}"
        )


def _all_of(count: int | None) -> str:
    return "none of its events" if count is None else f"none of {counted(count, 'event')}"


def _loaded(sighting: Sighting) -> str:
    return f"{sighting.loaded:,} loaded, {sighting.dead_lettered:,} dead-lettered"


def _are(number: int, one: str = "is", several: str = "are") -> str:
    return counted(number, f"event {one}", f"events {several}")
