"""Use case: a request body becomes one object in Cloud Storage and a receipt."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5

import msgspec

from analytics_pipeline import logs
from analytics_pipeline.ingest.admission import Lease, cost_of
from analytics_pipeline.ingest.envelope import Envelope, sent_member, stamp_events
from analytics_pipeline.ingest.events import BodyLimits, split_body
from analytics_pipeline.ingest.idempotency import identity_of, number_of
from analytics_pipeline.ingest.ports import Acknowledgement, BatchStore, NameTaken, NewObject
from analytics_pipeline.ingest.refusals import NotStored
from analytics_pipeline.ingest.request_body import LARGE_BYTES
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.json_text import count_up_to
from analytics_pipeline.object_names import (
    LOADED_CATEGORY,
    BatchName,
    Partition,
    batch_id_of,
    object_uri,
)
from analytics_pipeline.time_texts import format_moment

_MANY_PIECES = 2000  # as many events may be in 4 KB, and take 10 ms
_SENT_LENGTH = len(sent_member(format_moment(datetime.fromtimestamp(0, UTC))))
_CONTENT_TYPES = {"json": "application/x-ndjson", "unknown": "application/octet-stream"}


class BatchRequest(msgspec.Struct, frozen=True):
    """A validated request to store one batch; `received` is the one reading of the clock.

    `named` is the time in the object's name: when the idempotency key was made, if it says so.
    `sent_event_ds` and `sent_event_time` are None where the default is used. `sent` is the client's
    clock when it sent the request, None if it does not say; a retry says another.
    """

    partition: Partition
    session_id: str
    received: datetime
    named: datetime
    sent_event_ds: str | None
    sent_event_time: str | None
    sent: datetime | None
    idempotency_key: str | None


class Receipt(msgspec.Struct, frozen=True):
    """What is answered once the batch is durable."""

    batch_id: str
    data_type: str
    event_count: int


class _Batch(msgspec.Struct, frozen=True):
    """One object, ready to be written, and the receipt for it."""

    uri: str
    object: NewObject
    receipt: Receipt


class Ingest:
    """Stores batches; `draw` returns a random positive 63-bit integer.

    Large bodies are taken apart by `workers`, so that the requests beside them do not wait.
    """

    def __init__(
        self,
        store: BatchStore,
        bucket: str,
        limits: BodyLimits,
        draw: Callable[[], int],
        workers: Workers,
    ) -> None:
        self._store = store
        self._bucket = bucket
        self._limits = limits
        self._draw = draw
        self._workers = workers

    async def store(self, body: bytes, request: BatchRequest, lease: Lease) -> Receipt:
        """Write the batch and return its receipt, only after it is proved to be stored.

        Raises a RequestError for a body that is not accepted, NotStored or UnknownOutcome.
        """
        batch = await self._prepare(body, request, lease)
        try:
            acknowledgement = await self._store.write_once(batch.object)
        except (NameTaken, NotStored) as exc:
            # Who may not overwrite may be refused with 403 where 412 is due.
            if request.idempotency_key is not None:
                return await self._repeat(batch, request.partition)
            if isinstance(exc, NotStored):
                raise
            batch = await self._prepare(body, request, lease)
            acknowledgement = await self._write_at_last(batch)
        if acknowledgement is Acknowledgement.CORRUPT:
            logs.write("write_corrupt", object=batch.uri)
            raise NotStored("the event store did not keep what was sent")
        if acknowledgement is Acknowledgement.UNVERIFIED:
            logs.write("write_unverified", object=batch.uri)
        _log("batch_stored", batch, request.partition)
        is_json = batch.receipt.data_type == "json"
        if not is_json and request.partition.event_category == LOADED_CATEGORY:
            _log("not_loadable", batch, request.partition)
        return batch.receipt

    async def _repeat(self, batch: _Batch, partition: Partition) -> Receipt:
        """Return the receipt of a retry, if the object that it would make is there."""
        if not await self._store.holds(batch.object):
            raise NotStored("the event store refused the write")
        _log("batch_repeated", batch, partition)
        return batch.receipt

    async def _write_at_last(self, batch: _Batch) -> Acknowledgement:
        """Write under another random number: twice the same would be a refusal by another name."""
        try:
            return await self._store.write_once(batch.object)
        except NameTaken as exc:
            raise NotStored("the event store refused the write") from exc

    async def _prepare(self, body: bytes, request: BatchRequest, lease: Lease) -> _Batch:
        if len(body) < LARGE_BYTES and count_up_to(_MANY_PIECES, body, b",", b"\n") < _MANY_PIECES:
            return self._make_batch(body, request, lease)
        return await self._workers.run(self._make_batch, body, request, lease)

    def _make_batch(self, body: bytes, request: BatchRequest, lease: Lease) -> _Batch:
        events = split_body(
            body, self._limits, lambda values: lease.hold(cost_of(len(body), values))
        )
        data_type = "unknown" if events is None else "json"
        identity = self._identity(body, request)
        name = BatchName(
            data_type=data_type,
            partition=request.partition,
            session_id=request.session_id,
            received=request.named,
            number=number_of(identity) if identity else self._draw(),
        ).format()
        uri = object_uri(self._bucket, name)
        batch_id = batch_id_of(uri)
        received = f"{int(request.received.timestamp())}.{request.received.microsecond:06d}"
        envelope = Envelope(
            received_timestamp=received,
            batch_id=batch_id,
            event_id_prefix=identity or batch_id,
            analytics_environment=request.partition.analytics_environment,
            sent_timestamp=format_moment(request.sent) if request.sent else None,
        )
        content, count = body, 0
        if events is not None:
            content = stamp_events(events, envelope, self._limits.max_stored_bytes)
            count = count_up_to(self._limits.max_events, content, b"\n")
        lease.hold(len(body) + len(content))
        digest = md5(content, usedforsecurity=False).digest()
        metadata = {  # what an audit can read without a download, and the loader verifies
            "batch_id": batch_id,
            "event_count": str(count),
            "received_timestamp": received,
            "content_md5": base64.b64encode(digest).decode(),
        }
        if identity:
            metadata["request_id"] = identity
        repeat_size = len(content) + (-1 if request.sent else 1) * count * _SENT_LENGTH
        content_type = _CONTENT_TYPES[data_type]
        new = NewObject(name, content, content_type, metadata, digest, repeat_size)
        return _Batch(uri, new, Receipt(batch_id, data_type, count))

    def _identity(self, body: bytes, request: BatchRequest) -> str | None:
        """Return what identifies a retried request; the time of receipt is no part of it."""
        if request.idempotency_key is None:
            return None
        return identity_of(
            self._bucket,
            request.partition.analytics_environment,
            request.partition.event_category,
            request.session_id,
            request.sent_event_ds,
            request.sent_event_time,
            request.idempotency_key,
            body=body,
        )


def _log(event: str, batch: _Batch, partition: Partition) -> None:
    receipt = batch.receipt
    logs.write(
        event,
        object=batch.uri,
        batch_id=receipt.batch_id,
        analytics_environment=partition.analytics_environment,
        event_category=partition.event_category,
        event_ds=partition.event_ds,
        data_type=receipt.data_type,
        event_count=receipt.event_count,
        received_timestamp=batch.object.metadata["received_timestamp"],
        bytes=len(batch.object.content),
    )
