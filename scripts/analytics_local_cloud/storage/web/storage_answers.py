"""Answers of both APIs, errors too."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.storage.metadata import Bucket, StoredObject
from analytics_local_cloud.storage.storage_errors import Refusal
from analytics_local_cloud.storage.web.field_masks import select_fields

_XML_HEAD = "<?xml version='1.0' encoding='UTF-8'?>"


def json_answer(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `body` as JSON."""
    return Response(msgspec.json.encode(body), status, headers, "application/json; charset=UTF-8")


def api_answer(request: Request, body: object) -> Response:
    """Return what of `body` the request asks for with `fields`; raises Invalid."""
    return json_answer(select_fields(body, request.query_params.get("fields")))


def resource_answer(request: Request, thing: Bucket | StoredObject) -> Response:
    """Return a bucket's or an object's resource, with links to where the request was sent."""
    return api_answer(request, thing.resource(endpoint_of(request)))


def endpoint_of(request: Request) -> str:
    """Return the URL that the request was sent to, without its path."""
    return str(request.base_url).rstrip("/")


def json_error(error: Refusal) -> Response:
    """Return the JSON API's error body (Cloud Storage reference, "error responses")."""
    cause = {"domain": "global", "reason": error.reason, "message": error.message}
    body = {"code": error.status, "message": error.message, "errors": [cause]}
    return json_answer({"error": body}, error.status)


def xml_answer(
    root: str,
    content: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    namespace: str | None = None,
) -> Response:
    """Return an XML document whose element `root` holds `content` (already XML)."""
    start = root if namespace is None else f'{root} xmlns="{namespace}"'
    text = f"{_XML_HEAD}<{start}>{content}</{root}>"
    return Response(text, status, headers, "application/xml; charset=UTF-8")


def xml_error(error: Refusal) -> Response:
    """Return the XML API's error body."""
    details: dict[str, Any] = {"Code": error.code, "Message": error.message, **error.details}
    return xml_answer("Error", elements(details), error.status)


def elements(values: Mapping[str, object]) -> str:
    """Return an XML element per value."""
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())
