"""batch_store: what each failure of Cloud Storage means for the write."""

import base64
import hashlib
from datetime import timedelta

import pytest
from faulty_cloud import FaultyCloud, stored
from obstore.exceptions import GenericError
from serving import serve
from starlette.responses import JSONResponse, Response

from analytics_pipeline.ingest import batch_store, listing, wiring
from analytics_pipeline.ingest.ports import Acknowledgement, NameTaken, NewObject
from analytics_pipeline.ingest.refusals import NotStored, UnknownOutcome
from analytics_pipeline.settings import Settings

CONTENT = b'{"a":1}\n'
MD5 = hashlib.md5(CONTENT).digest()
E_TAG = f'"{MD5.hex()}"'
NEW = NewObject(
    "some/name", CONTENT, "application/x-ndjson", {"batch_id": "b"}, MD5, len(CONTENT) + 46
)


def answer(status):
    """Return an answer of that status."""
    return Response(status_code=status)


def listed(size=8, md5=MD5, name="some/name", token=None):
    """Return a page of a listing that shows one object."""
    item = {"name": name, "size": str(size)}
    if md5:
        item["md5Hash"] = base64.b64encode(md5).decode()
    return JSONResponse({"items": [item]} | ({"nextPageToken": token} if token else {}))


NOTHING_LISTED = JSONResponse({"kind": "storage#objects"})


@pytest.fixture(name="cloud")
def _cloud():
    return FaultyCloud(stored(E_TAG))


@pytest.fixture(name="store")
def _store(cloud, monkeypatch):
    """Serve the cloud, with a silence a test can wait for, and patience for a busy machine."""
    monkeypatch.setattr(batch_store, "WRITE_DEADLINE_SECONDS", 60.0)
    monkeypatch.setattr(batch_store, "ATTEMPT_TIMEOUT", timedelta(seconds=1))
    with serve(cloud) as url:
        yield wiring.batch_store(
            Settings(
                bucket_name="bucket", google_cloud_project="project", storage_emulator_host=url
            )
        )


@pytest.fixture(name="hurried")
def _hurried(store, monkeypatch):
    """Give a write little time in all."""
    monkeypatch.setattr(batch_store, "WRITE_DEADLINE_SECONDS", 1.0)
    return store


async def write(store):
    """Write the content under the name."""
    return await store.write_once(NEW)


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
            ('"' + "0" * 31 + '"', Acknowledgement.UNVERIFIED),
            ('"' + "0" * 33 + '"', Acknowledgement.UNVERIFIED),
        ],
        ids=["other-bytes", "customer-key", "no-hex", "too-short", "too-long"],
    )
    async def test_e_tag(self, store, cloud, e_tag, expected):
        """Another MD5 is corruption; an ETag of another form proves nothing."""
        cloud.answers = [stored(e_tag)]

        assert expected == await write(store)

    async def test_nothing_is_overwritten(self, store, cloud):
        """Each attempt asks that the name must not exist."""
        cloud.answers = [answer(503), stored(E_TAG)]
        await write(store)

        assert ["0", "0"] == [each["x-goog-if-generation-match"] for each in cloud.headers]

    async def test_answer_without_a_generation(self, store, cloud):
        """An answer that names no generation is not Cloud Storage's: the write is tried again."""
        cloud.answers = [Response("<html>", headers={"ETag": E_TAG}), stored(E_TAG)]

        assert Acknowledgement.VERIFIED == await write(store)

    async def test_answers_without_a_generation(self, hurried, cloud):
        """Such answers alone leave the outcome unknown."""
        cloud.answers = [Response("<html>", headers={"ETag": E_TAG})]
        with pytest.raises(UnknownOutcome):
            await write(hurried)

    @pytest.mark.parametrize("status", [302, 307, 408, 429, 500, 503])
    async def test_retry(self, store, cloud, status):
        """A failure that may pass is tried again."""
        cloud.answers = [answer(status), stored(E_TAG)]

        assert Acknowledgement.VERIFIED == await write(store)
        assert 2 == len(cloud.requests)

    @pytest.mark.parametrize("status", [409, 412])
    async def test_taken_at_first(self, store, cloud, status):
        """A first attempt that finds the name taken has stored nothing of this call."""
        cloud.answers = [answer(status)]

        with pytest.raises(NameTaken):
            await write(store)
        assert 1 == len(cloud.requests)

    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (listed(), Acknowledgement.VERIFIED),
            (listed(md5=None), Acknowledgement.UNVERIFIED),
            (listed(md5=bytes(16)), Acknowledgement.UNVERIFIED),
        ],
        ids=["equal", "customer-key", "other-md5"],
    )
    @pytest.mark.parametrize("lost", [5, answer(503)], ids=["silence", "503"])
    async def test_lost_answer(self, store, cloud, lost, shown, expected):
        """When the retry finds the object there, the first attempt has stored it."""
        cloud.answers = [lost, answer(412), shown]

        assert expected == await write(store)
        assert "/storage/v1/b/bucket/o?prefix=some%2Fname&" in cloud.urls[-1]

    @pytest.mark.parametrize(
        "shown",
        [answer(403), Response("<html>"), JSONResponse({"nextPageToken": "more"})],
        ids=["forbidden", "no-listing", "empty-page"],
    )
    async def test_nothing_shown_after_a_failure(self, store, cloud, shown):
        """A refusal of a retry proves nothing by itself: a policy's looks the same."""
        cloud.answers = [answer(503), answer(412), shown]

        with pytest.raises(UnknownOutcome):
            await write(store)

    @pytest.mark.parametrize(
        "shown",
        [NOTHING_LISTED, listed(name="some/name-longer", token="more"), listed(size=1)],
        ids=["nothing", "only-longer-names", "another-size"],
    )
    async def test_taken_after_a_failure(self, store, cloud, shown):
        """When the retry is refused and nothing of ours is listed, nothing is stored."""
        cloud.answers = [answer(503), answer(412), shown]

        with pytest.raises(NotStored):
            await write(store)

    async def test_conflict_after_a_failure(self, store, cloud):
        """Requests that get in each other's way are tried again."""
        cloud.answers = [answer(503), answer(409), stored(E_TAG)]

        assert Acknowledgement.VERIFIED == await write(store)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 411, 413])
    async def test_refused(self, store, cloud, status):
        """A write that is refused outright has certainly stored nothing."""
        cloud.answers = [answer(status)]

        with pytest.raises(NotStored):
            await write(store)
        assert 1 == len(cloud.requests)

    async def test_refused_after_a_failure(self, store, cloud):
        """After an attempt of unknown outcome a refusal proves nothing."""
        cloud.answers = [answer(500), answer(403)]

        with pytest.raises(UnknownOutcome):
            await write(store)

    @pytest.mark.parametrize("status", [503, 409])
    async def test_deadline(self, hurried, cloud, status):
        """A store that does not acknowledge in time leaves the outcome unknown."""
        cloud.answers = [answer(503), answer(status)]

        with pytest.raises(UnknownOutcome):
            await write(hurried)
        assert len(cloud.requests) > 1

    async def test_silence(self, hurried, cloud):
        """A store that says nothing leaves the outcome unknown."""
        cloud.answers = [5]

        with pytest.raises(UnknownOutcome):
            await write(hurried)


class TestHolds:
    @pytest.mark.parametrize(
        ("shown", "expected"),
        [
            (listed(), True),
            (listed(md5=bytes(16)), True),
            (listed(size=NEW.repeat_size), True),
            (listed(size=1), False),
            (NOTHING_LISTED, False),
            (answer(403), False),
            (answer(500), False),
            (JSONResponse({"items": [{"name": "some/name"}]}), False),
        ],
        ids=[
            "there",
            "received-later",
            "sent-then",
            "another-size",
            "nothing",
            "403",
            "500",
            "nonsense",
        ],
    )
    async def test_proof(self, store, cloud, shown, expected):
        """Only a listing of the name with the size expected proves that it is there."""
        cloud.answers = [shown]

        assert expected == await store.holds(NEW)

    async def test_silence(self, store, cloud, monkeypatch):
        """A listing that does not come proves nothing."""
        monkeypatch.setattr(listing, "_TIMEOUT_SECONDS", 0.2)
        cloud.answers = [5]

        assert not await store.holds(NEW)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Server returned non-2xx status code: 412 Precondition: status code: 200", 412),
        ("HTTP error: error sending request", None),
    ],
)
def test_status(text, status):
    """The status is the one that the client names first."""
    assert status == batch_store.status_of(GenericError(text))
