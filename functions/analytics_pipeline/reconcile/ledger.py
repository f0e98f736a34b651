"""Adapter: what BigQuery holds of each stored object, counted by SQL.

The base tables may hold an event several times: deliveries are repeated, and so are requests. So
events are counted by their position in the object, which is the end of their id.
"""

from collections.abc import Generator
from datetime import timedelta

from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.reconcile.ports import Entry
from analytics_pipeline.stored_objects import EVENT_POSITION, Selection

ONE_DAY = timedelta(days=1)
_SQL = f"""
WITH rows_of_objects AS (
  SELECT gcs_uri, analytics_environment, event_category, event_ds, received_timestamp,
    COALESCE(REGEXP_EXTRACT(event_id, r'{EVENT_POSITION}'), event_id) AS position,
    CONCAT(CAST(received_date AS STRING), ' ', event_id) AS shown,
    ROW_NUMBER() OVER (
      PARTITION BY received_date, event_id ORDER BY received_timestamp, inserted_timestamp, gcs_uri
    ) AS copy
  FROM events_function
  WHERE received_date BETWEEN @first AND @last
    AND analytics_environment = COALESCE(@environment, analytics_environment)
    AND event_category = COALESCE(@category, event_category)
    AND (@event_ds IS NULL OR event_ds IS NOT DISTINCT FROM SAFE_CAST(@event_ds AS DATE))
), letters AS (
  SELECT gcs_uri, analytics_environment, event_category, event_ds, received_timestamp, line,
    event_count
  FROM dead_letters
  WHERE dead_lettered_date >= @first
    AND DATE(received_timestamp) BETWEEN @first AND @last
    AND analytics_environment = COALESCE(@environment, analytics_environment)
    AND event_category = COALESCE(@category, event_category)
    AND (@event_ds IS NULL OR event_ds IS NOT DISTINCT FROM SAFE_CAST(@event_ds AS DATE))
), entries AS (
  SELECT gcs_uri, analytics_environment, event_category, event_ds, received_timestamp,
    position, position AS loaded, shown, copy, 0 AS whole
  FROM rows_of_objects
  UNION ALL
  SELECT gcs_uri, analytics_environment, event_category, event_ds, received_timestamp,
    IF(line > 0, CAST(line - 1 AS STRING), NULL), NULL, NULL, NULL, IF(line = 0, event_count, 0)
  FROM letters
)
SELECT gcs_uri,
  ANY_VALUE(analytics_environment) AS analytics_environment,
  ANY_VALUE(event_category) AS event_category,
  ANY_VALUE(event_ds) AS event_ds,
  MIN(received_timestamp) AS received,
  COUNT(DISTINCT loaded) AS loaded,
  COUNT(DISTINCT position) - COUNT(DISTINCT loaded) AS dead_lettered,
  MAX(whole) AS whole,
  COUNT(shown) AS copies,
  COUNT(DISTINCT shown) AS shown,
  COUNTIF(copy = 1) AS in_view
FROM entries
GROUP BY gcs_uri
ORDER BY gcs_uri
"""  # noqa: S608 - ours


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
    ) -> Generator[Entry]:
        """Yield an entry for every object of which there is anything, by URI (UTF-8 order).

        Days of the time selected, widened by `slack` on both sides, are read and paid for. Raises
        TransientError.
        """
        rows = self._warehouse.query(
            _SQL,
            first=(selection.since - slack).date(),
            last=(selection.until + slack).date(),
            environment=selection.analytics_environment,
            category=selection.event_category,
            event_ds=event_ds,
        )
        for row in rows:
            yield Entry(**row)
