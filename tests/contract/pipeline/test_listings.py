"""listings: many listings side by side, against the local storage and one that fails."""

import threading
from datetime import date
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest
import urllib3
from faulty_cloud import FaultyCloud, google_error
from serving import serve
from starlette.responses import JSONResponse, Response

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.object_names import KEEP_OBJECT, ObjectRef
from analytics_pipeline.reconcile import listings
from analytics_pipeline.reconcile.listings import BucketListings
from analytics_pipeline.reconcile.ports import OutOfTime, Stretch
from analytics_pipeline.reconcile.stretches import parts_of, whole_of

DAYS = [date(2026, 2, 28), date(2026, 3, 1)]
TESTING = whole_of("testing", DAYS)
MANY = 10**9


def never():
    """Say that there is time."""
    return False


def name_of(leaf, *, kind="json", environment="testing", category="function", day="2026-03-01"):
    """Return the name of an object of the layout."""
    return (
        f"data_type={kind}/analytics_environment={environment}/event_category={category}"
        f"/event_ds={day}/event_time=8-16/{leaf}"
    )


@pytest.fixture(name="lister")
def _lister(bucket):
    """List an empty bucket."""
    return BucketListings(new_http(None, anonymous=True), bucket.url, bucket.name)


@pytest.fixture(name="small_pages")
def _small_pages(monkeypatch):
    monkeypatch.setattr(listings, "_PAGE", 2)


def names(pages):
    """Return the names of all objects on the pages."""
    return [stored.ref.name for page in pages for stored in page.objects]


class TestEnvironments:
    def test_all(self, lister, bucket):
        """Every environment is there once, whatever it holds."""
        for environment in ("b", "a", "ж c"):
            for leaf in ("s/1", "s/2"):
                bucket.write(name_of(leaf, environment=environment))
        for name in (KEEP_OBJECT, name_of("s/1", kind="file", environment="no"), "foreign"):
            bucket.write(name)

        assert ["a", "b", "none", "ж c"] == lister.environments(never)

    @pytest.mark.usefixtures("small_pages")
    def test_pages(self, lister, bucket):
        """All pages are read, while there is time."""
        for environment in "abcde":
            bucket.write(name_of("s/1", environment=environment), b"")
        answers = iter([False])

        assert [*"abcde"] == lister.environments(never)
        with pytest.raises(OutOfTime):
            lister.environments(lambda: next(answers, True))


class TestPages:
    def test_stored_object(self, lister, bucket):
        """An object comes with what its writer said of it, and with its generation."""
        metadata = {"event_count": "4", "received_timestamp": "1772373600.250000"}
        headers = {f"x-goog-meta-{name}": value for name, value in metadata.items()}
        headers["Content-Encoding"] = "gzip"
        bucket.send("PUT", f"/{{bucket}}/{quote(name_of('s/1'))}", "0123456789", headers)
        resource = bucket.resource(name_of("s/1"))

        (page,) = lister.pages([TESTING], MANY, never)

        assert (TESTING, 1, True, "") == (page.stretch, page.number, page.is_last, page.failure)
        (stored,) = page.objects
        assert ObjectRef(bucket.name, name_of("s/1"), resource["generation"]) == stored.ref
        assert (10, "gzip", metadata) == (stored.size, stored.content_encoding, stored.metadata)
        assert 1772373600.25 == stored.received.timestamp()
        assert resource["timeCreated"][:19] == stored.created.isoformat()[:19]

    def test_what_is_not_loaded(self, lister, bucket):
        """Only what `load` would load is looked at."""
        for name in (
            name_of("folder/"),
            name_of("s/.keep"),
            name_of("s/1", category="cold"),
            name_of("s/1").replace("2026-03-01", "2026-02-28x"),
            name_of("s/1", day="2026-02-27"),
            name_of("s/1", day="2026-03-02"),
            name_of("s/1", environment="other"),
            name_of("s/1"),
        ):
            bucket.write(name)

        assert [name_of("s/1")] == names(lister.pages([TESTING], MANY, never))

    def test_parts(self, lister, bucket):
        """The parts of a whole hold what it holds, each object once."""
        written = {
            name_of(f"{session}/x", day=day.isoformat())
            for day in DAYS
            for session in ("0", "4", "bc", "zz", "session-id-not-available", "a\u0301", "/")
        }
        for name in written:
            bucket.write(name)

        listed = names(lister.pages(parts_of(TESTING.label, DAYS), MANY, never))

        assert (len(written), written) == (len(listed), set(listed))

    @pytest.mark.usefixtures("small_pages")
    @pytest.mark.parametrize(
        ("most", "expected"),
        [(MANY, [(2, False), (2, False), (1, True)]), (2, [(2, False), (2, False)])],
    )
    def test_most_pages(self, lister, bucket, most, expected):
        """Pages of a stretch come in order, and no more of them than are asked for."""
        leaves = ["a", "b", "ä", "\uffff", "\U00010000"]
        for leaf in reversed(leaves):
            bucket.write(name_of(f"s/{leaf}"), b"")

        pages = list(lister.pages([TESTING], most, never))

        assert expected == [(len(page.objects), page.is_last) for page in pages]
        assert [name_of(f"s/{leaf}") for leaf in leaves][: 2 * most] == names(pages)

    @pytest.mark.usefixtures("small_pages")
    def test_time_that_ends(self, lister, bucket):
        """When time is over no page more is begun, of none of the stretches."""
        for leaf in "abc":
            bucket.write(name_of(f"s/{leaf}"), b"")
        answers = iter([False])

        pages = list(lister.pages([TESTING, TESTING], MANY, lambda: next(answers, True)))

        assert [(1, False)] == [(page.number, page.is_last) for page in pages]

    def test_nothing(self, lister):
        """Without stretches there are no pages."""
        assert [] == list(lister.pages([], MANY, never))


def page_of(*items, token=None):
    """Return an answer with these items."""
    body = {"items": [{"generation": "5", "size": "1", **item} for item in items]}
    return JSONResponse(body | ({"nextPageToken": token} if token else {}))


class Crowd:
    """Answers once as many are waiting as are expected; each stretch has two pages."""

    def __init__(self, expected):
        self.barrier = threading.Barrier(expected)
        self.tokens = {}

    def urlopen(self, _method, url, **_options):
        query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        self.barrier.wait(60)
        token = query.get("pageToken")
        self.tokens.setdefault(query["startOffset"], []).append(token)
        body = {} if token else {"nextPageToken": query["startOffset"]}
        return urllib3.HTTPResponse(msgspec.json.encode(body), status=200)


def test_side_by_side():
    """As many pages as there are listers are asked for at the same time, and each is continued."""
    stretches = [Stretch(str(n), str(n), "~") for n in range(2 * listings._LISTERS)]
    crowd = Crowd(listings._LISTERS)

    pages = list(BucketListings(crowd, "http://storage", "b").pages(stretches, MANY, never))

    assert {each.start: [None, each.start] for each in stretches} == crowd.tokens
    assert len(stretches) == len([page for page in pages if page.is_last])


class TestFailures:
    @pytest.fixture(name="cloud")
    def _cloud(self):
        return FaultyCloud(page_of())

    @pytest.fixture(name="lister")
    def _lister(self, cloud, monkeypatch):
        monkeypatch.setattr(listings, "TIMEOUT", urllib3.Timeout(0.3))
        with serve(cloud) as url:
            http = urllib3.PoolManager(retries=urllib3.Retry(0, raise_on_status=False))
            yield BucketListings(http, url, "bucket")

    @pytest.mark.parametrize(
        "answer",
        [
            google_error(503),
            google_error(403, "forbidden"),
            Response("<html>"),
            Response(b'{"items": [{"name": "\xff"}]}'),
            JSONResponse({"items": [{"name": "a"}]}),
            Response("{}", headers={"Content-Length": "99"}),
            2.0,
        ],
        ids=["busy", "forbidden", "page", "bytes", "other", "broken", "silent"],
    )
    def test_one_stretch(self, cloud, lister, answer):
        """A stretch that cannot be listed says why, on a page, and is listed no further."""
        cloud.answers = [answer]

        (page,) = lister.pages([TESTING], MANY, never)

        assert (TESTING, [], False) == (page.stretch, page.objects, page.is_last)
        assert page.failure.startswith("listing gs://bucket failed")
        with pytest.raises(TransientError, match="gs://bucket"):
            lister.environments(never)

    def test_others(self, cloud, lister):
        """A failure on the way is that stretch's alone."""
        cloud.answers = [page_of(token="x"), google_error(503), page_of()]

        pages = [*lister.pages([TESTING], MANY, never), *lister.pages([TESTING], MANY, never)]

        assert [(1, False), (2, True), (1, False)] == [
            (page.number, bool(page.failure)) for page in pages
        ]

    @pytest.mark.parametrize(
        "particulars",
        [
            {},
            {"metadata": {}},
            {"metadata": {"received_timestamp": "9" * 11, "event_count": "-1", "batch_id": "ж"}},
            {"metadata": {"received_timestamp": "nan", "rewritten": "\u0000"}},
            {"contentEncoding": "br, gzip", "storageClass": "ARCHIVE"},
        ],
    )
    def test_strange_metadata(self, cloud, lister, particulars):
        """Whatever others say of their objects, it is in nobody's way."""
        created = {"timeCreated": "2026-03-01T12:00:00Z"}
        strange = {"name": name_of("s/1"), **created, **particulars}
        cloud.answers = [page_of(strange, {"name": name_of("s/2"), **created})]

        (page,) = lister.pages([TESTING], MANY, never)

        assert [name_of("s/1"), name_of("s/2")] == names([page])
        for stored in page.objects:
            assert stored.created == stored.received
