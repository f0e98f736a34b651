"""A service whose requests and answers are heard, and go on unchanged."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics_local_cloud.journal.exchanges import Exchange, Journal

_MOST_BODY = 5 * 1024 * 1024  # what `load` inserts at once is at most 4 MB of rows
_MOST_ANSWER = 256 * 1024
_KEY = "key"
Wanted = Callable[[Scope], bool]


def _is_sent(scope: Scope) -> bool:
    """Tell that a client sends it; browsers ask beforehand whether they may."""
    return bool(scope["method"] != "OPTIONS")


def _stores_object(scope: Scope) -> bool:
    """Tell whether it stores an object by its name, as `ingest` does with a batch."""
    return bool(scope["method"] == "PUT")


def _inserts_rows(scope: Scope) -> bool:
    """Tell whether it inserts rows into a table of the pipeline, as `load` does."""
    return str(scope["path"]).endswith(("/events_function/insertAll", "/dead_letters/insertAll"))


@dataclass(frozen=True)
class Place:
    """A service whose `wanted` requests are kept, with the `headers` of these names."""

    name: str
    wanted: Wanted
    headers: frozenset[bytes] = frozenset()
    with_query: bool = False
    with_body: bool = False


GATEWAY = Place(
    "gateway", _is_sent, frozenset((b"idempotency-key",)), with_query=True, with_body=True
)
STORAGE = Place(
    "storage", _stores_object, frozenset((b"x-goog-meta-batch_id", b"x-goog-meta-event_count"))
)
WAREHOUSE = Place("warehouse", _inserts_rows, with_body=True)


class RecordedApp:
    """Serves `app`; the journal keeps its exchanges."""

    def __init__(self, app: ASGIApp, place: Place, journal: Journal) -> None:
        self._app, self._place, self._journal = app, place, journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        place = self._place
        if scope["type"] != "http" or not place.wanted(scope):
            await self._app(scope, receive, send)
            return
        exchange = _begin(place, scope)
        body, answer = _Pieces(_MOST_BODY), _Pieces(_MOST_ANSWER)
        heard = _Heard(receive, body) if place.with_body else receive
        try:
            await self._app(scope, heard, _hear(send, exchange, answer))
        finally:
            exchange.ended = time.time()
            exchange.body, exchange.answer = body.joined(), answer.joined()
            exchange.is_cut = body.is_cut
            self._journal.add(exchange)


class _Pieces:
    """A body as it comes: all of it, or nothing once it is longer than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._pieces = most, list[bytes]()
        self.is_cut = False

    def add(self, piece: bytes) -> None:
        """Keep the next piece."""
        self._most -= len(piece)
        self.is_cut = self._most < 0
        if self.is_cut:
            self._pieces.clear()
        elif piece:
            self._pieces.append(piece)

    def joined(self) -> bytes:
        """Return what is kept."""
        return b"".join(self._pieces)


class _Heard:
    """Receives for an application, and keeps the body of the request.

    `__self__` is the server's, as that of the method that it stands for.
    """

    def __init__(self, receive: Receive, body: _Pieces) -> None:
        self._receive, self._body = receive, body
        self.__self__ = getattr(receive, "__self__", None)

    async def __call__(self) -> Message:
        message = await self._receive()
        self._body.add(message.get("body", b""))
        return message


def _hear(send: Send, exchange: Exchange, answer: _Pieces) -> Send:
    """Return what sends an answer and keeps its status and its body."""

    async def hear(message: Message) -> None:
        if message["type"] == "http.response.start":
            exchange.status = message["status"]
        else:
            answer.add(message.get("body", b""))
        await send(message)

    return hear


def _begin(place: Place, scope: Scope) -> Exchange:
    headers = {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in place.headers
    }
    query = _without_keys(scope["query_string"].decode("latin-1")) if place.with_query else ""
    return Exchange(place.name, scope["method"], scope["path"], query, headers, time.time())


def _without_keys(query: str) -> str:
    """Return the parameters without what API keys are; however their name is written."""
    return "&".join(
        "key=KEY" if unquote_plus(each.partition("=")[0]) == _KEY else each
        for each in query.split("&")
    )
