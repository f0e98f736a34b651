"""V4 signed URLs, made by google-cloud-storage with the local IAM, used by plain requests."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
from google.auth import crypt
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2 import service_account

MD5 = base64.b64encode(hashlib.md5(b"dump").digest()).decode()
HEADERS = {"Content-Type": "text/plain", "Content-MD5": MD5}


class BucketSigner(crypt.Signer):
    """Signs through the bucket's own IAM endpoint."""

    key_id = None

    def __init__(self, bucket):
        self._bucket = bucket

    def sign(self, message):
        path = f"/v1/projects/-/serviceAccounts/{self._bucket.signer.email}:signBlob"
        payload = base64.b64encode(message.encode() if isinstance(message, str) else message)
        headers = {"Authorization": f"Bearer {self._bucket.signer.access_token}"}
        answer = self._bucket.send("POST", path, {"payload": payload.decode()}, headers)
        return base64.b64decode(answer.json["signedBlob"])


@pytest.fixture(name="sign")
def _sign(bucket):
    """Return a function that signs a URL and returns its path and query."""

    def sign(name="file", method="PUT", email=bucket.signer.email, **options):
        credentials = service_account.Credentials(BucketSigner(bucket), email, token_uri="")
        client = storage.Client("p", credentials=AnonymousCredentials())
        options = {
            "headers": dict(HEADERS),
            "expiration": timedelta(minutes=30),
            "api_access_endpoint": bucket.url,
            **options,
        }
        url = client.bucket(bucket.name).blob(name).generate_signed_url(
            version="v4", method=method, credentials=credentials,
            **options,
        )  # fmt: skip
        client.close()
        return "{0.path}?{0.query}".format(urlsplit(url))

    return sign


def test_exactly_the_signed_headers_are_admitted(bucket, sign):
    """A client that sends what was signed stores its file."""
    assert 200 == bucket.send("PUT", sign(), b"dump", HEADERS).status
    stored = bucket.resource("file")
    assert ("text/plain", MD5) == (stored["contentType"], stored["md5Hash"])


@pytest.mark.parametrize("name", ["a b/ü?#%.txt", "a=1/b~c+d/-7", "a%2Fb"])
def test_odd_names_can_be_signed(bucket, sign, name):
    """A signed URL of an odd name writes and reads under that name, however it is encoded."""
    assert 200 == bucket.send("PUT", sign(name), b"dump", HEADERS).status
    path, _, query = sign(name, "GET", headers={}).partition("?")
    assert b"dump" == bucket.send("GET", f"{path}?{query}").body
    encoded = f"/{bucket.name}/{quote(name, safe='')}?{query}"
    assert b"dump" == bucket.send("GET", encoded).body


def test_a_signed_url_works_once(bucket, sign):
    """The signer may create, not overwrite: a second PUT is 403 and changes nothing."""
    bucket.send("PUT", sign(), b"dump", HEADERS)

    answer = bucket.send("PUT", sign(), b"dump", HEADERS)
    assert (403, True) == (answer.status, b"<Code>AccessDenied</Code>" in answer.body)
    assert "1" == bucket.resource("file")["metageneration"]


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("/file?", "/other?"),
        lambda url: url.replace("X-Goog-Expires=1800", "X-Goog-Expires=3600"),
        lambda url: url.replace("X-Goog-Date=2", "X-Goog-Date=3"),
        lambda url: url + "&more=1",
        lambda url: url[:-2] + ("00" if url[-2:] != "00" else "11"),
    ],
    ids=["path", "expiry", "date", "query", "signature"],
)
def test_a_changed_url_is_refused(bucket, sign, change):
    """A URL that differs in anything from what was signed is 403."""
    answer = bucket.send("PUT", change(sign()), b"dump", HEADERS)

    assert (403, True) == (answer.status, b"<Code>SignatureDoesNotMatch</Code>" in answer.body)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/html", "Content-MD5": MD5},
        {**HEADERS, "Host": "elsewhere.example"},
    ],
    ids=["different", "host"],
)
def test_a_changed_header_is_refused(bucket, sign, headers):
    """A signed header that is different is 403."""
    answer = bucket.send("PUT", sign(), b"dump", headers)

    assert (403, True) == (answer.status, b"<Code>SignatureDoesNotMatch</Code>" in answer.body)


@pytest.mark.parametrize("missing", ["content-type", "content-md5"])
def test_a_missing_header_is_refused(bucket, sign, missing):
    """A signed header that is not sent is 400, and named."""
    headers = {name: HEADERS[name] for name in HEADERS if name.lower() != missing}
    answer = bucket.send("PUT", sign(), b"dump", headers)

    assert (400, True) == (answer.status, b"<Code>MalformedSecurityHeader</Code>" in answer.body)
    assert f"<ParameterName>{missing}</ParameterName>".encode() in answer.body


def test_a_host_may_be_signed_without_its_port(bucket, sign):
    """A client that signs the host's name alone, as Google has no ports, is admitted."""
    path = sign(api_access_endpoint="http://127.0.0.1")

    assert 200 == bucket.send("PUT", path, b"dump", HEADERS).status


def test_another_method_is_refused(bucket, sign):
    """A URL signed for writing does not read."""
    assert 403 == bucket.send("GET", sign(), headers=HEADERS).status


def test_another_signer_is_refused(bucket, sign):
    """A URL in the name of an account that is not the local one is 403."""
    answer = bucket.send("PUT", sign(email="other@x.iam.gserviceaccount.com"), b"dump", HEADERS)

    assert (403, True) == (answer.status, b"<Code>AccessDenied</Code>" in answer.body)


def test_an_unsigned_extension_header_is_refused(bucket, sign):
    """Metadata that was not signed cannot be added."""
    answer = bucket.send("PUT", sign(), b"dump", {**HEADERS, "x-goog-meta-rewritten_at": "now"})

    assert (400, True) == (answer.status, b"<Code>MalformedSecurityHeader</Code>" in answer.body)


def test_an_expired_url_is_refused(bucket, sign, monkeypatch):
    """A URL whose time has passed is 400."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    monkeypatch.setattr("google.cloud.storage._signing._NOW", lambda _zone: an_hour_ago)
    answer = bucket.send("PUT", sign(), b"dump", HEADERS)

    assert (400, True) == (answer.status, b"<Code>ExpiredToken</Code>" in answer.body)


@pytest.mark.parametrize(
    "parameter",
    [
        "X-Goog-Algorithm=GOOG4-HMAC-SHA256",
        "X-Goog-Credential=nobody",
        "X-Goog-Date=yesterday",
        "X-Goog-Expires=0",
        "X-Goog-Expires=604801",
        "X-Goog-Signature=zz",
    ],
)
def test_a_malformed_url_is_refused(bucket, sign, parameter):
    """A parameter that cannot be read is 400, and named."""
    name = parameter.partition("=")[0]
    path, _, query = sign().partition("?")
    kept = [part for part in query.split("&") if not part.startswith(name)]
    answer = bucket.send("PUT", f"{path}?{'&'.join([*kept, parameter])}", b"dump", HEADERS)

    assert 400 == answer.status
    assert f"<ParameterName>{name.lower()}</ParameterName>".encode() in answer.body


@pytest.mark.parametrize(
    ("content", "code"), [(b"dum", "EntityTooSmall"), (b"dumps", "EntityTooLarge")]
)
def test_a_signed_length_holds(bucket, sign, content, code):
    """A body of another length than was signed is 400."""
    headers = {"Content-Type": "text/plain", "x-goog-content-length-range": "4,4"}
    answer = bucket.send("PUT", sign(headers=dict(headers)), content, headers)

    assert (400, True) == (answer.status, f"<Code>{code}</Code>".encode() in answer.body)
    assert 200 == bucket.send("PUT", sign(headers=dict(headers)), b"dump", headers).status


def test_a_signed_checksum_holds(bucket, sign):
    """A body whose MD5 differs from the signed one is 400, and nothing is stored."""
    answer = bucket.send("PUT", sign(), b"other", HEADERS)

    assert (400, True) == (answer.status, b"<Code>BadDigest</Code>" in answer.body)
    assert 404 == bucket.send("GET", "/{bucket}/file").status
