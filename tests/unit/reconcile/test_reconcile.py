"""reconcile: a scheduled call, what it looks at, when it stops, and what it answers."""

import json
from datetime import timedelta

import pytest
from stored import NOW, make_stored

from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.reconcile import reconcile
from analytics_pipeline.reconcile.ports import OutOfTime, Unloaded
from analytics_pipeline.reconcile.reconcile import Reconcile
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from analytics_pipeline.stored_objects import Selection

COUNTS = ("objects", "rows", "dead_letters", "load_jobs", "failed")


class World:
    """What a run meets: receipts, the bucket, its objects, and what loads them.

    `unloaded` have no receipt, `listed` lack rows by the bucket's account, `settled` have rows;
    what is `failing` raises. Everything else is found, and loaded by a job each.
    """

    def __init__(self):
        self.unloaded_objects, self.listed = [], []
        self.settled_uris, self.gone = set(), set()
        self.failing = {}
        self.asked, self.checked, self.swept, self.loaded, self.counted = [], [], [], [], []

    def accept(self, *leaves, age=timedelta(hours=1)):
        """Let objects be accepted, and have no receipt."""
        stored = [make_stored(leaf) for leaf in leaves]
        self.unloaded_objects += [
            Unloaded(each.ref.uri, 4, NOW - age, NOW - age) for each in stored
        ]
        return [each.ref.uri for each in stored]

    def list(self, *leaves):
        """Let objects lack rows by the bucket's account."""
        stored = [make_stored(leaf) for leaf in leaves]
        self.listed += [each.ref for each in stored]
        return [each.ref.uri for each in stored]

    def unloaded(self, selection):
        self.asked.append(selection)
        self._fail("receipts")
        yield from self.unloaded_objects
        self._fail("end of receipts")

    def settled(self, objects):
        self.counted.append(len(objects))
        self._fail("rows")
        return self.settled_uris

    def lacking(self, night, selection, is_over):
        self.checked.append((night, selection))
        self._fail("bucket")
        yield from self.listed
        if is_over():
            raise OutOfTime("listing")

    def find(self, ref):
        self._fail(ref.uri)
        if ref.uri in self.gone:
            return None
        leaf = ref.name.rsplit("-", 1)[1]
        return make_stored(leaf)

    def repair(self, objects, seen_at):
        assert seen_at == NOW
        for stored in objects:
            self.loaded.append(stored.ref.uri)
            yield RepairCounts(objects=1, rows=4, load_jobs=1)
        yield RepairCounts()

    def remove(self, selection):
        self.swept.append(selection)
        self._fail("sweep")
        return 3

    def _fail(self, where):
        if where in self.failing:
            raise self.failing[where]


@pytest.fixture(name="world")
def _world():
    return World()


@pytest.fixture(name="call")
def _call(world, capsys):
    """Call once; returns the answer, its status and the lines that were logged."""

    def call(body=b""):
        run = Reconcile(world, world, world, world, world, clock=lambda: NOW)
        answer, status = run.handle(body)
        return answer, status, list(map(json.loads, capsys.readouterr().out.splitlines()))

    return call


def events_of(lines):
    """Return the events of log lines, in their order."""
    return [line["event"] for line in lines]


def test_nothing_to_do(call, world):
    """A run that finds nothing is logged, too: its absence would be an alarm."""
    answer, status, lines = call()

    assert ({"finished": True, **dict.fromkeys(COUNTS, 0)}, 200) == (answer, status)
    assert [("objects_reconciled", 0)] == [
        (line["event"], line["oldest_unloaded_seconds"]) for line in lines
    ]
    assert [Selection(NOW - timedelta(days=8), NOW - timedelta(minutes=15))] == world.asked
    assert ([], [], []) == (world.checked, world.swept, world.counted)


def test_what_has_no_receipt(call, world):
    """Objects without a receipt are loaded, and the run says how long the oldest has waited."""
    expected = world.accept("1", "2", "3", age=timedelta(minutes=90))

    answer, status, lines = call()

    assert (200, expected) == (status, world.loaded)
    assert (3, 12, 3, True) == tuple(
        answer[name] for name in ("objects", "rows", "load_jobs", "finished")
    )
    assert [5400] == [line["oldest_unloaded_seconds"] for line in lines]


def test_what_has_rows(call, world):
    """An object that has its rows gets the receipt it lacks, and is not loaded again."""
    loaded, lost = world.accept("1", "2")
    world.settled_uris = {loaded}

    _, _, lines = call()

    assert [lost] == world.loaded
    receipt = next(line for line in lines if line["event"] == "object_loaded")
    assert (loaded, 4, 0) == (receipt["object"], receipt["rows"], receipt["dead_letters"])


def test_rows_are_counted_for_many_objects_at_a_time(call, world, monkeypatch):
    """One query counts the rows of as many objects as its parameters take."""
    monkeypatch.setattr(reconcile, "_COUNTED", 2)
    world.accept("1", "2", "3")
    call()

    assert [2, 1] == world.counted


def test_schedule(call, world):
    """The body says how far back to look, how long delivery is waited for, and what else to do."""
    body = {"days": 2, "settle_minutes": 0, "list_bucket": True, "remove_repeated": True}
    _, _, lines = call(json.dumps(body).encode())

    assert [Selection(NOW - timedelta(days=2), NOW)] == world.asked
    assert [(NOW.date(), Selection(NOW - timedelta(hours=26), NOW))] == world.checked
    assert [Selection(NOW - timedelta(days=2), NOW)] == world.swept
    assert ["rows_repeated_removed", "objects_reconciled"] == events_of(lines)


def test_what_the_bucket_holds(call, world):
    """What no receipt tells of is loaded when the bucket is looked at."""
    world.accept("1")
    world.list("2")

    answer, status, _ = call(b'{"list_bucket": true}')

    assert (200, 2) == (status, answer["objects"])


def test_share_of_listing(call, world, monkeypatch):
    """Listing leaves time for loading, and what was found is loaded."""
    monkeypatch.setattr(reconcile, "_LISTING", -1)
    world.list("1", "2")

    answer, status, _ = call(b'{"list_bucket": true}')

    assert (503, 2) == (status, answer["objects"])


def test_nights_overlap():
    """What had not settled when a night began is looked at by the next one."""
    longest_wait = timedelta(minutes=15 + 60)  # for delivery, and for a call that comes late

    assert reconcile._CHECKED >= timedelta(days=1) + longest_wait


@pytest.mark.parametrize(
    "body",
    [b"x", b"[]", b'{"days": 0}', b'{"dayz": 1}', b'{"days": "2"}', b'{"nearby_only": true}'],
)
def test_wrong_body(call, world, body):
    """A body that is not understood is refused, and nothing is done."""
    answer, status, lines = call(body)

    assert (400, 400, "invalid_body") == (status, answer["code"], answer["reason"])
    assert ([], []) == (world.asked, lines)


@pytest.mark.parametrize(
    ("where", "loaded"),
    [
        ("receipts", ["3"]),
        ("rows", ["3"]),
        ("end of receipts", ["3"]),  # a page that breaks off is for the next run
        ("bucket", ["1", "2"]),
        ("sweep", ["1", "2", "3"]),
    ],
)
def test_failure(call, world, where, loaded):
    """A failure that may pass asks for another call, and is in nothing else's way."""
    world.accept("1", "2")
    world.list("3")
    world.failing[where] = TransientError("secret detail")

    answer, status, lines = call(b'{"list_bucket": true, "remove_repeated": true}')

    assert (503, 503, "unfinished") == (status, answer["code"], answer["reason"])
    assert [make_stored(leaf).ref.uri for leaf in loaded] == world.loaded
    assert {"reconcile_failed", "reconcile_unfinished"} <= set(events_of(lines))
    assert "secret detail" in json.dumps(lines)
    assert "secret" not in json.dumps(answer)


def test_failure_of_one_object(call, world):
    """An object that cannot be looked up is named, and the others are loaded."""
    bad, good = world.accept("1", "2")
    world.failing[bad] = TransientError("later")

    answer, status, lines = call()

    assert (503, 1, [good]) == (status, answer["failed"], world.loaded)
    assert [(bad, "later")] == [
        (line["object"], line["detail"]) for line in lines if line["event"] == "repair_failed"
    ]


def test_object_gone(call, world):
    """An object that is not there any more is on record, so that nobody asks again."""
    gone, good = world.accept("1", "2")
    world.gone = {gone}

    _, status, lines = call()

    assert (200, [good]) == (status, world.loaded)
    assert [gone] == [line["object"] for line in lines if line["event"] == "object_gone"]


def test_share_of_load_jobs(call, world, monkeypatch):
    """A run ends when its share of load jobs is used up, and says so."""
    monkeypatch.setattr(reconcile, "MAX_LOAD_JOBS_PER_RUN", 2)
    world.accept(*"12345")

    answer, status, lines = call()

    assert (503, 2, "unfinished") == (status, answer["load_jobs"], answer["reason"])
    assert ["reconcile_unfinished"] == events_of(lines)


@pytest.mark.parametrize(
    "body", [{"budget_minutes": 0}, {"budget_minutes": 0, "list_bucket": True}]
)
def test_share_of_time(call, world, body):
    """A run whose time is over begins nothing more, and says that something is left."""
    world.accept(*"12345")
    world.list("6")

    answer, status, _ = call(json.dumps(body).encode())

    assert (503, 0, []) == (status, answer["objects"], world.loaded)


def test_time_that_ends_in_a_listing(call, world, monkeypatch):
    """Time that is over while the bucket is listed leaves the run unfinished."""
    world.list("1")
    monkeypatch.setattr(reconcile._Run, "is_over", lambda run: run.counts.objects > 0)

    answer, status, _ = call(b'{"list_bucket": true}')

    assert (503, 1) == (status, answer["objects"])


def test_generation(world):
    """What the bucket lists is looked up at the version that was listed."""
    world.list("1")
    asked = []
    find = world.find
    world.find = lambda ref: asked.append(ref) or find(ref)
    world.accept("2")
    Reconcile(world, world, world, world, world, clock=lambda: NOW).handle(b'{"list_bucket": true}')

    assert ["", "5"] == [ref.generation for ref in asked]
    assert all(isinstance(ref, ObjectRef) for ref in asked)


def test_quota():
    """The day's runs leave BigQuery's quota of load jobs room for people's commands."""
    assert 50 * reconcile.MAX_LOAD_JOBS_PER_RUN + 400 <= 1500
