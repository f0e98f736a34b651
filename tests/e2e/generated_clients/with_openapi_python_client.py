"""Plays the API through what openapi-python-client made of the 3.1 document.

Prints what was answered. Arguments: the URL of the gateway, and a key.
"""

import json
import sys
import uuid

import httpx
from api import Client  # as it was generated
from api.api.default import post_event, post_file
from api.models import (
    Error,
    ErrorReason,
    Event,
    EventReceipt,
    FileDescription,
    PostEventEventTime,
    UploadTicket,
)

URL, KEY = sys.argv[1:]
ENVIRONMENT = "e2e"


def main():
    """Send an event, a batch, a file, and what is refused."""
    client = Client(base_url=URL, httpx_args={"params": {"key": KEY}})
    event = Event.from_dict({"eventType": "session_start", "level": 7})

    one = post_event.sync(client=client, body=event, analytics_environment=ENVIRONMENT)
    many = post_event.sync(
        client=client,
        body=[event, event],
        analytics_environment=ENVIRONMENT,
        event_time=PostEventEventTime.VALUE_1,
        idempotency_key=str(uuid.uuid4()),
    )
    description = FileDescription("text/plain", "XrY7u+Ae7tCTyyK7j1rNww==", size=11)
    ticket = post_file.sync(client=client, body=description, analytics_environment=ENVIRONMENT)
    assert isinstance(one, EventReceipt)
    assert isinstance(many, EventReceipt)
    assert isinstance(ticket, UploadTicket)
    upload = httpx.put(ticket.signed_url, content="hello world", headers=ticket.headers.to_dict())

    refused = post_event.sync(client=client, body=event, event_category="two words")
    assert isinstance(refused, Error)
    assert isinstance(refused.reason, ErrorReason)

    answers = {
        "events": [one.event_count, many.event_count],
        "upload": upload.status_code,
        "refused": [refused.code, refused.reason.value],
    }
    json.dump(answers, sys.stdout)


main()
