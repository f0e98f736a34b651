"""The local service account: its key, its signatures, and google-auth's view of it."""

import base64
import json
import stat

import pytest
import requests
from google.auth import compute_engine
from google.auth.compute_engine import _metadata
from google.auth.transport.requests import Request

from analytics_local_cloud.storage import LocalSigner


@pytest.fixture(name="metadata_host")
def _metadata_host(bucket, monkeypatch):
    """Point google-auth to the bucket's server; it reads GCE_METADATA_HOST when it is imported."""
    host = bucket.url.removeprefix("http://")
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", host)
    monkeypatch.setenv("GCE_METADATA_IP", host)


def test_the_key_is_made_once_and_is_its_owners(tmp_path):
    """A second start signs with the same key, which nobody else may read."""
    signature = LocalSigner(tmp_path).sign(b"payload")

    assert LocalSigner(tmp_path).verify(b"payload", signature)
    assert not LocalSigner(tmp_path).verify(b"other", signature)
    assert 0o600 == stat.S_IMODE((tmp_path / "signer.pem").stat().st_mode)


def authorization(signer):
    """Return the headers of who holds the account's token."""
    return {"Authorization": f"Bearer {signer.access_token}"}


@pytest.mark.usefixtures("metadata_host")
def test_compute_engine_credentials_work(bucket):
    """google-auth takes its token and its e-mail address from the metadata server."""
    credentials = compute_engine.Credentials(
        scopes=["https://www.googleapis.com/auth/cloud-platform"]
    )
    with requests.Session() as session:
        credentials.refresh(Request(session))
        assert _metadata.ping(Request(session))
        assert bucket.signer.project == _metadata.get_project_id(Request(session))

    assert credentials.valid
    assert bucket.signer.access_token == credentials.token
    assert bucket.signer.email == credentials.service_account_email


def test_sign_blob_refuses_what_it_cannot_sign(bucket):
    """Another account is 404, a payload that is no base64 is 400, another method is 501."""
    accounts = "/v1/projects/-/serviceAccounts"
    mine = f"{accounts}/{bucket.signer.email}"

    def sign(call, payload):
        headers = authorization(bucket.signer)
        return bucket.send("POST", call, {"payload": payload}, headers).status

    assert 404 == sign(f"{accounts}/x@y.z:signBlob", "")
    assert 400 == sign(f"{mine}:signBlob", "?")
    assert 501 == sign(f"{mine}:signJwt", "")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Request is missing required authentication credential."),
        ({"Authorization": ""}, "Request had invalid authentication credentials."),
        ({"Authorization": "Bearer local"}, "Request had invalid authentication credentials."),
        ({"Authorization": "Bearer None"}, "Request had invalid authentication credentials."),
    ],
)
def test_sign_blob_needs_the_token(bucket, headers, message):
    """Without the token of the metadata server nothing is signed, in the words of the real one."""
    path = f"/v1/projects/-/serviceAccounts/{bucket.signer.email}:signBlob"

    answer = bucket.send("POST", path, {"payload": ""}, headers)

    assert 401 == answer.status
    assert answer.json["error"]["message"].startswith(f"{message} Expected OAuth 2 access token")


def test_the_token_is_as_old_as_the_key(tmp_path):
    """A token is good after a restart, and for no other deployment."""
    token = LocalSigner(tmp_path).access_token

    assert LocalSigner(tmp_path).access_token == token
    assert LocalSigner(tmp_path / "other").access_token != token


def test_identity_tokens_name_their_audience(bucket):
    """An ID token is a JWT of the local account, signed with its key."""
    path = "/computeMetadata/v1/instance/service-accounts/default/identity?audience=https://a.b"
    token = bucket.send("GET", path, headers={"Metadata-Flavor": "Google"}).body
    signed, _, signature = token.rpartition(b".")

    assert bucket.signer.verify(signed, base64.urlsafe_b64decode(signature + b"=="))
    claims = json.loads(base64.urlsafe_b64decode(signed.partition(b".")[2] + b"=="))
    assert ("https://a.b", bucket.signer.email) == (claims["aud"], claims["email"])


def test_metadata_needs_its_header(bucket):
    """A request without `Metadata-Flavor: Google`, as a browser sends, is refused."""
    path = "/computeMetadata/v1/project/project-id"

    assert 403 == bucket.send("GET", path).status
    assert b"local-project" == bucket.send("GET", path, headers={"Metadata-Flavor": "Google"}).body
