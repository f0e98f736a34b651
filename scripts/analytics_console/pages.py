"""How every view is served: as a page and as JSON, and what browsers let a page do."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from analytics_console.refused import Refused
from analytics_console.rendering import render
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.visitors import check_visitor

HOME = "/console"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # none at all would make forms those of nobody: Origin: null
    "X-Content-Type-Options": "nosniff",
}

Model = Mapping[str, Any]
Read = Callable[[Inside, Request], Awaitable[Model]]
Answer = Callable[[Inside, Request], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """A view, at `/console/NAME`, made by the template `NAME.html` of what `read` returns.

    `/console/NAME.json` answers the same as JSON. `acts` are what its forms do, by the last part
    of `/console/NAME/ACT`: POST, from this page alone. `sources` are what it is made of besides,
    such as streams and pictures, at `/console/NAME/SOURCE`: GET.
    """

    name: str
    title: str
    read: Read
    acts: Mapping[str, Answer] = field(default_factory=dict)
    sources: Mapping[str, Answer] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{HOME}/{self.name}"


def back(page_path: str, **parameters: str) -> Response:
    """Return the answer to a form: the page again, as a link with these parameters."""
    query = urlencode(parameters)
    return RedirectResponse(f"{page_path}?{query}" if query else page_path, HTTPStatus.SEE_OTHER)


def routes_of(pages: Sequence[Page], inside: Inside) -> list[Route]:
    """Return the routes of all pages; the first of them is at `/`, too."""
    routes = []
    for page in pages:
        paths = [page.path] if page is not pages[0] else ["/", HOME, page.path]
        shown = partial(_show_page, inside, pages, page)
        routes += [Route(path, guarded(shown)) for path in paths]
        routes.append(Route(f"{page.path}.json", guarded(partial(_show_twin, inside, page))))
        for methods, answers in ((["POST"], page.acts), (["GET"], page.sources)):
            routes += [
                Route(f"{page.path}/{name}", guarded(partial(answer, inside)), methods=methods)
                for name, answer in answers.items()
            ]
    return routes


def guarded(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers to who may ask, and says what is refused."""

    async def guard(request: Request) -> Response:
        refusal = check_visitor(request)
        try:
            response = Response(refusal, HTTPStatus.FORBIDDEN) if refusal else await answer(request)
        except (Refused, aiohttp.ClientError) as exc:
            message, status = _refusal_of(exc)
            body = msgspec.json.encode({"message": message})
            response = Response(body, status, media_type="application/json")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return guard


def _refusal_of(exc: Refused | aiohttp.ClientError) -> tuple[str, int]:
    """Return what is said of it, and the status; services may fail here on purpose."""
    if isinstance(exc, Refused):
        return str(exc), exc.status
    return f"a service of the pipeline did not answer: {exc}", HTTPStatus.BAD_GATEWAY


async def _show_page(
    inside: Inside, pages: Sequence[Page], page: Page, request: Request
) -> Response:
    """Answer with the page; what cannot be shown is said in its place."""
    model: Model = {}
    refusal, status = "", int(HTTPStatus.OK)
    try:
        model = await page.read(inside, request)
    except (Refused, aiohttp.ClientError) as exc:
        refusal, status = _refusal_of(exc)
    text = render(
        "refused.html" if refusal else f"{page.name}.html",
        {**model, "refusal": refusal, "page": page, "pages": pages, "query": request.query_params},
        inside.variables,
    )
    return Response(text, status, media_type="text/html")


async def _show_twin(inside: Inside, page: Page, request: Request) -> Response:
    model = await page.read(inside, request)
    body = msgspec.json.encode(model, enc_hook=str)
    return Response(body, media_type="application/json")
