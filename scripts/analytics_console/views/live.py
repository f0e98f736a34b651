"""Live: what is sent, the newest first, and what becomes of it."""

import re
from contextlib import suppress
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analytics_console.pages import Model, Page
from analytics_console.refused import Refused
from analytics_console.rendering import render
from analytics_console.views.inspecting.loaded_rows import look_for_row
from analytics_console.views.inspecting.trace_details import details_of
from analytics_console.views.inspecting.trace_filter import wanted
from analytics_console.views.inspecting.trace_lines import line_of
from analytics_console.views.inspecting.trace_stream import stream_traces
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.kept_traces import MOST_TRACES

_FIRST = 200
_DIGITS = re.compile("[0-9]{1,16}")
_BADGES = {
    "loaded": "good",
    "issued": "good",
    "stored": "warn",
    "repeated": "warn",
    "dead_letter": "bad",
    "refused": "bad",
}


async def _read(inside: Inside, request: Request) -> Model:
    """Return the newest lines that the query `q` wants, `limit` at most; and all of one `event`."""
    asked = request.query_params
    limit = _number(asked.get("limit") or str(_FIRST), "limit", 0, MOST_TRACES)
    newest, q = inside.traces.newest_first(), asked.get("q", "")
    kept, lines = len(inside.traces), map(line_of, newest)
    matching = list(filter(wanted(q), lines)) if q else list(islice(lines, limit))
    return {
        "q": q,
        "kept": kept,
        "matching": len(matching) if q else kept,
        "lines": matching[:limit],
        "event": await _details(inside, asked["event"]) if asked.get("event") else None,
        "badges": _BADGES,
        "first_event": "" if kept else _first_event(inside),
    }


async def _details(inside: Inside, number: str) -> dict[str, Any]:
    """Return all that is known of an event; raises Refused for one that is not kept."""
    trace = inside.traces.find(_number(number, "event", 1, 2**53))
    if trace is None:
        raise Refused(f"event {number} is not among the last {MOST_TRACES:,}", 404)
    with suppress(Refused):  # BigQuery may be what somebody broke on purpose
        await look_for_row(inside, trace)
    return dict(await details_of(inside, trace))


async def _show_details(inside: Inside, request: Request) -> Response:
    """Answer with the part of the page that shows one event."""
    inside.traces.refresh()
    details = await _details(inside, request.query_params.get("event", ""))
    text = render("live_event.html", {"event": details, "badges": _BADGES}, inside.variables)
    return Response(text, media_type="text/html")


def _first_event(inside: Inside) -> str:
    """Return the line to paste where nothing was sent yet."""
    url, key = inside.variables["ANALYTICS_URL"], inside.variables["API_KEY"]
    return (
        """curl --data '{"eventType":"level_up","playerId":"ann","level":7}' \\\n"""
        f'  "{url}/v1/event?key={key}&event_category=function"'
    )


def _number(text: str, name: str, least: int, most: int) -> int:
    if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
        raise Refused(f"{name}: {text[:100]!r} is no number from {least} to {most:,}")
    return int(text)


LIVE = Page("live", "Live", _read, sources={"stream": stream_traces, "event": _show_details})
