"""What finding out whether anything was lost takes in a month: receipts, `reconcile`, `audit`.

The runs of `reconcile` and their receipts are there while nothing is sent, too.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from analytics_commands.estimate_cost.units import DAYS, GIB, KIB, LOG_LINE, MILLION, TIB

_PAGE = 1000  # objects of one listing
_PAGE_SECONDS = 0.2
_LISTINGS_SIDE_BY_SIDE = 16
_NIGHTS = DAYS  # of a month, each with one run that looks further back, and at the bucket
_LEAST_SCANNED = 10 * 2**20  # bytes: what a query is billed at least for each table
# Bytes that a query reads of a receipt (time, event, URI, counts), of a row to count it (batch,
# line, day), to find it on another day (event id, day), and of both in an audit.
_RECEIPT, _ROW, _EVENT_ID, _AUDITED_ROW = 250, 50, 50, 300
_RECEIPT_KEPT = 500  # bytes
_RECEIPT_MONTHS = 3
# Days whose partitions are read: the last 24 hours are one and a half of them on average.
_RECENT_DAYS, _NIGHTLY_DAYS, _CHECKED_DAYS, _SWEPT_DAYS, _AUDITED_DAYS = 1.5, 8.1, 1.1, 4, 2
_LISTED_DAYS = 2


@dataclass(frozen=True)
class Stock:
    """What there is of a day: its objects and rows of the category `function`."""

    objects: float
    rows: float


@dataclass(frozen=True)
class Checks:
    """How often it is looked: frequent runs and audits of a day, and what a run takes."""

    runs_a_day: float  # 0: reconcile is never called, by night either
    audits_a_day: float
    seconds: float  # of a run that finds nothing, without its listings
    memory_gib: float


def checking_quantities(checks: Checks, stock: Stock) -> Mapping[str, float]:
    """Return how much of each price a month's checks use."""
    nights = _NIGHTS if checks.runs_a_day else 0
    recent, audits = checks.runs_a_day * DAYS, checks.audits_a_day * DAYS
    runs = recent + nights
    pages = _LISTED_DAYS * (1 + math.ceil(stock.objects / _PAGE))
    served = runs * checks.seconds + nights * pages * _PAGE_SECONDS / _LISTINGS_SIDE_BY_SIDE
    receipts = 2 * stock.objects * DAYS  # one says that it is stored, one that it is loaded
    scanned = (
        recent * _scanned(2 * stock.objects * _RECEIPT * _RECENT_DAYS)
        + nights * _scanned(2 * stock.objects * _RECEIPT * _NIGHTLY_DAYS)
        + nights * 2 * _scanned(stock.rows * _ROW * _CHECKED_DAYS / 2)
        + nights * _scanned(stock.rows * _EVENT_ID * _SWEPT_DAYS)
        + audits * _scanned(2 * stock.objects * _RECEIPT * _AUDITED_DAYS)
        + audits * 2 * _scanned(stock.rows * _AUDITED_ROW * _AUDITED_DAYS / 2)
    )
    return {
        "scheduler_jobs": 3 if checks.runs_a_day else 0,
        "run_requests": runs / MILLION,
        "run_cpu": served,
        "run_memory": served * checks.memory_gib,
        "storage_listings": (nights + audits) * pages / MILLION,
        "receipts": receipts * KIB / 200e6,
        "receipts_kept": receipts * _RECEIPT_KEPT * _RECEIPT_MONTHS / GIB,
        "checking_queries": scanned / TIB,
        "log_lines": runs * LOG_LINE / GIB,
    }


def _scanned(size: float) -> float:
    """Return the bytes that one query of one table is billed for."""
    return max(_LEAST_SCANNED, size)
