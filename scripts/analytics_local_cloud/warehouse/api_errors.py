"""Refusals in the words of the BigQuery REST API ("Error messages" reference)."""

from typing import Any, Self

_STATUS = {
    "accessDenied": 403,
    "backendError": 503,
    "badRequest": 400,
    "bytesBilledLimitExceeded": 400,
    "conditionNotMet": 412,
    "duplicate": 409,
    "invalid": 400,
    "invalidQuery": 400,
    "notFound": 404,
    "notImplemented": 501,
    "quotaExceeded": 403,
    "resourceInUse": 400,
    "resourcesExceeded": 400,
    "timeout": 400,
    "uploadTooLarge": 413,
}


class ApiError(Exception):
    """A request is refused; `reason` is one of BigQuery's and decides the HTTP status.

    `location` names the field, file or table the refusal is about.
    """

    def __init__(self, reason: str, message: str, location: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.location = location

    @property
    def status(self) -> int:
        """The HTTP status that BigQuery documents for the reason."""
        return _STATUS[self.reason]

    @property
    def proto(self) -> dict[str, str]:
        """The `ErrorProto` that jobs and row errors carry."""
        location = {"location": self.location} if self.location else {}
        return {"reason": self.reason, "message": self.message, **location}

    @property
    def body(self) -> dict[str, Any]:
        """The body of an HTTP answer in Google's JSON form."""
        detail = {**self.proto, "domain": "global"}
        return {"error": {"code": self.status, "message": self.message, "errors": [detail]}}

    @classmethod
    def from_proto(cls, proto: dict[str, str]) -> Self:
        """Rebuild the refusal that a job's `errorResult` recorded."""
        return cls(proto["reason"], proto["message"], proto.get("location"))


def not_found(kind: str, label: str) -> ApiError:
    """Build the refusal for a dataset, table or job that does not exist."""
    return ApiError("notFound", f"Not found: {kind} {label}")


def already_exists(kind: str, label: str) -> ApiError:
    """Build the refusal for an identifier that is taken."""
    return ApiError("duplicate", f"Already Exists: {kind} {label}")


def unsupported(what: str) -> ApiError:
    """Build the honest answer for what BigQuery does and this warehouse does not."""
    return ApiError("notImplemented", f"The local warehouse does not support {what}")
