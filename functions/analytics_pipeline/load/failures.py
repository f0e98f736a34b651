"""Why an object, or a request to BigQuery, fails; what may pass is a TransientError."""

from analytics_pipeline.errors import PipelineError


class PermanentLoadError(PipelineError):
    """An object that no retry can load; `reason` is that of its dead letter."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ObjectGone(PipelineError):
    """The object, or the generation asked for, does not exist any more."""


class RequestRejected(PipelineError):
    """BigQuery refused an insert request as a whole (HTTP 400 or 413)."""
