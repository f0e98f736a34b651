"""Known, or refused: what a request asks for is either served, or answered 501 by its name."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from analytics_local_cloud.storage.storage_errors import Invalid, Unsupported
from analytics_local_cloud.storage.web.served_methods import (
    METHODS,
    NO_HEADER_MEANING,
    NO_QUERY_MEANING,
    Method,
)

_SCOPE_KEY = "analytics.method"
_MAX_DEPTH = 32
_RETRY_TEST = b"x-retry-test-id"
_HEADERS_OF_MEANING = (b"x-goog-", b"x-amz-", b"if-", b"x-http-method", _RETRY_TEST)
_NOT_SET = (None, False, 0, "", "0")  # what stands for "not set" in any field
# The XML API ignores parameters it does not know, but these change what a request means.
_XML_PARAMETERS = {
    *("acl", "attributes", "autoclass", "billing", "compose", "continuation-token", "cors"),
    *("defaultobjectacl", "delete", "delimiter", "encoding-type", "encryption", "encryptionconfig"),
    *("fetch-owner", "generation", "inventory", "ipfilter", "key-marker", "legal-hold"),
    *("lifecycle", "list-type", "location", "logging", "marker", "max-keys", "max-parts"),
    *("max-uploads", "notification", "object-lock", "ownershipcontrols", "part-number-marker"),
    *("partnumber", "policy", "prefix", "publicaccessblock", "replication", "requestpayment"),
    *("restore", "retention", "select", "start-after", "storageclass", "tagging", "torrent"),
    *("upload-id-marker", "uploadid", "uploads", "versioning", "versionid", "versions", "website"),
    *("version-id-marker", "websiteconfig"),
    *(f"response-{name}" for name in ("cache-control", "content-disposition", "content-encoding")),
    *(f"response-{name}" for name in ("content-language", "content-type", "expires")),
}


Endpoint = Callable[[Request], Awaitable[Response]]
Faults = Callable[[str, str, Request, Endpoint], Awaitable[Response]]  # as RetryTests.answer


class _QueryRoute(Route):
    """The route of requests whose query has the parameter `only`."""

    only = b""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is meant; others are left to the routes that follow."""
        query = scope.get("query_string", b"")
        if self.only in query and self.only in {p.partition(b"=")[0] for p in query.split(b"&")}:
            return super().matches(scope)
        return Match.NONE, {}


def served(
    name: str,
    path: str,
    endpoint: Endpoint,
    *verbs: str,
    only: str | None = None,
) -> Route:
    """Return the route of a method of METHODS; what it does not take is refused before.

    With `only` it is that of requests with that parameter, and stands before those without.
    """
    method = METHODS[name]
    check_query = _check_xml_query if name.startswith("xml.") else _check_query

    async def answer(request: Request) -> Response:
        check_query(method, request)
        retry_test = _check_headers(method, request)
        request.scope[_SCOPE_KEY] = method
        if retry_test is None:
            return await endpoint(request)
        faults: Faults = request.app.state.faults
        return await faults(retry_test, name, request, endpoint)

    if only is None:
        return Route(path, answer, methods=list(verbs), name=name)
    route = _QueryRoute(path, answer, methods=list(verbs), name=name)
    route.only = only.encode()
    return route


def check_body(request: Request, body: Mapping[str, Any]) -> None:
    """Raise Unsupported for the first field of `body` that the request's method does not take."""
    method: Method = request.scope[_SCOPE_KEY]
    for path, value in _leaves(body):
        if not _takes(method, path, value):
            raise Unsupported(f"The local storage does not support {path}.")


def _takes(method: Method, path: str, value: object) -> bool:
    """Tell whether a field is served, has no effect at Google either, or is not set."""
    for known in (*method.body, *method.read_only):
        name, chosen, only = known.partition("=")
        if path == name or (name.endswith(".*") and f"{path}.".startswith(name[:-1])):
            return value is None or not chosen or str(value).lower() == only.lower()
    return value in _NOT_SET


def _leaves(body: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield each value that is no object and no list, with its path; raises Invalid."""
    waiting: list[tuple[int, str, object]] = [(0, "", body)]
    while waiting:
        depth, path, value = waiting.pop()
        if depth > _MAX_DEPTH:
            raise Invalid(f"{path.partition('.')[0]} is nested too deeply.")
        if isinstance(value, Mapping):
            waiting += [(depth + 1, f"{path}.{k}".lstrip("."), v) for k, v in value.items()]
        elif isinstance(value, list):
            waiting += [(depth + 1, path, element) for element in value]
        else:
            yield path, value


def _check_query(method: Method, request: Request) -> None:
    for name, value in request.query_params.multi_items():
        if name in method.query or value.lower() in {"", "false"}:
            continue
        if name == "alt" and value != "json":
            raise Unsupported(f"The local storage does not support alt={value} here.")
        if name not in NO_QUERY_MEANING:
            raise Unsupported(f"The local storage does not support {name}.")


def _check_xml_query(method: Method, request: Request) -> None:
    for name in request.query_params:
        if name not in method.query and name.lower() in _XML_PARAMETERS:
            raise Unsupported(f"The local storage does not support ?{name} here.")


def _check_headers(method: Method, request: Request) -> str | None:
    """Return the retry test that the request belongs to; raises Unsupported."""
    retry_test = None
    for raw, value in request.scope["headers"]:
        if raw == _RETRY_TEST:
            retry_test = value.decode("latin-1")
        elif raw.startswith(_HEADERS_OF_MEANING):
            name = raw.decode("latin-1")
            if not _takes_header(method, name):
                raise Unsupported(f"The local storage does not support {name} here.")
    return retry_test


def _takes_header(method: Method, name: str) -> bool:
    return (
        name in method.headers
        or name in NO_HEADER_MEANING
        or (name.startswith("x-goog-meta-") and "x-goog-meta-*" in method.headers)
    )
