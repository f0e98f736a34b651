"""What the scheduled runs of `reconcile` take in a month; they run while nothing is sent, too."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics_commands.estimate_cost.units import DAYS, GIB, LOG_LINE, MILLION, TIB

_PAGE = 1000  # objects of one listing
_PAGE_SECONDS = 0.2
_NAMES = 2  # listings of a run that find environments and days
_LEAST_SCANNED = 2 * 10 * 2**20  # bytes: each of a query's two tables counts as 10 MB at least
_ROW_SCANNED = 300  # bytes of a row in the columns that are read, most of them its URI


@dataclass(frozen=True)
class Runs:
    """Runs of one schedule: what each lists and queries, in days of objects and of rows."""

    a_month: float
    listed_days: float  # those that are listed twice count twice
    lists_all: bool  # all days that are kept, besides
    queries: float
    row_days: float  # of all its queries together


@dataclass(frozen=True)
class Stock:
    """What there is of the category `function`: objects and rows of a day, and the days kept."""

    objects_a_day: float
    rows_a_day: float
    days: float


def runs_of(recent_a_day: float) -> Sequence[Runs]:
    """Return both schedules: the last day so many times a day, and the last eight each night.

    Whichever `event_ds` has objects of that time is listed twice, and there is a query for it, of
    the days in which they were received. The last 24 hours are two such days, the second of them
    half full on average, and the listings go a day further back. The nightly runs list all.
    """
    if not recent_a_day:
        return ()
    return (
        Runs(recent_a_day * DAYS, listed_days=4, lists_all=False, queries=2, row_days=1.5),
        Runs(DAYS, listed_days=8.1, lists_all=True, queries=9, row_days=8.1),
    )


def reconcile_quantities(
    runs: Sequence[Runs], stock: Stock, seconds: float, memory_gib: float
) -> Mapping[str, float]:
    """Return how much of each price they use; `seconds` of a run come on top of its listings."""
    number = sum(each.a_month for each in runs)
    pages = sum(each.a_month * _pages(each, stock) for each in runs)
    served = number * seconds + pages * _PAGE_SECONDS
    return {
        "scheduler_jobs": len(runs),
        "run_requests": number / MILLION,
        "run_cpu": served,
        "run_memory": served * memory_gib,
        "storage_listings": pages / MILLION,
        "reconcile_queries": sum(each.a_month * _scanned(each, stock) for each in runs) / TIB,
        "log_lines": number * LOG_LINE / GIB,
    }


def _pages(runs: Runs, stock: Stock) -> float:
    days = runs.listed_days + (stock.days if runs.lists_all else 0)
    return _NAMES + days * math.ceil(stock.objects_a_day / _PAGE)


def _scanned(runs: Runs, stock: Stock) -> float:
    """Return the bytes that are billed for the queries of one run; without objects it has none."""
    rows = runs.row_days * stock.rows_a_day
    return max(runs.queries * _LEAST_SCANNED, rows * _ROW_SCANNED) if rows else 0.0
