"""signing: V4 URLs signed by IAM, against the local cloud and against its failures."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from faulty_cloud import FaultyCloud
from google.auth.compute_engine import _metadata
from google.auth.exceptions import GoogleAuthError
from serving import serve
from starlette.responses import JSONResponse, Response

from analytics_local_cloud.storage import LocalSigner, ObjectStore, create_app
from analytics_pipeline.errors import TransientError
from analytics_pipeline.ingest import identity, signing
from analytics_pipeline.ingest.identity import Identity
from analytics_pipeline.ingest.signing import IamSigner, UrlSigner

HEADERS = {"Content-Type": "text/plain", "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}
NAME = "data_type=file/parent/child-7"


@pytest.fixture(name="cloud", scope="module")
def _cloud(tmp_path_factory):
    """Serve storage, IAM and the metadata server; yields their URL."""
    root = tmp_path_factory.mktemp("storage")
    store = ObjectStore(root)
    with serve(create_app(store, LocalSigner(root))) as url:
        requests.post(f"{url}/storage/v1/b", json={"name": "bucket"}, timeout=60)
        yield url
    store.close()


@pytest.fixture(name="make_signer")
def _make_signer(monkeypatch):
    def make_signer(url, email=""):
        monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", url.removeprefix("http://"))
        return UrlSigner(
            Identity(),
            project="project",
            bucket="bucket",
            email=email,
            iam_endpoint=url,
            storage_endpoint=url,
        )

    return make_signer


class Bearer:
    """An identity that shows `headers`."""

    def __init__(self, headers):
        self.http = requests.Session()
        self._headers = headers

    def authorization(self):
        return self._headers


@pytest.fixture(name="make_iam_signer")
def _make_iam_signer():
    identities = []

    def make_iam_signer(url, headers=None):
        identities.append(Bearer(headers))
        return IamSigner(identities[-1], url, "local@local-project.iam.gserviceaccount.com")

    yield make_iam_signer
    for bearer in identities:
        bearer.http.close()


class TestSign:
    def test_google_chooses_the_key(self):
        """No key id is claimed: signBlob picks a key of its own."""
        assert IamSigner(None, "http://iam", "email").key_id is None

    @pytest.mark.parametrize("headers", [None, {}, {"Authorization": "Bearer of-nobody"}])
    def test_credential(self, make_iam_signer, cloud, headers):
        """Nothing is signed for whoever does not show the account's own token."""
        with pytest.raises(requests.HTTPError, match="401"):
            make_iam_signer(cloud, headers).sign(b"payload")

    def test_silence(self, make_iam_signer, monkeypatch):
        """An IAM that does not answer is given up."""
        monkeypatch.setattr(signing, "_TIMEOUT_SECONDS", 0.1)

        with serve(FaultyCloud(2)) as url, pytest.raises(requests.Timeout):
            make_iam_signer(url).sign(b"payload")


class TestSignUpload:
    def test_url(self, make_signer, cloud):
        """The URL admits the PUT it was signed for, as the runtime's own account."""
        url = make_signer(cloud).sign_upload(NAME, HEADERS, timedelta(minutes=30))

        query = parse_qs(urlsplit(url).query)
        assert ["1800"] == query["X-Goog-Expires"]
        assert ["content-md5;content-type;host"] == query["X-Goog-SignedHeaders"]
        assert query["X-Goog-Credential"][0].startswith("local@local-project.iam")
        assert 200 == requests.put(url, b"hello", headers=HEADERS, timeout=60).status_code

    def test_expired(self, make_signer, cloud):
        """After its lifetime the URL admits nothing."""
        url = make_signer(cloud).sign_upload(NAME + "-expired", HEADERS, timedelta(seconds=-1))

        assert 400 == requests.put(url, b"hello", headers=HEADERS, timeout=60).status_code

    def test_given_account(self, make_signer, cloud):
        """A service account that is named signs."""
        signer = make_signer(cloud, "local@local-project.iam.gserviceaccount.com")

        url = signer.sign_upload(NAME, HEADERS, timedelta(minutes=30))

        (credential,) = parse_qs(urlsplit(url).query)["X-Goog-Credential"]
        assert credential.startswith("local@local-project.iam.gserviceaccount.com/")

    def test_account_without_the_right(self, make_signer, cloud):
        """An account that may not be signed for is a failure that a grant repairs."""
        signer = make_signer(cloud, "other@local-project.iam.gserviceaccount.com")

        with pytest.raises(TransientError):
            signer.sign_upload(NAME, HEADERS, timedelta(minutes=30))

    def test_headers_are_left_alone(self, make_signer, cloud):
        """The headers that the client is told are not changed by signing."""
        headers = dict(HEADERS)
        make_signer(cloud).sign_upload(NAME, headers, timedelta(minutes=30))

        assert HEADERS == headers

    @pytest.mark.parametrize(
        "answer",
        [Response(status_code=403), Response("<html>", 404), JSONResponse({"no": "email"})],
        ids=["403", "404", "nonsense"],
    )
    def test_failure(self, make_signer, answer):
        """Whatever keeps IAM or the metadata server from answering may pass."""
        with serve(FaultyCloud(answer)) as url:
            signer = make_signer(url, "some@project.iam.gserviceaccount.com")

            with pytest.raises(TransientError):
                signer.sign_upload(NAME, HEADERS, timedelta(minutes=30))


class TestIdentity:
    @pytest.fixture(name="ask")
    def _ask(self, monkeypatch):
        def ask(url):
            monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", url.removeprefix("http://"))
            return Identity()

        return ask

    @pytest.mark.parametrize("answer", [Response(status_code=503), 5], ids=["503", "silence"])
    def test_one_attempt(self, ask, monkeypatch, answer):
        """A metadata server that does not answer is asked once: a thread waits for it."""
        monkeypatch.setattr(identity, "_TIMEOUT_SECONDS", 0.2)
        cloud = FaultyCloud(answer)
        with serve(cloud) as url:
            account = ask(url)
            with pytest.raises(GoogleAuthError):
                account.authorization()

        assert 1 == len(cloud.requests)

    def test_waiting_for_a_failure(self, ask, monkeypatch):
        """Who waits for an attempt that fails has failed, too, instead of trying in turn."""
        monkeypatch.setattr(identity, "_TIMEOUT_SECONDS", 0.5)
        cloud = FaultyCloud(5)
        with serve(cloud) as url, ThreadPoolExecutor(8) as threads:
            account = ask(url)
            attempts = [threads.submit(account.authorization) for _ in range(8)]

            assert all(isinstance(attempt.exception(), GoogleAuthError) for attempt in attempts)

        assert 1 == len(cloud.requests)

    def test_recovery(self, ask, cloud):
        """After a failure the next request asks again."""
        with serve(FaultyCloud(Response(status_code=503))) as url:
            account = ask(url)
            with pytest.raises(GoogleAuthError):
                account.authorization()

        ask(cloud)

        assert account.authorization()["Authorization"].startswith("Bearer ")
