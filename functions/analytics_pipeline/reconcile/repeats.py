"""Adapter: events that are shown on several days lose their later copies, by SQL.

The view `events` shows an event once a day. A request that is repeated after midnight, under a key
that does not tell its time, is stored again and shown again, until this runs.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.stored_objects import Selection

ONE_DAY = timedelta(days=1)
# What the copies of an event have in common, as the view `events` has it; and, as one piece of
# text, an event on one day. An environment holds no slash, an id no space.
EVENT_KEY = "analytics_environment, event_type, event_id"
DAYS_EVENT = (
    "CONCAT(CAST(received_date AS STRING), '/', analytics_environment, '/', event_id,"
    " COALESCE(CONCAT(' ', event_type), ''))"
)
# BigQuery refuses to delete rows of the streaming buffer, where they stay for up to 90 minutes
# (guide, "Data manipulation language", limitations).
_BUFFERED = timedelta(hours=3)
# The two narrowest columns tell on most nights that there is nothing to remove.
_ARE_ANY = """
SELECT event_id
FROM events_function
WHERE received_date BETWEEN @first AND @last
GROUP BY event_id
HAVING MIN(received_date) < MAX(received_date)
LIMIT 1
"""
_LATER_COPIES = f"""
  received_date BETWEEN @first AND @last
  AND inserted_timestamp < @until
  AND {DAYS_EVENT} IN (
    SELECT days_event
    FROM (
      SELECT {DAYS_EVENT} AS days_event, received_date,
        MIN(received_date) OVER (PARTITION BY {EVENT_KEY}) AS first_date
      FROM events_function
      WHERE received_date BETWEEN @first AND @last
    )
    WHERE received_date > first_date
  )
"""  # noqa: S608 - ours
# A row that goes leaves a letter that is closed: its line is accounted for, and not loaded again.
_NOTE = f"""
INSERT INTO dead_letters (
  dead_letter_id, gcs_uri, generation, analytics_environment, event_category, event_ds, batch_id,
  line, event_count, reason, detail, received_timestamp, dead_lettered_date,
  dead_lettered_timestamp, resolved_timestamp, resolution
)
SELECT DISTINCT CONCAT(batch_id, '/', CAST(line - 1 AS STRING)), gcs_uri, generation,
  analytics_environment, event_category, event_ds, batch_id,
  line, 1, 'repeated', event_id, received_timestamp, DATE(@now), @now, @now, 'repeated'
FROM events_function
WHERE {_LATER_COPIES}
  AND CONCAT(batch_id, '/', CAST(line - 1 AS STRING)) NOT IN (
    SELECT dead_letter_id FROM dead_letters WHERE reason = 'repeated'
  )
"""  # noqa: S608 - ours
_REMOVE = f"DELETE FROM events_function WHERE {_LATER_COPIES}"  # noqa: S608 - ours


class RepeatRemover:
    """Removes later copies; their objects stay as they are. `clock` returns the time in UTC."""

    def __init__(self, warehouse: Warehouse, clock: Callable[[], datetime]) -> None:
        self._warehouse = warehouse
        self._clock = clock

    def remove(self, selection: Selection) -> int:
        """Remove the later copies of events received then (ports.RepeatSweeper)."""
        first, last = (selection.since - ONE_DAY).date(), (selection.until + ONE_DAY).date()
        if next(self._warehouse.query(_ARE_ANY, first=first, last=last), None) is None:
            return 0
        try:
            return self._remove(first, last, timedelta(0))
        except TransientError:  # some were streamed just now: those that were not can go
            return self._remove(first, last, _BUFFERED)

    def _remove(self, first: date, last: date, buffered: timedelta) -> int:
        now = self._clock()
        rows = {"first": first, "last": last, "until": now - buffered}
        self._warehouse.change(_NOTE, now=now, **rows)
        return self._warehouse.change(_REMOVE, **rows)
