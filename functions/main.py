"""The functions' entry points: each is deployed from this one directory by its name."""

import functions_framework
import functions_framework.aio
from cloudevents.http.event import CloudEvent
from starlette.requests import Request
from starlette.responses import Response

from analytics_pipeline import wiring


@functions_framework.aio.http
async def ingest(request: Request) -> Response:
    """Serve POST /v1/event and POST /v1/file."""
    return await wiring.http_api().handle(request)


@functions_framework.cloud_event
def load(event: CloudEvent) -> None:
    """Load the object that a storage-finalized event names; raising asks for redelivery."""
    wiring.loader().handle(event.get_data())
