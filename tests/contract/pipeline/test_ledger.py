"""ledger: what BigQuery holds of each object, counted by the local warehouse; and query errors."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from faulty_cloud import FaultyCloud, google_error
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from local_warehouse import SCHEMAS, create_pipeline_tables, make_row, running_warehouse
from serving import serve

from analytics_commands.foundation.accounts.ledger import EVENT_KEY, Ledger
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load import warehouse
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.stored_objects import Selection

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = Selection(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
BATCH = "ab" * 16


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as local:
        yield local


class Books:
    """Tables of their own, and what is counted in them."""

    def __init__(self, local):
        self._local = local
        self._dataset = create_pipeline_tables(local)
        self.warehouse = Warehouse(local.client, self._dataset)

    def add_row(self, index, uri="gs://b/o", *, batch=BATCH, **changes):
        """Insert a row of the event at that position."""
        row = make_row(
            index,
            gcs_uri=uri,
            **{
                "event_id": f"{batch}/{index}",
                "event_ds": "2026-11-23",
                "generation": "5",
                "line": index + 1,
                **changes,
            },
        )
        self._insert("events_function", row)

    def add_letter(self, line, uri="gs://b/o", **changes):
        """Insert a letter about the line; 0 is the whole object."""
        letter = {
            "dead_letter_id": f"{uri}/{line}",
            "gcs_uri": uri,
            "generation": "5",
            "analytics_environment": "testing",
            "event_category": "function",
            "event_ds": "2026-11-23",
            "line": line,
            "event_count": 1 if line else 4,
            "reason": "invalid_line",
            "received_timestamp": "2026-11-23T12:00:00Z",
            "dead_lettered_date": "2026-11-23",
            "dead_lettered_timestamp": "2026-11-23T12:00:01Z",
            **changes,
        }
        self._insert("dead_letters", letter)

    def _insert(self, table, row):
        row = {"event_category": "function", **row}
        answer = self._local.insert_all(f"{self._dataset}.{table}", {"rows": [{"json": row}]})
        assert (200, None) == (answer[0], answer[1].get("insertErrors"))

    def entries(self, selection=DAY, event_ds=None):
        """Return the entries."""
        return list(Ledger(self.warehouse).entries(selection, event_ds))

    def entry(self):
        """Return the only entry."""
        (entry,) = self.entries()
        return entry


@pytest.fixture(name="books")
def _books(local):
    return Books(local)


class TestEntries:
    def test_loaded(self, books):
        """Every line with a row is loaded once, whatever the number of rows."""
        for index in (0, 1, 1, 2):
            books.add_row(index)

        entry = books.entry()

        assert ("gs://b/o", "testing", "function", date(2026, 11, 23), NOON) == (
            entry.gcs_uri,
            entry.analytics_environment,
            entry.event_category,
            entry.event_ds,
            entry.received,
        )
        assert (3, 0, 0) == (entry.loaded, entry.dead_lettered, entry.lettered_as_whole)
        assert (4, 3, 3) == (entry.rows, entry.distinct_rows, entry.visible_rows)

    def test_dead_lettered(self, books):
        """A line with a letter is settled; one that has a row, too, counts as loaded."""
        books.add_row(0)
        books.add_row(1)
        for line in (2, 3, 3):
            books.add_letter(line)

        entry = books.entry()

        assert (2, 1, 0) == (entry.loaded, entry.dead_lettered, entry.lettered_as_whole)
        assert (2, 2) == (entry.rows, entry.visible_rows)

    def test_whole_object(self, books):
        """A letter of the whole object stands for all its events."""
        books.add_letter(0)

        entry = books.entry()

        assert (0, 0, 4) == (entry.loaded, entry.dead_lettered, entry.lettered_as_whole)
        assert (0, 0, 0) == (entry.rows, entry.distinct_rows, entry.visible_rows)
        assert 0 == entry.missing_of(4)

    def test_first_line(self, books):
        """A letter about the first line counts like any other."""
        books.add_letter(1)

        assert (0, 1, 0) == (
            books.entry().loaded,
            books.entry().dead_lettered,
            books.entry().missing_of(1),
        )

    def test_shown_twice(self, books):
        """An event whose copies have different days is shown twice by the view."""
        books.add_row(0)
        books.add_row(0, received_date="2026-11-22")

        entry = books.entry()

        assert (1, 2, 1) == (entry.loaded, entry.distinct_rows, entry.later_copies)

    def test_repeated_on_another_day(self, books):
        """Of an event that is stored again on another day, the later object shows a copy."""
        books.add_row(0, "gs://b/second")
        books.add_row(0, "gs://b/second")
        books.add_row(0, "gs://b/first", received_date="2026-11-22")

        first, second = books.entries()

        assert (1, 0) == (first.visible_rows, first.later_copies)
        assert (2, 1, 1) == (second.rows, second.visible_rows, second.later_copies)

    def test_generations(self, books):
        """Every version of an object has an entry of its own."""
        for generation in ("5", "6"):
            books.add_row(0, generation=generation, batch=generation)
        books.add_letter(2, generation="5")

        found = [(each.generation, each.loaded, each.dead_lettered) for each in books.entries()]

        assert [("5", 1, 1), ("6", 1, 0)] == found

    def test_rows_without_a_generation(self, books):
        """Rows that are older than the column have an entry, too."""
        books.add_row(0, generation=None, line=None)

        assert ("", 0, 1) == (books.entry().generation, books.entry().loaded, books.entry().rows)

    def test_ids_of_another_writer(self, books):
        """Events are told apart by their line, whatever ids they have."""
        books.add_row(0, event_id="mine")
        books.add_row(1, event_id="mine")

        assert (2, 1) == (books.entry().loaded, books.entry().visible_rows)

    @pytest.mark.parametrize(
        ("changes", "is_another"),
        [
            ({}, False),
            ({"received_timestamp": "2026-11-23T13:00:00Z", "session_id": "t"}, False),
            ({"analytics_environment": "production"}, True),
            ({"event_type": "hit"}, True),
            ({"event_type": None}, True),
            ({"event_type": ""}, True),
            ({"event_id": "mine "}, True),
        ],
    )
    @pytest.mark.parametrize("day", ["2026-11-23", "2026-11-22"])
    def test_in_step_with_the_view(self, books, day, changes, is_another):
        """What the view takes for a copy of an event, the ledger does: of the whole key alone."""
        books.add_row(0, "gs://b/first", event_id="mine", received_date=day)
        books.add_row(0, "gs://b/second", **{"event_id": "mine", **changes})
        shown = list(books.warehouse.query("SELECT gcs_uri FROM events"))

        first, second = books.entries()
        is_later = day != "2026-11-23" and not is_another
        assert len(shown) == first.visible_rows + second.visible_rows
        assert 1 + (is_another or is_later) == len(shown)
        assert (0, int(is_later)) == (first.later_copies, second.later_copies)

    @pytest.mark.parametrize("written", [("first", "second"), ("second", "first")], ids="-".join)
    def test_which_copy_is_shown(self, books, written):
        """Of copies of the same moment that of the first object is shown, whoever was first."""
        for name in written:
            books.add_row(0, f"gs://b/{name}")
        shown = [row["gcs_uri"] for row in books.warehouse.query("SELECT gcs_uri FROM events")]

        assert ["gs://b/first"] == shown
        assert [1, 0] == [each.visible_rows for each in books.entries()]

    @pytest.mark.parametrize("written", [(0, 1), (1, 0)], ids=str)
    def test_which_line_is_shown(self, books, written):
        """Of lines of one object that are the same event by their id, the first is shown."""
        for index in written:
            books.add_row(index, event_id="the-same-id", received_timestamp="2026-11-23T12:00:00Z")
        shown = [row["line"] for row in books.warehouse.query("SELECT line FROM events")]

        assert [1] == shown
        assert (2, 1) == (books.entry().loaded, books.entry().visible_rows)

    def test_rows_of_before(self, books):
        """A row of before it was a column shows its own time as the corrected one."""
        times = {"event_timestamp": "2026-11-23T11:00:00Z"}
        books.add_row(0, **times)
        books.add_row(1, **times, corrected_timestamp="2026-11-23T12:00:00Z")
        rows = books.warehouse.query("SELECT corrected_timestamp AS c FROM events ORDER BY line")

        assert [11, 12] == [row["c"].hour for row in rows]

    def test_one_key(self):
        """The view, the ledger and what removes copies name the same columns."""
        assert f"PARTITION BY received_date, {EVENT_KEY}" in " ".join(
            (SCHEMAS / "events.sql").read_text().split()
        )

    def test_retried_request(self, books):
        """Of two objects with the same events, the view shows one."""
        for uri in ("gs://b/first", "gs://b/second"):
            books.add_row(0, uri)

        first, second = books.entries()

        assert (1, 1) == (first.loaded, second.loaded)
        assert (1, 0) == (first.visible_rows, second.visible_rows)

    def test_order(self, books):
        """Entries come in the order of the URIs' UTF-8, rows and letters alike."""
        uris = [f"gs://b/{name}" for name in ("a", "a/b", "b", "ä", "\uffff", "\U00010000")]
        for number, uri in enumerate(reversed(uris)):
            if number % 2:
                books.add_row(0, uri)
            else:
                books.add_letter(1, uri)

        assert uris == [entry.gcs_uri for entry in books.entries()]

    @pytest.mark.parametrize(
        ("environment", "category", "event_ds", "expected"),
        [
            (None, None, None, 4),
            ("testing", None, None, 3),
            (None, "function", None, 3),
            (None, None, "2026-11-23", 3),
            ("testing", "function", "2026-11-23", 1),
        ],
    )
    def test_selection(self, books, environment, category, event_ds, expected):
        """Environment, category and day narrow it down, of rows and letters."""
        books.add_row(0, "gs://b/1")
        books.add_row(0, "gs://b/2", analytics_environment="production")
        books.add_letter(1, "gs://b/3", event_category="cold")
        books.add_letter(1, "gs://b/4", event_ds="2026-11-20")
        selection = Selection(DAY.since, DAY.until, environment, category)

        assert expected == len(books.entries(selection, event_ds))

    def test_time(self, books):
        """What was received days before or after is not counted."""
        books.add_row(0, "gs://b/1", received_date="2026-11-20")
        books.add_row(0, "gs://b/2", received_date="2026-11-26")
        books.add_letter(1, "gs://b/3", received_timestamp="2026-11-20T00:00:00Z")

        assert [] == books.entries()

    @pytest.mark.parametrize(("slack", "expected"), [(0, 1), (2, 2), (4, 3)])
    def test_slack(self, books, slack, expected):
        """The time selected is widened on both sides by so much."""
        books.add_row(0, "gs://b/1")
        books.add_row(0, "gs://b/2", received_date="2026-11-21")
        books.add_row(0, "gs://b/3", received_date="2026-11-27")
        moment = Selection(NOON, NOON)

        entries = Ledger(books.warehouse).entries(moment, slack=timedelta(days=slack))

        assert expected == len(list(entries))


class TestQuery:
    def test_parameters(self, books):
        """Values of every type arrive as they are, and come back by column."""
        values = {
            "text": "it's",
            "number": 2**60,
            "moment": NOON,
            "day": date(2026, 3, 1),
            "nothing": None,
        }
        names = ", ".join(f"@{name} AS {name}" for name in values)

        assert [values] == list(books.warehouse.query(f"SELECT {names}", **values))

    def test_lists(self, books):
        """A list is an array, also when it is empty."""
        sql = "SELECT COUNT(*) AS n FROM UNNEST(@items) AS item"

        assert [{"n": 2}] == list(books.warehouse.query(sql, items=["a", "b"]))
        assert [{"n": 0}] == list(books.warehouse.query(sql, items=[]))

    def test_json(self, books):
        """A JSON column comes back as what it holds."""
        books.add_row(0, extra=json.dumps({"a": [1.5]}))

        assert [{"extra": {"a": [1.5]}}] == list(
            books.warehouse.query("SELECT extra FROM events_function")
        )

    def test_refused(self, books):
        """A query that BigQuery refuses fails with its own words, and nothing of the request."""
        with pytest.raises(TransientError) as raised:
            list(books.warehouse.query("SELECT * FROM nowhere"))

        assert "nowhere" in str(raised.value)
        assert "http" not in str(raised.value)

    @pytest.mark.parametrize("answer", [google_error(503), google_error(403, "accessDenied")])
    def test_failure(self, monkeypatch, answer):
        """A server that fails is a reason to come back."""
        for name in ("RETRY", "_JOB_RETRY"):
            retry = getattr(warehouse, name)
            shorter = Retry(predicate=retry._predicate, initial=0.05, timeout=0.3)
            monkeypatch.setattr(warehouse, name, shorter)
        with serve(FaultyCloud(answer)) as url:
            client = bigquery.Client(
                project="p",
                credentials=AnonymousCredentials(),
                client_options={"api_endpoint": url},
            )

            with pytest.raises(TransientError, match="the query failed"):
                list(Warehouse(client, "events").query("SELECT 1"))
            client.close()
