"""The XML API of the local storage, through obstore and plain requests."""

import asyncio
import gzip
import http.client

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError

from analytics_local_cloud.storage.objects.targets import Target

ODD_NAMES = ["a=b/c=d.txt", "100%25", "what?", "#1", "white space+plus", "größe/日本/🎲", "a%2Fb"]


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_obstore_keeps_odd_names(bucket, name):
    """What obstore writes under an odd name it reads and lists under that name, as JSON does."""
    client = bucket.obstore()
    await obstore.put_async(client, name, b"odd", use_multipart=False)

    found = await obstore.get_async(client, name)
    assert b"odd" == bytes(await found.bytes_async())
    assert [name] == [item["path"] for page in client.list() for item in page]
    assert name == bucket.resource(name)["name"]


@pytest.mark.parametrize(
    "path", ["/{bucket}/a/../b", "/{bucket}/a%2F..%2Fb", "/{bucket}/a/%2E%2E/b"]
)
def test_dots_in_a_path_are_part_of_the_name(bucket, path):
    """A path is not tidied up before the object's name is read from it."""
    bucket.send("PUT", path, b"x")

    assert "a/../b" == bucket.resource("a/../b")["name"]


async def test_a_write_carries_attributes_and_answers_the_checksums(bucket):
    """Content type and metadata are kept; the entity tag is the MD5 of what was stored."""
    attributes = {"Content-Type": "application/x-ndjson", "batch_id": "1", "content_md5": "größe"}
    answer = await obstore.put_async(
        bucket.obstore(), "a", b"hello", attributes=attributes, mode="create", use_multipart=False
    )

    stored = bucket.resource("a")
    assert '"5d41402abc4b2a76b9719d911017c592"' == answer["e_tag"]
    assert stored["generation"] == answer["version"]
    assert ("application/x-ndjson", "mnG7TA==") == (stored["contentType"], stored["crc32c"])
    assert {"batch_id": "1", "content_md5": "größe"} == stored["metadata"]


async def test_create_does_not_overwrite(bucket):
    """A write that must create is refused when the object exists, which stays as it is."""
    client = bucket.obstore()
    await obstore.put_async(client, "once", b"first", mode="create", use_multipart=False)

    with pytest.raises(AlreadyExistsError):
        await obstore.put_async(client, "once", b"second", mode="create", use_multipart=False)
    assert b"first" == bucket.send("GET", "/{bucket}/once").body


async def test_a_read_may_name_its_generation(bucket):
    """A read of a generation answers it, or 404 once another has replaced it."""
    client = bucket.obstore()
    old = await obstore.put_async(client, "g", b"old", use_multipart=False)
    options = {"version": old["version"]}
    found = await obstore.get_async(client, "g", options=options)
    assert b"old" == bytes(await found.bytes_async())
    await obstore.put_async(client, "g", b"new", use_multipart=False)

    with pytest.raises(FileNotFoundError):
        await obstore.get_async(client, "g", options=options)


async def test_obstore_reads_describes_copies_and_deletes(bucket):
    """Ranges, heads, copies, renames and deletes of obstore work."""
    client = bucket.obstore()
    await obstore.put_async(client, "one", b"0123456789", attributes={"Content-Type": "text/x-one"})
    await obstore.copy_async(client, "one", "two/a")
    await obstore.rename_async(client, "one", "two/b")

    assert b"234" == bytes(await obstore.get_range_async(client, "two/a", start=2, length=3))
    assert 10 == (await obstore.head_async(client, "two/b"))["size"]
    assert "text/x-one" == bucket.resource("two/b")["contentType"]
    assert ["two"] == (await obstore.list_with_delimiter_async(client))["common_prefixes"]
    await obstore.delete_async(client, ["two/a", "two/b"])
    assert [] == [item for page in client.list() for item in page]


async def test_obstore_lists_over_pages(bucket):
    """A listing of more than one page is complete and in order."""
    names = [f"{number:04}" for number in range(1100)]
    with bucket.store.objects.incoming() as blob:
        source = await bucket.store.objects.put(Target(bucket.name, names[0], {}), blob)
    targets = (Target(bucket.name, name, {}) for name in names[1:])
    await asyncio.gather(*(bucket.store.objects.copy(source, target) for target in targets))

    pages = bucket.obstore().list(offset="0002", chunk_size=500)
    assert names[3:] == [item["path"] for page in pages for item in page]


@pytest.mark.parametrize(
    ("range_", "status", "expected"),
    [
        ("bytes=0-0", 206, b"0"),
        ("bytes=3-", 206, b"3456789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=-99", 206, b"0123456789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=5-2", 200, b"0123456789"),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_ranges(bucket, range_, status, expected):
    """One range is answered 206 with its bytes; what is not one range, 200 with all."""
    bucket.write("r", b"0123456789")

    answer = bucket.send("GET", "/{bucket}/r", headers={"Range": range_})
    assert (status, expected) == (answer.status, answer.body)


@pytest.mark.parametrize("range_", ["bytes=10-", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(bucket, range_):
    """A range that holds no byte of the object is answered 416."""
    bucket.write("r", b"0123456789")

    assert 416 == bucket.send("GET", "/{bucket}/r", headers={"Range": range_}).status


@pytest.mark.parametrize("content", [b"", b"small", b"members" * 200_000], ids=len)
def test_gzip_is_undone_for_who_does_not_accept_it(bucket, content):
    """A gzip-encoded object goes out as stored to clients that accept gzip, else decompressed."""
    stored = gzip.compress(content, mtime=0) + gzip.compress(b"second member", mtime=0)
    bucket.write("z", stored, content_encoding="gzip")

    raw = bucket.send("GET", "/{bucket}/z", headers={"Accept-Encoding": "gzip"})
    assert (stored, "gzip") == (raw.body, raw.headers["content-encoding"])
    plain = bucket.send("GET", "/{bucket}/z", headers={"Accept-Encoding": "identity"})
    assert content + b"second member" == plain.body
    assert "content-encoding" not in plain.headers
    assert "gzip" == plain.headers["x-goog-stored-content-encoding"]


def test_truncated_gzip_breaks_the_connection(bucket):
    """A gzip-encoded object that cannot be decompressed does not look like a shorter one."""
    bucket.write("z", gzip.compress(b"content", mtime=0)[:-1], content_encoding="gzip")

    with pytest.raises(http.client.IncompleteRead):
        bucket.send("GET", "/{bucket}/z", headers={"Accept-Encoding": "identity"})


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", "BadDigest"),
        ("x-goog-hash", "crc32c=AAAAAA==", "BadDigest"),
        ("x-goog-content-length-range", "0,3", "EntityTooLarge"),
        ("x-goog-content-length-range", "5,9", "EntityTooSmall"),
        ("x-goog-content-length-range", "many", "InvalidArgument"),
        ("x-goog-if-generation-match", "-1", "InvalidArgument"),
    ],
)
def test_a_body_that_is_not_what_was_promised_is_refused(bucket, header, value, code):
    """A wrong checksum or length is answered 400, and nothing is stored."""
    answer = bucket.send("PUT", "/{bucket}/x", b"1234", {header: value})

    assert 400 == answer.status
    assert f"<Code>{code}</Code>".encode() in answer.body
    assert 404 == bucket.send("HEAD", "/{bucket}/x").status


def test_a_large_body_is_streamed(bucket):
    """A body of many chunks is stored and read byte for byte."""
    content = bytes(range(256)) * 40_000
    bucket.write("large", content)

    assert content == bucket.send("GET", "/{bucket}/large").body
    part = bucket.send("GET", "/{bucket}/large", headers={"Range": "bytes=1000000-5000000"})
    assert content[1_000_000:5_000_001] == part.body


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/{bucket}/none", 404, "NoSuchKey"),
        ("PUT", "/no-such-bucket/x", 404, "NoSuchBucket"),
        ("GET", "/no-such-bucket?list-type=2", 404, "NoSuchBucket"),
        ("DELETE", "/{bucket}/none", 404, "NoSuchKey"),
        ("POST", "/{bucket}/x?restore", 501, "NotImplemented"),
        ("POST", "/no-such-bucket/x?uploads", 404, "NoSuchBucket"),
        ("GET", "/{bucket}/x?acl", 501, "NotImplemented"),
        ("PUT", "/{bucket}/x?GoogleAccessId=a&Signature=b", 501, "NotImplemented"),
    ],
)
def test_errors_are_xml(bucket, method, path, status, code):
    """An error of the XML API names its code."""
    answer = bucket.send(method, path)

    assert status == answer.status
    assert f"<Code>{code}</Code>".encode() in answer.body


def test_metadata_cannot_break_a_header(bucket):
    """Line ends inside custom metadata stay inside their header."""
    bucket.write("m")
    bucket.send("PATCH", "/storage/v1/b/{bucket}/o/m", {"metadata": {"k": "a\r\nx-evil: 1"}})

    answer = bucket.send("GET", "/{bucket}/m")
    assert ("a x-evil: 1", None) == (answer.headers["x-goog-meta-k"], answer.headers.get("x-evil"))


def test_browsers_are_welcome(bucket):
    """A preflight request is answered with what was asked for, and answers carry the origin."""
    headers = {
        "Origin": "https://game.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-md5,content-type",
    }

    preflight = bucket.send("OPTIONS", "/{bucket}/x", headers=headers)
    assert 200 == preflight.status
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert "content-md5" in preflight.headers["access-control-allow-headers"]
    answer = bucket.write("x", origin="https://game.example")
    assert "*" == answer.headers["access-control-allow-origin"]
