"""What can be asked at the gateway's address of the local pipeline, and of no other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from starlette.requests import Request

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import (
    EventExpectation,
    FileExpectation,
    Idle,
    Listing,
    NoneExpectation,
    Reset,
    SessionExpectation,
    Wait,
    convert,
    read,
)
from analytics_local_cloud.local_api.expectations.expected_events import look_for_events
from analytics_local_cloud.local_api.expectations.expected_files import look_for_file
from analytics_local_cloud.local_api.expectations.expected_sessions import look_for_session
from analytics_local_cloud.local_api.expectations.unwanted import look_for_none
from analytics_local_cloud.local_api.idleness import look_for_idle
from analytics_local_cloud.local_api.lookout import Look, Lookout
from analytics_local_cloud.local_api.seen_traces import (
    is_bad,
    is_good,
    is_of,
    looked_at,
    shown,
    visible,
)

HOME = "/_local"
MET, NOT_MET = 200, 417

Answer = tuple[int, Any]


@dataclass(frozen=True)
class LocalRoute:
    """Where something can be asked, by which method, in which form, and what answers."""

    path: str
    method: str
    form: type
    summary: str
    answer: Callable[[Inside, Lookout, Any], Awaitable[Answer]]

    async def ask(self, inside: Inside, lookout: Lookout, request: Request) -> Answer:
        """Return status and body of the answer; raises HTTPException for what it does not take."""
        asked: Any
        if self.method == "GET":
            asked = convert(dict(request.query_params), self.form)
        else:
            asked = read(await request.body(), self.form)
        return await self.answer(inside, lookout, asked)


def _list(is_wanted: Callable[[Trace], bool]) -> Callable[..., Awaitable[Answer]]:
    async def answer(inside: Inside, _: Lookout, asked: Listing) -> Answer:
        wanted = (
            shown(trace)
            for trace in looked_at(inside.traces, asked)
            if is_wanted(trace) and is_of(trace, asked.environment)
        )
        return MET, list(islice(wanted, asked.limit))

    return answer


def _expect(look_for: Callable[[Inside, Any], Look]) -> Callable[..., Awaitable[Answer]]:
    async def answer(inside: Inside, lookout: Lookout, asked: Any) -> Answer:  # noqa: ANN401
        return await _until(lookout, look_for(inside, asked), asked.within)

    return answer


async def _until(lookout: Lookout, look: Look, within: float) -> Answer:
    finding = await lookout.until(look, within)
    if finding.is_met:
        return MET, finding.tell()
    told = finding.tell()
    return NOT_MET, {"code": NOT_MET, **told, "message": visible(told["message"])}


async def _wait(inside: Inside, lookout: Lookout, asked: Wait) -> Answer:
    until = {"environment": asked.environment, "since": asked.since, **asked.until}
    if "idle" in until:
        look = look_for_idle(inside, convert(until, Idle).environment)
    else:
        look = look_for_events(inside, convert(until, EventExpectation))
    return await _until(lookout, look, asked.within)


async def _reset(inside: Inside, _: Lookout, asked: Reset) -> Answer:
    inside.board.replace(())
    inside.traces.forget(asked.environment)
    return MET, {"revision": inside.traces.revision}


ROUTES = (
    LocalRoute("/good", "GET", Listing, "events that came where they go", _list(is_good)),
    LocalRoute("/bad", "GET", Listing, "what was refused, or became no row", _list(is_bad)),
    LocalRoute("/expect", "POST", EventExpectation, "events as expected", _expect(look_for_events)),
    LocalRoute(
        "/expect/session", "POST", SessionExpectation, "a whole session", _expect(look_for_session)
    ),
    LocalRoute(
        "/expect/file", "POST", FileExpectation, "a file that was uploaded", _expect(look_for_file)
    ),
    LocalRoute(
        "/expect/none", "POST", NoneExpectation, "none of what is bad", _expect(look_for_none)
    ),
    LocalRoute("/wait", "POST", Wait, "until events came, or nothing is pending", _wait),
    LocalRoute("/reset", "POST", Reset, "what was seen is forgotten, no fault is on", _reset),
)
