"""Send: an event or a file, by hand, as a client sends it; and lines that do it from programs."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from analytics_console.asked.client_snippets import snippets
from analytics_console.asked.event_to_send import EventToSend, read_event
from analytics_console.asked.file_to_send import MOST_BYTES, Place, Uploaded, send_file
from analytics_console.asked.posted_forms import read_form
from analytics_console.pages import Model, Page, back
from analytics_local_cloud.inside import Inside

_PATH = "/console/send"
_MOST_ANSWERS = 20
_LONGEST_ANSWER = 10_000


@dataclass(frozen=True)
class _Answer:
    """What the gateway said to a form; status 0: nothing."""

    status: int
    text: str


_ANSWERS: OrderedDict[str, tuple[EventToSend, _Answer]] = OrderedDict()


async def _read(inside: Inside, request: Request) -> Model:
    """Return the form as the link has it, the last answer to it, and how programs send the same."""
    sent, answer = read_event(request.query_params, _new_session()), None
    if found := _ANSWERS.get(request.query_params.get("answer", "")):
        sent, answer = found
    url, key = inside.variables["ANALYTICS_URL"], inside.variables["API_KEY"]
    return {
        "sent": sent,
        "answer": answer,
        "snippets": snippets(sent, url, key),
        "most_bytes": MOST_BYTES,
    }


async def _send_event(inside: Inside, request: Request) -> Response:
    """Send the event of a form, for browsers without JavaScript: others do it themselves."""
    sent = read_event(await read_form(request), _new_session())
    name = secrets.token_urlsafe(8)
    _ANSWERS[name] = sent, await _answer(inside, sent)
    while len(_ANSWERS) > _MOST_ANSWERS:
        _ANSWERS.popitem(last=False)
    return back(_PATH, answer=name)


def _new_session() -> str:
    return f"s-{secrets.token_hex(4)}"


async def _answer(inside: Inside, sent: EventToSend) -> _Answer:
    query = urlencode({"key": inside.variables["API_KEY"], **sent.query})
    url = f"{inside.own.gateway}/v1/event?{query}"
    body = sent.event.encode(errors="replace")
    try:
        async with inside.session.post(url, data=body, headers=sent.headers) as response:
            return _Answer(response.status, (await response.text())[:_LONGEST_ANSWER])
    except (aiohttp.ClientError, ValueError) as exc:  # ValueError: a header that is none
        return _Answer(0, f"no answer: {exc}")


async def _send_file(inside: Inside, request: Request) -> Response:
    """Send the body as a file; the link says where it goes. Answers status and answer as JSON."""
    query = request.query_params
    place = Place(
        request.headers.get("content-type", ""),
        *(query.get(name, "") for name in ("category", "environment", "parent", "child")),
    )
    try:
        uploaded = await send_file(inside, request.stream(), place)
    except aiohttp.ClientError as exc:
        uploaded = Uploaded(0, f"no answer: {exc}")
    return Response(msgspec.json.encode(uploaded), media_type="application/json")


SEND = Page("send", "Send", _read, acts={"event": _send_event, "file": _send_file})
