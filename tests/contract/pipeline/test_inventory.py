"""inventory: a bucket's objects by listing, against the local storage and one that fails."""

from urllib.parse import quote

import pytest
from faulty_cloud import FaultyCloud, google_error
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from serving import serve

from analytics_commands.foundation.accounts import inventory
from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import KEEP_OBJECT, ObjectRef
from analytics_pipeline.stored_objects import Day


def bucket_of(url, name):
    """Return the client library's bucket."""
    client = storage.Client(
        project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": url}
    )
    return client.bucket(name)


def name_of(leaf, *, kind="json", environment="testing", category="function", day="2026-03-01"):
    """Return the name of an object of the layout."""
    return (
        f"data_type={kind}/analytics_environment={environment}/event_category={category}"
        f"/event_ds={day}/event_time=8-16/{leaf}"
    )


@pytest.fixture(name="stock")
def _stock(bucket):
    """List an empty bucket."""
    return Inventory(bucket_of(bucket.url, bucket.name))


@pytest.fixture(name="failing")
def _failing(monkeypatch):
    """List a bucket that answers with errors."""
    retry = Retry(predicate=inventory._RETRY._predicate, initial=0.05, timeout=0.3)
    monkeypatch.setattr(inventory, "_RETRY", retry)
    cloud = FaultyCloud(google_error(503))
    with serve(cloud) as url:
        yield Inventory(bucket_of(url, "bucket")), cloud


class TestObjects:
    def test_stored_object(self, stock, bucket):
        """An object comes with what its writer said of it, and with its generation."""
        metadata = {"event_count": "4", "received_timestamp": "1772373600.250000"}
        headers = {f"x-goog-meta-{name}": value for name, value in metadata.items()}
        headers["Content-Encoding"] = "gzip"
        bucket.send("PUT", f"/{{bucket}}/{quote(name_of('s/1'))}", "0123456789", headers)
        resource = bucket.resource(name_of("s/1"))

        (stored,) = stock.objects("data_type=json/")

        assert ObjectRef(bucket.name, name_of("s/1"), resource["generation"]) == stored.ref
        assert (10, "gzip", 4, "s") == (
            stored.size,
            stored.content_encoding,
            stored.event_count,
            stored.place.session_id,
        )
        assert 1772373600.25 == stored.received.timestamp()
        assert resource["timeCreated"][:19] == stored.created.isoformat()[:19]

    def test_what_is_no_object_of_the_layout(self, stock, bucket):
        """Folders, what keeps them, and foreign names are left out."""
        for name in (KEEP_OBJECT, name_of("folder/"), "data_type=json/foreign", name_of("s/1")):
            bucket.write(name)

        assert [name_of("s/1")] == [stored.ref.name for stored in stock.objects("data_type=json/")]

    def test_pages_and_order(self, stock, bucket):
        """All pages are read, in the order of the names' UTF-8."""
        leaves = [f"{number:04}" for number in range(1001)] + ["ä", "\uffff", "\U00010000"]
        for leaf in reversed(leaves):
            bucket.write(name_of(f"s/{leaf}"), b"")

        listed = [stored.ref.name for stored in stock.objects(name_of("s/"))]

        assert [name_of(f"s/{leaf}") for leaf in leaves] == listed

    def test_failure(self, failing):
        """Storage that fails is a reason to come back."""
        stock, _ = failing

        with pytest.raises(TransientError, match="gs://bucket"):
            list(stock.objects("data_type=json/"))

    def test_no_bucket(self, bucket):
        """A bucket that does not exist is named."""
        with pytest.raises(TransientError, match="gs://nowhere"):
            list(Inventory(bucket_of(bucket.url, "nowhere")).objects("x"))


class TestFind:
    def test_generation(self, stock, bucket):
        """An object is found at its generation, and not at one that it no longer has."""
        bucket.write(name_of("s/1"), b"first")
        (stored,) = stock.objects("data_type=json/")

        assert stored == stock.find(stored.ref)
        bucket.write(name_of("s/1"), b"second")
        assert stock.find(stored.ref) is None

    def test_foreign_name(self, stock, bucket):
        """A name that is not of the layout is not found."""
        bucket.write("foreign", b"")
        ref = ObjectRef(bucket.name, "foreign", bucket.resource("foreign")["generation"])

        assert stock.find(ref) is None

    def test_failure(self, failing):
        """Storage that fails is a reason to come back."""
        stock, _ = failing

        with pytest.raises(TransientError, match="gs://bucket"):
            stock.find(ObjectRef("bucket", name_of("s/1"), "5"))


class TestDays:
    @pytest.fixture(autouse=True)
    def _objects(self, bucket):
        for name in (
            KEEP_OBJECT,
            name_of("s/1"),
            name_of("s/2", day="2026-03-02"),
            name_of("s/3", environment="production", category="cold"),
            name_of("parent/child", kind="file", category="crash"),
        ):
            bucket.write(name)

    def test_all(self, stock):
        """Every day of every environment and category is there, the newest first."""
        expected = [
            Day("2026-03-02", "testing", "function"),
            Day("2026-03-01", "testing", "function"),
            Day("2026-03-01", "production", "cold"),
            Day("2000-01-01", "none", "none"),
        ]
        assert expected == stock.days()

    @pytest.mark.parametrize("day", ["20260301", "2026-W09-7", "2026-02-30", "someday", "0"])
    def test_other_folders(self, stock, bucket, day):
        """A folder that names no day is none of ours."""
        before = stock.days()

        bucket.write(name_of("s/9", day=day))

        assert before == stock.days()

    def test_narrowed(self, stock):
        """An environment and a category narrow it down."""
        assert [Day("2026-03-01", "production", "cold")] == stock.days("json", "production")
        assert [] == stock.days("json", "production", "function")
        assert [Day("2026-03-01", "testing", "crash")] == stock.days("file", None, "crash")

    def test_failure(self, failing):
        """Storage that fails is a reason to come back."""
        stock, _ = failing

        with pytest.raises(TransientError, match="gs://bucket"):
            stock.days()
