"""Multipart uploads of the XML API, through obstore and plain requests."""

import os
import re
from base64 import b64decode

import obstore
import pytest
from google_crc32c import value

MEBIBYTE = 1024 * 1024
FIVE = b"5" * 5 * MEBIBYTE


@pytest.fixture(name="upload")
def _upload(bucket):
    """Return the path of an upload that was begun."""
    headers = {"Content-Type": "text/x-parts", "x-goog-meta-k": "v"}
    answer = bucket.send("POST", "/{bucket}/x?uploads", b"", headers)
    (upload_id,) = re.findall("<UploadId>(.*)</UploadId>", answer.body.decode())
    return f"/{{bucket}}/x?uploadId={upload_id}"


def put(bucket, upload, number, content):
    """Send a part; returns how the list of parts names it."""
    headers = {"x-goog-meta-k": "again"}
    answer = bucket.send("PUT", f"{upload}&partNumber={number}", content, headers)
    return part(number, answer.headers["etag"])


def part(number, etag):
    return f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"


def complete(bucket, upload, *parts, headers=None):
    body = f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>"
    return bucket.send("POST", upload, body, headers)


async def test_obstore_writes_in_parts(bucket):
    """What obstore splits into parts is one object, announced once, without an MD5."""
    await bucket.store.buckets.enable_events(bucket.name)
    content = os.urandom(11 * MEBIBYTE)
    attributes = {"Content-Type": "text/x-large", "k": "größe"}
    client = bucket.obstore()
    await obstore.put_async(client, "large", content, attributes=attributes, use_multipart=True)

    stored = bucket.resource("large")
    assert ["large"] == bucket.events()
    assert ("text/x-large", {"k": "größe"}) == (stored["contentType"], stored["metadata"])
    assert "md5Hash" not in stored
    assert content == bucket.send("GET", "/{bucket}/large").body


def test_parts_come_in_any_order(bucket, upload):
    """Parts are put together by number, whichever came first; a second one replaces the first."""
    last = put(bucket, upload, 7, b"last")
    put(bucket, upload, 2, b"replaced")
    first = put(bucket, upload, 2, FIVE)
    listed = bucket.send("GET", upload).body.decode()
    assert ["2", "7"] == re.findall("<PartNumber>(.*?)<", listed)

    answer = complete(bucket, upload, first, last)
    root = b'<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    assert (200, True) == (answer.status, root in answer.body)
    stored = bucket.resource("x")
    assert ("text/x-parts", {"k": "v"}) == (stored["contentType"], stored["metadata"])
    assert value(FIVE + b"last").to_bytes(4, "big") == b64decode(stored["crc32c"])
    assert 404 == complete(bucket, upload, first, last).status


def test_an_upload_that_was_given_up_is_gone(bucket, upload):
    """After it was aborted an upload takes no parts, and leaves no object."""
    put(bucket, upload, 1, b"x")

    assert 204 == bucket.send("DELETE", upload).status
    assert 404 == bucket.send("PUT", f"{upload}&partNumber=1", b"x").status
    assert 404 == bucket.send("GET", upload).status
    assert 404 == bucket.send("GET", "/{bucket}/x").status


def test_an_upload_belongs_to_its_object(bucket, upload):
    """An upload's id is nothing under another name."""
    assert 404 == bucket.send("PUT", f"{upload.replace('/x?', '/y?')}&partNumber=1", b"x").status


@pytest.mark.parametrize("number", ["0", "10001", "x", ""])
def test_parts_have_numbers(bucket, upload, number):
    """A part's number is 1 to 10,000."""
    assert 400 == bucket.send("PUT", f"{upload}&partNumber={number}", b"x").status


@pytest.mark.parametrize("header", ["Content-MD5", "x-goog-hash"])
def test_a_part_with_a_wrong_checksum_is_refused(bucket, upload, header):
    """A part that is not what its checksum says is not kept."""
    checksum = "AAAAAAAAAAAAAAAAAAAAAA=="
    headers = {header: f"md5={checksum}" if header == "x-goog-hash" else checksum}

    assert 400 == bucket.send("PUT", f"{upload}&partNumber=1", b"x", headers).status
    assert b"<Part>" not in bucket.send("GET", upload).body


@pytest.mark.parametrize(
    ("choose", "code"),
    [
        (lambda one, two: [two, one], "InvalidPartOrder"),
        (lambda one, _two: [one, one], "InvalidPartOrder"),
        (lambda _one, _two: [], "InvalidPartOrder"),
        (lambda one, _two: [one, part(3, "a")], "InvalidPart"),
        (lambda _one, _two: [part(1, "a")], "InvalidPart"),
        (lambda one, two: [one, two], "EntityTooSmall"),
        (lambda _one, _two: [part("x", "a")], "InvalidArgument"),
        (lambda _one, _two: ["<Part></Part>"], "InvalidArgument"),
        (lambda _one, _two: ["<Part>"], "InvalidArgument"),
    ],
)
def test_parts_that_make_no_object(bucket, upload, choose, code):
    """A list of parts that do not fit together is refused, and nothing is written or lost."""
    one, two = (put(bucket, upload, number, b"small") for number in (1, 2))

    answer = complete(bucket, upload, *choose(one, two))
    assert (400, True) == (answer.status, f"<Code>{code}</Code>".encode() in answer.body)
    assert 404 == bucket.send("GET", "/{bucket}/x").status
    assert 200 == complete(bucket, upload, one).status


def test_conditions_hold_at_the_end(bucket, upload):
    """An upload that must create is refused when the object exists."""
    only = put(bucket, upload, 1, b"part")
    bucket.write("x", b"first")
    headers = {"x-goog-if-generation-match": "0"}

    assert 412 == complete(bucket, upload, only, headers=headers).status
    assert b"first" == bucket.send("GET", "/{bucket}/x").body
