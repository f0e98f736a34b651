"""object_reader: what each failure of Cloud Storage means for the read."""

from datetime import timedelta

import pytest
from faulty_cloud import FaultyCloud
from serving import serve
from starlette.responses import Response

from analytics_pipeline import wiring
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.settings import Settings

CONTENT = b'{"a":1}\n'
REF = ObjectRef("bucket", "some/name", "5")
LAST_MODIFIED = "Sun, 01 Mar 2026 15:59:59 GMT"


@pytest.fixture(name="cloud")
def _cloud():
    return FaultyCloud()


@pytest.fixture(name="store")
def _store(cloud, monkeypatch):
    """Serve the cloud, with deadlines a test can wait for."""
    monkeypatch.setattr(wiring, "ATTEMPT_TIMEOUT", timedelta(seconds=0.3))
    with serve(cloud) as url:
        yield wiring.object_reader(
            Settings(
                bucket_name="bucket", google_cloud_project="project", storage_emulator_host=url
            )
        )


class TestRead:
    def test_generation(self, store, cloud):
        """The content is read at the generation asked for."""
        cloud.answers = [Response(CONTENT, headers={"ETag": "x", "Last-Modified": LAST_MODIFIED})]

        assert CONTENT == store.read(REF)

    def test_gone(self, store, cloud):
        """A generation that is not there any more is told apart."""
        cloud.answers = [Response(status_code=404)]

        with pytest.raises(ObjectGone):
            store.read(REF)

    @pytest.mark.parametrize("status", [401, 403, 503])
    def test_transient(self, store, cloud, status):
        """Any other failure may pass."""
        cloud.answers = [Response(status_code=status)]

        with pytest.raises(TransientError):
            store.read(REF)

    @pytest.mark.parametrize("name", ["a//b", "a/../b", "./a"])
    def test_unreadable_name(self, store, name):
        """A name that the client library cannot address is no reason to try again."""
        with pytest.raises(PermanentLoadError, match="unreadable_name"):
            store.read(ObjectRef("bucket", name, "5"))
