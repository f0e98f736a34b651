"""How the local storage changes fields, checks conditions and selects what it answers."""

import pytest

from analytics_local_cloud.storage.objects.globs import compile_glob
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.web.field_masks import select_fields

BUCKET = "/storage/v1/b/{bucket}"
OBJECT = f"{BUCKET}/o/x"
GLOBS = [  # JSON API reference, Objects: list, and Google's own tests of its client
    ("foo*bar", "foobar"),
    ("foo**bar", "foo/bar foo/foobar foobar"),
    ("**/foobar", "foo/foobar foobar"),
    ("*/ba[rz]", "foo/bar foo/baz"),
    ("*/ba[!a-y]", "foo/baz"),
    ("*/ba[^a-y]", "foo/baz"),
    ("**/{foobar,baz}", "foo/baz foo/foobar foobar"),
    ("foo/{foo*,*baz}", "foo/baz foo/foobar"),
    ("*", "foobar"),
    ("**", "foo/bar foo/baz foo/foobar foobar"),
    ("foob?r", "foobar"),
    ("foo?bar", ""),
    ("foo[/x]bar", ""),
    ("foo", ""),
    ("foo.bar", ""),
]


@pytest.mark.parametrize(("glob", "expected"), GLOBS)
def test_globs(bucket, glob, expected):
    """A listing with `matchGlob` holds the names that match as a whole."""
    for name in ("foo/bar", "foo/baz", "foo/foobar", "foobar"):
        bucket.write(name)

    listed = bucket.send("GET", f"{BUCKET}/o?maxResults=9&matchGlob={glob}").json
    assert expected.split() == [item["name"] for item in listed.get("items", [])]


@pytest.mark.parametrize("glob", ["{a", "[z-a]", "{a,{b}"])
def test_broken_globs(glob):
    """A pattern that cannot be read is refused."""
    with pytest.raises(Invalid):
        compile_glob(glob)


@pytest.mark.parametrize(
    ("glob", "name"), [("a}b,c", "a}b,c"), ("[]]", "]"), ("[a\\]", "\\"), ("a[b", "a[b")]
)
def test_what_means_nothing_in_a_glob_is_itself(glob, name):
    """Brackets without their partners, and a comma outside of them, stand for themselves."""
    assert compile_glob(glob).match(name)


def test_a_folder_may_be_an_object_too(bucket):
    """With includeTrailingDelimiter an object that ends with it is listed beside its prefix."""
    for name in ("a/", "a/1", "b"):
        bucket.write(name)

    listed = bucket.send("GET", f"{BUCKET}/o?delimiter=/&includeTrailingDelimiter=True").json
    assert ["a/", "b"] == [item["name"] for item in listed["items"]]
    assert ["a/"] == listed["prefixes"]
    listed = bucket.send("GET", f"{BUCKET}/o?delimiter=/&includeTrailingDelimiter=false").json
    assert ["b"] == [item["name"] for item in listed["items"]]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("items(a,b)", {"items": [{"a": 1, "b": {"c": 2}}]}),
        ("items/b/c,next", {"items": [{"b": {"c": 2}}], "next": "n"}),
        ("items(a,b(c))", {"items": [{"a": 1, "b": {"c": 2}}]}),
        ("*/a", {"items": [{"a": 1}], "next": "n"}),
        ("none", {}),
        ("", {"items": [{"a": 1, "b": {"c": 2}}], "next": "n"}),
    ],
)
def test_fields_select(fields, expected):
    """`fields` leaves what it names."""
    assert expected == select_fields({"items": [{"a": 1, "b": {"c": 2}}], "next": "n"}, fields)


@pytest.mark.parametrize("fields", ["a(", "a)", "a,", "(a)", "a//b", "a(b)c", "a(b)/c", "a(" * 900])
def test_broken_fields(fields):
    """A mask that cannot be read is refused."""
    with pytest.raises(Invalid):
        select_fields({}, fields)


def test_fields_are_served_everywhere(bucket):
    """Resources, lists and answers to writes hold what was asked for alone."""
    bucket.write("x", b"12345")

    assert {"size": "5"} == bucket.send("GET", f"{OBJECT}?fields=size").json
    listed = bucket.send("GET", f"{BUCKET}/o?fields=items/name").json
    assert {"items": [{"name": "x"}]} == listed
    upload = "/upload/storage/v1/b/{bucket}/o?uploadType=media&name=y&fields=name"
    assert {"name": "y"} == bucket.send("POST", upload, b"").json


@pytest.mark.parametrize(
    ("method", "path", "same", "other"),
    [
        ("GET", OBJECT, (200, 304), (412, 200)),
        ("GET", f"{OBJECT}?alt=media", (200, 304), (412, 200)),
        ("GET", "/{bucket}/x", (200, 304), (412, 200)),
        ("GET", BUCKET, (200, 304), (412, 200)),
        ("PATCH", OBJECT, (200, 412), (412, 200)),
        ("PATCH", BUCKET, (200, 412), (412, 200)),
        ("DELETE", OBJECT, (204, 412), (412, 204)),
    ],
)
def test_entity_tags(bucket, method, path, same, other):
    """If-Match admits the thing as it is, If-None-Match anything else."""

    def send(header, tag):
        bucket.write("x")
        current = bucket.send("GET", BUCKET if path == BUCKET else OBJECT).json["etag"]
        body = {} if method == "PATCH" else b""
        return bucket.send(method, path, body, {header: tag or current}).status

    assert same == (send("If-Match", None), send("If-None-Match", None))
    assert same == (send("If-Match", 'W/"a", *'), send("If-None-Match", "*"))
    assert other == (send("If-Match", '"kittens"'), send("If-None-Match", '"kittens"'))


def test_a_download_has_the_entity_tag_of_its_api(bucket):
    """Both APIs answer the entity tag that they are asked with."""
    bucket.write("x")

    tag = bucket.send("GET", f"{OBJECT}?alt=media").headers["etag"]
    assert bucket.resource("x")["etag"] == tag
    tag = bucket.send("GET", "/{bucket}/x").headers["etag"]
    assert 304 == bucket.send("GET", "/{bucket}/x", headers={"If-None-Match": tag}).status


@pytest.mark.parametrize(
    ("header", "day", "status"),
    [
        ("If-Modified-Since", "2001", 200),
        ("If-Modified-Since", "2101", 304),
        ("If-Unmodified-Since", "2001", 412),
        ("If-Unmodified-Since", "2101", 200),
        ("If-Modified-Since", "yesterday", 200),
    ],
)
def test_times_of_modification(bucket, header, day, status):
    """A read may ask for what was, or was not, changed since a time; others are ignored."""
    bucket.write("x")
    time = f"Mon, 01 Jan {day} 00:00:00 GMT"

    assert status == bucket.send("GET", "/{bucket}/x", headers={header: time}).status


def test_preconditions_of_buckets(bucket):
    """A bucket is read, changed and deleted only with the metageneration that was asked for."""
    for method, status in (("GET", 412), ("PATCH", 412), ("PUT", 412), ("DELETE", 412)):
        body = b"" if method in {"GET", "DELETE"} else {}
        path = f"{BUCKET}?ifMetagenerationMatch=9"
        assert status == bucket.send(method, path, body).status
    assert 304 == bucket.send("GET", f"{BUCKET}?ifMetagenerationNotMatch=1").status


def test_null_removes_a_label(bucket):
    """A patch changes the labels that it names; an update replaces them all, not the place."""
    kept = {"storageClass": "NEARLINE"}
    sent = {"labels": {"a": "1", "b": "2"}, "cors": [{"origin": ["*"]}]}
    bucket.send("PATCH", BUCKET, {**sent, **kept})

    patched = bucket.send("PATCH", BUCKET, {"labels": {"a": None, "c": "3"}}).json
    assert {"b": "2", "c": "3"} == patched["labels"]
    updated = bucket.send("PUT", BUCKET, {"labels": {"d": "4"}}).json
    assert {"labels": {"d": "4"}, **kept} == {k: updated[k] for k in ("labels", *kept)}
    assert "cors" not in updated
    assert "labels" not in bucket.send("PATCH", BUCKET, {"labels": None}).json


def test_null_removes_metadata(bucket):
    """A patch with null removes one key of the metadata, or all of it."""
    bucket.write("x", x_goog_meta_a="1", x_goog_meta_b="2")

    patched = bucket.send("PATCH", OBJECT, {"metadata": {"a": None}}).json
    assert {"b": "2"} == patched["metadata"]
    assert "metadata" not in bucket.send("PATCH", OBJECT, {"metadata": None}).json


@pytest.mark.parametrize("key", ["key", "two words", "a:b", "k\n", "schlüssel", ""])
@pytest.mark.parametrize("value", ["v", "a\x01b", "a\r\nb: c", "\x7f\0", "ü🎲", ""])
def test_metadata_that_no_header_takes(bucket, key, value):
    """An object is read whatever its metadata are: all in JSON, in headers what can be."""
    bucket.write("x", b"content")
    status = bucket.send("PATCH", OBJECT, {"metadata": {key: value}}).status

    answer = bucket.send("GET", "/{bucket}/x")
    assert (200, 200, b"content") == (status, answer.status, answer.body)
    assert {key: value} == bucket.send("GET", OBJECT).json["metadata"]


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"k": 1}},
        {"metadata": "k"},
        {"contentType": 5},
        {"customTime": "yesterday"},
        {"customTime": "2026-01-01"},
        {"customTime": "2026-01-01T25:00:00Z"},
        {"storageClass": "COLDLINE"},
    ],
)
def test_values_that_no_field_takes(bucket, change):
    """A value of another type, or a change that Google refuses, is 400."""
    bucket.write("x")

    assert 400 == bucket.send("PATCH", OBJECT, change).status


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/storage/v1/b?project=p", {"name": 5}),
        ("PATCH", BUCKET, {"labels": {"a": 1}}),
        ("PATCH", BUCKET, {"labels": "a"}),
        ("PATCH", BUCKET, {"storageClass": 1}),
        ("PATCH", BUCKET, {"lifecycle": "never"}),
        ("PATCH", BUCKET, {"cors": [1]}),
        ("PUT", BUCKET, {"iamConfiguration": {"publicAccessPrevention": "x"}, "cors": {}}),
        ("PUT", f"{BUCKET}/iam", {"version": "x"}),
        ("PUT", f"{BUCKET}/iam", {"etag": 1}),
        ("POST", f"{BUCKET}/notificationConfigs", {"topic": 1}),
        ("POST", f"{BUCKET}/notificationConfigs", {"topic": "t", "object_name_prefix": 1}),
        ("POST", f"{OBJECT}/compose", {"sourceObjects": {"name": "x"}}),
        ("POST", f"{OBJECT}/compose", {"sourceObjects": [{"name": "x", "generation": "y"}]}),
        ("POST", f"{OBJECT}/compose", {"sourceObjects": [{"generation": "1"}]}),
        ("POST", f"{OBJECT}/copyTo/b/{{bucket}}/o/y", {"contentType": 1}),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=resumable", {"name": 1}),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=y", {"crc32c": 1}),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=y", {"md5Hash": [1]}),
    ],
)
def test_values_of_other_types(bucket, method, path, body):
    """A body whose values are of other types than the fields' is 400, and writes go on."""
    bucket.write("x")

    assert 400 == bucket.send(method, path, body).status
    assert 200 == bucket.write("x").status


def test_custom_time_goes_on(bucket):
    """A custom time is neither removed nor set back."""
    bucket.write("x", x_goog_custom_time="2026-01-01T00:00:00Z")

    assert 400 == bucket.send("PATCH", OBJECT, {"customTime": None}).status
    assert 400 == bucket.send("PATCH", OBJECT, {"customTime": "2025-01-01T00:00:00Z"}).status
    later = {"customTime": "2026-01-01T00:00:01Z"}
    assert later["customTime"] == bucket.send("PATCH", OBJECT, later).json["customTime"]


def test_objects_have_the_class_of_their_bucket(bucket):
    """A new object has the storage class of its bucket, unless its writer says another one."""
    bucket.send("PATCH", BUCKET, {"storageClass": "NEARLINE"})
    bucket.write("x")
    bucket.write("y", x_goog_storage_class="ARCHIVE")

    assert "NEARLINE" == bucket.resource("x")["storageClass"]
    assert "ARCHIVE" == bucket.send("GET", "/{bucket}/y").headers["x-goog-storage-class"]
    assert 400 == bucket.write("z", x_goog_storage_class="GOLD").status


def test_a_policy_is_set_once_per_etag(bucket):
    """A policy that was read before another one was set cannot be set."""
    policy = bucket.send("GET", f"{BUCKET}/iam").json

    assert 200 == bucket.send("PUT", f"{BUCKET}/iam", policy).status
    assert 412 == bucket.send("PUT", f"{BUCKET}/iam", policy).status


def test_conditions_in_policies_need_their_version(bucket):
    """A policy with a condition says that its reader has to know conditions."""
    binding = {"role": "roles/storage.objectViewer", "members": [], "condition": {"title": "t"}}

    for version, status in ((1, 400), (3, 200)):
        policy = {"version": version, "bindings": [binding]}
        assert status == bucket.send("PUT", f"{BUCKET}/iam", policy).status


def test_buckets_are_listed_in_pages(bucket, make_bucket):
    """A list of buckets is answered page by page."""
    names = [f"{bucket.name}-{letter}" for letter in "abc"]
    for name in names:
        make_bucket(name)
    path = f"/storage/v1/b?project=p&maxResults=2&prefix={bucket.name}-"

    first = bucket.send("GET", path).json
    rest = bucket.send("GET", f"{path}&pageToken={first['nextPageToken']}").json
    assert names == [item["name"] for item in (*first["items"], *rest["items"])]
    assert "nextPageToken" not in rest


@pytest.mark.parametrize(
    ("location", "kind"),
    [("eu", "multi-region"), ("europe-west1", "region"), ("nam4", "dual-region")],
)
def test_locations_have_types(bucket, location, kind):
    """A bucket says what kind of place it was created in."""
    name = f"{bucket.name}-place"
    body = {"name": name, "location": location}
    created = bucket.send("POST", "/storage/v1/b?project=p", body).json

    assert (location.upper(), kind) == (created["location"], created["locationType"])
    bucket.send("DELETE", f"/storage/v1/b/{name}")


def test_a_move_is_one_step(bucket):
    """A moved object is there under its new name alone, with what it was."""
    bucket.write("x", b"moved", content_type="text/x-moved")
    generation = bucket.resource("x")["generation"]
    path = f"{OBJECT}/moveTo/o/new%2Fname"

    assert 412 == bucket.send("POST", f"{path}?ifSourceGenerationMatch=1").status
    moved = bucket.send("POST", f"{path}?ifSourceGenerationMatch={generation}").json
    assert ("new/name", "text/x-moved") == (moved["name"], moved["contentType"])
    assert b"moved" == bucket.send("GET", "/{bucket}/new%2Fname").body
    assert 404 == bucket.send("GET", OBJECT).status
    assert 404 == bucket.send("POST", path).status


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"crc32c": "mnG7TA=="}, 200),
        ({"crc32c": "AAAAAA=="}, 400),
        ({"md5Hash": "AAAAAAAAAAAAAAAAAAAAAA=="}, 400),
    ],
)
def test_checksums_in_metadata(bucket, sent, status):
    """A resumable upload whose metadata names another checksum is refused at its end."""
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r"
    session = bucket.send("POST", path, sent).headers["location"].removeprefix(bucket.url)

    assert status == bucket.send("PUT", session, b"hello").status


@pytest.mark.parametrize("place", ["start", "end"])
def test_checksums_that_contradict_each_other(bucket, place):
    """Of two checksums sent in two places both have to be right."""
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r"
    wrong = {"x-goog-hash": "crc32c=AAAAAA=="}
    start = bucket.send("POST", path, {"crc32c": "mnG7TA=="}, wrong if place == "start" else {})
    if place == "start":
        assert 400 == start.status
        return
    session = start.headers["location"].removeprefix(bucket.url)
    assert 400 == bucket.send("PUT", session, b"hello", wrong).status
    assert 200 == bucket.send("PUT", session, b"", {"Content-Range": "bytes */5"}).status


def test_chunks_may_be_posted(bucket):
    """Chunks of a resumable upload arrive by POST as well as by PUT."""
    path = "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name=r"
    session = bucket.send("POST", path).headers["location"].removeprefix(bucket.url)

    assert 308 == bucket.send("POST", session, b"ab", {"Content-Range": "bytes 0-1/*"}).status
    assert 200 == bucket.send("POST", session, b"c", {"Content-Range": "bytes 2-2/3"}).status
    assert b"abc" == bucket.send("GET", "/{bucket}/r").body


def test_answers_may_have_another_type(bucket):
    """A link may say how a browser takes what it leads to."""
    bucket.write("x", content_type="text/plain")

    path = "/{bucket}/x?response-content-type=a%2Fb&response-content-disposition=attachment"
    headers = bucket.send("GET", path).headers
    assert ("a/b", "attachment") == (headers["content-type"], headers["content-disposition"])


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("x-goog-copy-source-generation", "1", 404),
        ("x-goog-copy-source-if-generation-match", "1", 412),
        ("x-goog-copy-source-if-metageneration-match", "2", 412),
        ("x-goog-copy-source-if-metageneration-match", "1", 200),
    ],
)
def test_conditions_of_a_copys_source(bucket, header, value, status):
    """A copy in the XML API is made of the source that it names."""
    bucket.write("x")
    headers = {"x-goog-copy-source": f"/{bucket.name}/x", header: value}

    assert status == bucket.send("PUT", "/{bucket}/y", b"", headers).status
