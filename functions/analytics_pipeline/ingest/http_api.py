"""The HTTP API: routes, CORS, and every refusal as JSON. Bodies and parameters have own modules."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from analytics_pipeline import logs
from analytics_pipeline.ingest import parameters
from analytics_pipeline.ingest.admission import Admission, Lease
from analytics_pipeline.ingest.ingest import Ingest, Receipt
from analytics_pipeline.ingest.refusals import Internal, MethodNotAllowed, NotFound, RequestError
from analytics_pipeline.ingest.request_body import first_headers, read_body
from analytics_pipeline.ingest.uploads import Uploads, UploadTicket
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.settings import IngestSettings

_SERVER_ERRORS = 500
_KEY = b"idempotency-key"
_ANY_ORIGIN = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "content-type, content-encoding, idempotency-key",
    "Access-Control-Max-Age": "3600",
}


Headers = Mapping[bytes, bytes]  # by their names in lower case


class HttpApi:
    """Serves the routes of api-gateway/openapi.yaml.

    `clock` returns the time in UTC, `workers` decode large bodies.
    """

    def __init__(
        self,
        settings: IngestSettings,
        ingest: Ingest,
        uploads: Uploads,
        clock: Callable[[], datetime],
        workers: Workers,
    ) -> None:
        self._settings = settings
        self._ingest = ingest
        self._uploads = uploads
        self._clock = clock
        self._workers = workers
        self._rules = parameters.Rules(settings.allowed_environments, settings.allowed_categories)
        self._admission = Admission(settings.max_inflight_bytes)

    async def handle(self, request: Request) -> Response:
        """Answer any request; what goes wrong becomes a status and a reason."""
        headers = first_headers(request)
        logs.set_trace(self._settings.google_cloud_project, headers)
        path: str = request.scope["path"]
        try:
            response = await self._dispatch(path, request, headers)
        except RequestError as exc:
            response = _refuse(exc, path)
        except Exception as exc:  # noqa: BLE001 - the edge: no defect may reach the client as it is
            said = _said(request, headers)
            logs.write_exception("request_failed", exc, hidden=said, path=_known(path))
            response = _error(Internal("internal error"))
        response.raw_headers += self._cors_headers(headers)
        return response

    async def _dispatch(self, path: str, request: Request, headers: Headers) -> Response:
        route = ROUTES.get(path)
        if route is None:
            raise NotFound("no such path")
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        if request.method != "POST":
            raise MethodNotAllowed("only POST is served")
        with self._admission.lease() as lease:
            answer = await route(self, request, headers, lease)
        return _json(200, {"statusCode": 200, **msgspec.to_builtins(answer)})

    async def post_event(self, request: Request, headers: Headers, lease: Lease) -> Receipt:
        """Store one batch; answers the receipt."""
        query: bytes = request.scope["query_string"]
        keys = request.headers.getlist("idempotency-key") if _KEY in headers else ()
        wanted = parameters.read_batch_request(query, keys, self._rules, self._clock())
        body = await self._read(request, headers, lease)
        return await self._ingest.store(body, wanted, lease)

    async def post_file(self, request: Request, headers: Headers, lease: Lease) -> UploadTicket:
        """Issue one signed URL; answers the upload ticket."""
        query: bytes = request.scope["query_string"]
        wanted = parameters.read_file_request(query, self._rules, self._clock())
        body = await self._read(request, headers, lease)
        return await self._uploads.issue(body, wanted)

    def _read(self, request: Request, headers: Headers, lease: Lease) -> Awaitable[bytes]:
        most = self._settings.max_body_bytes
        return read_body(request, headers, lease, most, self._workers)

    def _cors_headers(self, sent: Headers) -> list[tuple[bytes, bytes]]:
        """Allow any origin, or the request's own when it is listed; credentials never."""
        allowed = self._settings.cors_origins
        if "*" in allowed:
            return _ANY_ORIGIN
        origin = sent.get(b"origin", b"")
        vary = (b"vary", b"Origin")
        if origin.decode("latin-1") in allowed:
            return [(b"access-control-allow-origin", origin), vary]
        return [vary]


Route = Callable[[HttpApi, Request, Headers, Lease], Awaitable[Receipt | UploadTicket]]
ROUTES: Mapping[str, Route] = {"/v1/event": HttpApi.post_event, "/v1/file": HttpApi.post_file}


def _refuse(error: RequestError, path: str) -> Response:
    event = "request_unavailable" if error.status >= _SERVER_ERRORS else "request_refused"
    logs.write(event, path=_known(path), status=error.status, reason=error.reason)
    return _error(error)


def _known(path: str) -> str:
    """Return a path for the log: one that is no route may hold what was meant for the query."""
    return path if path in ROUTES else "other"


def _said(request: Request, headers: Headers) -> set[str]:
    """Return what a client said beside its body: keys and tokens, as an error may repeat them."""
    query = request.scope["query_string"].decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True, errors="backslashreplace")
    values = (value.decode("latin-1") for value in headers.values())
    return {query, *(value or name for name, value in pairs), *values}


def _error(error: RequestError) -> Response:
    content = {"code": error.status, "reason": error.reason, "message": error.message}
    return _json(error.status, content, error.headers)


def _json(
    status: int, content: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    return Response(msgspec.json.encode(content), status, headers, "application/json")
