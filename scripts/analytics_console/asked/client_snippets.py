"""Pure: how curl and each of our clients send an event, as lines to paste."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from analytics_console.asked.event_to_send import EventToSend

_OWN = {"eventType", "sessionId", "eventIndex", "eventId"}  # the clients' own, or said apart
_Event = Mapping[str, Any]


@dataclass(frozen=True)
class Snippet:
    """Lines to paste, and in what."""

    name: str
    text: str


def snippets(sent: EventToSend, url: str, api_key: str) -> list[Snippet]:
    """Return how to send it: with curl, and if it is an event with a type, with each client."""
    found = [Snippet("curl", _curl(sent, url, api_key))]
    event = _read_object(sent.event)
    if isinstance(event.get("eventType"), str):
        for name, write in (("Python", _python), ("JavaScript", _javascript), ("C#", _csharp)):
            found.append(Snippet(name, "\n".join(write(sent, event, url, api_key))))
    return found


def _read_object(text: str) -> _Event:
    """Return the object that a text is in every language alike, else an empty one."""
    try:
        event = json.loads(text)
        json.dumps(event, allow_nan=False)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _curl(sent: EventToSend, url: str, api_key: str) -> str:
    address = f"{url}/v1/event?{urlencode({'key': api_key, **sent.query})}"
    headers = [f"--header {shlex.quote(f'{name}: {text}')}" for name, text in sent.headers.items()]
    parts = [f"curl --data-raw {shlex.quote(sent.event)}", *headers, shlex.quote(address)]
    return " \\\n  ".join(parts)


def _python(sent: EventToSend, event: _Event, url: str, api_key: str) -> Iterator[str]:
    place = "".join(f", {name}={text!r}" for name, text in _place(sent).items())
    yield "# pip install clients/python"
    yield "from analytics_pipeline_client import Client, Options"
    yield ""
    yield f"options = Options({place[2:]})"
    yield f'with Client({url!r}, {api_key!r}, "outbox", options) as client:'
    yield f"    client.track({event['eventType']!r}, {_rest(event)!r})"


def _javascript(sent: EventToSend, event: _Event, url: str, api_key: str) -> Iterator[str]:
    options = {"url": url, "key": api_key, **_place(sent), "outbox": "outbox"}
    told = {"eventType": event["eventType"], **_rest(event)}
    yield "// npm install ./clients/javascript"
    yield 'import { Analytics } from "analytics-pipeline-client";'
    yield ""
    yield f"const analytics = new Analytics({json.dumps(options, indent=2)});"
    yield f"await analytics.track({json.dumps(told, indent=2)});"
    yield "await analytics.close();"


def _csharp(sent: EventToSend, event: _Event, url: str, api_key: str) -> Iterator[str]:
    options = {"url": url, "apiKey": api_key, "folder": "outbox", **_place(sent)}
    yield "// clients/unity, in Unity or without it"
    yield "using System;"
    yield "using AnalyticsPipeline;"
    yield ""
    yield "using var analytics = new AnalyticsClient(new AnalyticsOptions"
    yield "{"
    for name, text in options.items():
        yield f"    {name[0].upper()}{name[1:]} = {json.dumps(text)},"
    yield "});"
    yield f"analytics.Event({json.dumps(event['eventType'])})"
    for name, value in _rest(event).items():
        if isinstance(value, str):
            yield f"    .Field({json.dumps(name)}, {json.dumps(value)})"
    yield from _attributes(event.get("eventAttributes"))
    yield "    .Track();"
    yield "analytics.Flush(TimeSpan.FromSeconds(10));"


def _attributes(attributes: object) -> Iterator[str]:
    """Yield the calls for members of an object; arrays need a dictionary, and are left out."""
    for name, value in attributes.items() if isinstance(attributes, dict) else ():
        if isinstance(value, dict):
            yield f"    .Object({json.dumps(name)})"
            yield from _attributes(value)
            yield "    .End()"
        elif isinstance(value, str | int | float):
            yield f"    .With({json.dumps(name)}, {json.dumps(value)})"


def _place(sent: EventToSend) -> dict[str, str]:
    place = {"category": sent.category, "environment": sent.environment}
    return {name: text for name, text in place.items() if text}


def _rest(event: _Event) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in _OWN}
