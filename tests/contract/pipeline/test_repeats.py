"""repeats: of an event that is shown on several days, the first day's copy stays."""

from datetime import timedelta

import pytest
from local_warehouse import NOW, create_pipeline_tables, make_row, running_warehouse

from analytics_commands.foundation.accounts.ledger import Ledger
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.reconcile.repeats import RepeatRemover
from analytics_pipeline.stored_objects import Selection

LAST_WEEK = Selection(NOW - timedelta(days=8), NOW)
JUST_NOW = NOW - timedelta(minutes=1)
TODAY, YESTERDAY, LAST_YEAR = "2026-11-23", "2026-11-22", "2025-11-22"


@pytest.fixture(name="local")
def _local(tmp_path):
    with running_warehouse(tmp_path) as local:
        yield local


class Table:
    """A table of events, and what removes their later copies."""

    def __init__(self, local):
        self._local = local
        self._dataset = create_pipeline_tables(local)
        self.warehouse = Warehouse(local.client, self._dataset)

    def add(self, event_id, date, uri="gs://b/o", inserted=NOW - timedelta(days=1), **changes):
        """Insert a row of the event, received on that day."""
        row = make_row(
            0,
            gcs_uri=uri,
            event_id=event_id,
            received_date=date,
            inserted_timestamp=inserted.isoformat(),
            batch_id=uri,
            generation="5",
            line=1,
            event_category="function",
            **changes,
        )
        answer = self._local.insert_all(
            f"{self._dataset}.events_function", {"rows": [{"json": row}]}
        )
        assert (200, None) == (answer[0], answer[1].get("insertErrors"))

    def settle(self):
        """Let time pass until the rows are out of the streaming buffer."""
        self.shown()  # they are in it as soon as they are seen
        self._local.clock.time += 3600

    def remove(self):
        """Remove later copies; returns how many."""
        return RepeatRemover(self.warehouse, lambda: NOW).remove(LAST_WEEK)

    def shown(self):
        """Return what the view shows."""
        sql = "SELECT event_id, CAST(received_date AS STRING) FROM events ORDER BY 1, 2"
        return [tuple(row.values()) for row in self.warehouse.query(sql)]


@pytest.fixture(name="table")
def _table(local):
    return Table(local)


def test_later_copies_go(table):
    """The first day's copy stays, all others go, and events of one day are left alone."""
    for date in (YESTERDAY, TODAY, TODAY, "2026-11-20"):
        table.add("a/0", date, f"gs://b/{date}")
    table.add("b/0", TODAY)
    table.add("b/0", TODAY)
    table.settle()

    assert 3 == table.remove()
    assert [("a/0", "2026-11-20"), ("b/0", TODAY)] == table.shown()
    assert 0 == table.remove()


@pytest.mark.parametrize(
    "changes", [{"analytics_environment": "production"}, {"event_type": "hit"}, {"event_type": ""}]
)
def test_the_same_id_elsewhere(table, changes):
    """Another environment's event of that id, or of another type, is no copy, and stays."""
    table.add("a/0", YESTERDAY)
    table.add("a/0", TODAY, **changes)
    table.add("b/0", YESTERDAY)
    table.add("b/0", TODAY)
    table.add("b/0", TODAY, **changes)
    table.settle()

    assert 1 == table.remove()
    assert [("a/0", YESTERDAY), ("a/0", TODAY), ("b/0", YESTERDAY), ("b/0", TODAY)] == table.shown()


def test_far_away(table):
    """Days that are not neighbours are not looked at."""
    table.add("a/0", TODAY)
    table.add("a/0", LAST_YEAR)
    table.settle()

    assert 0 == table.remove()


def test_accounted_for(table):
    """A line whose copy was removed is accounted for, so that nothing loads it again."""
    table.add("a/0", YESTERDAY, "gs://b/first")
    table.add("a/0", TODAY, "gs://b/second")
    table.settle()
    for _ in range(2):
        table.remove()

    first, second = Ledger(table.warehouse).entries(LAST_WEEK)

    assert (1, 0) == (first.loaded, first.dead_lettered)
    assert (0, 1, 0) == (second.loaded, second.dead_lettered, second.missing_of(1))
    letters = list(table.warehouse.query("SELECT reason, resolution FROM dead_letters"))
    assert [{"reason": "repeated", "resolution": "repeated"}] == letters
    assert [] == list(table.warehouse.query("SELECT * FROM open_dead_letters"))


def test_rows_streamed_just_now(table):
    """Rows of the streaming buffer cannot go yet; the others do."""
    table.add("a/0", YESTERDAY)
    table.add("a/0", TODAY)
    table.settle()
    table.add("b/0", YESTERDAY, inserted=JUST_NOW)
    table.add("b/0", TODAY, inserted=JUST_NOW)

    assert 1 == table.remove()
    assert [("a/0", YESTERDAY), ("b/0", YESTERDAY), ("b/0", TODAY)] == table.shown()
