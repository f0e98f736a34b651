"""Events of a game or an app, kept on disk until the analytics pipeline has stored them."""

from analytics_pipeline_client.client import Client
from analytics_pipeline_client.client_errors import (
    EventTooLargeError,
    UploadFailedError,
    WithdrawnError,
    WrongEventError,
)
from analytics_pipeline_client.options import Options
from analytics_pipeline_client.outbox.event_outbox import Parked
from analytics_pipeline_client.reports import Progress, Report, Status

__all__ = [
    "Client",
    "EventTooLargeError",
    "Options",
    "Parked",
    "Progress",
    "Report",
    "Status",
    "UploadFailedError",
    "WithdrawnError",
    "WrongEventError",
]
