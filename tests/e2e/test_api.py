"""The documented API, seen from outside."""

import base64
import gzip
import hashlib
import json
import time
import uuid

import pytest
import requests

ENVIRONMENT = "e2e"  # what the tests store is found, and cleaned, under this environment


@pytest.fixture(name="post")
def _post(base_url, api_key):
    """POST to a route with the key."""

    def post(path, data, headers=None, **parameters):
        query = {"key": api_key, "analytics_environment": ENVIRONMENT, **parameters}
        body = data if isinstance(data, bytes) else json.dumps(data)
        return requests.post(base_url + path, body, params=query, headers=headers, timeout=60)

    return post


@pytest.mark.parametrize(
    ("body", "headers", "count"),
    [
        ({"message": "hello world"}, {}, 1),
        ([{"a": 1}, {"a": 2}], {}, 2),
        (b'{"a":1}\n{"a":2}\n', {"content-type": "application/x-ndjson"}, 2),
        (gzip.compress(b'{"a":1}', mtime=0), {"content-encoding": "gzip"}, 1),
    ],
    ids=["object", "array", "ndjson", "gzip"],
)
def test_event(post, body, headers, count):
    """Each documented form of a body is acknowledged with its receipt."""
    response = post("/v1/event", body, {**headers, "idempotency-key": str(uuid.uuid4())})

    receipt = response.json()
    assert (200, 200, count) == (
        response.status_code,
        receipt["statusCode"],
        receipt["event_count"],
    )
    assert 32 == len(receipt["batch_id"])


def test_retry_of_a_page(post):
    """A page's retry, with gzip and a key but no header of its own, is the batch of before."""
    body, odd = gzip.compress(b'{"a":1}', mtime=0), uuid.uuid4().hex
    key = f"{time.time_ns() // 1_000_000:012x}7{odd[:3]}8{odd[3:18]}"  # a UUIDv7
    page = {"content-type": "text/plain;charset=UTF-8"}
    tries = [post("/v1/event", body, page, batch_key=key) for _ in range(2)]

    assert [200, 200] == [answer.status_code for answer in tries]
    assert 1 == len({answer.text for answer in tries})


def test_file(post):
    """A file goes through a signed URL, once, and only with the announced content."""
    content = uuid.uuid4().bytes
    digest = base64.b64encode(hashlib.md5(content).digest()).decode()
    description = {"content_type": "application/octet-stream", "md5_digest": digest}

    ticket = post("/v1/file", description, file_parent="e2e", file_child="dump").json()

    put = [
        requests.put(ticket["signed_url"], body, headers=ticket["headers"], timeout=60).status_code
        for body in (b"something else", content, content)
    ]
    assert [400, 200, 403] == put


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({"event_ds": "never"}, 400), ({"key": "wrong"}, 400), ({"session_id": ".."}, 400)],
)
def test_refusal(post, parameters, status):
    """Wrong input is refused as JSON with a code and a message."""
    response = post("/v1/event", {}, **parameters)

    assert (status, status) == (response.status_code, response.json()["code"])
    assert response.json()["message"]


def test_no_key(base_url):
    """Without a key nothing is accepted."""
    response = requests.post(base_url + "/v1/event", "{}", timeout=60)

    assert 401 == response.status_code


def test_preflight(base_url):
    """A browser may ask what it may send, without a key."""
    response = requests.options(base_url + "/v1/file", timeout=60)

    assert 204 == response.status_code
    assert "POST" in response.headers["access-control-allow-methods"]
