"""The functions' entry points: each is deployed from this one directory by its name.

Each imports its own flow alone: cold starts are measured. What serves `ingest` is built before the
instance is ready, while Cloud Run gives it more CPU, and not by its first request.
"""

import functions_framework
import functions_framework.aio
from cloudevents.http.event import CloudEvent
from flask import Request as ScheduledRequest
from starlette.requests import Request
from starlette.responses import Response

from analytics_pipeline.settings import is_served


@functions_framework.aio.http
async def ingest(request: Request) -> Response:
    """Serve POST /v1/event and POST /v1/file."""
    from analytics_pipeline.ingest import wiring

    return await wiring.http_api().handle(request)


@functions_framework.cloud_event
def load(event: CloudEvent) -> None:
    """Load the object that a storage-finalized event names; raising asks for redelivery."""
    from analytics_pipeline.load import wiring

    wiring.loader().handle(event.get_data())


@functions_framework.http
def reconcile(request: ScheduledRequest) -> tuple[dict[str, object], int]:
    """Load what delivery gave up on; Cloud Scheduler calls it, never a client."""
    from analytics_pipeline.reconcile import wiring

    return wiring.reconciliation().handle(request.get_data())


if is_served("ingest"):
    from analytics_pipeline.ingest import wiring

    wiring.http_api()
