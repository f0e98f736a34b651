"""object_lookup: what is stored under a name, against the local storage and one that fails."""

from urllib.parse import quote

import pytest
import urllib3
from faulty_cloud import FaultyCloud
from serving import serve
from starlette.responses import Response

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.reconcile import object_lookup
from analytics_pipeline.reconcile.object_lookup import ObjectLookup

NAME = (
    "data_type=json/analytics_environment=testing/event_category=function/event_ds=2026-03-01"
    "/event_time=8-16/a b%/ä?#/1"
)
METADATA = {"event_count": "4", "received_timestamp": "1772373600.250000"}


@pytest.fixture(name="lookup")
def _lookup(bucket):
    return ObjectLookup(new_http(None, anonymous=True), bucket.url)


def put(bucket, name=NAME, **metadata):
    """Store an object; returns its resource."""
    headers = {f"x-goog-meta-{key}": value for key, value in (METADATA | metadata).items()}
    headers["Content-Encoding"] = "gzip"
    bucket.send("PUT", f"/{{bucket}}/{quote(name)}", "0123456789", headers)
    return bucket.resource(name)


@pytest.mark.parametrize("is_pinned", [False, True])
def test_found(bucket, lookup, is_pinned):
    """An object comes with what its writer said of it, as it is or at a generation."""
    generation = put(bucket)["generation"]

    found = lookup.find(ObjectRef(bucket.name, NAME, generation if is_pinned else ""))

    assert ObjectRef(bucket.name, NAME, generation) == found.ref
    assert parse_object_name(NAME) == found.place
    assert (10, "gzip", METADATA) == (found.size, found.content_encoding, found.metadata)


def test_gone(bucket, lookup):
    """An object that is not there, or not at that generation, is none."""
    put(bucket)

    assert lookup.find(ObjectRef(bucket.name, NAME, "1")) is None
    assert lookup.find(ObjectRef(bucket.name, f"{NAME}/other", "")) is None


def test_not_to_be_loaded(bucket, lookup):
    """An object of which events were forgotten is not to be loaded any more."""
    put(bucket, rewritten_at="2026-03-02T00:00:00Z")

    assert lookup.find(ObjectRef(bucket.name, NAME, "")) is None


@pytest.mark.parametrize("status", [200, 401, 403, 429, 500, 503])
def test_failure(monkeypatch, status):
    """Everything but an object, and the word that there is none, may pass."""
    monkeypatch.setattr(object_lookup, "TIMEOUT", urllib3.Timeout(0.3))
    with serve(FaultyCloud(Response(b"a proxy's page", status))) as url:
        lookup = ObjectLookup(urllib3.PoolManager(retries=False), url)
        with pytest.raises(TransientError, match="looking at gs://bucket/name failed"):
            lookup.find(ObjectRef("bucket", "name", ""))


def test_silence(monkeypatch):
    """Who does not answer in time may answer later."""
    monkeypatch.setattr(object_lookup, "TIMEOUT", urllib3.Timeout(0.1))
    lookup = ObjectLookup(urllib3.PoolManager(retries=False), "http://127.0.0.1:9")

    with pytest.raises(TransientError, match="looking at"):
        lookup.find(ObjectRef("bucket", "name", ""))
