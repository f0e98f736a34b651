"""What answers below `/_local` at the gateway's address, where no fault hits it."""

from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.local_api.faults_api import PATH, FaultsApi
from analytics_local_cloud.local_api.local_openapi import document
from analytics_local_cloud.local_api.local_routes import HOME, ROUTES, LocalRoute
from analytics_local_cloud.local_api.lookout import Lookout
from analytics_local_cloud.visitors import check_visitor


class LocalFront:
    """Answers below `/_local`, and lets the gateway answer all else."""

    def __init__(self, gateway: ASGIApp, inside: Inside) -> None:
        self._gateway, self._inside = gateway, inside
        lookout = Lookout(inside)
        routes = [
            Route(HOME + each.path, partial(_answer, each, inside, lookout), methods=[each.method])
            for each in ROUTES
        ]
        described = Route(f"{HOME}/openapi.json", self._describe)
        faults = Route(PATH, FaultsApi(inside.board))
        self._app = Starlette(
            routes=[*routes, described, faults], exception_handlers={HTTPException: _refuse}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the gateway do so."""
        app = self._gateway
        if scope["type"] == "http" and scope["path"].startswith(f"{HOME}/"):
            refusal = check_visitor(Request(scope))
            app = _refusal(403, refusal) if refusal else self._app
        await app(scope, receive, send)

    async def _describe(self, _: Request) -> Response:
        return JSONResponse(document(self._inside.variables["ANALYTICS_URL"]))


async def _answer(
    route: LocalRoute, inside: Inside, lookout: Lookout, request: Request
) -> Response:
    status, answer = await route.ask(inside, lookout, request)
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


async def _refuse(_: Request, problem: Exception) -> Response:
    if not isinstance(problem, HTTPException):
        raise problem
    return _refusal(problem.status_code, problem.detail)


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"code": status, "message": message}, status)
