"""What is served of Cloud Storage: each method with the parameters, headers and fields it takes.

Plain data, for `served` to check requests against and for the documentation to print. What is
neither here nor without meaning (NO_QUERY_MEANING, NO_HEADER_MEANING) is answered 501 by its name.

The names are those of Google's discovery document; the XML API has none and is called `xml.`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """What one method takes.

    Fields of the body are dotted paths, the same for all elements of a list: `labels.*` stands for
    any field below, `event_types=NAME` for that value alone. Null and what stands for "not set"
    (false, 0, empty) are taken for any field. `read_only` fields are those that Google ignores,
    too: clients send back a resource whole.
    """

    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()


NO_QUERY_MEANING = {
    "alt": "json is what is answered; media is served where an object is read",
    "fields": "served by all methods of the JSON API that answer a resource",
    "includeFoldersAsPrefixes": "there are no folders here, only names",
    "key": "whoever asks is let in",
    "optionsRequestedPolicyVersion": "policies are answered as they were set",
    "prettyPrint": "white space",
    "project": "all buckets are of one project",
    "projection": "objects and buckets have no ACLs: access is uniform",
    "quotaUser": "there are no quotas",
    "upload_protocol": "says again what uploadType says",
    "uploadType": "media, multipart and resumable are served where an object is written",
    "userIp": "there are no quotas",
    "userProject": "nothing is billed",
}
NO_HEADER_MEANING = {
    "x-goog-api-client": "names the client",
    "x-goog-content-sha256": "part of a signature, verified with it",
    "x-goog-date": "part of a signature, verified with it",
    "x-goog-gcs-idempotency-token": "tells retries apart in Google's logs",
    "x-goog-request-params": "routes requests inside of Google",
    "x-goog-request-reason": "goes to the audit log",
    "x-goog-user-project": "nothing is billed",
}
WITHOUT_EFFECT = {
    "bindings": "policies are kept and answered; whoever asks may do everything",
    "cors": "kept; all web pages are welcome, while Google refuses them until it is set",
    "iamConfiguration.publicAccessPrevention": "kept; whoever asks may do everything",
    "iamConfiguration.uniformBucketLevelAccess": "always on, while Google has it off unless asked",
    "lifecycle": "kept, but nothing is deleted: Google does so after days",
    "storageClass": "kept; it changes the price alone",
    "topic": "kept, as payload_format and custom_attributes; functions are called without Pub/Sub",
}

_METAGENERATION = ("ifMetagenerationMatch", "ifMetagenerationNotMatch")
_CONDITIONS = ("ifGenerationMatch", "ifGenerationNotMatch", *_METAGENERATION)
_SOURCE = (
    *("sourceGeneration", "ifSourceGenerationMatch", "ifSourceGenerationNotMatch"),
    *("ifSourceMetagenerationMatch", "ifSourceMetagenerationNotMatch"),
)
_ETAGS = ("if-match", "if-none-match")
OBJECT_FIELDS = (
    *("cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType"),
    *("customTime", "metadata.*", "storageClass"),
)
_OBJECT_READ_ONLY = (
    *("kind", "id", "selfLink", "mediaLink", "name", "bucket", "generation", "metageneration"),
    *("size", "etag", "componentCount", "md5Hash", "crc32c", "owner.*", "timeCreated", "updated"),
    *("timeStorageClassUpdated", "timeFinalized"),
)
_BUCKET = (
    *("cors.*", "iamConfiguration.publicAccessPrevention", "labels.*", "lifecycle.*"),
    *("hierarchicalNamespace.enabled=false", "rpo=DEFAULT"),
    "iamConfiguration.uniformBucketLevelAccess.enabled=true",
)
_BUCKET_READ_ONLY = (
    *("kind", "id", "selfLink", "projectNumber", "metageneration", "etag", "timeCreated"),
    *("updated", "locationType", "iamConfiguration.uniformBucketLevelAccess.lockedTime"),
    *("iamConfiguration.bucketPolicyOnly.*", "softDeletePolicy.effectiveTime"),
)
_BUCKET_CHANGED_READ_ONLY = (*_BUCKET_READ_ONLY, "name", "location")
_COPY = Method((*_CONDITIONS, *_SOURCE), (), OBJECT_FIELDS, _OBJECT_READ_ONLY)
_XML_CONDITIONS = ("x-goog-if-generation-match", "x-goog-if-metageneration-match")
_XML_FIELDS = ("x-goog-custom-time", "x-goog-meta-*", "x-goog-storage-class")
_XML_WRITE = (*_XML_CONDITIONS, *_XML_FIELDS)
# Multipart uploads have their fields from the start; Google's Python client repeats them.
_XML_READ = (
    *(*_ETAGS, "if-modified-since", "if-unmodified-since"),
    *_XML_CONDITIONS,
)

METHODS = {
    "storage.buckets.insert": Method(
        body=(*_BUCKET, "name", "location", "storageClass"), read_only=_BUCKET_READ_ONLY
    ),
    "storage.buckets.list": Method(("prefix", "maxResults", "pageToken")),
    "storage.buckets.get": Method(_METAGENERATION, _ETAGS),
    "storage.buckets.patch": Method(
        _METAGENERATION, _ETAGS, (*_BUCKET, "storageClass"), _BUCKET_CHANGED_READ_ONLY
    ),
    "storage.buckets.update": Method(
        _METAGENERATION, _ETAGS, (*_BUCKET, "storageClass"), _BUCKET_CHANGED_READ_ONLY
    ),
    "storage.buckets.delete": Method(_METAGENERATION, _ETAGS),
    "storage.buckets.getStorageLayout": Method(("prefix",)),
    "storage.buckets.getIamPolicy": Method(),
    "storage.buckets.setIamPolicy": Method(
        body=("version", "etag", "bindings.role", "bindings.members", "bindings.condition.*"),
        read_only=("kind", "resourceId"),
    ),
    "storage.buckets.testIamPermissions": Method(("permissions",)),
    "storage.projects.serviceAccount.get": Method(),
    "storage.managedFolders.list": Method(("prefix", "pageSize", "pageToken")),
    "storage.notifications.insert": Method(
        body=(
            *("topic", "payload_format", "custom_attributes.*", "object_name_prefix"),
            "event_types=OBJECT_FINALIZE",
        ),
        read_only=("kind", "id", "selfLink", "etag"),
    ),
    "storage.notifications.list": Method(),
    "storage.notifications.get": Method(),
    "storage.notifications.delete": Method(),
    "storage.objects.list": Method(
        (
            *("prefix", "delimiter", "startOffset", "endOffset", "pageToken", "maxResults"),
            *("matchGlob", "includeTrailingDelimiter", "versions"),
        )
    ),
    "storage.objects.get": Method(("alt", "generation", *_CONDITIONS), _ETAGS),
    "storage.objects.insert": Method(
        (*_CONDITIONS, "name", "contentEncoding", "upload_id"),
        ("x-goog-hash",),
        (*OBJECT_FIELDS, "name", "md5Hash", "crc32c"),
        _OBJECT_READ_ONLY,
    ),
    "storage.objects.patch": Method(
        ("generation", *_CONDITIONS), _ETAGS, OBJECT_FIELDS, _OBJECT_READ_ONLY
    ),
    "storage.objects.update": Method(
        ("generation", *_CONDITIONS), _ETAGS, OBJECT_FIELDS, _OBJECT_READ_ONLY
    ),
    "storage.objects.delete": Method(("generation", *_CONDITIONS), _ETAGS),
    "storage.objects.copy": _COPY,
    "storage.objects.rewrite": Method(
        (*_COPY.query, "maxBytesRewrittenPerCall"), (), OBJECT_FIELDS, _OBJECT_READ_ONLY
    ),
    "storage.objects.move": Method((*_CONDITIONS, *_SOURCE[1:])),
    "storage.objects.compose": Method(
        ("ifGenerationMatch", "ifMetagenerationMatch"),
        body=(
            *("sourceObjects.name", "sourceObjects.generation"),
            "sourceObjects.objectPreconditions.ifGenerationMatch",
            *(f"destination.{field}" for field in OBJECT_FIELDS),
        ),
        read_only=("kind", *(f"destination.{field}" for field in _OBJECT_READ_ONLY)),
    ),
    "xml.objects.list": Method(
        ("list-type", "prefix", "delimiter", "start-after", "continuation-token", "max-keys")
    ),
    "xml.objects.get": Method(
        ("generation", "response-content-type", "response-content-disposition"), _XML_READ
    ),
    "xml.objects.insert": Method(
        (),
        (
            *(*_XML_WRITE, "x-goog-content-length-range", "x-goog-hash"),
            *("x-goog-copy-source", "x-goog-copy-source-generation", "x-goog-metadata-directive"),
            *("x-goog-copy-source-if-generation-match",),
            *("x-goog-copy-source-if-metageneration-match",),
        ),
    ),
    "xml.multipart.initiate": Method(("uploads",), _XML_WRITE),
    "xml.multipart.uploadPart": Method(("uploadId", "partNumber"), ("x-goog-hash", *_XML_FIELDS)),
    "xml.multipart.complete": Method(("uploadId",), _XML_WRITE),
    "xml.multipart.abort": Method(("uploadId",), _XML_FIELDS),
    "xml.multipart.listParts": Method(("uploadId",)),
    "xml.objects.delete": Method(("generation",), _XML_CONDITIONS),
    "iamcredentials.projects.serviceAccounts.signBlob": Method(body=("payload",)),
}
