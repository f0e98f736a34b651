"""The console: its pages in their order, and its files."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from analytics_console.pages import HOME, guarded, routes_of
from analytics_console.refused import Refused
from analytics_console.views.audit import AUDIT
from analytics_console.views.bucket.objects import OBJECTS
from analytics_console.views.connect import CONNECT
from analytics_console.views.faults import FAULTS
from analytics_console.views.gallery import CHARTS
from analytics_console.views.game_sessions import SESSIONS
from analytics_console.views.letters import DEAD_LETTERS
from analytics_console.views.live import LIVE
from analytics_console.views.overview import OVERVIEW
from analytics_console.views.send import SEND
from analytics_console.views.sql import SQL
from analytics_local_cloud.inside import Inside

PAGES = (LIVE, OVERVIEW, SESSIONS, DEAD_LETTERS, OBJECTS, SQL, CHARTS, AUDIT, FAULTS, SEND, CONNECT)
_STATIC = Path(__file__).parent / "static"


def create_console(inside: Inside) -> Starlette:
    """Return what answers on `/` and below `/console`."""
    return Starlette(
        routes=[
            Route(f"{HOME}/static/{{name}}", guarded(_static)),
            *routes_of(PAGES, inside),
        ]
    )


async def _static(request: Request) -> Response:
    """Answer with a file of the folder itself."""
    name = request.path_params["name"]
    if name not in {path.name for path in _STATIC.iterdir()}:
        raise Refused(f"there is no file {name}", 404)
    return FileResponse(_STATIC / name, headers={"Cache-Control": "no-cache"})
