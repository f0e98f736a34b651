"""Overview: the pipeline as it is, and how much goes through it now."""

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import quantiles
from typing import Any

from starlette.requests import Request

from analytics_console.bounded_queries import ask
from analytics_console.pages import Model, Page
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.traces import Traces

_MOST_LATENCIES = 1_000
_DAYS_SECONDS = 10  # as old as what the receipts said may be
_WHAT = ("accepted", "rows", "letters", "refused", "failed", "repeated", "issued")
_BY_DAY = """
WITH objects AS (
  SELECT
    event_category = 'function' AS is_loaded,
    MAX(received_timestamp) AS received_timestamp,
    MAX(IF(event = 'batch_stored', event_count, NULL)) AS accepted,
    MAX(loaded_rows) AS loaded_rows,
    MAX(dead_letters) AS dead_letters,
    COUNTIF(event = 'object_dead_lettered') > 0 AS is_dead
  FROM receipts
  WHERE data_type = 'json' AND logged_timestamp > TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
  GROUP BY gcs_uri, event_category
)
SELECT
  FORMAT_DATE('%F', DATE(received_timestamp)) AS day,
  IFNULL(SUM(accepted), 0) AS accepted,
  IFNULL(SUM(IF(is_loaded, accepted, 0)), 0) AS to_load,
  IFNULL(SUM(loaded_rows), 0) AS loaded,
  IFNULL(SUM(IF(is_dead, accepted, dead_letters)), 0) AS letters
FROM objects
WHERE received_timestamp IS NOT NULL
GROUP BY day
ORDER BY day DESC
LIMIT 8
"""


class _Days:
    """What the receipts say by day, asked at most every ten seconds, however many look."""

    def __init__(self) -> None:
        self._asked = 0.0
        self._days: Sequence[Mapping[str, Any]] = ()

    async def read(self, inside: Inside) -> Sequence[Mapping[str, Any]]:
        """Return a line for each of the last days."""
        if time.monotonic() - self._asked > _DAYS_SECONDS:
            self._asked = time.monotonic()
            rows = (await ask(inside, _BY_DAY)).rows
            self._days = [
                {**row, "open": row["to_load"] - row["loaded"] - row["letters"]} for row in rows
            ]
        return self._days


_DAYS = _Days()


async def _read(inside: Inside, _: Request) -> Model:
    """Return all figures as they are shown, and the days."""
    inside.traces.refresh()
    try:
        days, why = await _DAYS.read(inside), ""
    except Refused as exc:
        days, why = (), str(exc)
    return {"figures": _figures(inside), "days": days, "no_days": why}


def _figures(inside: Inside) -> Mapping[str, str]:
    """Return each figure, under its name, as text."""
    traces, now = inside.traces, time.time()
    tally = traces.tally
    rates = {
        f"{what}_{seconds}": f"{tally.rate(what, seconds, now):,.1f}"
        for what in _WHAT
        for seconds in (10, 60)
    }
    totals = {what: f"{tally.totals[what]:,}" for what in _WHAT}
    return {**rates, **totals, **_latencies(traces), "backlog": f"{inside.backlog():,}"}


def _latencies(traces: Traces) -> Mapping[str, str]:
    """Return the percentiles of the milliseconds from request to row of the last 1,000 events."""
    loaded = (trace.hops.loaded for trace in traces.newest_first() if trace.row and trace.status)
    known = list(islice((each for each in loaded if each is not None), _MOST_LATENCIES))
    cuts = quantiles(known, n=20) if len(known) > 1 else known * 19
    p50, p95 = (f"{cuts[place]:,.0f} ms" if cuts else "none yet" for place in (9, 18))
    return {"p50": p50, "p95": p95, "measured": f"{len(known):,}"}


OVERVIEW = Page("overview", "Overview", _read)
