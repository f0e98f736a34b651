"""A finalize event as a CloudEvent: what of it is in the headers of its delivery."""

from urllib.parse import quote

from analytics_local_cloud.storage.metadata import to_datetime
from analytics_local_cloud.storage.objects.outbox import OutboxEvent

_TYPE = "google.cloud.storage.object.v1.finalized"
# What may stand in a header as it is (CloudEvents HTTP binding, 3.1.3.2).
_HEADER_SAFE = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")


def event_headers(event: OutboxEvent) -> dict[str, str]:
    """Return the headers of a binary-mode CloudEvent (google-cloudevents, storage/v1)."""
    return {
        "content-type": "application/json",
        "ce-id": str(event.id),
        "ce-source": f"//storage.googleapis.com/projects/_/buckets/{event.bucket}",
        "ce-specversion": "1.0",
        "ce-type": _TYPE,
        "ce-subject": f"objects/{quote(event.name, safe=_HEADER_SAFE)}",
        "ce-time": to_datetime(event.generation).isoformat().replace("+00:00", "Z"),
        "ce-bucket": event.bucket,
    }
