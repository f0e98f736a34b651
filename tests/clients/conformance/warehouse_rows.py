"""The rows that came of a world's events, in the real warehouse."""

import time
from dataclasses import dataclass
from datetime import datetime

from pipeline_client import PipelineClient

ROWS_SECONDS = 120.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Row:
    """What the suite looks at in a row of `events.events`; `n` and `dropped` are attributes."""

    event_id: str
    event_type: str
    session_id: str
    event_index: int
    n: int | None
    dropped: int | None
    event_timestamp: datetime
    corrected_timestamp: datetime
    received_timestamp: datetime


class Rows:
    """Reads the rows of one environment."""

    def __init__(self, variables, environment):
        self.client = PipelineClient(variables)
        self._where = f"FROM events.events WHERE analytics_environment = '{environment}'"

    def close(self):
        """Give the connections back."""
        self.client.close()

    def count(self):
        """Return how many there are."""
        ((count,),) = self.client.query(f"SELECT COUNT(*) {self._where}")
        return count

    def read(self):
        """Return them all."""
        number = "CAST(JSON_VALUE(event_attributes.{0}) AS INT64)"
        return [
            Row(*values)
            for values in self.client.query(
                "SELECT event_id, event_type, session_id, event_index,"
                f" {number.format('n')}, {number.format('dropped')},"
                f" event_timestamp, corrected_timestamp, received_timestamp {self._where}"
            )
        ]

    def wait(self, least):
        """Wait until there are so many, as long as it may take; returns what there is then."""
        deadline = time.monotonic() + ROWS_SECONDS
        while self.count() < least and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        return self.read()
