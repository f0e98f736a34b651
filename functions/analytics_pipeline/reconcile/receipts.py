"""Adapter: which accepted objects have no receipt of having been loaded, by SQL.

The functions' own log lines are the receipts (view `receipts`): what is asked costs as much as
there were objects in that time, whatever is stored, and however many events they have.
"""

from collections.abc import Iterator, Sequence

from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import LOADED_CATEGORY, batch_id_of
from analytics_pipeline.reconcile.ports import Unloaded
from analytics_pipeline.stored_objects import Selection

# What failed before comes last, so that it is in nobody's way.
_UNLOADED = """
WITH objects AS (
  SELECT gcs_uri,
    MAX(IF(event = 'batch_stored', event_count, NULL)) AS event_count,
    MIN(IF(event = 'batch_stored', received_timestamp, NULL)) AS received,
    COUNTIF(event IN ('object_loaded', 'object_dead_lettered', 'object_gone')) AS receipts,
    COUNTIF(event = 'repair_failed') AS failures
  FROM receipts
  WHERE logged_timestamp >= @since AND data_type = 'json' AND event_category = @category
  GROUP BY gcs_uri
)
SELECT gcs_uri, event_count, received, MIN(received) OVER () AS oldest
FROM objects
WHERE event_count > 0 AND receipts = 0 AND received < @until
ORDER BY failures, received, gcs_uri
LIMIT 1000000
"""
_HELD = """
WITH held AS (
  SELECT batch_id, line, FALSE AS is_whole
  FROM events_function
  WHERE received_date BETWEEN @first AND @last AND batch_id IN UNNEST(@batch_ids)
  UNION ALL
  SELECT batch_id, line, line = 0
  FROM dead_letters
  WHERE dead_lettered_date >= @first AND batch_id IN UNNEST(@batch_ids)
)
SELECT batch_id, COUNT(DISTINCT line) AS events, COUNTIF(is_whole) > 0 AS is_lettered
FROM held
GROUP BY batch_id
"""


class Receipts:
    """Asks about the objects of the category that is always loaded."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def unloaded(self, selection: Selection) -> Iterator[Unloaded]:
        """Yield the objects that were accepted then, and have no receipt (ports.ReceiptReader)."""
        rows = self._warehouse.query(
            _UNLOADED, since=selection.since, until=selection.until, category=LOADED_CATEGORY
        )
        return (Unloaded(**row) for row in rows)

    def settled(self, objects: Sequence[Unloaded]) -> set[str]:
        """Return the URIs of those whose events BigQuery holds (ports.ReceiptReader)."""
        due = {batch_id_of(each.gcs_uri): each for each in objects}
        received = [each.received.date() for each in objects]
        rows = self._warehouse.query(
            _HELD, first=min(received), last=max(received), batch_ids=list(due)
        )
        return {
            each.gcs_uri
            for row in rows
            for each in [due[row["batch_id"]]]
            if row["is_lettered"] or row["events"] >= each.event_count
        }
