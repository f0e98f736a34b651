"""Known, or refused: what a request asks for is served, or answered 501 by its name."""

import re

import pytest
from local_storage import Answer
from starlette.routing import Route

from analytics_local_cloud.storage import create_app
from analytics_local_cloud.storage.web.served_methods import METHODS

BUCKET = "/storage/v1/b/{bucket}"
OBJECT = f"{BUCKET}/o/x"
UPLOAD = "/upload/storage/v1/b/{bucket}/o?name=y&uploadType="
REFUSED_QUERIES = [
    ("GET", f"{BUCKET}/o?softDeleted=true", "softDeleted"),
    ("GET", f"{BUCKET}/o?filter=contexts", "filter"),
    ("GET", f"{BUCKET}/o?matchGlob=*&delimiter=/", "matchGlob"),
    ("GET", f"{BUCKET}/o?nonsense=1", "nonsense"),
    ("GET", f"{BUCKET}/o?alt=media", "alt=media"),
    ("GET", f"{OBJECT}?alt=proto", "alt=proto"),
    ("GET", f"{OBJECT}?softDeleted=true", "softDeleted"),
    ("GET", f"{BUCKET}?generation=1", "generation"),
    ("DELETE", f"{OBJECT}?PREFIX=1", "PREFIX"),
    ("POST", f"{UPLOAD}media&kmsKeyName=k", "kmsKeyName"),
    ("POST", f"{UPLOAD}media&predefinedAcl=publicRead", "predefinedAcl"),
    ("POST", f"{UPLOAD}resumable&callback=f", "callback"),
    ("POST", f"{OBJECT}/rewriteTo/b/{{bucket}}/o/z?destinationKmsKeyName=k", "destinationKmsKeyN"),
    ("POST", "/storage/v1/b?project=p&predefinedDefaultObjectAcl=private", "predefinedDefaultObj"),
    ("GET", "/{bucket}/x?acl", "?acl"),
    ("GET", "/{bucket}?uploads", "?uploads"),
    ("GET", "/{bucket}?prefix=x", "list-type=2"),
    ("GET", "/{bucket}?list-type=2&versions", "?versions"),
    ("GET", "/{bucket}?versioning", "?versioning"),
    ("PUT", "/{bucket}/x?tagging", "?tagging"),
    ("POST", "/{bucket}", "POST policies"),
]
REFUSED_HEADERS = [
    ("POST", f"{UPLOAD}media", "x-goog-encryption-algorithm"),
    ("POST", f"{UPLOAD}media", "x-goog-meta-k"),
    ("POST", f"{UPLOAD}media", "if-none-match"),
    ("POST", f"{UPLOAD}resumable", "x-goog-encryption-key"),
    ("GET", f"{OBJECT}?alt=media", "x-goog-encryption-key-sha256"),
    ("GET", f"{OBJECT}?alt=media", "if-range"),
    ("GET", OBJECT, "x-http-method-override"),
    ("PUT", "/{bucket}/x", "x-goog-encryption-algorithm"),
    ("PUT", "/{bucket}/x", "x-goog-acl"),
    ("PUT", "/{bucket}/x", "if-none-match"),
    ("PUT", "/{bucket}/x", "x-goog-resumable"),
    ("PUT", "/{bucket}/x", "x-amz-storage-class"),
    ("GET", "/{bucket}/x", "x-goog-unheard-of"),
]
REFUSED_FIELDS = [
    (BUCKET, "versioning", {"enabled": True}),
    (BUCKET, "retentionPolicy", {"retentionPeriod": "10"}),
    (BUCKET, "softDeletePolicy", {"retentionDurationSeconds": 604800}),
    (BUCKET, "defaultEventBasedHold", True),
    (BUCKET, "encryption", {"defaultKmsKeyName": "k"}),
    (BUCKET, "billing", {"requesterPays": True}),
    (BUCKET, "acl", [{"entity": "allUsers", "role": "READER"}]),
    (BUCKET, "website", {"mainPageSuffix": "index.html"}),
    (BUCKET, "iamConfiguration", {"uniformBucketLevelAccess": {"enabled": False}}),
    (BUCKET, "nonsense", "x"),
    (OBJECT, "temporaryHold", True),
    (OBJECT, "eventBasedHold", True),
    (OBJECT, "retention", {"mode": "Locked", "retainUntilTime": "2030-01-01T00:00:00Z"}),
    (OBJECT, "acl", [{"entity": "allUsers", "role": "READER"}]),
    (OBJECT, "contexts", {"custom": {"k": {"value": "v"}}}),
    (OBJECT, "kmsKeyName", "k"),
]


def says(answer: Answer, name: str) -> bool:
    """Tell whether an answer is a 501 that names what is missing."""
    return answer.status == 501 and b"local storage" in answer.body and name.encode() in answer.body


@pytest.mark.parametrize(("method", "path", "name"), REFUSED_QUERIES)
def test_a_parameter_is_refused_by_name(bucket, method, path, name):
    """A parameter that would change the answer, and is not served, is named."""
    bucket.write("x")

    assert says(bucket.send(method, path), name)


@pytest.mark.parametrize(("method", "path", "name"), REFUSED_HEADERS)
def test_a_header_is_refused_by_name(bucket, method, path, name):
    """A header that means something, and is not served, is named."""
    bucket.write("x")

    assert says(bucket.send(method, path, headers={name: "1"}), name)


@pytest.mark.parametrize(("path", "name", "value"), REFUSED_FIELDS)
def test_a_field_is_refused_by_name(bucket, path, name, value):
    """A field that is not kept is named, however the resource is sent; nothing is changed."""
    bucket.write("x")
    before = bucket.send("GET", path).json

    assert says(bucket.send("PATCH", path, {name: value}), name)
    assert says(bucket.send("PUT", path, {name: value}), name)
    assert before == bucket.send("GET", path).json


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        (f"{OBJECT}/compose", {"sourceObjects": [{"name": "x", "odd": 1}]}, "sourceObjects.odd"),
        (f"{OBJECT}/compose", {"destination": {"kmsKeyName": "k"}}, "destination.kmsKeyName"),
        (f"{UPLOAD}resumable", {"eventBasedHold": True}, "eventBasedHold"),
        (
            f"{BUCKET}/notificationConfigs",
            {"topic": "t", "event_types": ["OBJECT_DELETE"]},
            "event",
        ),
        (f"{OBJECT}/copyTo/b/{{bucket}}/o/z", {"temporaryHold": True}, "temporaryHold"),
    ],
)
def test_fields_of_other_bodies_are_refused_by_name(bucket, path, body, name):
    """What a method's body says is served as a whole, or refused."""
    bucket.write("x")

    assert says(bucket.send("POST", path, body), name)


@pytest.mark.parametrize(
    "body", [{"versioning": {"enabled": False}}, {"billing": None}, {"acl": []}, {"encryption": {}}]
)
def test_what_stands_for_not_set_is_taken(bucket, body):
    """A client may say of what is missing here that it does not want it."""
    assert 200 == bucket.send("PATCH", BUCKET, body).status


@pytest.mark.parametrize(
    "query",
    ["prettyPrint=false", "key=k", "userProject=p", "quotaUser=q", "alt=json", "softDeleted=False"],
)
def test_what_means_nothing_here_is_taken(bucket, query):
    """A parameter that cannot change the answer is no reason to refuse."""
    headers = {"x-goog-api-client": "c", "x-goog-user-project": "p"}

    assert 200 == bucket.send("GET", f"{BUCKET}/o?{query}", headers=headers).status


def test_a_multipart_upload_says_what_it_cannot_keep(bucket):
    """Fields in the first part of a multipart body are read as strictly as others."""
    body = '--b\r\n\r\n{"temporaryHold":true}\r\n--b\r\n\r\nx\r\n--b--'
    headers = {"Content-Type": "multipart/related; boundary=b"}

    assert says(bucket.send("POST", f"{UPLOAD}multipart", body, headers), "temporaryHold")


def test_a_deeply_nested_body_is_malformed(bucket):
    """A body that no resource looks like is answered 400."""
    body = '{"lifecycle":' * 200 + "1" + "}" * 200

    assert 400 == bucket.send("PATCH", BUCKET, body).status


def test_each_route_says_what_it_serves(bucket):
    """Every route of Cloud Storage belongs to a method that declares what it takes."""
    app = create_app(bucket.store, bucket.signer)
    routes = [route for route in app.routes if isinstance(route, Route)]
    free = {route.path for route in routes if route.name not in METHODS}

    assert set(METHODS) == {route.name for route in routes} & set(METHODS)
    assert {"/", "/{bucket:bucket}", "/{bucket:bucket}/"} == {
        path for path in free if not re.search("computeMetadata|retry_test", path)
    }
