"""Adapter: batches into Cloud Storage, through obstore (the XML API).

Objects are written once: a random name, and the precondition that it must not exist. obstore costs
a fifth of google-cloud-storage's work per write and a fiftieth of its import.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from hashlib import md5

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import GCSStore

from analytics_pipeline.ingest.ports import Acknowledgement
from analytics_pipeline.ingest.refusals import NotStored, UnknownOutcome

ATTEMPT_TIMEOUT = timedelta(seconds=4)
WRITE_DEADLINE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.1
_MD5_HEX_LENGTH = 32


class ObstoreBatches:
    """Writes the batches of one bucket."""

    def __init__(self, bucket: GCSStore) -> None:
        self._bucket = bucket

    async def write_once(
        self, name: str, content: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> Acknowledgement:
        """Create the object `name`, trying again until the deadline (ports.BatchStore).

        Raises NotStored when Cloud Storage refused the first attempt, UnknownOutcome when it
        acknowledged none in time: one may have been stored all the same.
        """
        attributes = {"Content-Type": content_type, **metadata}
        pause, attempted = _FIRST_PAUSE_SECONDS, False
        try:
            async with asyncio.timeout(WRITE_DEADLINE_SECONDS):
                while True:
                    try:
                        answer = await obstore.put_async(
                            self._bucket,
                            name,
                            content,
                            attributes=attributes,
                            mode="create",
                            use_multipart=False,
                        )
                        return _compare(answer["e_tag"], content)
                    except AlreadyExistsError:  # 63 random bits: an earlier attempt of this call
                        return Acknowledgement.UNVERIFIED
                    except (FileNotFoundError, PermissionDeniedError, UnauthenticatedError) as exc:
                        error = UnknownOutcome if attempted else NotStored
                        raise error("the event store refused the write") from exc
                    except BaseError:
                        attempted = True
                        await asyncio.sleep(pause)
                        pause *= 2
        except TimeoutError as exc:
            raise UnknownOutcome("the event store did not acknowledge in time") from exc


def _compare(e_tag: str | None, content: bytes) -> Acknowledgement:
    """Compare the answer's ETag, the MD5 of what is stored unless a customer key encrypts it.

    Source: Cloud Storage XML API reference, "ETag".
    """
    stored = (e_tag or "").strip('"')
    if len(stored) != _MD5_HEX_LENGTH or not set(stored) <= set("0123456789abcdef"):
        return Acknowledgement.UNVERIFIED
    if stored == md5(content, usedforsecurity=False).hexdigest():
        return Acknowledgement.VERIFIED
    return Acknowledgement.CORRUPT
