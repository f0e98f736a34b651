"""result_pages, bucket_pages: pages against the local storage, and against answers that fail."""

from types import SimpleNamespace

import pytest
import urllib3
from faulty_cloud import FaultyCloud, google_error
from serving import serve
from starlette.responses import JSONResponse, Response

from analytics_commands.audit.reading.bucket_pages import BucketPages
from analytics_commands.audit.reading.result_pages import AccountRow, ResultPages
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.google_http import new_http


def name_of(leaf, *, kind="json", environment="testing", category="function"):
    """Return the name of an object of the layout."""
    return (
        f"data_type={kind}/analytics_environment={environment}/event_category={category}"
        f"/event_ds=2026-03-01/event_time=8-16/{leaf}"
    )


@pytest.fixture(name="pages")
def _pages(bucket):
    """List an empty bucket."""
    return BucketPages(new_http(None, anonymous=True), bucket.url, bucket.name)


class TestBucket:
    def test_from_one_name_to_another(self, pages, bucket):
        """Names come in the order of their UTF-8, from the first, without the last."""
        for leaf in ("a b", "ä&", "b/c", "\uffff", "😀", "z"):
            bucket.write(name_of(leaf))
        listed = list(pages.pages(name_of("b"), name_of("😀"), 2))

        found = [each.name for page in listed for each in page.items]
        assert [name_of(leaf) for leaf in ("b/c", "z", "ä&", "\uffff")] == found
        assert [2, 2] == [len(page.items) for page in listed]
        assert bucket.resource(name_of("z"))["generation"] == listed[0].items[1].generation

    @pytest.mark.parametrize(
        ("environment", "category", "expected"),
        [
            (None, None, ["a-b/cold", "a-b/function", "a/function"]),
            (None, "function", ["a-b/function", "a/function"]),
            ("a-b", None, ["a-b/cold", "a-b/function"]),
            ("x", "y", ["x/y"]),
        ],
    )
    def test_categories(self, pages, bucket, environment, category, expected):
        """Categories come by name: those that there are, and one that is asked for."""
        for place in ("a-b/cold", "a-b/function", "a/function"):
            name, _, kind = place.partition("/")
            bucket.write(name_of("s/1", environment=name, category=kind))
        bucket.write(name_of("s/1", kind="unknown", environment="c"))

        prefixes = [name_of("", environment=each[0], category=each[1]).partition("event_ds")[0]
                    for each in (place.split("/") for place in expected)]  # fmt: skip
        assert sorted(prefixes) == pages.categories("json", environment, category)

    def test_no_bucket(self, bucket):
        """A bucket that is not there fails in Cloud Storage's own words."""
        pages = BucketPages(new_http(None, anonymous=True), bucket.url, "nowhere")

        with pytest.raises(TransientError, match=r"^listing gs://nowhere failed: HTTP 404 The"):
            list(pages.pages("a", "b"))


class TestFailures:
    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (google_error(403, "may not list"), "HTTP 403 may not list$"),
            (Response(b"oh\n no", 500), "HTTP 500 oh no$"),
            (Response(b""), "truncated"),
            (Response(b'{"items": [{}]}'), "missing required field"),
            (Response(b"\xff"), "malformed"),
        ],
    )
    def test_answers(self, answer, words):
        """Whatever is answered in place of a page is a reason to come back, and told."""
        with serve(FaultyCloud(answer)) as url:
            pages = BucketPages(urllib3.PoolManager(retries=False), url, "b")
            with pytest.raises(TransientError, match=f"listing gs://b failed: .*{words}"):
                list(pages.pages("a", "b"))


class TestResults:
    RESULT = SimpleNamespace(project="p", job_id="j", location="EU", total_rows=3)

    def read(self, *answers):
        """Return the rows that come in these answers."""
        cloud = FaultyCloud(*[
            JSONResponse({"rows": [self.row(name) for name in names]}) for names in answers
        ])  # fmt: skip
        with serve(cloud) as url:
            pages = ResultPages(urllib3.PoolManager(retries=False), url).pages(self.RESULT)
            return [row for page in pages for row in page], cloud

    def row(self, name):
        """Return a row as BigQuery's REST API has it."""
        return {"f": [{"v": each} for each in (name, None, "3", "7", None, None)]}

    def test_long_rows(self):
        """Rows too long for one answer come in several, each once (REST reference, maxResults)."""
        rows, cloud = self.read(["a", "b"], ["c"])

        assert [AccountRow(name, None, 3, 7, None, None) for name in "abc"] == rows
        assert ["startIndex=0&maxResults=3", "startIndex=2&maxResults=1"] == [
            url.partition("?")[2].partition("&location")[0] for url in cloud.urls
        ]

    def test_rows_that_are_gone(self):
        """Rows that do not come are a reason to come back, not the end of them."""
        with pytest.raises(TransientError, match="reading rows failed: 1 of them are not there"):
            self.read(["a", "b"], [])
