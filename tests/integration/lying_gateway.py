"""A gateway that lies about some batches, in front of one that does not; it keeps what it did."""

import contextlib
import json
import threading
from uuid import uuid4

import aiohttp
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class LyingGateway:
    """Serves `/v1/event` of `upstream`; `lies` names what is done to a batch, by its number.

    `told` has the planted ids of the batches (of an altered one: of the event) by the lie; `held`
    counts, for whoever waits, the batches that will not be answered.
    """

    def __init__(self, upstream, lies):
        self.told = {lie: [] for lie in set(lies.values())}
        self.batches = 0
        self.held = threading.Semaphore(0)
        self._upstream = upstream
        self._lies = lies
        self._session = None

    @property
    def app(self):
        """The ASGI application."""
        return Starlette(
            routes=[Route("/v1/event", self._post, methods=["POST"])], lifespan=self._lifespan
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _):
        async with aiohttp.ClientSession() as self._session:
            yield

    async def _post(self, request):
        self.batches += 1
        events = json.loads(await request.body())
        number = int(events[0]["eventAttributes"]["plantedId"].split("/")[-2])
        lie = self._lies.get(number, "forward")
        if lie != "forward":
            victims = events[1:2] if lie == "alter" else events
            self.told[lie] += [event["eventAttributes"]["plantedId"] for event in victims]
        return await getattr(self, f"_{lie}")(request, events)

    async def _forward(self, request, events, *names):
        """Pass the batch on, with its own key unless `names` leaves it out."""
        async with self._session.post(
            f"{self._upstream}/v1/event",
            params=request.query_params,
            headers={name: request.headers[name] for name in names or ["idempotency-key"]},
            json=events,
        ) as answer:
            return Response(await answer.read(), answer.status, media_type="application/json")

    async def _drop(self, _, events):
        """Acknowledge what is not stored."""
        receipt = {"batch_id": uuid4().hex, "data_type": "json", "event_count": len(events)}
        return JSONResponse({"statusCode": 200, **receipt})

    async def _double(self, request, events):
        """Store it twice, as two requests that have nothing to do with each other."""
        await self._forward(request, events, "content-type")
        return await self._forward(request, events, "content-type")

    async def _alter(self, request, events):
        """Change one field of one event."""
        events[1]["playerId"] = "somebody-else"
        return await self._forward(request, events)

    async def _spoil(self, request, events):
        """Store it with an event that cannot become a row."""
        return await self._forward(request, [*events[1:], 7])

    async def _hold(self, request, _):
        """Do not answer as long as somebody waits for it."""
        self.held.release()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()

    async def _forget(self, request, events):
        """Store it, and say each time that this is not known."""
        await self._forward(request, events)
        return JSONResponse({"code": 503, "reason": "unknown_outcome", "message": "?"}, 503)

    async def _hesitate(self, request, events):
        """Store it, and acknowledge it the second time only."""
        answer = await self._forward(request, events)
        planted = events[0]["eventAttributes"]["plantedId"]
        is_first = self.told["hesitate"].count(planted) == 1
        return JSONResponse({"code": 503, "message": "?"}, 503) if is_first else answer
