"""The proof by SQL: every event of a run, read from where analysts query it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from analytics_commands.scale_test.load.planting import Plan
from analytics_commands.scale_test.load.tally import Tally
from analytics_commands.scale_test.proof.witness import Witness
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import LOADED_CATEGORY, object_uri

_SLACK = timedelta(hours=1)  # between this clock and that of the functions
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds between polls


@dataclass(frozen=True)
class Relation:
    """What holds the events of a category; both queries want the parameters of `Queries`.

    `count_sql` counts the events that can be queried, each object's once; `rows_sql` returns the
    client's fields as text, and `arrived` in microseconds since the epoch.
    """

    name: str
    count_sql: str
    rows_sql: str


_VIEW = Relation(
    name="events",
    count_sql="""
SELECT COUNT(DISTINCT CONCAT(batch_id, '/', event_id)) AS n
FROM events_function
WHERE received_date BETWEEN @first AND @last AND STARTS_WITH(gcs_uri, @prefix)
  AND analytics_environment = @environment AND event_category = @category
""",
    rows_sql="""
SELECT event_environment AS eventEnvironment, event_source AS eventSource,
  event_class AS eventClass, event_type AS eventType,
  CAST(UNIX_MICROS(event_timestamp) AS STRING) AS eventTimestamp,
  CAST(event_index AS STRING) AS eventIndex, session_id AS sessionId,
  build_version AS buildVersion, player_id AS playerId,
  TO_JSON_STRING(event_attributes) AS eventAttributes,
  IF(extra IS NULL, NULL, TO_JSON_STRING(extra)) AS extra,
  CAST(event_ds AS STRING) AS event_ds, event_time,
  batch_id AS batchId, event_id AS eventId, UNIX_MICROS(inserted_timestamp) AS arrived
FROM events
WHERE received_date BETWEEN @first AND @last AND STARTS_WITH(gcs_uri, @prefix)
  AND analytics_environment = @environment AND event_category = @category
""",
)
# Read in place: what is stored is queryable, the time of receipt is that of arrival.
_IN_PLACE = Relation(
    name="events_gcs",
    count_sql="""
SELECT COUNT(*) AS n
FROM events_gcs
WHERE analytics_environment = @environment AND event_category = @category
  AND event_ds BETWEEN @first AND @last AND STARTS_WITH(_FILE_NAME, @prefix)
""",
    rows_sql="""
SELECT eventEnvironment, eventSource, eventClass, eventType, eventTimestamp, eventIndex, sessionId,
  buildVersion, playerId, eventAttributes, CAST(NULL AS STRING) AS extra,
  CAST(event_ds AS STRING) AS event_ds, event_time,
  batchId, eventId, CAST(receivedTimestamp * 1000000 AS INT64) AS arrived
FROM events_gcs
WHERE analytics_environment = @environment AND event_category = @category
  AND event_ds BETWEEN @first AND @last AND STARTS_WITH(_FILE_NAME, @prefix)
""",
)

_ROWS_PER_BATCH_SQL = """\
SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events
FROM (
  SELECT batch_id, COUNT(*) AS n
  FROM DATASET.events_function
  WHERE event_type = 'RUN' GROUP BY 1
) a
GROUP BY 1"""


@dataclass(frozen=True)
class Listing:
    """A query, as a person would type it, with its rows."""

    sql: str
    rows: tuple[Mapping[str, object], ...]


class Queries:
    """What can be asked about one run."""

    def __init__(self, warehouse: Warehouse, plan: Plan, bucket: str, dataset: str) -> None:
        is_loaded = plan.partition.event_category == LOADED_CATEGORY
        self.relation = _VIEW if is_loaded else _IN_PLACE
        self._warehouse = warehouse
        self._plan = plan
        self._dataset = dataset
        self._prefix = object_uri(bucket, plan.prefix)

    def count(self) -> int:
        """Return the number of events that can be queried; raises TransientError."""
        (row,) = self._warehouse.query(self.relation.count_sql, **self._parameters())
        count: int = row["n"]
        return count

    def look(self, tally: Tally) -> Witness:
        """Return the witness of every event there is; raises TransientError."""
        witness = Witness(self._plan, tally)
        for row in self._warehouse.query(self.relation.rows_sql, **self._parameters()):
            witness.see(row)
        return witness

    def rows_per_batch(self) -> Listing | None:
        """Return how many batches have how many rows, retries and redeliveries included.

        None for a category that is not loaded. Raises TransientError.
        """
        if self.relation is not _VIEW:
            return None
        sql = _ROWS_PER_BATCH_SQL.replace("RUN", self._plan.run).replace("DATASET", self._dataset)
        return Listing(sql, tuple(self._warehouse.query(sql)))

    def _parameters(self) -> dict[str, object]:
        partition = self._plan.partition
        if self.relation is _VIEW:
            first = (self._plan.started - _SLACK).date()
            last = (datetime.now(UTC) + _SLACK).date()
        else:
            first = last = datetime.fromisoformat(partition.event_ds).date()
        return {
            "prefix": self._prefix,
            "environment": partition.analytics_environment,
            "category": partition.event_category,
            "first": first,
            "last": last,
        }


@dataclass(frozen=True, slots=True)
class Poll:
    """How many events could be queried, so many seconds after the first request."""

    at: float
    count: int


def poll(
    queries: Queries,
    clock: Callable[[], float],
    is_enough: Callable[[list[Poll]], bool],
    sleep: Callable[[float], None] = time.sleep,
) -> list[Poll]:
    """Count, less and less often, until the counts are enough; returns them.

    Raises TransientError.
    """
    polls: list[Poll] = []
    pause = _FIRST_PAUSE
    while True:
        count = queries.count()
        polls.append(Poll(clock(), count))
        if is_enough(polls):
            return polls
        sleep(pause)
        pause = min(pause * 1.3, _LONGEST_PAUSE)
