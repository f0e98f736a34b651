"""What `ingest` asks of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import msgspec

from analytics_pipeline.errors import PipelineError


class Acknowledgement(enum.Enum):
    """What Cloud Storage's answer to a write proves."""

    VERIFIED = "the stored bytes have the MD5 of the bytes sent"
    UNVERIFIED = "the object is stored; its MD5 was not comparable"
    CORRUPT = "other bytes are stored than were sent"


class NameTaken(PipelineError):
    """Cloud Storage refused the first attempt: an object of that name exists, or so it says."""


class NewObject(msgspec.Struct, frozen=True):
    """One object to be created; `md5` are the 16 bytes of its content's digest.

    `repeat_size` is how many bytes its request stores where only one of its attempts said when it
    was sent.
    """

    name: str
    content: bytes
    content_type: str
    metadata: Mapping[str, str]
    md5: bytes
    repeat_size: int


@dataclass(frozen=True, slots=True)
class ListedObject:
    """What a listing shows of an object: its size in bytes, and the 16 bytes of its MD5 if any."""

    size: int
    md5: bytes | None


class BatchStore(Protocol):
    """Where batches are written."""

    async def write_once(self, new: NewObject) -> Acknowledgement:
        """Create the object, whose name must not exist.

        Raises NameTaken, NotStored when certainly nothing was stored, UnknownOutcome when nobody
        can tell.
        """

    async def holds(self, new: NewObject) -> bool:
        """Return whether an object of that name, and a size of the two, is proved to be stored."""


class ObjectListing(Protocol):
    """Shows names and sizes, never contents; blocking."""

    def find(self, name: str) -> ListedObject | None:
        """Return what is stored under exactly `name`, None if there certainly is nothing.

        Raises TransientError when that could not be had.
        """


class UploadSigner(Protocol):
    """What signs upload URLs; blocking."""

    def sign_upload(self, name: str, headers: Mapping[str, str], valid_for: timedelta) -> str:
        """Return a URL that admits one PUT of `name` with exactly `headers`.

        Raises TransientError when no signature could be had.
        """
