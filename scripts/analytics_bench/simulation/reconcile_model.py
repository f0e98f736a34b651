"""`reconcile` as it is deployed, over a bucket and a warehouse that only take time.

What was lost is planted: a run finds it or does not.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any, cast

from analytics_bench.report.figures_file import Figure
from analytics_bench.simulation.bucket_model import BucketModel, Clock, name_at, stored_at
from analytics_pipeline.object_names import ObjectRef, parse_uri
from analytics_pipeline.reconcile import reconcile
from analytics_pipeline.reconcile.night import NightlyCheck
from analytics_pipeline.reconcile.ports import ListedPage, Unloaded
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.stored_objects import Selection, StoredObject

if TYPE_CHECKING:
    from analytics_pipeline.reconcile.repairs import Repairer

QUERY_SECONDS, JOB_SECONDS = 1.5, 20.0
RATES = (0.2, 1, 7, 50, 100, 200)  # objects a second
# As terraform/reconcile_schedule.tf has them.
FREQUENT: Mapping[str, Any] = {"budget_minutes": 21, "days": 1}
NIGHTLY: Mapping[str, Any] = {
    "days": 8,
    "budget_minutes": 21,
    "list_bucket": True,
    "remove_repeated": True,
}
_DAYS_KEPT = 365
_NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)
_MOST_CALLS = 3  # of one night: the scheduler calls again what is unfinished
_TIMEOUT_SECONDS = 1740  # of the function (terraform/reconcile_function.tf)


@dataclass(frozen=True)
class Outcome:
    """What one run took, in seconds, and whether it came to its end."""

    finished: bool
    seconds: float
    repaired: frozenset[str]


@dataclass
class WarehouseModel:
    """Receipts, rows and what was listed: a query takes 1.5 s, whatever it is about."""

    clock: Clock
    lost: set[str] = field(default_factory=set)  # URIs that have neither receipt nor rows
    unseen: set[str] = field(default_factory=set)  # URIs that no log line knows, either
    _reached: dict[str, str | None] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)

    def unloaded(self, selection: Selection) -> Iterator[Unloaded]:
        """Yield what was lost in that time (ports.ReceiptReader)."""
        self.clock.spend(QUERY_SECONDS)
        for uri in sorted(self.lost):
            received = stored_at(_name_of(uri)).created
            if selection.includes(received):
                yield Unloaded(uri, 1, received, received)

    def settled(self, objects: Sequence[Unloaded]) -> set[str]:
        """Return nothing: what was lost has no rows (ports.ReceiptReader)."""
        self.clock.spend(QUERY_SECONDS * bool(objects))
        return set()

    def reached(self, night: date) -> dict[str, str | None]:  # noqa: ARG002 - there is one night
        """Return how far it was listed (ports.ListingStore)."""
        self.clock.spend(QUERY_SECONDS)
        return dict(self._reached)

    def save(self, night: date, pages: Iterator[ListedPage]) -> None:  # noqa: ARG002
        """Keep what is listed (ports.ListingStore)."""
        for page in pages:
            self._listed |= {each.ref.uri for each in page.objects}
            last = page.objects[-1].ref.name if page.objects else page.stretch.start
            self._reached[page.stretch.label] = None if page.is_last else last
        self.clock.spend(QUERY_SECONDS)

    def lacking(self, night: date, selection: Selection) -> Iterator[ObjectRef]:  # noqa: ARG002
        """Yield what was listed and has no rows (ports.ListingStore)."""
        self.clock.spend(QUERY_SECONDS)
        for uri in sorted(self._listed & (self.lost | self.unseen)):
            yield ObjectRef("bench", _name_of(uri), "1")

    def remove(self, selection: Selection) -> int:  # noqa: ARG002 - ports.RepeatSweeper
        """Find nothing to remove."""
        self.clock.spend(QUERY_SECONDS)
        return 0

    def find(self, ref: ObjectRef) -> StoredObject:
        """Look an object up (ports.ObjectFinder)."""
        return stored_at(ref.name)

    def repair(
        self,
        objects: Iterable[StoredObject],
        seen_at: datetime,  # noqa: ARG002 - as Repairer has it
    ) -> Iterator[RepairCounts]:
        """Load the objects, all by one job."""
        found = [each.ref.uri for each in objects]
        if found:
            self.clock.spend(JOB_SECONDS)
            self.lost -= set(found)
            self.unseen -= set(found)
        yield RepairCounts(objects=len(found), rows=len(found), load_jobs=bool(found))


def simulate(per_second: float, body: Mapping[str, Any]) -> Outcome:
    """Do one run at that rate, with 365 days kept, called again as the scheduler does.

    Lost are an object of an hour ago, one of a week ago, and one of ten hours ago of which no log
    line was kept.
    """
    clock = Clock()
    bucket = BucketModel(per_second, _DAYS_KEPT, _NOW, clock)
    warehouse = WarehouseModel(clock)
    hour, week = _uri(_NOW - timedelta(hours=1)), _uri(_NOW - timedelta(days=7))
    unseen = stored_at(bucket.name_near(_NOW - timedelta(hours=10))).ref.uri
    warehouse.lost, warehouse.unseen = {hour, week}, {unseen}
    run = Reconcile(
        warehouse,
        NightlyCheck(bucket, warehouse),
        warehouse,
        cast("Repairer", warehouse),
        warehouse,
        clock=lambda: _NOW,
    )
    longest, status = 0.0, 0
    with _running_on(clock), redirect_stdout(StringIO()):  # its log lines
        for _ in range(_MOST_CALLS):
            begun = clock.seconds
            _, status = run.handle(json.dumps(body).encode())
            longest = max(longest, clock.seconds - begun)
            if status == 200:  # noqa: PLR2004
                break
    named = {"hour": hour, "week": week, "unseen": unseen}
    left = warehouse.lost | warehouse.unseen
    repaired = frozenset(name for name, uri in named.items() if uri not in left)
    return Outcome(status == 200, longest, repaired)  # noqa: PLR2004


def reconcile_figures() -> Iterator[Figure]:
    """Yield the minutes that runs take at each rate, and up to which rate a night is whole."""
    whole = longest = 0.0
    for rate in RATES:
        frequent, nightly = simulate(rate, FREQUENT), simulate(rate, NIGHTLY)
        for measure, outcome in (("frequent_run", frequent), ("nightly_run", nightly)):
            yield Figure(measure, f"{rate:g}/s", round(outcome.seconds / 60, 2), "minutes")
        is_whole = frequent.repaired >= {"hour"} and nightly.repaired == {"hour", "week", "unseen"}
        if is_whole and nightly.finished and nightly.seconds <= _TIMEOUT_SECONDS:
            whole = rate
        longest = max(longest, frequent.seconds / 60)
    yield Figure("night_ends", "reconcile", whole, "objects/s")
    yield Figure("frequent_run_longest", "reconcile", longest, "minutes")


@contextmanager
def _running_on(clock: Clock) -> Iterator[None]:
    """Let `reconcile` read that clock: how long a run takes is asked of no other."""
    names = vars(reconcile)
    real = names["time"]
    names["time"] = clock
    try:
        yield
    finally:
        names["time"] = real


def _uri(received: datetime) -> str:
    return stored_at(name_at(received, 0)).ref.uri


def _name_of(uri: str) -> str:
    return parse_uri(uri)[1]
