"""What the functions logged, kept on disk to be read in the order of the objects' names."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from analytics_commands.audit.scope import Scope
from analytics_commands.foundation.pipeline.log_lines import LogLine
from analytics_pipeline.object_names import parse_object_name
from analytics_pipeline.stored_objects import Day

URL_ISSUED = "upload_url_issued"
# A request that was repeated is told of the object of the first: both were accepted.
BATCH_EVENTS = ("batch_stored", "batch_repeated")
_CREATE = """
CREATE TABLE lines (
  event TEXT, uri TEXT, event_ds TEXT, environment TEXT, category TEXT, event_count INT, moment REAL
)
"""
_INSERT = "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)"
_READ = """
SELECT uri, event_ds, environment, category, MAX(event_count), MIN(moment)
FROM lines WHERE (event = ?) = ? GROUP BY uri ORDER BY uri
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One object that a client was told of: a batch that is stored, or a URL to send a file to.

    `moment` is when the batch was received, or the URL issued, UTC. A file counts no events.
    """

    uri: str
    day: Day
    event_count: int
    moment: datetime


class AcceptedObjects:
    """Any number of log lines, in a file that is gone when this is closed."""

    def __init__(self, bucket: str, scope: Scope) -> None:
        self._root = f"gs://{bucket}/"
        self._scope = scope
        self._connection = sqlite3.connect("")  # SQLite's own temporary file
        self._connection.execute(_CREATE)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, lines: Iterable[LogLine]) -> None:
        """Keep the lines about objects of the selected environment and category."""
        self._connection.executemany(_INSERT, self._rows(lines))

    def clear(self) -> None:
        """Forget all lines."""
        self._connection.execute("DELETE FROM lines")

    def batches(self) -> Iterator[Accepted]:
        """Yield the accepted batches, each once, by URI (UTF-8 order)."""
        return self._read(are_uploads=False)

    def uploads(self) -> Iterator[Accepted]:
        """Yield the issued upload URLs, each once, by the URI of their object (UTF-8 order)."""
        return self._read(are_uploads=True)

    def _read(self, *, are_uploads: bool) -> Iterator[Accepted]:
        rows = self._connection.execute(_READ, (URL_ISSUED, are_uploads))
        for uri, *day, event_count, moment in rows:
            yield Accepted(uri, Day(*day), event_count, datetime.fromtimestamp(moment, UTC))

    def _rows(self, lines: Iterable[LogLine]) -> Iterator[tuple[str | float, ...]]:
        for line in lines:
            uri: str = line["object"]
            place = parse_object_name(uri.removeprefix(self._root))
            if place is None or not self._scope.covers(place.partition):
                continue
            if line["event"] == URL_ISSUED:
                event_count = 0
                moment = datetime.fromisoformat(line["time"]).timestamp()
            else:
                event_count = int(line["event_count"])
                moment = float(line["received_timestamp"])  # as the object's own metadata says it
            partition = place.partition
            yield (
                line["event"],
                uri,
                partition.event_ds,
                partition.analytics_environment,
                partition.event_category,
                event_count,
                moment,
            )
