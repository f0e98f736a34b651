"""Adapter: what BigQuery holds of each stored object, counted by SQL.

The base tables may hold an event several times: deliveries are repeated, and so are requests. So
events are counted by the line of the object's version that they stand on.
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.reconcile.repeats import DAYS_EVENT, EVENT_KEY, ONE_DAY
from analytics_pipeline.stored_objects import Selection


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What BigQuery holds of one generation of an object, in events.

    `loaded` have a row, `dead_lettered` have letters only, and `lettered_as_whole` is what a
    letter of the whole object stands for (0: there is none). `rows` counts all rows;
    `distinct_rows` those that the view `events` would show were there no other object,
    `visible_rows` those it does show, and `later_copies` those of them whose event it also shows
    on an earlier day.
    """

    gcs_uri: str
    generation: str
    analytics_environment: str
    event_category: str
    event_ds: date | None  # None: the name holds no date
    received: datetime
    loaded: int
    dead_lettered: int
    lettered_as_whole: int
    rows: int
    distinct_rows: int
    visible_rows: int
    later_copies: int

    def missing_of(self, event_count: int | None) -> int:
        """Return how many of the object's events are neither loaded nor dead-lettered.

        Of an object that does not say how many it has, all are there if any are.
        """
        if event_count is None or self.lettered_as_whole:
            return 0
        return max(0, event_count - self.loaded - self.dead_lettered)


# What BigQuery holds of each version of an object, in the columns of LedgerEntry. Rows are put in
# order once: the view shows the first of an event on each day.
ENTRIES_SQL = f"""
WITH shown AS (
  SELECT gcs_uri, generation, line, analytics_environment, event_category, event_ds,
    received_timestamp, received_date, {DAYS_EVENT} AS days_event,
    LAG(received_date) OVER (
      PARTITION BY {EVENT_KEY}
      ORDER BY received_date, received_timestamp, inserted_timestamp, gcs_uri
    ) AS previous_date
  FROM events_function
  WHERE received_date BETWEEN @first AND @last
    AND analytics_environment = COALESCE(@environment, analytics_environment)
    AND event_category = COALESCE(@category, event_category)
    AND (@event_ds IS NULL OR event_ds IS NOT DISTINCT FROM SAFE_CAST(@event_ds AS DATE))
), letters AS (
  SELECT gcs_uri, generation, line, analytics_environment, event_category, event_ds,
    received_timestamp, event_count
  FROM dead_letters
  WHERE dead_lettered_date >= @first
    AND DATE(received_timestamp) BETWEEN @first AND @last
    AND analytics_environment = COALESCE(@environment, analytics_environment)
    AND event_category = COALESCE(@category, event_category)
    AND (@event_ds IS NULL OR event_ds IS NOT DISTINCT FROM SAFE_CAST(@event_ds AS DATE))
), entries AS (
  SELECT gcs_uri, generation, analytics_environment, event_category, event_ds, received_timestamp,
    line, line AS loaded, 0 AS lettered_as_whole,
    days_event AS shown,
    previous_date IS NULL OR previous_date < received_date AS is_visible,
    previous_date < received_date AS is_later_copy
  FROM shown
  UNION ALL
  SELECT gcs_uri, generation, analytics_environment, event_category, event_ds, received_timestamp,
    IF(line > 0, line, NULL), NULL, IF(line = 0, event_count, 0), NULL, NULL, NULL
  FROM letters
)
SELECT gcs_uri,
  generation,
  ANY_VALUE(analytics_environment) AS analytics_environment,
  ANY_VALUE(event_category) AS event_category,
  ANY_VALUE(event_ds) AS event_ds,
  MIN(received_timestamp) AS received,
  COUNT(DISTINCT loaded) AS loaded,
  COUNT(DISTINCT line) - COUNT(DISTINCT loaded) AS dead_lettered,
  MAX(lettered_as_whole) AS lettered_as_whole,
  COUNT(shown) AS `rows`,
  COUNT(DISTINCT shown) AS distinct_rows,
  COUNTIF(is_visible) AS visible_rows,
  COUNTIF(is_later_copy) AS later_copies
FROM entries
GROUP BY gcs_uri, generation
"""  # noqa: S608 - ours


def entries_parameters(
    selection: Selection, event_ds: str | None = None, *, slack: timedelta = ONE_DAY
) -> dict[str, str | date | None]:
    """Return the parameters of ENTRIES_SQL; days widened by `slack` are read and paid for."""
    return {
        "first": (selection.since - slack).date(),
        "last": (selection.until + slack).date(),
        "environment": selection.analytics_environment,
        "category": selection.event_category,
        "event_ds": event_ds,
    }


class Ledger:
    """Counts by SQL; one query for any number of objects."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def entries(
        self,
        selection: Selection,
        event_ds: str | None = None,
        *,
        slack: timedelta = ONE_DAY,
    ) -> Generator[LedgerEntry]:
        """Yield an entry for every version of which there is anything, by URI (UTF-8 order).

        Days of the time selected, widened by `slack` on both sides, are read and paid for. Raises
        TransientError.
        """
        rows = self._warehouse.query(
            f"{ENTRIES_SQL}ORDER BY gcs_uri, generation",
            **entries_parameters(selection, event_ds, slack=slack),
        )
        for row in rows:
            yield LedgerEntry(**{**row, "generation": row["generation"] or ""})
