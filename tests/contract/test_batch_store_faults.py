"""batch_store: what each failure of Cloud Storage means for the write."""

import hashlib
from datetime import timedelta

import pytest
from faulty_cloud import FaultyCloud, stored
from serving import serve
from starlette.responses import Response

from analytics_pipeline import wiring
from analytics_pipeline.ingest import batch_store
from analytics_pipeline.ingest.ports import Acknowledgement
from analytics_pipeline.ingest.refusals import NotStored, UnknownOutcome
from analytics_pipeline.settings import Settings

CONTENT = b'{"a":1}\n'
E_TAG = f'"{hashlib.md5(CONTENT).hexdigest()}"'


@pytest.fixture(name="cloud")
def _cloud():
    return FaultyCloud(stored(E_TAG))


@pytest.fixture(name="store")
def _store(cloud, monkeypatch):
    """Serve the cloud, with deadlines a test can wait for."""
    monkeypatch.setattr(batch_store, "WRITE_DEADLINE_SECONDS", 1.0)
    monkeypatch.setattr(wiring, "ATTEMPT_TIMEOUT", timedelta(seconds=0.3))
    with serve(cloud) as url:
        yield wiring.batch_store(
            Settings(
                bucket_name="bucket", google_cloud_project="project", storage_emulator_host=url
            )
        )


async def write(store):
    """Write the content under the name."""
    return await store.write_once("some/name", CONTENT, "application/x-ndjson", {"batch_id": "b"})


class TestWriteOnce:
    async def test_verified(self, store, cloud):
        """An acknowledged MD5 equal to the content's proves the write, after one request."""
        assert Acknowledgement.VERIFIED == await write(store)
        assert [("PUT", "/bucket/some/name", CONTENT)] == cloud.requests

    @pytest.mark.parametrize(
        ("e_tag", "expected"),
        [
            (f'"{"0" * 32}"', Acknowledgement.CORRUPT),
            ('"CKih16GHzPcCEAE="', Acknowledgement.UNVERIFIED),
            ('"' + "Z" * 32 + '"', Acknowledgement.UNVERIFIED),
        ],
        ids=["other-bytes", "customer-key", "no-hex"],
    )
    async def test_e_tag(self, store, cloud, e_tag, expected):
        """Another MD5 is corruption; an ETag of another form proves nothing."""
        cloud.answers = [stored(e_tag)]

        assert expected == await write(store)

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_retry(self, store, cloud, status):
        """A failure that may pass is tried again."""
        cloud.answers = [Response(status_code=status), stored(E_TAG)]

        assert Acknowledgement.VERIFIED == await write(store)
        assert 2 == len(cloud.requests)

    async def test_lost_answer(self, store, cloud):
        """When the retry finds the object there, the first attempt has stored it."""
        cloud.answers = [5, Response(status_code=412)]

        assert Acknowledgement.UNVERIFIED == await write(store)

    @pytest.mark.parametrize("status", [401, 403, 404])
    async def test_refused(self, store, cloud, status):
        """A write that is refused outright has certainly stored nothing."""
        cloud.answers = [Response(status_code=status)]

        with pytest.raises(NotStored):
            await write(store)
        assert 1 == len(cloud.requests)

    async def test_refused_after_a_failure(self, store, cloud):
        """After an attempt of unknown outcome a refusal proves nothing."""
        cloud.answers = [Response(status_code=500), Response(status_code=403)]

        with pytest.raises(UnknownOutcome):
            await write(store)

    @pytest.mark.parametrize("answer", [Response(status_code=503), 5], ids=["503", "silence"])
    async def test_deadline(self, store, cloud, answer):
        """A store that does not acknowledge in time leaves the outcome unknown."""
        cloud.answers = [answer]

        with pytest.raises(UnknownOutcome):
            await write(store)
        assert len(cloud.requests) > 1
