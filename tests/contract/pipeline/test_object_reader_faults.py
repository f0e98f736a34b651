"""object_reader: what each failure of Cloud Storage means for the read."""

from urllib.parse import unquote

import pytest
import urllib3
from faulty_cloud import FaultyCloud
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from serving import serve
from starlette.responses import Response

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load import object_reader, wiring
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.google_http import new_http
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.settings import Settings

CONTENT = b'{"a":1}\n'
REF = ObjectRef("bucket", "some/name", "5")


@pytest.fixture(name="cloud")
def _cloud():
    return FaultyCloud(Response(CONTENT))


@pytest.fixture(name="read")
def _read(cloud, monkeypatch):
    """Serve the cloud, with deadlines a test can wait for."""
    monkeypatch.setattr(object_reader, "TIMEOUT", urllib3.Timeout(1.0))
    with serve(cloud) as url:
        reader = wiring.object_reader(
            Settings(
                bucket_name="bucket", google_cloud_project="project", storage_emulator_host=url
            ),
            AnonymousCredentials(),
        )
        yield lambda ref=REF, max_bytes=100: reader.read(ref, max_bytes)


def test_generation(read, cloud):
    """The content is read at the generation asked for."""
    assert CONTENT == read()

    assert [b"/download/storage/v1/b/bucket/o/some%2Fname"] == cloud.raw_paths
    assert cloud.urls[0].endswith("?alt=media&generation=5")


def test_rights(cloud):
    """Every request carries the token of whoever reads."""
    with serve(cloud) as url:
        http = new_http(Credentials("a-token"), anonymous=False)
        object_reader.BucketReader(http, url).read(REF, 100)

    assert ["Bearer a-token"] == cloud.authorizations


def test_gone(read, cloud):
    """A generation that is not there any more is told apart."""
    cloud.answers = [Response(status_code=404)]

    with pytest.raises(ObjectGone):
        read()


@pytest.mark.parametrize("status", [401, 403, 412, 429, 503])
def test_transient(read, cloud, status):
    """Any other failure may pass."""
    cloud.answers = [Response(status_code=status)]

    with pytest.raises(TransientError):
        read()


def test_retry(read, cloud):
    """What may pass at once is tried again at once."""
    cloud.answers = [Response(status_code=503), Response(CONTENT)]

    assert CONTENT == read()


def test_silence(read, cloud):
    """A server that does not answer in time may answer later."""
    cloud.answers = [2.0]

    with pytest.raises(TransientError, match="timed out"):
        read()


def test_broken_body(read, cloud):
    """Content that ends before its length is no content."""
    cloud.answers = [Response(CONTENT, headers={"Content-Length": "99"})]

    with pytest.raises(TransientError):
        read()


def test_too_large(read, cloud):
    """What is larger than asked for is left, whatever its listing said."""
    cloud.answers = [Response(bytes(101))]

    with pytest.raises(PermanentLoadError, match=r"^object_too_large: more than 100 bytes"):
        read()


def test_as_stored(read, cloud):
    """A gzip object comes as it is stored, whatever the answer says of its encoding."""
    cloud.answers = [Response(b"\x1f\x8bxyz", headers={"Content-Encoding": "gzip"})]

    assert b"\x1f\x8bxyz" == read()
    assert ["gzip"] == [each["accept-encoding"] for each in cloud.headers]


@pytest.mark.parametrize("name", ["a//b", "a/../b", "./a", "a?b#c%2F", "ж\t\u2028", "a b+c"])
def test_name(read, cloud, name):
    """Any name can be asked for."""
    assert CONTENT == read(ObjectRef("bucket", name, "5"))
    assert f"/download/storage/v1/b/bucket/o/{name}" == unquote(cloud.raw_paths[0].decode())


@pytest.mark.parametrize("header", ["x-goog-meta-by", "content-disposition", "content-type"])
def test_attributes(read, cloud, header):
    """Attributes are not looked at: whatever they hold, the content is read."""
    answer = Response(CONTENT)
    answer.raw_headers.append((header.encode(), "Zoë ж".encode()))
    cloud.answers = [answer]

    assert CONTENT == read()
