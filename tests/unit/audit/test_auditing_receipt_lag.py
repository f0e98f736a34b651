"""receipt_lag: what was logged just now is waited for, and nothing else is."""

from datetime import timedelta

import pytest
from audited_objects import RECEIVED

from analytics_commands.audit.reading import receipt_lag
from analytics_commands.audit.reading.receipt_lag import await_receipts
from analytics_commands.foundation.pipeline.log_lines import LogsUnavailable
from analytics_pipeline.errors import TransientError

LINES = [{"object": "gs://b/o"}, {"object": "gs://b/p"}, {"object": "gs://bb/o"}, {"event": "x"}]


class Log:
    """Holds lines; `failure` is raised in their place."""

    def __init__(self, failure=None):
        self.failure = failure
        self.asked = []

    def read(self, _events, since, until):
        """Return the lines, whatever the time."""
        self.asked.append((since, until))
        if self.failure:
            raise self.failure
        return iter(LINES)


class Queries:
    """Counts receipts: a number each time, the last one for ever."""

    root = "gs://b/"

    def __init__(self, *counts):
        self.counts = list(counts)
        self.asked = 0

    def count(self, _since, _until):
        """Return the next number, or raise it."""
        self.asked += 1
        count = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
        if isinstance(count, Exception):
            raise count
        return count


@pytest.fixture(name="wait")
def _wait(monkeypatch):
    """Wait for receipts without any time passing; returns what is said."""
    monkeypatch.setattr(receipt_lag, "_POLL_SECONDS", 0)

    def wait(log, queries, until=RECEIVED):
        said = []
        await_receipts(lambda: log, queries, until, RECEIVED, said.append)
        return said

    return wait


@pytest.mark.parametrize(("counts", "asked"), [((2,), 1), ((3,), 1), ((0, 1, 2), 3)])
def test_waited_for(wait, counts, asked):
    """It ends when the bucket's lines of the last half minute are receipts."""
    log, queries = Log(), Queries(*counts)

    assert [] == wait(log, queries)
    assert asked == queries.asked
    assert [(RECEIVED - timedelta(seconds=30), RECEIVED)] == log.asked


def test_a_sink_that_stands_still(wait):
    """It ends after a while, and says what is not there."""
    assert ["1 line of the log is not in the view receipts yet"] == wait(Log(), Queries(0, 1))


def test_nothing_so_young(wait):
    """An audit of older objects asks nothing."""
    log = Log()

    assert [] == wait(log, Queries(0), RECEIVED - timedelta(minutes=15))
    assert [] == log.asked


@pytest.mark.parametrize(
    ("log", "queries"),
    [(Log(LogsUnavailable("no right")), Queries(0)), (Log(), Queries(TransientError("no view")))],
)
def test_no_log(wait, log, queries):
    """Where log or receipts cannot be read, nothing is waited for."""
    assert [] == wait(log, queries)
