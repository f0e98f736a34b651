"""account queries: a row a version of an object, of what was accepted and what is loaded."""

from datetime import UTC, datetime, timedelta

import pytest
from local_warehouse import create_pipeline_tables, make_row, running_warehouse

from analytics_commands.audit.reading import result_pages
from analytics_commands.audit.reading.account_queries import AccountQueries
from analytics_commands.audit.reading.result_pages import AccountRow, ResultPages
from analytics_commands.audit.scope import Scope
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.stored_objects import Selection

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = Selection(NOON - timedelta(hours=12), NOON + timedelta(hours=12))
MICROS = int(NOON.timestamp() * 1_000_000)


def name_of(leaf, *, environment="testing", category="function"):
    """Return an object's name."""
    return (
        f"data_type=json/analytics_environment={environment}/event_category={category}"
        f"/event_ds=2026-11-23/event_time=8-16/s/{leaf}"
    )


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as local:
        yield local


class Books:
    """Tables of their own, and what the audit is told of them."""

    def __init__(self, local):
        self._local = local
        self._dataset = create_pipeline_tables(local)

    def add_line(self, name, event="batch_stored", moment=NOON, **fields):
        """Insert a line of the functions' log, as the sink does."""
        payload = {
            "event": event,
            "object": f"gs://b/{name}",
            "event_count": 2.0,
            "received_timestamp": f"{NOON.timestamp():.6f}",
            **fields,
        }
        self._insert(
            "run_googleapis_com_stdout", {"timestamp": moment.isoformat(), "jsonPayload": payload}
        )

    def add_rows(self, name, lines=(1, 2), *, bucket="b", **changes):
        """Insert a row of each line of an object."""
        for line in lines:
            row = make_row(
                line - 1,
                gcs_uri=f"gs://{bucket}/{name}",
                received_timestamp=NOON.timestamp(),
                event_id=f"{name}/{line - 1}",
                event_category="function",
                event_ds="2026-11-23",
                generation="5",
                line=line,
            )
            self._insert("events_function", {**row, **changes})

    def add_letter(self, name, line):
        """Insert a dead letter."""
        letter = {
            "dead_letter_id": f"{name}/{line}",
            "gcs_uri": f"gs://b/{name}",
            "generation": "5",
            "analytics_environment": "testing",
            "event_category": "function",
            "event_ds": "2026-11-23",
            "line": line,
            "event_count": 1,
            "reason": "invalid_line",
            "received_timestamp": NOON.isoformat(),
            "dead_lettered_date": "2026-11-23",
            "dead_lettered_timestamp": NOON.isoformat(),
        }
        self._insert("dead_letters", letter)

    def _insert(self, table, row):
        answer = self._local.insert_all(f"{self._dataset}.{table}", {"rows": [{"json": row}]})
        assert (200, None) == (answer[0], answer[1].get("insertErrors"))

    def queries(self, selection=DAY):
        """Return what asks about them."""
        warehouse = Warehouse(self._local.client, self._dataset)
        return AccountQueries(warehouse, "gs://b/", Scope(selection, timedelta(), NOON))

    def read(self, result):
        """Return all rows of a result."""
        pages = ResultPages(self._local.http, self._local.url).pages(result)
        return [row for page in pages for row in page]

    def accounts(self, selection=DAY, *, are_receipts_known=True):
        """Return the rows about objects."""
        queries = self.queries(selection)
        return self.read(queries.accounts(are_receipts_known=are_receipts_known))

    def uploads(self, selection=DAY):
        """Return the rows about upload URLs."""
        return self.read(self.queries(selection).uploads())


@pytest.fixture(name="books")
def _books(local):
    return Books(local)


def test_all_agree(books):
    """An object whose events are all rows, each shown once, is a row without oddities."""
    name = name_of("o")
    books.add_line(name)
    books.add_rows(name)

    assert [AccountRow(name, "5", 2, MICROS, 2, None)] == books.accounts()


def test_one_account_alone(books):
    """What only the log knows, and what only BigQuery knows, are rows, too, by name."""
    names = [name_of(leaf) for leaf in ("b", "ä", "\U00010000")]
    books.add_line(names[1])
    books.add_rows(names[0])
    books.add_letter(names[2], 1)

    assert [
        AccountRow(names[0], "5", None, MICROS, 2, None),
        AccountRow(names[1], None, 2, MICROS, None, None),
        AccountRow(names[2], "5", None, MICROS, 0, "1 0 0 0 0 0"),
    ] == books.accounts()


def test_oddities(books):
    """Rows that are not one for each event are counted, as the ledger counts them."""
    name = name_of("o")
    books.add_line(name)
    books.add_rows(name, [1, 1])
    books.add_letter(name, 2)

    (row,) = books.accounts()
    assert (1, "1 0 2 1 1 0") == (row.loaded, row.oddities)


def test_repeated_lines(books):
    """Lines about one object are one: the highest count, the earliest time."""
    books.add_line(name_of("o"), "batch_repeated", moment=NOON + timedelta(hours=1))
    books.add_line(name_of("o"), received_timestamp=f"{NOON.timestamp() - 1}", event_count=3.0)
    books.add_line(name_of("p"), "batch_repeated")

    assert [(3, MICROS - 1_000_000), (2, MICROS)] == [
        (row.accepted, row.received) for row in books.accounts()
    ]


def test_versions(books):
    """Each version of an object is a row, with what was accepted of it."""
    books.add_line(name_of("o"))
    for generation in ("5", "6"):
        books.add_rows(name_of("o"), generation=generation)

    assert [("5", 2), ("6", 2)] == [(row.generation, row.accepted) for row in books.accounts()]


def test_other_events_and_buckets(books):
    """Lines about other events, and what is of other buckets, are left out."""
    books.add_line(name_of("o"), "object_loaded")
    books.add_line(name_of("o"), object=f"gs://bb/{name_of('o')}")
    books.add_rows(name_of("o"), bucket="bb")

    assert [] == books.accounts()


@pytest.mark.parametrize(
    ("environment", "category", "leaves"),
    [(None, None, "abc"), ("testing", None, "ab"), (None, "cold", "bc"), ("other", "cold", "c")],
)
def test_selected(books, environment, category, leaves):
    """Only what is of the selected environment and category is told, of lines and of rows."""
    places = {
        "a": {},
        "b": {"category": "cold"},
        "c": {"category": "cold", "environment": "other"},
    }
    for leaf, place in places.items():
        name = name_of(leaf, **place)
        books.add_line(name)
        books.add_line(name, "upload_url_issued")
        columns = {
            "analytics_environment": place.get("environment", "testing"),
            "event_category": place.get("category", "function"),
        }
        books.add_rows(name, **columns)
    selection = Selection(DAY.since, DAY.until, environment, category)

    for rows in (books.accounts(selection), books.uploads(selection)):
        assert list(leaves) == sorted(row.name[-1] for row in rows)
    assert {2} == {row.loaded for row in books.accounts(selection)}


def test_time(books):
    """What was received at another time is left out, whatever knows of it."""
    for hours in (-13, 13):
        moment = NOON + timedelta(hours=hours)
        seconds = f"{moment.timestamp():.6f}"
        books.add_line(name_of(f"l{hours}"), moment=moment, received_timestamp=seconds)
        books.add_line(name_of(f"u{hours}"), "upload_url_issued", moment=moment)
        books.add_rows(
            name_of(f"r{hours}"),
            received_timestamp=moment.isoformat(),
            received_date=moment.date().isoformat(),
        )

    assert ([], []) == (books.accounts(), books.uploads())


def test_odd_lines(books):
    """A line that lacks its count or its time is one of an object without events, of its time."""
    books.add_line(name_of("o"), event_count=None, received_timestamp=None)
    books.add_line(name_of("p"), received_timestamp="then")

    assert [(0, MICROS), (2, MICROS)] == [(row.accepted, row.received) for row in books.accounts()]


def test_uploads(books):
    """Upload URLs are kept apart from batches; their time is that of the first line."""
    for minutes in (2, 1):
        books.add_line("f", "upload_url_issued", object="gs://b/x", received_timestamp=None)
        name = name_of("f")
        moment = NOON + timedelta(minutes=minutes)
        books.add_line(name, "upload_url_issued", moment=moment, event_count=None)

    assert [] == books.accounts()
    (row,) = books.uploads()
    assert AccountRow(name, None, 0, MICROS + 60_000_000, None, None) == row


def test_without_receipts(books):
    """Where there are no receipts, rows are told all the same, and nothing was accepted."""
    books.add_rows(name_of("o"))

    assert [AccountRow(name_of("o"), "5", None, MICROS, 2, None)] == books.accounts(
        are_receipts_known=False
    )


def test_known_since(books):
    """Receipts begin with the first line of the time selected, of whatever object."""
    assert books.queries().known_since() is None
    books.add_line(name_of("o"), moment=NOON - timedelta(days=3))
    assert books.queries().known_since() is None
    for minutes in (2, 1):
        moment = NOON + timedelta(minutes=minutes)
        books.add_line(name_of("o", environment="x"), "object_loaded", moment=moment)
    assert NOON + timedelta(minutes=1) == books.queries().known_since()


def test_pages(books, monkeypatch):
    """Rows come in their order, in however many pages."""
    monkeypatch.setattr(result_pages, "PAGE_ROWS", 2)
    names = [name_of(leaf) for leaf in "abcde"]
    for name in names:
        books.add_line(name)

    assert names == [row.name for row in books.accounts()]


def test_refused(local):
    """A query that is refused is a reason to come back, in BigQuery's own words."""
    warehouse = Warehouse(local.client, "nowhere")
    queries = AccountQueries(warehouse, "gs://b/", Scope(DAY, timedelta(), NOON))

    for ask in (queries.known_since, lambda: queries.accounts(are_receipts_known=True)):
        with pytest.raises(TransientError, match=r"the query failed: .*nowhere"):
            ask()
