"""Faults on demand: what Google's retry scenarios ask for, through obstore and plain requests."""

import asyncio
import http.client
import json
from datetime import timedelta

import obstore
import pytest
from obstore.store import GCSStore

LIST = "storage.objects.list"
GET = "storage.objects.get"
INSERT = "storage.objects.insert"
KIB = 1024
CONTENT = b"0123456789abcdef" * 20 * KIB


@pytest.fixture(name="begin")
def _begin(bucket):
    """Return a function that begins a retry test and returns the header of its requests."""

    def begin(method, *faults):
        answer = bucket.send("POST", "/retry_test", {"instructions": {method: faults}})
        assert 200 == answer.status, answer.body
        return {"x-retry-test-id": answer.json["id"]}

    return begin


def waiting(bucket, headers):
    """Return whether a retry test is completed, and what it has still to play."""
    test = bucket.send("GET", f"/retry_test/{headers['x-retry-test-id']}").json
    return test["completed"], [text for faults in test["instructions"].values() for text in faults]


def session(bucket):
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r"
    return bucket.send("POST", path).headers["location"].removeprefix(bucket.url)


def test_faults_are_played_in_order_and_counted(bucket, begin):
    """Each request of a test meets the next fault of its method, then none."""
    headers = begin(LIST, "return-503", "return-429")
    path = "/storage/v1/b/{bucket}/o"

    assert 200 == bucket.send("GET", path).status
    assert 200 == bucket.send("GET", "/storage/v1/b/{bucket}", headers=headers).status
    answer = bucket.send("GET", path, headers=headers)
    assert (503, 503) == (answer.status, answer.json["error"]["code"])
    assert (False, ["return-429"]) == waiting(bucket, headers)
    assert 429 == bucket.send("GET", path, headers=headers).status
    assert (True, []) == waiting(bucket, headers)
    assert 200 == bucket.send("GET", path, headers=headers).status


def test_a_test_that_was_removed_is_gone(bucket, begin):
    """A retry test is there until it is removed."""
    headers = begin(LIST, "return-503")
    path = f"/retry_test/{headers['x-retry-test-id']}"

    assert 200 == bucket.send("DELETE", path).status
    assert 404 == bucket.send("DELETE", path).status
    assert 404 == bucket.send("GET", "/storage/v1/b/{bucket}/o", headers=headers).status


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_reset_reaches_the_client(bucket, begin, method):
    """A reset connection brings no answer, and the request does nothing."""
    headers = begin(GET if method == "GET" else INSERT, "return-reset-connection")

    with pytest.raises(ConnectionResetError):
        bucket.send(method, "/{bucket}/x", b"", headers)
    assert (True, []) == waiting(bucket, headers)
    assert 404 == bucket.send("GET", "/{bucket}/x").status


@pytest.mark.parametrize(
    ("fault", "size"),
    [("return-broken-stream", 4), ("return-broken-stream-after-256K", 256 * KIB)],
)
def test_a_broken_stream_ends_early(bucket, begin, fault, size):
    """A download that breaks off holds just the first bytes, and does not look complete."""
    bucket.write("x", CONTENT)
    headers = begin(GET, fault)

    with pytest.raises(http.client.IncompleteRead) as raised:
        bucket.send("GET", "/{bucket}/x", headers=headers)
    assert CONTENT[:size] == raised.value.partial
    assert CONTENT == bucket.send("GET", "/{bucket}/x", headers=headers).body


def test_a_fault_waits_for_enough_bytes(bucket, begin):
    """A download that is shorter than the fault asks for is answered whole."""
    bucket.write("x", b"short")
    headers = begin(GET, "return-broken-stream-after-1K")

    assert b"short" == bucket.send("GET", "/{bucket}/x", headers=headers).body
    assert (False, ["return-broken-stream-after-1K"]) == waiting(bucket, headers)


def test_an_upload_that_fails_in_between_keeps_its_bytes(bucket, begin):
    """What a failed chunk has brought is kept, whether the client sends it again or not."""
    headers = begin(INSERT, "return-503-after-256K")
    path, size = session(bucket), len(CONTENT)

    first = headers | {"Content-Range": f"bytes 0-{128 * KIB - 1}/{size}"}
    assert 308 == bucket.send("PUT", path, CONTENT[: 128 * KIB], first).status
    second = headers | {"Content-Range": f"bytes {128 * KIB}-{size - 1}/{size}"}
    assert 503 == bucket.send("PUT", path, CONTENT[128 * KIB :], second).status
    status = bucket.send("PUT", path, b"", {"Content-Range": f"bytes */{size}"})
    assert (308, f"bytes=0-{256 * KIB - 1}") == (status.status, status.headers["range"])
    assert 200 == bucket.send("PUT", path, CONTENT[128 * KIB :], second).status
    assert CONTENT == bucket.send("GET", "/{bucket}/r").body


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes 0-2/3"}])
def test_an_upload_that_is_too_short_does_not_fail(bucket, begin, headers):
    """A fault after some bytes leaves alone what has fewer, or does not say how many."""
    headers = begin(INSERT, "return-503-after-1K") | headers

    assert 200 == bucket.send("PUT", session(bucket), b"abc", headers).status


def test_an_upload_is_complete_though_its_answer_breaks_off(bucket, begin):
    """The object is there when the answer to its last chunk is not."""
    headers = begin(INSERT, "return-broken-stream-final-chunk-after-9B")
    path = session(bucket)
    assert 308 == bucket.send("PUT", path, b"a", {**headers, "Content-Range": "bytes 0-0/2"}).status

    with pytest.raises(http.client.IncompleteRead) as raised:
        bucket.send("PUT", path, b"b", {**headers, "Content-Range": "bytes 1-1/2"})
    assert 9 == len(raised.value.partial)
    assert b"ab" == bucket.send("GET", "/{bucket}/r").body


def test_stalls_cost_time_alone(bucket, begin):
    """Uploads and downloads that stall bring what they would have brought."""
    put = begin(INSERT, "stall-for-0s-after-1K")
    get = begin(GET, "stall-for-0s-after-1K")

    assert 200 == bucket.send("PUT", "/{bucket}/x", CONTENT, put).status
    assert CONTENT == bucket.send("GET", "/{bucket}/x", headers=get).body
    assert [(True, []), (True, [])] == [waiting(bucket, put), waiting(bucket, get)]


async def test_a_stall_lasts(bucket, begin):
    """A stalled request is still under way when a client's patience is at its end."""
    await asyncio.to_thread(bucket.write, "x", CONTENT)
    headers = begin(GET, "stall-for-600s-after-1K")
    client = _client(bucket, headers, timeout=timedelta(seconds=0.2))

    with pytest.raises(obstore.exceptions.BaseError):
        await (await obstore.get_async(client, "x")).bytes_async()


@pytest.mark.parametrize("fault", ["return-503", "return-429", "return-reset-connection"])
async def test_obstore_goes_on_after_faults(bucket, begin, fault):
    """Obstore reads an object in spite of faults that pass."""
    await asyncio.to_thread(bucket.write, "x", CONTENT)
    headers = begin(GET, fault, fault)
    client = _client(bucket, headers)

    assert CONTENT == bytes(await (await obstore.get_async(client, "x")).bytes_async())
    assert (True, []) == waiting(bucket, headers)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"instructions": []}, 400),
        ({"instructions": {LIST: 1}}, 400),
        ({"instructions": {LIST: ["explode"]}}, 501),
        ({"instructions": {LIST: [1]}}, 400),
        ({"instructions": {LIST: ["return-99"]}}, 501),
        ({"instructions": {"storage.hmacKey.list": ["return-503"]}}, 501),
        ({"instructions": {LIST: ["return-503"]}, "transport": "GRPC"}, 501),
        ({"instructions": {"storage.serviceaccount.get": ["return-503"]}}, 200),
    ],
)
def test_faults_are_known_or_refused(bucket, body, status):
    """A retry test that could not be played as it says is not begun."""
    assert status == bucket.send("POST", "/retry_test", body).status


def test_the_api_of_faults_has_a_path_of_its_own(bucket):
    """No bucket can be where retry tests are."""
    answer = bucket.send("POST", "/storage/v1/b?project=p", {"name": "retry_test"})

    assert (501, True) == (answer.status, b"retry_test" in answer.body)


def _client(bucket, headers, timeout=timedelta(seconds=30)):
    key = {"gcs_base_url": bucket.url, "disable_oauth": True, "client_email": ""}
    key |= {"private_key": "", "private_key_id": ""}
    backoff = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=9)}
    return GCSStore(
        bucket.name,
        config={"service_account_key": json.dumps(key)},
        client_options={"allow_http": True, "default_headers": headers, "timeout": timeout},
        retry_config={
            "max_retries": 3,
            "retry_timeout": timeout,
            "backoff": {**backoff, "base": 2},
        },
    )
