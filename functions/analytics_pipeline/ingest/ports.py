"""What `ingest` asks of the outside world, and the values that cross that border.

The adapters provide these ports; tests provide fakes.
"""

import enum
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol


class Acknowledgement(enum.Enum):
    """What Cloud Storage's answer to a write proves."""

    VERIFIED = "the stored bytes have the MD5 of the bytes sent"
    UNVERIFIED = "the object is stored; its MD5 was not comparable"
    CORRUPT = "other bytes are stored than were sent"


class BatchStore(Protocol):
    """Where batches are written."""

    async def write_once(
        self, name: str, content: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> Acknowledgement:
        """Create the object `name`, which must not exist.

        Raises NotStored when certainly nothing was stored, UnknownOutcome when nobody can tell.
        """


class UploadSigner(Protocol):
    """What signs upload URLs; blocking."""

    def sign_upload(self, name: str, headers: Mapping[str, str], valid_for: timedelta) -> str:
        """Return a URL that admits one PUT of `name` with exactly `headers`.

        Raises TransientError when no signature could be had.
        """
