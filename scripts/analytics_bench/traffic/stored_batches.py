"""Pure: objects as `ingest` stores them, and the events that tell `load` of them."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5

from analytics_bench.traffic.game_events import make_batches
from analytics_pipeline.object_names import batch_id_of, object_uri

BUCKET = "bench"
_RECEIVED = 1_795_780_801
_PLACE = (
    "data_type=json/analytics_environment=live/event_category=function/event_ds=2026-11-27"
    "/event_time=8-16/session-{number:06d}/2026-11-27T12:00:01Z-{number}"
)


@dataclass(frozen=True)
class StoredBatch:
    """An object: its name and content; its events as they were sent, and their ids."""

    name: str
    content: bytes
    events: Sequence[bytes]
    event_ids: Sequence[str]

    @property
    def finalized(self) -> Mapping[str, object]:
        """The data of the event that Cloud Storage sends when the object is there."""
        digest = b64encode(md5(self.content, usedforsecurity=False).digest()).decode()
        return {
            "bucket": BUCKET,
            "name": self.name,
            "generation": "1700000000000001",
            "size": str(len(self.content)),
            "timeCreated": "2026-11-27T12:00:01.250Z",
            "metadata": {
                "batch_id": batch_id_of(object_uri(BUCKET, self.name)),
                "event_count": str(len(self.event_ids)),
                "received_timestamp": f"{_RECEIVED}.125",
                "content_md5": digest,
            },
        }


def store_batches(size: int, count: int, first: int) -> Sequence[StoredBatch]:
    """Return so many objects of `size` events each; the first has the number `first`."""
    return [_store(batch, first + n) for n, batch in enumerate(make_batches(size, count))]


def _store(batch: Sequence[bytes], number: int) -> StoredBatch:
    name = _PLACE.format(number=number)
    batch_id = batch_id_of(object_uri(BUCKET, name))
    ids = [f"{batch_id}/{index}" for index in range(len(batch))]
    lines = (_stamp(event, batch_id, id_) for event, id_ in zip(batch, ids, strict=True))
    return StoredBatch(name, b"".join(lines), batch, ids)


def _stamp(event: bytes, batch_id: str, event_id: str) -> bytes:
    """Return the line of an event; its attributes, its last field, become text."""
    members, _, attributes = event.partition(b',"eventAttributes":')
    text = attributes[:-1].replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    envelope = (
        f',"receivedTimestamp":{_RECEIVED}.125,"batchId":"{batch_id}","eventId":"{event_id}"'
        ',"analyticsEnvironment":"live","eventAttributes":"'
    )
    return members + envelope.encode() + text + b'"}\n'
