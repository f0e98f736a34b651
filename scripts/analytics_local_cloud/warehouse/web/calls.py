"""One API call as the handlers see it, and their answers as JSON."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.assembly import Warehouse
from analytics_local_cloud.warehouse.catalog.engine import memory_errors
from analytics_local_cloud.warehouse.catalog.references import DatasetReference, TableReference
from analytics_local_cloud.warehouse.web.known.messages import Message, check_query, read
from analytics_local_cloud.warehouse.web.partial_answers import parse_mask, select

_MAX_BODY_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    """Path and query parameters, the JSON body, both checked, and the `If-Match` header."""

    path: Mapping[str, str]
    query: QueryParams
    body: dict[str, Any]
    if_match: str | None = None

    @property
    def project(self) -> str:
        """The project of the path."""
        return self.path["project"]

    @property
    def dataset(self) -> DatasetReference:
        """The dataset of the path."""
        return DatasetReference(self.project, self.path["dataset"])

    @property
    def table(self) -> TableReference:
        """The table of the path."""
        return TableReference(self.dataset, self.path["table"])

    @property
    def selected(self) -> list[str]:
        """The paths of `selectedFields`; none stand for all."""
        return [path.strip() for path in self.query.get("selectedFields", "").split(",") if path]

    @property
    def int64_timestamps(self) -> bool:
        """Whether a TIMESTAMP is wanted in microseconds, by either of two parameters."""
        output = self.query.get("formatOptions.timestampOutputFormat", "")
        return self.flag("formatOptions.useInt64Timestamp") or output.upper() == "INT64"

    def flag(self, name: str) -> bool:
        """Return a boolean query parameter."""
        return self.query.get(name, "").lower() == "true"

    def number(self, name: str, default: int) -> int:
        """Return a non-negative integer query parameter; raises `ApiError` (invalid)."""
        text = self.query.get(name) or str(default)
        if not text.isdecimal():
            raise ApiError("invalid", f"Invalid value for {name}: {text}", name)
        return int(text)

    def page(self, items: Sequence[dict[str, Any]], key: str) -> dict[str, Any]:
        """Return the page of `items` that `maxResults` and `pageToken` ask for."""
        start = self.number("pageToken", 0)
        end = start + (self.number("maxResults", 0) or len(items))
        token = {"nextPageToken": str(end)} if end < len(items) else {}
        return {key: items[start:end], **token}


Handler = Callable[[Warehouse, Call], dict[str, Any] | None]


def endpoint(
    handler: Handler, query: Message, body: Message, root: str
) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint of a handler, which runs in the application's thread pool.

    `query` and `body` are all that a request may say; `root` is BigQuery's name for the body.
    """

    async def serve(request: Request) -> Response:
        check_query(query, request.query_params.multi_items())
        content = decode_object(await read_body(request, _MAX_BODY_BYTES))
        mask = parse_mask(request.query_params.get("fields"))
        call = Call(
            request.path_params,
            request.query_params,
            read(body, content, root),
            request.headers.get("if-match"),
        )
        answer = await run_in_pool(request, handler, call)
        known = request.headers.get("if-none-match")
        if known and answer and request.method == "GET" and known == answer.get("etag"):
            return Response(status_code=304)
        return json_response(select(mask, answer))

    return serve


def warehouse_of(request: Request) -> Warehouse:
    """Return the warehouse that the application serves."""
    return cast("Warehouse", request.app.state.warehouse)


async def run_in_pool(
    request: Request, work: Callable[..., dict[str, Any] | None], *arguments: object
) -> dict[str, Any] | None:
    """Run `work(warehouse, *arguments)` in a thread, where it sees every streamed row."""
    warehouse = warehouse_of(request)

    def run() -> dict[str, Any] | None:
        warehouse.appender.flush()
        with memory_errors():
            return work(warehouse, *arguments)

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(request.app.state.pool, run)


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; raises `ApiError` (uploadTooLarge) beyond `limit` bytes."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            text = f"Request payload size exceeds the limit: {limit} bytes."
            raise ApiError("uploadTooLarge", text)
        chunks.append(chunk)
    return b"".join(chunks)


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode a JSON object, an empty body as an empty one; raises `ApiError` (invalid)."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise ApiError("invalid", f"Invalid JSON payload received: {exc}") from exc


def json_response(body: dict[str, Any] | None, status: int = 200) -> Response:
    """Return a JSON answer, or No Content for None."""
    if body is None:
        return Response(status_code=204)
    return Response(msgspec.json.encode(body), status, media_type="application/json")
