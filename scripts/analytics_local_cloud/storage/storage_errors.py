"""Refusals of the local storage, with the codes both APIs use for them.

Refusal
├── Invalid              400   a malformed request
├── BadDigest            400   the content is not what its checksum says
├── BadPart              400   a multipart upload whose parts cannot become an object
├── WrongLength          400   the content is larger or smaller than was signed
├── Malformed            400   a signed URL that cannot be read
├── Expired              400   a signed URL whose time has passed
├── Unauthorized         401   no credential, or another one than was handed out
├── SignatureMismatch    403   a signed URL for another request
├── Forbidden            403   the signer may create, not overwrite
├── NoBucket, NoObject, NoUpload, NotFound    404
├── Conflict             409   the bucket exists, or is not empty
├── ConditionNotMet      412   a generation or metageneration differs
├── RangeNotSatisfiable  416
├── Unsupported          501   nothing here does that
└── Unavailable          503   the disk or the database failed; nothing was stored
"""


class Refusal(Exception):
    """A request that is answered with an error; the message is for people.

    `reason` is the word of the JSON API, `code` that of the XML API (Cloud Storage reference,
    "HTTP status and error codes"); `details` are further XML elements.
    """

    status = 500
    reason = "internalError"
    code = "InternalError"

    def __init__(self, message: str, **details: str) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(Refusal):
    """The request is malformed."""

    status, reason, code = 400, "invalid", "InvalidArgument"


class BadDigest(Refusal):
    """The content differs from the checksum that came with it."""

    status, reason, code = 400, "invalid", "BadDigest"


class WrongLength(Refusal):
    """The content breaks `x-goog-content-length-range`."""

    status, reason, code = 400, "invalid", "EntityTooLarge"

    def __init__(self, message: str, *, too_small: bool) -> None:
        super().__init__(message)
        if too_small:
            self.code = "EntityTooSmall"


class BadPart(Refusal):
    """The parts of a multipart upload cannot become an object; `code` says why."""

    status, reason = 400, "invalid"

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Malformed(Refusal):
    """A parameter of the signed URL cannot be read."""

    status, reason, code = 400, "invalid", "MalformedSecurityHeader"


class Expired(Refusal):
    """The signed URL is no longer valid."""

    status, reason, code = 400, "expired", "ExpiredToken"


class Unauthorized(Refusal):
    """The credential is missing, or nobody's."""

    status, reason, code = 401, "required", "AuthenticationRequired"


class SignatureMismatch(Refusal):
    """The signature belongs to another request."""

    status, reason, code = 403, "forbidden", "SignatureDoesNotMatch"


class Forbidden(Refusal):
    """The caller lacks the permission."""

    status, reason, code = 403, "forbidden", "AccessDenied"


class NotFound(Refusal):
    """The thing does not exist."""

    status, reason, code = 404, "notFound", "NoSuchKey"


class NoBucket(NotFound):
    """The bucket does not exist."""

    code = "NoSuchBucket"

    def __init__(self) -> None:
        super().__init__("The specified bucket does not exist.")


class NoObject(NotFound):
    """The object, or that generation of it, does not exist."""

    def __init__(self, bucket: str, name: str) -> None:
        super().__init__(f"No such object: {bucket}/{name}")


class NoUpload(NotFound):
    """The resumable upload does not exist, or was cancelled."""

    code = "NoSuchUpload"


class Conflict(Refusal):
    """The bucket's state does not admit the request."""

    status, reason, code = 409, "conflict", "BucketAlreadyOwnedByYou"


class NotEmpty(Conflict):
    """A bucket with objects cannot be deleted."""

    code = "BucketNotEmpty"


class ConditionNotMet(Refusal):
    """A precondition of the request does not hold."""

    status, reason, code = 412, "conditionNotMet", "PreconditionFailed"

    def __init__(self) -> None:
        super().__init__("At least one of the pre-conditions you specified did not hold.")


class RangeNotSatisfiable(Refusal):
    """The range begins beyond the end of the object."""

    status, reason, code = 416, "requestedRangeNotSatisfiable", "InvalidRange"


class Unsupported(Refusal):
    """The local storage does not do that."""

    status, reason, code = 501, "notImplemented", "NotImplemented"


class Unavailable(Refusal):
    """The request could not be made durable, nothing of it was stored."""

    status, reason, code = 503, "backendError", "ServiceUnavailable"
