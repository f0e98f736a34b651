"""What most would write first: Google's own client, the standard library's JSON, in threads.

It does what `ingest` does with a batch that is in order: names it, stamps the envelope on each
event, stores it once and answers the receipt. It refuses nothing, and rounds numbers.
"""

import json
import secrets
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

import functions_framework
from flask import Request
from google.cloud import storage

_bucket = storage.Client("bench").bucket("bench")  # where STORAGE_EMULATOR_HOST says
_HOURS = ("0-8", "8-16", "16-24")


@functions_framework.http
def plain(request: Request) -> tuple[dict[str, object], int]:
    """Store one batch; answers the receipt."""
    now = datetime.now(UTC)
    environment = request.args.get("analytics_environment", "testing")
    category = request.args.get("event_category", "cold")
    session = request.args.get("session_id", "session-id-not-available")
    name = (
        f"data_type=json/analytics_environment={environment}/event_category={category}"
        f"/event_ds={now:%Y-%m-%d}/event_time={_HOURS[now.hour // 8]}/{session}"
        f"/{now:%Y-%m-%dT%H:%M:%SZ}-{secrets.randbelow(2**63)}"
    )
    batch_id = md5(name.encode(), usedforsecurity=False).hexdigest()
    events = json.loads(request.get_data())
    lines = [
        _stamped(event, index, now, batch_id, environment) for index, event in enumerate(events)
    ]
    blob = _bucket.blob(name)
    blob.metadata = {"batch_id": batch_id, "event_count": str(len(events))}
    blob.upload_from_string("\n".join(lines), "application/json", if_generation_match=0)
    return {"statusCode": 200, "batchId": batch_id, "eventCount": len(events)}, 200


def _stamped(
    event: dict[str, Any], index: int, now: datetime, batch_id: str, environment: str
) -> str:
    event["receivedTimestamp"] = now.timestamp()
    event["batchId"] = batch_id
    event["eventId"] = f"{batch_id}/{index}"
    event["analyticsEnvironment"] = environment
    event["eventAttributes"] = _compact(event.get("eventAttributes", {}))
    return _compact(event)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
