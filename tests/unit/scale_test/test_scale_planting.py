"""What a scale test sends."""

import json
from uuid import UUID

import msgspec
import pytest
from scale_builder import STARTED, make_object, make_plan

from analytics_pipeline.ingest.envelope import Envelope, stamp_events
from analytics_pipeline.ingest.events import BodyLimits, split_body
from analytics_pipeline.load import rows
from analytics_pipeline.load.contents import Line


def test_size():
    """Four events are about four kilobytes."""
    assert 3800 < len(make_plan(batch_size=4).body(2)) < 4400


def test_events_follow_from_run_and_position():
    """The same position of the same run is the same event; nothing else is."""
    plan, other = make_plan(), make_plan(run="test-20260701T120001-abcdef")
    sent = [event for batch in range(plan.batches) for event in json.loads(plan.body(batch))]

    assert [plan.event(position) for position in range(plan.events)] == sent
    assert plan.events == len({json.dumps(event) for event in sent})
    assert plan.event(0) != other.event(0)


def test_planted_ids():
    """Every event carries an id of its own that says where it was planted."""
    plan = make_plan()
    ids = [
        event["eventAttributes"]["plantedId"]
        for batch in range(plan.batches)
        for event in json.loads(plan.body(batch))
    ]

    assert f"{plan.run}/1/2" == ids[5]
    assert list(range(plan.events)) == [plan.position_of(each) for each in ids]


@pytest.mark.parametrize(
    "planted_id",
    [
        "",
        "0/0",
        "other/0/0",
        "{run}",
        "{run}/0",
        "{run}/0/3",
        "{run}/5/0",
        "{run}/x/0",
        "{run}/00/0",
    ],
)
def test_ids_that_were_not_planted(planted_id):
    """An id that this run did not plant is none of its events."""
    plan = make_plan()

    assert plan.position_of(planted_id.format(run=plan.run)) is None


def test_columns_hold_every_field():
    """Each field has its column, none has to be adjusted, and nothing is left over."""
    plan = make_plan(batches=40)
    limits = BodyLimits(max_json_values=10_000, max_events=100, max_stored_bytes=1_000_000)
    batch_id = make_object(plan, 0).metadata["batch_id"]
    envelope = Envelope("1782907200.0", batch_id, batch_id, "testing")
    context = rows.LineContext.of(make_object(plan, 0), inserted=STARTED)
    for batch in range(plan.batches):
        content = stamp_events(
            split_body(plan.body(batch), limits), envelope, limits.max_stored_bytes
        )
        for index, line in enumerate(content.splitlines()):
            values = rows.make_row(Line(index + 1, line), context).values
            event = plan.event(batch * plan.batch_size + index)

            assert "extra" not in values
            assert event["eventAttributes"] == msgspec.json.decode(values["event_attributes"])
            assert str(event["eventIndex"]) == values["event_index"]
            assert f"{event['eventTimestamp'] % 1_000_000:06d}Z" == values["event_timestamp"][-7:]


def test_place():
    """A run's objects have a prefix of their own, and its parameters put them there."""
    plan = make_plan(category="cold")

    assert (
        "data_type=json/analytics_environment=testing/event_category=cold/event_ds=2026-07-01"
        f"/event_time=8-16/{plan.run}/"
    ) == plan.prefix
    assert plan.run == plan.parameters["session_id"]


def test_key():
    """A batch's key is a UUIDv7 of the run's start, and no other batch's."""
    plan = make_plan()
    keys = [UUID(plan.idempotency_key(batch)) for batch in range(100)]

    assert {7} == {key.version for key in keys}
    assert {round(STARTED.timestamp() * 1000)} == {key.int >> 80 for key in keys}
    assert 100 == len(set(keys))
    assert plan.idempotency_key(5) == make_plan().idempotency_key(5)
