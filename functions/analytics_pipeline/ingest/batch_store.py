"""Adapter: batches into Cloud Storage, through obstore (the XML API).

Objects are written once: under the precondition that the name must not exist. obstore costs a fifth
of google-cloud-storage's work per write and a fiftieth of its import.
"""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import GCSStore

from analytics_pipeline.errors import TransientError
from analytics_pipeline.ingest.ports import (
    Acknowledgement,
    ListedObject,
    NameTaken,
    NewObject,
    ObjectListing,
)
from analytics_pipeline.ingest.refusals import NotStored, Overloaded, UnknownOutcome
from analytics_pipeline.ingest.workers import Workers

ATTEMPT_TIMEOUT = timedelta(seconds=4)
WRITE_DEADLINE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.1
_MD5_HEX = re.compile(r"[0-9a-f]{32}")
_STATUS = re.compile(r"status code: ([0-9]{3})\b")
_CONFLICT, _PRECONDITION_FAILED = 409, 412
_REFUSALS = frozenset({400, 401, 403, 404, 405, 411, 413})


def open_bucket(name: str, emulator: str) -> GCSStore:
    """Return obstore's client of a bucket; `emulator` is the URL of a local storage, or empty.

    It never tries again by itself: the outcome of each attempt has to be known.
    """
    key = {"gcs_base_url": emulator, "disable_oauth": True}  # another address, no credentials
    key |= {"client_email": "", "private_key": "", "private_key_id": ""}
    return GCSStore(
        name,
        config={"service_account_key": json.dumps(key)} if emulator else None,
        client_options={
            "timeout": ATTEMPT_TIMEOUT,
            "connect_timeout": ATTEMPT_TIMEOUT,
            "allow_http": bool(emulator),
        },
        retry_config={"max_retries": 0},
    )


class ObstoreBatches:
    """Writes the batches of one bucket; `listing` is called, and first built, by `workers`."""

    def __init__(
        self, bucket: GCSStore, listing: Callable[[], ObjectListing], workers: Workers
    ) -> None:
        self._bucket = bucket
        self._listing = listing
        self._workers = workers

    async def write_once(self, new: NewObject) -> Acknowledgement:
        """Create the object, trying again until the deadline (ports.BatchStore).

        Raises NameTaken when the first attempt found the name taken, NotStored when it was refused
        otherwise, UnknownOutcome when none was acknowledged in time: one may have been stored.
        """
        pause, attempted = _FIRST_PAUSE_SECONDS, False
        try:
            async with asyncio.timeout(WRITE_DEADLINE_SECONDS):
                while True:
                    try:
                        acknowledgement = await self._attempt(new)
                    except (BaseError, FileNotFoundError) as exc:
                        acknowledgement = None
                        if _is_there(exc, attempted=attempted):
                            break
                    if acknowledgement:
                        return acknowledgement
                    attempted = True
                    await asyncio.sleep(pause)
                    pause *= 2
        except TimeoutError as exc:
            raise UnknownOutcome("the event store did not acknowledge in time") from exc
        return await self._settle(new)

    async def holds(self, new: NewObject) -> bool:
        """Return whether an object of that name is listed, and holds as much (ports.BatchStore)."""
        try:
            listed = await self._find(new.name)
        except (TransientError, Overloaded):
            return False
        return listed is not None and listed.size in {len(new.content), new.repeat_size}

    async def _attempt(self, new: NewObject) -> Acknowledgement | None:
        """Write once; returns None for an answer that does not come from Cloud Storage."""
        answer = await obstore.put_async(
            self._bucket,
            new.name,
            new.content,
            attributes={"Content-Type": new.content_type, **new.metadata},
            mode="create",
            use_multipart=False,
        )
        return _compare(answer["e_tag"], new.md5) if answer["version"] else None

    async def _settle(self, new: NewObject) -> Acknowledgement:
        """Return what an object proves that was there after an attempt whose answer was lost."""
        try:
            listed = await self._find(new.name)
        except (TransientError, Overloaded) as exc:  # 412 alone is no proof: a policy says it, too
            raise UnknownOutcome("the event store refused the write, and shows nothing") from exc
        if listed is None or listed.size != len(new.content):
            raise NotStored("the event store refused the write")
        is_equal = listed.md5 == new.md5
        return Acknowledgement.VERIFIED if is_equal else Acknowledgement.UNVERIFIED

    async def _find(self, name: str) -> ListedObject | None:
        return await self._workers.run(lambda: self._listing().find(name))


def _is_there(error: Exception, *, attempted: bool) -> bool:
    """Return whether the object is there after an attempt of ours; False: try again.

    Raises NameTaken, NotStored or UnknownOutcome when trying again is no use. 412 is also how an
    organisation policy refuses, and 409 how requests that get in each other's way are.
    """
    status = status_of(error)
    if status in {_CONFLICT, _PRECONDITION_FAILED} and not attempted:
        raise NameTaken("the event store holds the name, or refuses it") from error
    if status in _REFUSALS:
        outcome = UnknownOutcome if attempted else NotStored
        raise outcome("the event store refused the write") from error
    return status == _PRECONDITION_FAILED


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of an answer, None without any; obstore tells it only in its text."""
    found = _STATUS.search(str(error))
    return int(found[1]) if found else None


def _compare(e_tag: str | None, md5: bytes) -> Acknowledgement:
    """Compare the answer's ETag, the MD5 of what is stored unless a customer key encrypts it.

    Source: Cloud Storage XML API reference, "ETag".
    """
    stored = (e_tag or "").strip('"')
    if stored == md5.hex():
        return Acknowledgement.VERIFIED
    return Acknowledgement.CORRUPT if _MD5_HEX.fullmatch(stored) else Acknowledgement.UNVERIFIED
