"""Small runs of a scale test, and the rows that queries return of them."""

import json
from datetime import UTC, datetime

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof
from analytics_commands.scale_test.proof.queryable import Listing, Poll
from analytics_commands.scale_test.proof.stored import compare_objects
from analytics_commands.scale_test.proof.witness import Witness
from analytics_pipeline.object_names import ObjectRef, Partition, batch_id_of, parse_object_name
from analytics_pipeline.stored_objects import StoredObject

STARTED = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)


def make_plan(batches=5, batch_size=3, run="test-20260701T120000-abcdef", category="function"):
    """Return a plan."""
    partition = Partition("testing", category, "2026-07-01", "8-16")
    return Plan(run, batches, batch_size, partition, STARTED)


def make_object(plan, number, *, event_count=None):
    """Return the stored object of a batch, or of a further attempt to send one."""
    name = f"{plan.prefix}2026-07-01T12:00:00Z-{number}"
    ref = ObjectRef("bucket", name, "1")
    count = plan.batch_size if event_count is None else event_count
    metadata = {"batch_id": batch_id_of(ref.uri), "event_count": str(count)}
    return StoredObject(ref, parse_object_name(name), STARTED, 4000, "", metadata)


def make_tally(plan, acknowledged=None, timer=lambda: 0.0):
    """Return the tally of a run of which some batches (all) were acknowledged, the rest given up.

    A batch is stored as the object of its own number.
    """
    tally = Tally(plan.batches, STARTED, timer)
    acknowledged = range(plan.batches) if acknowledged is None else acknowledged
    tally.begun = plan.batches
    for batch in range(plan.batches):
        if batch in acknowledged:
            batch_id = bytes.fromhex(make_object(plan, batch).metadata["batch_id"])
            tally.acknowledge(batch, batch_id, latency=0.1 * (batch + 1), at=1.0 + batch)
        else:
            tally.fail("503", "503 try later")
            tally.give_up(batch, "503")
    return tally


def make_row(plan, position, *, stored_as=None, **changes):
    """Return an event's row; `stored_as` is the number of its object, that of its batch by default.

    `changes` replace columns.
    """
    batch, index = divmod(position, plan.batch_size)
    batch_id = make_object(plan, batch if stored_as is None else stored_as).metadata["batch_id"]
    event = plan.event(position)
    attributes = event.pop("eventAttributes")
    return {
        **{name: str(value) for name, value in event.items()},
        "eventAttributes": json.dumps(attributes, sort_keys=True),
        "extra": None,
        "event_ds": plan.partition.event_ds,
        "event_time": plan.partition.event_time,
        "batchId": batch_id,
        "eventId": f"{batch_id}/{index}",
        "arrived": int(STARTED.timestamp() * 1_000_000) + 100_000 * position,
        **changes,
    }


def make_rows(plan):
    """Return the rows of all events, as they should be."""
    return [make_row(plan, position) for position in range(plan.events)]


def make_proof(plan, tally, rows=None, objects=None, queryable_at=7.5):
    """Return the proof of what is there: all of it, unless said otherwise."""
    witness = Witness(plan, tally)
    for row in make_rows(plan) if rows is None else rows:
        witness.see(row)
    if objects is None:
        objects = [make_object(plan, batch) for batch in range(plan.batches)]
    return Proof(
        stored=compare_objects(objects, plan, tally),
        witness=witness,
        polls=(Poll(6.0, 0), Poll(7.5, plan.events)),
        queryable_at=queryable_at,
        rows_per_batch=Listing("SELECT 1 < 2", ({"n": 3, "freq": 5},)),
    )
