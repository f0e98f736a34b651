"""What is sent in a month, and what that makes the platform do."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from analytics_commands.estimate_cost.reconciling import Checks, Stock, checking_quantities
from analytics_commands.estimate_cost.units import (
    ANSWER,
    COLUMNS,
    DAYS,
    ENVELOPE,
    GIB,
    KIB,
    LOG_LINE,
    MILLION,
    NOTIFICATION,
    SECONDS,
    TIB,
)

_STREAMING_UNIT = 200e6  # bytes of rows that are one unit of a streaming insert
_BILLED_STEP = 0.1  # seconds; Cloud Run rounds the time of an instance up to it
_MANY = 1e9  # requests in flight


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What clients send, evenly over the day, and how it is served.

    Raises ValueError that names every field out of range.
    """

    events_per_day: float
    event_bytes: float = 1000  # as the client writes it
    events_per_batch: float = 1  # of one request, which becomes one object
    loaded_share: float = 1.0  # of the events; the others stay in Cloud Storage
    months_kept: float = 1.0  # how many months of data are there at a time
    ingest_seconds: float = 0.05  # a request, Cloud Storage included
    load_seconds: float = 0.05  # a delivery, BigQuery included
    ingest_concurrency: int = 80
    load_concurrency: int = 8
    vcpus: float = 1.0
    ingest_memory_gib: float = 0.5
    load_memory_gib: float = 1.0
    warm_instances: int = 0  # of ingest, kept while nothing is sent
    reconcile_runs_per_day: float = 48.0  # beside the nightly one; 0: reconcile is never called
    reconcile_seconds: float = 5.0  # a run that finds nothing to load, its start included
    reconcile_memory_gib: float = 1.0
    audits_per_day: float = 1.0  # of the last day

    def __post_init__(self) -> None:
        """Refuse what no pipeline can be."""
        least = {"events_per_batch": 1, "ingest_concurrency": 1, "load_concurrency": 1}
        most = {"loaded_share": 1.0}
        problems = []
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = least.get(field.name, 0), most.get(field.name, math.inf)
            if not (math.isfinite(value) and low <= value <= high):
                allowed = f"from {low} to {high:g}" if math.isfinite(high) else f"at least {low}"
                problems.append(f"{field.name} is {value:g}, not {allowed}")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def events(self) -> float:
        """The events of a month."""
        return self.events_per_day * DAYS

    @property
    def batches(self) -> float:
        """The requests of a month; each writes one object and raises one delivery."""
        return self.events / self.events_per_batch


def monthly_quantities(workload: Workload) -> Mapping[str, float]:
    """Return how much of each price a month uses, by the names and units of prices.json."""
    served, checked = _served(workload), _checked(workload)
    return {
        name: served.get(name, 0.0) + checked.get(name, 0.0)
        for name in [*served, *(checked.keys() - served.keys())]
    }


def _checked(workload: Workload) -> Mapping[str, float]:
    loaded_a_day = workload.events_per_day * workload.loaded_share
    return checking_quantities(
        Checks(
            workload.reconcile_runs_per_day,
            workload.audits_per_day,
            workload.reconcile_seconds,
            workload.reconcile_memory_gib,
        ),
        Stock(loaded_a_day / workload.events_per_batch, loaded_a_day),
    )


def _served(workload: Workload) -> Mapping[str, float]:
    batches, events = workload.batches, workload.events
    loaded = events * workload.loaded_share
    ingest = _billed_seconds(batches, workload.ingest_seconds, workload.ingest_concurrency)
    load = _billed_seconds(batches, workload.load_seconds, workload.load_concurrency)
    idle = max(0.0, workload.warm_instances * SECONDS - ingest)
    row_bytes = workload.event_bytes + COLUMNS
    stored = events * (workload.event_bytes + ENVELOPE) * workload.months_kept
    return {
        "gateway_calls": batches / MILLION,
        "internet_egress": batches * ANSWER / GIB,
        "run_requests": 2 * batches / MILLION,
        "run_cpu": workload.vcpus * (ingest + load),
        "run_memory": workload.ingest_memory_gib * ingest + workload.load_memory_gib * load,
        "run_idle_cpu": workload.vcpus * idle,
        "run_idle_memory": workload.ingest_memory_gib * idle,
        "storage_writes": batches / MILLION,
        "storage_reads": batches * (1 + workload.loaded_share) / MILLION,
        "storage_kept": stored / GIB,
        "deliveries": 2 * batches * NOTIFICATION / TIB,
        "streamed_rows": loaded * max(row_bytes, KIB) / _STREAMING_UNIT,
        "rows_kept": loaded * row_bytes * workload.months_kept / GIB,
        "log_lines": batches * (1 + workload.loaded_share) * LOG_LINE / GIB,
    }


def _billed_seconds(requests: float, seconds: float, concurrency: int) -> float:
    """Return the instance-seconds of a month that are billed for as many requests.

    An instance is billed while it serves at least one request (Cloud Run pricing, request-based
    billing), so requests that overlap on one share its time.
    """
    billed = math.ceil(seconds / _BILLED_STEP - 1e-9) * _BILLED_STEP
    in_flight = requests * billed / SECONDS
    return busy_instances(in_flight, concurrency) * SECONDS


def busy_instances(in_flight: float, concurrency: int) -> float:
    """Return how many instances serve, on average, when `in_flight` requests are, on average.

    Requests arrive at random, so their number at a moment is a Poisson variable; full instances
    are filled first. With a concurrency of 1 that is one instance a request.
    """
    if in_flight == 0:
        return 0.0
    if in_flight > _MANY:  # the sum is too long, and comes to about this
        return max(1.0, (in_flight + (concurrency - 1) / 2) / concurrency)
    spread = 12 * math.sqrt(in_flight) + 40  # beyond it the probabilities add up to nothing
    numbers = range(max(1, int(in_flight - spread)), int(in_flight + spread) + 1)
    logarithm = math.log(in_flight)
    return sum(
        math.exp(n * logarithm - in_flight - math.lgamma(n + 1)) * math.ceil(n / concurrency)
        for n in numbers
    )
