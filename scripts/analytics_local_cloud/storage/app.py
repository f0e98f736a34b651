"""The application: one port for the JSON API, the XML API, IAM and the metadata server."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from analytics_local_cloud.storage.faults.retry_tests import RetryTests
from analytics_local_cloud.storage.identity.iam_api import IamApi
from analytics_local_cloud.storage.identity.metadata_server import MetadataServer
from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.json_api.buckets_api import BucketsApi
from analytics_local_cloud.storage.json_api.copies_api import CopiesApi
from analytics_local_cloud.storage.json_api.notifications_api import NotificationsApi
from analytics_local_cloud.storage.json_api.objects_api import ObjectsApi
from analytics_local_cloud.storage.json_api.uploads_api import UploadsApi
from analytics_local_cloud.storage.objects.conditions import NotModified
from analytics_local_cloud.storage.storage_errors import Refusal, Unsupported
from analytics_local_cloud.storage.store import ObjectStore
from analytics_local_cloud.storage.web.browser_access import BrowserAccess
from analytics_local_cloud.storage.web.paths import EncodedPaths, is_json_path
from analytics_local_cloud.storage.web.storage_answers import json_error, xml_error
from analytics_local_cloud.storage.xml_api.xml_buckets import XmlBuckets
from analytics_local_cloud.storage.xml_api.xml_multipart import XmlMultipart
from analytics_local_cloud.storage.xml_api.xml_objects import XmlObjects

_CLIENT_CLOSED_REQUEST = 499


def create_app(store: ObjectStore, signer: LocalSigner) -> Starlette:
    """Return the application over `store`; to sign needs a credential, nothing else does.

    What is not served here is answered 501. The caller closes `store` after the application.
    """
    faults = RetryTests()
    parts = (
        XmlMultipart(store, signer),  # told from the next by its query
        XmlObjects(store, signer),  # what the functions use is found first
        UploadsApi(store),
        ObjectsApi(store),
        CopiesApi(store),
        BucketsApi(store),
        NotificationsApi(store),
        IamApi(signer),
        MetadataServer(signer),
        faults,
        XmlBuckets(store),
    )
    app = Starlette(
        routes=[route for part in parts for route in part.routes()],
        middleware=[
            Middleware(EncodedPaths),
            Middleware(BrowserAccess),
        ],
        exception_handlers={
            Refusal: _refuse,
            HTTPException: _refuse_route,
            NotModified: _not_modified,
            ClientDisconnect: _give_up,
        },
    )
    app.router.redirect_slashes = False
    app.state.faults = faults.answer
    return app


async def _refuse(request: Request, exc: Exception) -> Response:
    error = exc if isinstance(exc, Refusal) else Refusal(str(exc))
    answer = json_error if is_json_path(request.scope["path"]) else xml_error
    return answer(error)


async def _refuse_route(request: Request, _exc: Exception) -> Response:
    message = f"{request.method} {request.scope['path']} is not supported by the local storage."
    return await _refuse(request, Unsupported(message))


async def _not_modified(_request: Request, _exc: Exception) -> Response:
    return Response(status_code=304)


async def _give_up(_request: Request, _exc: Exception) -> Response:
    return Response(status_code=_CLIENT_CLOSED_REQUEST)
