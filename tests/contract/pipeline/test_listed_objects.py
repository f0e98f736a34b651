"""listed_objects: what a night listed is compared with rows, letters and receipts, by SQL."""

import gzip
import itertools
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from local_warehouse import create_pipeline_tables, make_row, running_warehouse

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import RequestRejected
from analytics_pipeline.load.load_jobs import LoadJobs
from analytics_pipeline.load.warehouse import Warehouse
from analytics_pipeline.object_names import ObjectRef, batch_id_of, parse_object_name
from analytics_pipeline.reconcile import listed_objects
from analytics_pipeline.reconcile.listed_objects import LISTED_TABLE, ListedObjects
from analytics_pipeline.reconcile.ports import ListedPage, OutOfTime, Stretch
from analytics_pipeline.stored_objects import Selection, StoredObject

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = NOON.date()
DAY = Selection(NOON - timedelta(hours=12), NOON)
STRETCH = Stretch("all/", "a", "b")


def make_listed(leaf="1", *, own=True, count=4, created=NOON, generation="5", name=None):
    """Return an object of four events as it is listed, by default one that `ingest` wrote."""
    name = name or (
        "data_type=json/analytics_environment=e/event_category=function/event_ds=2026-11-23"
        f"/event_time=8-16/session/{leaf}"
    )
    metadata = {} if count is None else {"event_count": str(count)}
    if own:
        metadata["batch_id"] = batch_id_of(f"gs://b/{name}")
    ref = ObjectRef("b", name, generation)
    return StoredObject(ref, parse_object_name(name), created, 100, metadata=metadata)


def lacking_of(objects, cases):
    """Return those of the objects whose cases end with True."""
    return [
        stored.ref for stored, (*_, is_lacking) in zip(objects, cases, strict=True) if is_lacking
    ]


@pytest.fixture(name="local", scope="module")
def _local(tmp_path_factory):
    with running_warehouse(tmp_path_factory.mktemp("warehouse")) as local:
        yield local


class Books:
    """Tables of their own, and what is kept and found in them."""

    def __init__(self, local):
        self._local = local
        self._ids = itertools.count()
        self._dataset = create_pipeline_tables(local)
        jobs = LoadJobs(local.client, self._dataset, lambda: NOON, LISTED_TABLE)
        self.store = ListedObjects(Warehouse(local.client, self._dataset), jobs)

    def list(self, *stored, night=NIGHT, stretch=STRETCH, is_last=True):
        """Keep one page."""
        self.store.save(night, iter([ListedPage(stretch, 1, stored, is_last)]))

    def add_rows(self, stored, *lines, received=NIGHT):
        """Insert rows of an object's lines."""
        self._insert(
            "events_function",
            *(
                make_row(
                    line,
                    batch_id=stored.batch_id,
                    gcs_uri=stored.ref.uri,
                    line=line,
                    received_date=str(received),
                )
                for line in lines
            ),
        )

    def add_letters(self, stored, *lines, day=NIGHT):
        """Insert letters about an object's lines; 0 is the whole object."""
        letter = {
            "batch_id": stored.batch_id,
            "reason": "invalid_line",
            "dead_lettered_date": str(day),
            "dead_lettered_timestamp": "2026-11-23T12:00:01Z",
        }
        self._insert(
            "dead_letters",
            *({**letter, "dead_letter_id": str(line), "line": line} for line in lines),
        )

    def tell(self, stored, event="object_loaded", *, at=NOON):
        """Let a function have logged something about the object."""
        said = {"event": event, "object": stored.ref.uri}
        line = {"timestamp": at.isoformat(), "insertId": str(next(self._ids)), "jsonPayload": said}
        self._insert("run_googleapis_com_stdout", line)

    def lacking(self, night=NIGHT, selection=DAY):
        """Return what lacks rows."""
        return list(self.store.lacking(night, selection))

    def rows(self, sql):
        """Return the rows of a query about the table of listings."""
        return self._local.rows(f"{sql} FROM {self._dataset}.{LISTED_TABLE}")

    def _insert(self, table, *rows):
        if not rows:
            return
        body = {"rows": [{"json": row} for row in rows]}
        answer = self._local.insert_all(f"{self._dataset}.{table}", body)
        assert (200, None) == (answer[0], answer[1].get("insertErrors"))


@pytest.fixture(name="books")
def _books(local):
    return Books(local)


class TestLacking:
    def test_own(self, books):
        """An object lacks rows unless each event has one, or a letter; one of all is enough."""
        cases = [  # lines with rows, lines with letters, whether it lacks something
            ((), (), True),
            ((1, 2, 3), (), True),
            ((1, 1, 2, 3, 3), (), True),
            ((1, 2, 3, 4), (), False),
            ((1, 2), (3, 4), False),
            ((1, 2), (2, 3), True),
            ((), (0,), False),
            ((1,), (0,), False),
        ]
        objects = [make_listed(str(number)) for number in range(len(cases))]
        books.list(*objects)
        for stored, (lines, letters, _) in zip(objects, cases, strict=True):
            books.add_rows(stored, *lines)
            books.add_letters(stored, *letters)

        assert lacking_of(objects, cases) == books.lacking()

    def test_foreign(self, books):
        """An object that does not say how many events it has may lack some of them.

        So it does until it is said to be loaded.
        """
        cases = [  # events it says it has, lines with rows, whether it lacks something
            (None, (), True),
            (None, (1,), True),
            (2, (1,), True),
            (2, (1, 2), False),
        ]
        objects = [
            make_listed(str(number), own=False, count=count)
            for number, (count, *_) in enumerate(cases)
        ]
        books.list(*objects)
        for stored, (_, lines, _) in zip(objects, cases, strict=True):
            books.add_rows(stored, *lines)

        assert lacking_of(objects, cases) == books.lacking()

    def test_empty(self, books):
        """An object without events lacks nothing."""
        books.list(make_listed(count=0))

        assert [] == books.lacking()

    def test_generations(self, books):
        """Of another writer's object that is overwritten, each version has rows of its own."""
        old, new = (make_listed(own=False, generation=number) for number in "56")
        books.list(old, new)
        books.add_rows(old, 1, 2, 3, 4)

        assert [new.ref] == books.lacking()

    def test_foreign_rows_of_other_days(self, books):
        """Another writer's object may have rows on any day: a receipt since its creation counts."""
        cases = [  # what was logged, when, whether it lacks something
            ("object_loaded", NOON, False),
            ("object_dead_lettered", NOON, False),
            ("object_loaded", NOON - timedelta(hours=1), True),
            ("object_gone", NOON, True),
            ("repair_failed", NOON, True),
        ]
        created = NOON - timedelta(minutes=1)
        objects = [
            make_listed(str(number), own=False, created=created) for number in range(len(cases))
        ]
        books.list(*objects)
        for stored, (event, at, _) in zip(objects, cases, strict=True):
            books.add_rows(stored, 1, 2, 3, 4, received=date(2025, 1, 1))
            books.tell(stored, event, at=at)

        assert lacking_of(objects, cases) == books.lacking()

    def test_foreign_half(self, books):
        """Of an object that says no number, a letter may be all that there is, until it is told."""
        half, whole = (make_listed(leaf, own=False, count=None) for leaf in "12")
        books.list(half, whole)
        for stored in (half, whole):
            books.add_letters(stored, 2)
        books.tell(whole)

        assert [half.ref] == books.lacking()

    def test_own_rows_that_were_deleted(self, books):
        """Of the pipeline's own objects, rows count, whatever was logged."""
        stored = make_listed()
        books.list(stored)
        books.tell(stored)

        assert [stored.ref] == books.lacking()

    def test_days(self, books):
        """Only days of the time selected are read, of rows and of letters."""
        early, late, old, lettered = (make_listed(leaf) for leaf in "1234")
        books.list(early, late, old, lettered)
        books.add_rows(early, 1, 2, 3, 4, received=date(2026, 11, 22))
        books.add_rows(late, 1, 2, 3, 4)
        books.add_rows(old, 1, 2, 3, 4, received=date(2026, 11, 21))
        books.add_letters(lettered, 0, day=date(2026, 11, 21))
        selection = Selection(NOON - timedelta(days=1), NOON)

        assert [old.ref, lettered.ref] == books.lacking(selection=selection)

    def test_order(self, books):
        """What failed before comes last, other writers' objects after the pipeline's own."""
        failed, foreign, own, again = (
            make_listed("1"),
            make_listed("2", own=False),
            make_listed("3"),
            make_listed("4"),
        )
        books.list(failed, foreign, own, again)
        for _ in range(2):
            books.tell(failed, "repair_failed")
        books.tell(again, "repair_failed")

        assert [own.ref, foreign.ref, again.ref, failed.ref] == books.lacking()

    def test_listed_twice(self, books):
        """An object that is listed twice is named once."""
        stored = make_listed()
        for _ in range(2):
            books.list(stored)

        assert [stored.ref] == books.lacking()

    def test_nights(self, books):
        """What another night listed is that night's."""
        books.list(make_listed())

        assert [] == books.lacking(night=date(2026, 11, 24))

    def test_more_than_a_run_loads(self, books, monkeypatch):
        """A night in which more lacks rows than is named says so."""
        monkeypatch.setattr(listed_objects, "_MOST", 2)
        books.list(make_listed("1"), make_listed("2"))

        refs = books.store.lacking(NIGHT, DAY)

        assert {"1", "2"} == {next(refs).name[-1] for _ in range(2)}
        with pytest.raises(OutOfTime):
            next(refs)


class TestKept:
    def test_reached(self, books):
        """It is known of each stretch how far it was listed, and whether that is all of it."""
        half = Stretch("half/", "c", "d")
        first, second = make_listed("1"), make_listed("2")
        books.list(first)
        books.list(second, first, stretch=half, is_last=False)
        books.list(stretch=Stretch("empty/", "e", "f"))
        books.list(night=date(2026, 11, 24), stretch=Stretch("other/", "e", "f"))

        expected = {"all/": None, "half/": second.ref.name, "empty/": None}
        assert expected == books.store.reached(NIGHT)

    def test_nothing(self, books):
        """Where nothing was listed there is nothing to load."""
        books.store.save(NIGHT, iter([ListedPage(STRETCH, 1, [])]))

        assert {} == books.store.reached(NIGHT)

    def test_several_files(self, books, monkeypatch):
        """Files stay small, however much is listed; the last page of a stretch comes last."""
        monkeypatch.setattr(listed_objects, "_FILE_BYTES", 1)
        pages = [ListedPage(STRETCH, n, [make_listed(str(n))], n == 4) for n in range(1, 5)]

        books.store.save(NIGHT, iter(pages))

        assert [(5, 4)] == books.rows("SELECT COUNT(*), COUNT(DISTINCT gcs_uri)")
        assert {"all/": None} == books.store.reached(NIGHT)

    def test_names(self, books):
        """Whatever others call their objects, they are kept and named as they are called."""
        texts = ["a\x01b", "a\nb", 'a"b\\', "a//../b", "ж\u2028", "\U0001f600"]
        objects = [make_listed(text, own=False) for text in texts]
        books.list(*objects, is_last=False)

        assert {stored.ref for stored in objects} == set(books.lacking())
        assert {"all/": objects[-1].ref.name} == books.store.reached(NIGHT)

    def test_metadata(self, books):
        """Whatever others say of their objects, it is in nobody's way."""
        counts = ["9" * 18, "9" * 19, "-1", "1e3", "", "NaN"]
        strange = [make_listed(f"2{count}", own=False, count=count) for count in counts]
        good = make_listed("1")
        books.list(*strange, good)

        assert {good.ref, *(stored.ref for stored in strange)} == set(books.lacking())


class Bulk:
    """Takes the files of load jobs (RowBulk), until it fails."""

    def __init__(self):
        self.ids, self.rows = [], []
        self.failure = None

    def load_rows(self, rows, job_id, seen_at):
        if self.failure:
            raise self.failure
        rows.seek(0)
        lines = gzip.decompress(rows.read()).splitlines()
        self.rows += map(json.loads, lines)
        self.ids.append((job_id, seen_at))


def test_rows_are_small():
    """Of an object that `ingest` wrote, the creation time is not kept: it says nothing more."""
    bulk = Bulk()
    own, foreign = make_listed("1"), make_listed("2", own=False, count=None)
    page = ListedPage(STRETCH, 1, [own, foreign], is_last=True)

    ListedObjects(None, bulk).save(NIGHT, iter([page]))

    night = {"listed_date": "2026-11-23", "prefix": "all/"}
    assert [
        {
            **night,
            "gcs_uri": own.ref.uri,
            "generation": "5",
            "batch_id": own.batch_id,
            "event_count": 4,
        },
        {
            **night,
            "gcs_uri": foreign.ref.uri,
            "generation": "5",
            "batch_id": foreign.batch_id,
            "created_timestamp": "2026-11-23T12:00:00Z",
        },
        night,
    ] == bulk.rows


def test_jobs_are_told_apart():
    """Each file has a job of its own, also of a call that lists the same again."""
    bulk = Bulk()
    for _ in range(2):
        ListedObjects(None, bulk).save(NIGHT, iter([ListedPage(STRETCH, 1, [make_listed()])]))

    assert 2 == len({job_id for job_id, _ in bulk.ids})
    assert {None} == {seen_at for _, seen_at in bulk.ids}


@pytest.mark.parametrize("failure", [RequestRejected("bad row"), TransientError("later")])
def test_failure(failure):
    """Where BigQuery does not take a file, nothing after it is kept: a reason to come back."""
    bulk = Bulk()
    bulk.failure = failure

    with pytest.raises(TransientError):
        ListedObjects(None, bulk).save(NIGHT, iter([ListedPage(STRETCH, 1, [make_listed()])]))
