"""A small history that is known by heart: what was received when, in an environment of its own."""

import itertools
import json
from datetime import UTC, datetime, time, timedelta

from place import Place

from analytics_commands.query import command as query

TODAY = datetime.now(UTC).date()


def at(days_ago, clock="10:00:00"):
    """Return a moment of the history."""
    day = TODAY - timedelta(days=days_ago)
    return datetime.combine(day, time.fromisoformat(clock), UTC)


def shown(days_ago, clock="10:00:00"):
    """Return a moment as it is printed."""
    return at(days_ago, clock).isoformat().replace("+00:00", "Z")


def day(days_ago):
    """Return a day as it is printed."""
    return at(days_ago).date().isoformat()


class History(Place):
    """Events of the past, in an environment of their own."""

    def __init__(self, pipeline):
        super().__init__(pipeline)
        self._leaves = itertools.count()
        self._count = 0

    def batch(self, received, *events):
        """Store a batch that was received at that moment."""
        stamped = [{**event, "receivedTimestamp": received.timestamp()} for event in events]
        self.store(stamped, leaf=f"written-{next(self._leaves)}")
        self._count += len(events)

    def insert_rows(self, received, lags):
        """Insert a row for each lag in seconds, as the loader does, with a clock of its own."""
        rows = [
            {
                "analytics_environment": self.environment,
                "received_timestamp": received.isoformat(),
                "received_date": received.date().isoformat(),
                "inserted_timestamp": (received + timedelta(seconds=lag)).isoformat(),
                "batch_id": "b",
                "event_id": f"{self.environment}/{number}",
                "gcs_uri": "gs://b/o",
            }
            for number, lag in enumerate(lags)
        ]
        errors = self.pipeline.warehouse.insert_rows_json("events.events_function", rows)
        assert [] == errors
        self._count += len(rows)

    def deliver_again(self, condition):
        """Repeat rows, as a delivery does that comes after BigQuery has forgotten them."""
        table = "events.events_function"
        self.pipeline.query(
            f"INSERT INTO {table} SELECT * FROM {table} WHERE {self._mine} AND {condition}"
        )

    def resolve(self, condition):
        """Resolve dead letters, as a replay does."""
        table = "events.dead_letters"
        self.pipeline.query(
            f"INSERT INTO {table} SELECT * REPLACE (CURRENT_TIMESTAMP() AS resolved_timestamp,"
            f" 'replayed' AS resolution) FROM {table} WHERE {self._mine} AND {condition}"
        )

    def settle(self):
        """Wait until all that was received in the past is loaded."""
        if self._count:
            self.wait_for(self._count)


def ask(command, history, name, *arguments):
    """Run a saved query over the history; returns its rows."""
    history.settle()
    options = ("--environment", history.environment, "--json")
    code, out, err = command(query, name, *options, *arguments)
    assert 0 == code, err
    return [json.loads(line) for line in out.splitlines()]


def players(*names):
    """Return an event of each player."""
    return [{"playerId": name} for name in names]
