"""Use case: a request body becomes one object in Cloud Storage and a receipt."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5, sha256

from analytics_pipeline import logs
from analytics_pipeline.ingest.events import BodyLimits, Envelope, split_body, stamp_events
from analytics_pipeline.ingest.ports import Acknowledgement, BatchStore
from analytics_pipeline.ingest.refusals import NotStored
from analytics_pipeline.object_names import (
    LOADED_CATEGORY,
    BatchName,
    Partition,
    batch_id_of,
    object_uri,
)

# A larger body is taken apart on a thread, so that the requests beside it do not wait for it.
_THREAD_FROM_BYTES = 128 * 1024
_CONTENT_TYPES = {"json": "application/x-ndjson", "unknown": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A validated request to store one batch; `received` is the one reading of the clock.

    `sent_event_ds` and `sent_event_time` are None where the default is used.
    """

    partition: Partition
    session_id: str
    received: datetime
    sent_event_ds: str | None
    sent_event_time: str | None
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is answered once the batch is durable."""

    batch_id: str
    data_type: str
    event_count: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """One object, ready to be written."""

    name: str
    uri: str
    content: bytes
    received_timestamp: str
    receipt: Receipt

    @property
    def metadata(self) -> dict[str, str]:
        """What an audit can read without a download, and the loader verifies."""
        digest = md5(self.content, usedforsecurity=False).digest()
        return {
            "batch_id": self.receipt.batch_id,
            "event_count": str(self.receipt.event_count),
            "received_timestamp": self.received_timestamp,
            "content_md5": base64.b64encode(digest).decode(),
        }


class Ingest:
    """Stores batches; `draw` returns a random positive 63-bit integer."""

    def __init__(
        self, store: BatchStore, bucket: str, limits: BodyLimits, draw: Callable[[], int]
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._limits = limits
        self._draw = draw

    async def store(self, body: bytes, request: BatchRequest) -> Receipt:
        """Write the batch and return its receipt, only after Cloud Storage acknowledged it.

        Raises a RequestError for a body that is not accepted, NotStored or UnknownOutcome.
        """
        if len(body) < _THREAD_FROM_BYTES:
            batch = self._prepare(body, request)
        else:
            batch = await asyncio.to_thread(self._prepare, body, request)
        receipt = batch.receipt
        acknowledgement = await self._store.write_once(
            batch.name, batch.content, _CONTENT_TYPES[receipt.data_type], batch.metadata
        )
        if acknowledgement is Acknowledgement.CORRUPT:
            logs.write("write_corrupt", object=batch.uri)
            raise NotStored("the event store did not keep what was sent")
        if acknowledgement is Acknowledgement.UNVERIFIED:
            logs.write("write_unverified", object=batch.uri)
        _log_stored(batch, request.partition)
        return receipt

    def _prepare(self, body: bytes, request: BatchRequest) -> _Batch:
        events = split_body(body, self._limits)
        name = BatchName(
            data_type="unknown" if events is None else "json",
            partition=request.partition,
            session_id=request.session_id,
            received=request.received,
            number=self._draw(),
        )
        uri = object_uri(self._bucket, name.format())
        batch_id = batch_id_of(uri)
        seconds = int(request.received.timestamp())
        envelope = Envelope(
            received_timestamp=f"{seconds}.{request.received.microsecond:06d}",
            batch_id=batch_id,
            event_id_prefix=self._request_id(body, request) or batch_id,
            analytics_environment=request.partition.analytics_environment,
        )
        return _Batch(
            name=name.format(),
            uri=uri,
            content=body if events is None else stamp_events(events, envelope),
            received_timestamp=envelope.received_timestamp,
            receipt=Receipt(batch_id, name.data_type, len(events or ())),
        )

    def _request_id(self, body: bytes, request: BatchRequest) -> str | None:
        """Return what identifies a retried request, so that its events keep their ids."""
        if request.idempotency_key is None:
            return None
        identity = [
            self._bucket,
            request.partition.analytics_environment,
            request.partition.event_category,
            request.session_id,
            request.sent_event_ds,
            request.sent_event_time,
            request.idempotency_key,
            sha256(body).hexdigest(),
        ]
        text = json.dumps(identity, separators=(",", ":")).encode()
        return md5(text, usedforsecurity=False).hexdigest()


def _log_stored(batch: _Batch, partition: Partition) -> None:
    receipt = batch.receipt
    fields = {
        "object": batch.uri,
        "batch_id": receipt.batch_id,
        "analytics_environment": partition.analytics_environment,
        "event_category": partition.event_category,
        "event_ds": partition.event_ds,
        "data_type": receipt.data_type,
        "event_count": receipt.event_count,
        "received_timestamp": batch.received_timestamp,
        "bytes": len(batch.content),
    }
    logs.write("batch_stored", **fields)
    if receipt.data_type == "unknown" and partition.event_category == LOADED_CATEGORY:
        logs.write("not_loadable", **fields)
