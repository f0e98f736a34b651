"""Sessions whose events are not counted through: `eventIndex` is missing, doubled or reordered.

All of it is what clients say: any index, any name of a session, in any number.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from analytics_commands.audit.findings import Finding
from analytics_commands.audit.remedies import MAX_SHOWN_NAME, show_session
from analytics_commands.audit.scope import Scope
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import NO_SESSION

_SLACK = timedelta(days=1)  # a session that reaches over an end of the time is seen whole
# Subtraction as FLOAT64: two indexes may be further apart than INT64 reaches.
_SQL = """
WITH indexed AS (
  SELECT analytics_environment, session_id, event_index, received_timestamp,
    LAG(event_index) OVER (
      PARTITION BY analytics_environment, session_id
      ORDER BY received_timestamp, gcs_uri, generation, line
    ) AS previous_index
  FROM events
  WHERE received_date BETWEEN @first AND @last
    AND event_index IS NOT NULL
    AND session_id != @no_session
    AND analytics_environment = COALESCE(@environment, analytics_environment)
    AND event_category = COALESCE(@category, event_category)
)
SELECT analytics_environment, session_id,
  MIN(event_index) AS lowest,
  MAX(event_index) AS highest,
  COUNT(*) AS events,
  COUNT(DISTINCT event_index) AS distinct_indexes,
  COUNTIF(event_index < previous_index) AS reordered
FROM indexed
GROUP BY analytics_environment, session_id
HAVING MAX(received_timestamp) >= @since AND MAX(received_timestamp) < @settled
  AND (
    CAST(MAX(event_index) AS FLOAT64) - CAST(MIN(event_index) AS FLOAT64) + 1
      > COUNT(DISTINCT event_index)
    OR COUNT(*) > COUNT(DISTINCT event_index)
    OR COUNTIF(event_index < previous_index) > 0
  )
ORDER BY analytics_environment, session_id
"""


def find_session_gaps(warehouse: Warehouse, dataset: str, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each such session whose last event is settled; raises TransientError."""
    selection = scope.selection
    rows = warehouse.query(
        _SQL,
        first=(selection.since - _SLACK).date(),
        last=(scope.settled + _SLACK).date(),
        since=selection.since,
        settled=scope.settled,
        no_session=NO_SESSION,
        environment=selection.analytics_environment,
        category=selection.event_category,
    )
    for row in rows:
        yield _finding(row, dataset)


def _finding(row: Mapping[str, Any], dataset: str) -> Finding:
    missing = row["highest"] - row["lowest"] + 1 - row["distinct_indexes"]
    doubled = row["events"] - row["distinct_indexes"]
    left_out = missing + doubled
    session = row["session_id"]
    return Finding(
        kind="session_gap" if left_out else "reordered",
        analytics_environment=row["analytics_environment"],
        event_category=None,
        event_ds=None,
        object=None,
        session_id=session if len(session) <= MAX_SHOWN_NAME else f"{session[:MAX_SHOWN_NAME]}…",
        events=left_out or row["reordered"],
        detail=(
            f"indexes {row['lowest']} to {row['highest']}: {missing:,} missing,"
            f" {doubled:,} doubled, {row['reordered']:,} out of order"
        ),
        command=show_session(dataset, row["analytics_environment"], session),
    )
