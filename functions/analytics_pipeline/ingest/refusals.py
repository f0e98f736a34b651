"""Every way a request is refused: its status, and the reason that clients and logs read.

RequestError                 answered to the client as JSON {"code", "reason", "message"}
├── InvalidParameter 400 · RepeatedParameter 400 · InvalidHeader 400
├── InvalidEncoding 400 · IncompleteBody 400 · InvalidBody 400
├── EmptyBatch 400 · TooDeep 400
├── NotFound 404 · MethodNotAllowed 405
├── BodyTooLarge 413 · TooManyValues 413 · TooManyEvents 413
├── UnsupportedMediaType 415
├── Internal 500
└── Unavailable 503          retry: NotStored · UnknownOutcome · Overloaded
"""

from analytics_pipeline.errors import PipelineError


class RequestError(PipelineError):
    """A request that is not accepted; `message` is shown to the client."""

    status = 400
    reason = "invalid_request"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def headers(self) -> dict[str, str]:
        """Response headers this refusal carries."""
        return {}


class InvalidParameter(RequestError):
    """A query parameter has a value that is not accepted."""

    reason = "invalid_parameter"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")


class RepeatedParameter(RequestError):
    """A query parameter is given more than once."""

    reason = "repeated_parameter"


class InvalidHeader(RequestError):
    """A request header has a value that is not accepted."""

    reason = "invalid_header"


class InvalidEncoding(RequestError):
    """The body is not the gzip that its Content-Encoding or its first bytes say it is."""

    reason = "invalid_encoding"


class IncompleteBody(RequestError):
    """The connection ended before the whole body had arrived."""

    reason = "incomplete_body"


class InvalidBody(RequestError):
    """The body of a file request does not describe a file."""

    reason = "invalid_body"


class EmptyBatch(RequestError):
    """The body holds no event."""

    reason = "empty_batch"


class TooDeep(RequestError):
    """An event is nested too deeply."""

    reason = "too_deep"


class NotFound(RequestError):
    """The path is no route of the API."""

    status = 404
    reason = "not_found"


class MethodNotAllowed(RequestError):
    """The route does not serve this method."""

    status = 405
    reason = "method_not_allowed"

    @property
    def headers(self) -> dict[str, str]:
        """The methods that every route serves (RFC 9110, 15.5.6)."""
        return {"Allow": "POST, OPTIONS"}


class BodyTooLarge(RequestError):
    """The body exceeds MAX_BODY_BYTES, as received or decoded, or twice that as stored."""

    status = 413
    reason = "body_too_large"


class TooManyValues(RequestError):
    """The body holds more JSON values than MAX_JSON_VALUES."""

    status = 413
    reason = "too_many_values"


class TooManyEvents(RequestError):
    """The body holds more events than MAX_EVENTS_PER_BATCH."""

    status = 413
    reason = "too_many_events"


class UnsupportedMediaType(RequestError):
    """The Content-Encoding is neither gzip nor identity."""

    status = 415
    reason = "unsupported_media_type"


class Internal(RequestError):
    """A defect on our side; the log has the traceback, the client gets none of it."""

    status = 500
    reason = "internal"


class Unavailable(RequestError):
    """The request may be sent again; never raised for what is durably stored."""

    status = 503
    retry_after_seconds = 1

    @property
    def headers(self) -> dict[str, str]:
        """Tell the client when to come back, also where it is a page."""
        return {
            "Retry-After": str(self.retry_after_seconds),
            "Access-Control-Expose-Headers": "Retry-After",
        }


class NotStored(Unavailable):
    """Certainly nothing was stored."""

    reason = "not_stored"


class UnknownOutcome(Unavailable):
    """Cloud Storage did not say in time whether it stored the object."""

    reason = "unknown_outcome"


class Overloaded(Unavailable):
    """The instance has as much in work as it admits: bytes of bodies, or upload URLs to sign."""

    reason = "overloaded"
