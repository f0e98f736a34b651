"""Lines as they change: server-sent events, which a browser asks for again by itself."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from analytics_console.views.inspecting.trace_lines import line_of
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.traces import Traces

_MOST = 500  # lines in a message
_BREATH_SECONDS = 0.1  # so long changes gather
_QUIET_SECONDS = 15  # a proxy, or the reader's machine, may take a silent line for a dead one


async def stream_traces(inside: Inside, request: Request) -> Response:
    """Answer with what has changed after `Last-Event-ID`, or `after`, and what changes from now on.

    An id is of one run of the pipeline: after another one's, all is told. The data of a message is
    {"run", "latest": revision of the last change, "oldest": number of the oldest trace that is
    kept, "lines"}.
    """
    known = request.headers.get("last-event-id") or request.query_params.get("after", "")
    run, _, revision = known.partition("-")
    is_continued = run == inside.traces.run and revision.isdecimal()
    messages = _messages(inside.traces, int(revision) if is_continued else 0)
    return StreamingResponse(messages, media_type="text/event-stream")


async def _messages(traces: Traces, known: int) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    while not traces.is_over:
        changed = traces.changed_since(known)
        latest = traces.revision
        known = changed[_MOST - 1].revision if len(changed) > _MOST else latest
        lines = [line_of(trace) for trace in changed[:_MOST]]
        data = {"run": traces.run, "latest": latest, "oldest": traces.oldest, "lines": lines}
        yield b"id: %b-%d\ndata: %b\n\n" % (traces.run.encode(), known, msgspec.json.encode(data))
        while known == traces.revision and not traces.is_over:
            try:
                async with asyncio.timeout(_QUIET_SECONDS):
                    await traces.news(known)
                await asyncio.sleep(_BREATH_SECONDS)
            except TimeoutError:
                yield b": nothing new\n\n"
