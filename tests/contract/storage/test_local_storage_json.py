"""The JSON API of the local storage, through google-cloud-storage and plain requests."""

import io
from base64 import b64encode
from hashlib import md5
from urllib.parse import quote

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

ODD_NAMES = [
    "a=b/c=d.txt",
    "100%/50%25",
    "what?",
    "#1",
    "white space+plus",
    "größe/日本/🎲",
    "a/../b",
    "a//b/",
    "/leading",
    "&<>\"'",
    "compose/copyTo/b/x/o/y",
]


@pytest.fixture(name="client")
def _client(bucket, monkeypatch):
    monkeypatch.setenv("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    options = {"api_endpoint": bucket.url}
    client = storage.Client("p", credentials=AnonymousCredentials(), client_options=options)
    yield client
    client.close()


@pytest.fixture(name="remote")
def _remote(client, bucket):
    return client.bucket(bucket.name)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_kept_as_they_are(remote, bucket, name):
    """What the JSON API writes under an odd name, both APIs read under that name, and list."""
    remote.blob(name).upload_from_string(b"odd")

    assert [name] == [blob.name for blob in remote.list_blobs()]
    assert b"odd" == remote.blob(name).download_as_bytes()
    assert b"odd" == bucket.send("GET", f"/{{bucket}}/{quote(name, safe='')}").body


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a\nb", ".well-known/acme-challenge/x", "x" * 1025]
)
def test_names_that_the_real_storage_refuses_are_refused(bucket, name):
    """A name that Cloud Storage does not allow is answered 400."""
    path = f"/upload/storage/v1/b/{{bucket}}/o?uploadType=media&name={quote(name, safe='')}"

    assert 400 == bucket.send("POST", path, b"x").status


def test_an_upload_carries_its_metadata_and_checksums(remote):
    """Content type, custom metadata, MD5, CRC32C, generation and times are kept."""
    blob = remote.blob("a")
    blob.metadata = {"batch_id": "größe"}
    blob.upload_from_string(b"hello", content_type="text/x-special")

    found = remote.get_blob("a")
    assert ("text/x-special", {"batch_id": "größe"}) == (found.content_type, found.metadata)
    assert (5, "XUFAKrxLKna5cZ2REBfFkg==", "mnG7TA==") == (found.size, found.md5_hash, found.crc32c)
    assert blob.generation == found.generation
    assert 1 == found.metageneration
    assert found.time_created == found.updated


def test_a_large_upload_is_resumable(remote):
    """A body that is sent in pieces arrives whole."""
    content = bytes(range(256)) * 4096
    blob = remote.blob("large", chunk_size=256 * 1024)
    blob.upload_from_file(io.BytesIO(content), size=len(content))

    assert content == remote.blob("large").download_as_bytes()
    assert b64encode(md5(content).digest()).decode() == remote.get_blob("large").md5_hash


def test_a_resumable_upload_tells_how_far_it_is(bucket):
    """An interrupted upload goes on where it stopped, and answers the object afterwards."""
    start = bucket.send("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r")
    session = start.headers["location"].removeprefix(bucket.url)

    assert "range" not in bucket.send("PUT", session, b"", {"Content-Range": "bytes */*"}).headers
    answer = bucket.send("PUT", session, b"abc", {"Content-Range": "bytes 0-2/6"})
    assert (308, "bytes=0-2") == (answer.status, answer.headers["range"])
    answer = bucket.send("PUT", session, b"??", {"Content-Range": "bytes 9-10/11"})
    assert (308, "bytes=0-2") == (answer.status, answer.headers["range"])
    answer = bucket.send("PUT", session, b"def", {"Content-Range": "bytes 3-5/6"})
    assert (200, "6") == (answer.status, answer.json["size"])
    again = bucket.send("PUT", session, b"", {"Content-Range": "bytes */6"})
    assert answer.json == again.json


def test_a_cancelled_upload_is_gone(bucket):
    """A session that was deleted is answered 404 from then on."""
    start = bucket.send("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r")
    session = start.headers["location"].removeprefix(bucket.url)

    assert 499 == bucket.send("DELETE", session).status
    assert 404 == bucket.send("PUT", session, b"x").status


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("quoted", ["x=y", '"x=y"', "'x=y'"], ids=["plain", "double", "single"])
@pytest.mark.parametrize(
    "content",
    [b"", b"--x=y", b"\r\n--x=y--\r\nstill content", b"\r\n\r\n", b"z" * 300_000],
    ids=["empty", "boundary", "delimiter", "line-ends", "large"],
)
def test_a_multipart_body_may_hold_its_boundary(bucket, line_end, quoted, content):
    """The content of a multipart upload is stored byte for byte, whatever it looks like."""
    lines = [
        b"--x=y", b"Content-Type: application/json", b"", b'{"name": "m", "metadata": {"k": "v"}}',
        b"--x=y", b"Content-Type: text/x-part", b"", content, b"--x=y--", b"",
    ]  # fmt: skip
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=multipart"
    headers = {"Content-Type": f"multipart/related; boundary={quoted}"}
    stored = bucket.send("POST", path, line_end.join(lines), headers).json

    assert ("text/x-part", {"k": "v"}) == (stored["contentType"], stored["metadata"])
    assert content == bucket.send("GET", "/{bucket}/m").body


def test_a_content_type_outside_ascii(bucket):
    """The type of a part may hold any letters, as whoever wrote the object sent them."""
    body = '--b\r\n\r\n{"name":"m"}\r\n--b\r\nContent-Type: a/b; c="Zo\u00eb"\r\n\r\nx\r\n--b--'
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=multipart"
    headers = {"Content-Type": "multipart/related; boundary=b"}

    answer = bucket.send("POST", path, body.encode("latin-1"), headers)

    assert (200, 'a/b; c="Zo\u00eb"') == (answer.status, answer.json["contentType"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"--b\r\n"),
        ("multipart/related; boundary=b", b""),
        ("multipart/related; boundary=b", b"--b\r\n\r\n{}\r\n--b\r\n\r\ncut off"),
        ("multipart/related; boundary=b", b"--b\r\n\r\n{not JSON\r\n--b\r\n\r\nx\r\n--b--"),
    ],
)
def test_a_broken_multipart_body_stores_nothing(bucket, content_type, body):
    """A multipart body without its parts, or without its end, is refused."""
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=multipart&name=m"
    headers = {"Content-Type": content_type}

    assert 400 == bucket.send("POST", path, body, headers).status
    assert 404 == bucket.send("GET", "/{bucket}/m").status


def test_a_wrong_checksum_is_refused(bucket):
    """Content that differs from the checksum sent with it is not stored."""
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=media&name=m"

    for checksum in ("crc32c=AAAAAA==", "md5=XUFAKrxLKna5cZ2REBfFkg=="):
        answer = bucket.send("POST", path, b"other", {"x-goog-hash": checksum})
        assert (400, "invalid") == (answer.status, answer.json["error"]["errors"][0]["reason"])
    assert 404 == bucket.send("GET", "/{bucket}/m").status


def test_preconditions_hold(remote):
    """Writes and deletes with a generation or metageneration that differs are refused with 412."""
    blob = remote.blob("p")
    blob.upload_from_string(b"1", if_generation_match=0)
    first = blob.generation

    with pytest.raises(PreconditionFailed):
        remote.blob("p").upload_from_string(b"2", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        remote.blob("p").delete(if_generation_match=first + 1)
    with pytest.raises(PreconditionFailed):
        remote.blob("p").reload(if_metageneration_match=2)
    remote.blob("p").upload_from_string(b"3", if_generation_match=first)
    assert b"3" == remote.blob("p").download_as_bytes()


def test_an_unchanged_object_is_answered_304(bucket):
    """A read that asks for anything but this generation is answered without content."""
    generation = bucket.write("n").headers["x-goog-generation"]
    path = f"/storage/v1/b/{{bucket}}/o/n?ifGenerationNotMatch={generation}"

    answer = bucket.send("GET", path)
    assert (304, b"") == (answer.status, answer.body)


def test_a_replaced_generation_is_gone(remote):
    """Each write is a later generation; only the last one is there."""
    blob = remote.blob("g")
    blob.upload_from_string(b"old")
    old = blob.generation
    blob.upload_from_string(b"new")

    assert old < blob.generation
    with pytest.raises(NotFound):
        remote.blob("g", generation=old).download_as_bytes()
    assert b"new" == remote.blob("g", generation=blob.generation).download_as_bytes()


def test_listing_by_prefix_delimiter_and_pages(remote, client, bucket):
    """Names come in UTF-8 order, rolled up at the delimiter, over any number of pages."""
    for name in ("a/1", "a/2", "a0", "b/c/1", "b/d", "é", "z"):
        bucket.write(name)

    pages = client.list_blobs(bucket.name, delimiter="/", page_size=2)
    assert ["a0", "z", "é"] == [blob.name for blob in pages]
    assert {"a/", "b/"} == pages.prefixes
    within = remote.list_blobs(prefix="b/", delimiter="/")
    assert ["b/d"] == [blob.name for blob in within]
    assert {"b/c/"} == within.prefixes
    between = remote.list_blobs(start_offset="a/2", end_offset="b/d")
    assert ["a/2", "a0", "b/c/1"] == [blob.name for blob in between]


def test_a_patch_merges_and_counts(remote):
    """Changing the metadata keeps the generation, counts the metageneration, drops null keys."""
    blob = remote.blob("m")
    blob.metadata = {"keep": "1", "drop": "1"}
    blob.upload_from_string(b"x")
    generation = blob.generation
    blob.metadata = {"keep": "1", "drop": None, "add": "2"}
    blob.patch()

    found = remote.get_blob("m")
    assert {"keep": "1", "add": "2"} == found.metadata
    assert (generation, 2) == (found.generation, found.metageneration)


def test_copies_and_compositions(remote):
    """A copy has content and fields of its source; a composition has no MD5."""
    one, two = remote.blob("one"), remote.blob("two")
    one.upload_from_string(b"1", content_type="text/x-one")
    two.upload_from_string(b"2")
    copied = remote.copy_blob(one, remote, "copied")
    whole = remote.blob("whole")
    whole.compose([one, two, one])
    one.delete()

    assert ("text/x-one", b"1") == (copied.content_type, copied.download_as_bytes())
    assert b"121" == whole.download_as_bytes()
    whole.reload()
    assert (None, 3) == (whole.md5_hash, whole.component_count)


def test_rewriting_onto_itself_keeps_the_content(remote):
    """An object that is rewritten in place, as a change of class does, is still there."""
    blob = remote.blob("self")
    blob.upload_from_string(b"self")
    blob.rewrite(blob)

    assert b"self" == blob.download_as_bytes()


@pytest.mark.parametrize("range_", [(0, 0), (2, 4), (5, None), (8, 99)])
def test_ranges(remote, range_):
    """A range is answered with just those bytes."""
    remote.blob("r").upload_from_string(b"0123456789")
    start, end = range_

    expected = b"0123456789"[start : None if end is None else end + 1]
    assert expected == remote.blob("r").download_as_bytes(start=start, end=end, checksum=None)


def test_buckets_are_created_once_and_deleted_empty(client, remote, bucket):
    """A bucket exists once, keeps its settings, and is only deleted when it is empty."""
    with pytest.raises(Conflict):
        client.create_bucket(bucket.name)
    remote.reload()
    remote.add_lifecycle_delete_rule(age=30)
    remote.patch()
    remote.blob("x").upload_from_string(b"")

    assert [30] == [r["condition"]["age"] for r in client.get_bucket(bucket.name).lifecycle_rules]
    with pytest.raises(Conflict):
        remote.delete()
    remote.delete_blobs(list(remote.list_blobs()))
    remote.delete()
    assert client.lookup_bucket(bucket.name) is None
    with pytest.raises(BadRequest):
        client.create_bucket("Upper")


def test_policies_are_kept(remote):
    """An IAM policy is read back as it was set."""
    policy = remote.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"user:a@b.c"}})
    remote.set_iam_policy(policy)

    assert policy.bindings == remote.get_iam_policy(requested_policy_version=3).bindings
    assert ["storage.objects.get"] == remote.test_iam_permissions(["storage.objects.get"])


def test_only_what_a_notification_covers_is_announced(remote, bucket):
    """A new object is put into the outbox when a notification's prefix covers it, from then on."""
    bucket.write("in/before")
    remote.notification("topic", topic_project="local-project", blob_name_prefix="in/").create()
    bucket.write("in/after")
    bucket.write("out")

    assert ["in/after"] == bucket.events()
    (config,) = remote.list_notifications()
    config.delete()
    bucket.write("in/last")
    assert ["in/after"] == bucket.events()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/storage/v1/b/{bucket}/acl"),
        ("POST", "/storage/v1/b/{bucket}/lockRetentionPolicy"),
        ("POST", "/batch/storage/v1"),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=odd"),
    ],
)
def test_what_is_not_there_says_so(bucket, method, path):
    """A method that the local storage lacks is answered 501 in Google's form."""
    answer = bucket.send(method, path)

    assert (501, 501) == (answer.status, answer.json["error"]["code"])


def test_errors_have_googles_form(bucket):
    """An error of the JSON API says code, message, domain and reason."""
    error = bucket.send("GET", "/storage/v1/b/{bucket}/o/none").json["error"]

    assert 404 == error["code"]
    assert [{"domain": "global", "reason": "notFound", "message": error["message"]}] == error[
        "errors"
    ]
