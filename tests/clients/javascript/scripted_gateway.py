"""A gateway as pages see it, across origins; its answers follow a rule."""

import gzip
import json
from dataclasses import dataclass

from aiohttp import web

_WELCOME = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}


@dataclass(frozen=True)
class Asked:
    """A request: its method, parameters, headers, and the events in its body."""

    method: str
    parameters: dict
    headers: dict
    events: tuple

    @property
    def key(self):
        """The name of the batch."""
        return self.parameters.get("batch_key")


class ScriptedGateway:
    """Answers 200, or what `rule` returns: a status, or an aiohttp response."""

    def __init__(self):
        self.asked, self.rule = [], None
        self.at_once, self.most_at_once = 0, 0
        app = web.Application()
        app.router.add_route("*", "/v1/event", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self):
        """Start it; returns its URL."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self):
        """Stop it."""
        await self._runner.cleanup()

    def numbers(self):
        """Return the `n` of all events, each batch once."""
        batches = {asked.key: asked.events for asked in self.asked}
        return sorted(
            event["eventAttributes"]["n"] for events in batches.values() for event in events
        )

    async def _answer(self, request):
        body = await request.read()
        text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
        events = tuple(json.loads(line) for line in text.split("\n") if line)
        asked = Asked(request.method, dict(request.query), dict(request.headers), events)
        self.asked.append(asked)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = await self.rule(asked) if self.rule else 200
        finally:
            self.at_once -= 1
        if isinstance(answer, web.StreamResponse):
            return answer
        stored = {"statusCode": 200, "event_count": len(events)}
        return web.json_response(stored, status=answer, headers=_WELCOME)
