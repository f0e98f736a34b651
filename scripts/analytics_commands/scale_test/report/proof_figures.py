"""The proof in numbers: what arrived, how late, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.prover import Proof

_NAMED = 20  # events of each kind


@dataclass(frozen=True)
class Named:
    """One event by its planted id, with a word about it."""

    event: str
    note: str


@dataclass(frozen=True)
class Finding:
    """Events that something is wrong with: how many, and the first of them."""

    count: int
    first: tuple[Named, ...]


@dataclass(frozen=True, kw_only=True)
class ProofFigures:
    """What is known once every event was looked for. Objects and events are counted.

    `exactly_once` are the accepted events that are there once and as they were sent;
    `seen_without_receipt` are events of batches that were never acknowledged, `strangers` are
    rows that are none of the events sent.
    """

    objects: int
    unacknowledged_objects: int
    objects_of_another_size: int
    seconds_until_queryable: float | None
    exactly_once: int
    lost: Finding
    doubled: Finding
    altered: Finding
    strangers: int
    seen_without_receipt: int


def compute_proof_figures(plan: Plan, tally: Tally, proof: Proof) -> ProofFigures:
    """Return the figures of a proof."""
    witness, stored = proof.witness, proof.stored
    lost, doubled = list(witness.lost()), witness.doubled()
    wrong = {*lost, *doubled, *witness.altered}

    def is_accepted(position: int) -> bool:
        return tally.batch_id(position // plan.batch_size) is not None

    def where(position: int) -> str:
        batch = position // plan.batch_size
        return "no object" if batch in stored.missing else "stored, but no row"

    return ProofFigures(
        objects=stored.objects,
        unacknowledged_objects=stored.unacknowledged,
        objects_of_another_size=stored.of_another_size,
        seconds_until_queryable=None
        if proof.queryable_at is None
        else round(max(0.0, proof.queryable_at - tally.last_answer), 3),
        exactly_once=len(tally.latencies) * plan.batch_size - sum(map(is_accepted, wrong)),
        lost=_finding(plan, {position: where(position) for position in lost}),
        doubled=_finding(plan, {p: f"{witness.sightings(p)} times" for p in doubled}),
        altered=_finding(plan, {p: ", ".join(f) for p, f in sorted(witness.altered.items())}),
        strangers=witness.strangers,
        seen_without_receipt=witness.seen_without_receipt(),
    )


def _finding(plan: Plan, notes: Mapping[int, str]) -> Finding:
    first = islice(notes.items(), _NAMED)
    return Finding(len(notes), tuple(Named(plan.planted_id(p), note) for p, note in first))
