"""Adapter: what a night listed, in BigQuery beside the rows, and by SQL which of it lacks rows.

Listings become rows of the table `listed_objects` by load jobs, which are free of charge, so that
nothing is compared here: only what lacks something comes back. An object that is listed twice
counts once.
"""

import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from gzip import GzipFile
from typing import IO
from uuid import uuid4

import msgspec

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.ports import RowBulk
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import ObjectRef, parse_uri
from analytics_pipeline.reconcile.ports import ListedPage, OutOfTime
from analytics_pipeline.stored_objects import Selection, StoredObject

LISTED_TABLE = "listed_objects"
_FILE_BYTES = 64_000_000  # of a load job's file, which is in memory on Cloud Run: a million objects
_MOST = 1_000_000  # objects that lack rows, as many as a run may load
_REACHED = """
SELECT prefix, IF(COUNTIF(gcs_uri IS NULL) > 0, NULL, MAX(gcs_uri)) AS gcs_uri
FROM listed_objects
WHERE listed_date = @night
GROUP BY prefix
"""
# An object of another writer has its rows on the days that its lines say, which may be long ago:
# it counts, too, that it was said to be loaded since it was created. That alone counts where it
# does not say how many events it has, as some may be there, and the rest not. Of the pipeline's
# own objects, which come without that time, rows alone count.
_LACKING = """
WITH listed AS (
  SELECT DISTINCT gcs_uri, generation, batch_id, event_count, created_timestamp
  FROM listed_objects
  WHERE listed_date = @night AND gcs_uri IS NOT NULL
), held AS (
  SELECT batch_id, COUNT(DISTINCT line) AS events, COUNTIF(line = 0) AS letters_of_all
  FROM (
    SELECT batch_id, line FROM events_function WHERE received_date BETWEEN @first AND @last
    UNION ALL
    SELECT batch_id, line FROM dead_letters WHERE dead_lettered_date >= @first
  )
  GROUP BY batch_id
), told AS (
  SELECT gcs_uri, COUNTIF(event = 'repair_failed') AS failures,
    MAX(IF(event = 'repair_failed', NULL, logged_timestamp)) AS loaded_timestamp
  FROM receipts
  WHERE logged_timestamp >= @since
    AND event IN ('object_loaded', 'object_dead_lettered', 'repair_failed')
  GROUP BY gcs_uri
)
SELECT gcs_uri, generation
FROM listed
LEFT JOIN held USING (batch_id)
LEFT JOIN told USING (gcs_uri)
WHERE (event_count IS NULL OR COALESCE(events, 0) < event_count)
  AND COALESCE(letters_of_all, 0) = 0
  AND COALESCE(loaded_timestamp < created_timestamp, TRUE)
ORDER BY COALESCE(failures, 0), created_timestamp, gcs_uri, generation
LIMIT 1000000
"""


class _Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of `listed_objects`; schemas/listed_objects.json describes every column."""

    listed_date: date
    prefix: str
    gcs_uri: str | None = None
    generation: str | None = None
    batch_id: str | None = None
    event_count: int | None = None
    created_timestamp: datetime | None = None


class ListedObjects:
    """Keeps listings in the table of one dataset (ports.ListingStore); `bulk` loads into it."""

    def __init__(self, warehouse: Warehouse, bulk: RowBulk) -> None:
        self._warehouse = warehouse
        self._bulk = bulk

    def reached(self, night: date) -> dict[str, str | None]:
        """Return how far stretches were listed (ports.ListingStore)."""
        return {
            row["prefix"]: row["gcs_uri"] and parse_uri(row["gcs_uri"])[1]
            for row in self._warehouse.query(_REACHED, night=night)
        }

    def save(self, night: date, pages: Iterator[ListedPage]) -> None:
        """Keep the pages, in order: a last page is kept with or after those before it."""
        is_over = False
        while not is_over:
            with tempfile.TemporaryFile() as file:
                is_over, rows = _write(file, night, pages)
                if rows:
                    self._load(file, night)

    def lacking(self, night: date, selection: Selection) -> Iterator[ObjectRef]:
        """Yield what lacks rows (ports.ListingStore); days of the time selected are read."""
        rows = self._warehouse.query(
            _LACKING,
            night=night,
            since=selection.since,
            first=selection.since.date(),
            last=selection.until.date(),
        )
        count = 0
        for row in rows:
            yield ObjectRef(*parse_uri(row["gcs_uri"]), row["generation"])
            count += 1
        if count == _MOST:
            raise OutOfTime("more objects than these lack rows")

    def _load(self, file: IO[bytes], night: date) -> None:
        try:
            self._bulk.load_rows(file, f"load-listed-{night}-{uuid4().hex}", None)
        except RequestRejected as exc:
            raise TransientError(f"BigQuery refuses what was listed: {exc}") from exc


def _write(file: IO[bytes], night: date, pages: Iterator[ListedPage]) -> tuple[bool, int]:
    """Write pages until there is enough for a load job; returns if that was all, and its rows."""
    encode_lines, count = msgspec.json.Encoder().encode_lines, 0
    with GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) as lines:
        for page in pages:
            prefix = page.stretch.label
            rows = [_row(night, prefix, stored) for stored in page.objects]
            if page.is_last:
                rows.append(_Row(night, prefix))
            lines.write(encode_lines(rows))
            count += len(rows)
            if file.tell() >= _FILE_BYTES:
                return False, count
    return True, count


def _row(night: date, prefix: str, stored: StoredObject) -> _Row:
    created = None if stored.is_own else stored.created
    ref, count = stored.ref, stored.event_count
    return _Row(night, prefix, ref.uri, ref.generation, stored.batch_id, count, created)
