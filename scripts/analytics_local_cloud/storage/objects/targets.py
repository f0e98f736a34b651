"""Where a write goes, and what its sender says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics_local_cloud.storage.disk.blobs import IncomingBlob
from analytics_local_cloud.storage.objects.conditions import ANY, Conditions
from analytics_local_cloud.storage.storage_errors import BadDigest, Invalid

_MAX_NAME_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Where a write goes, with the fields of its new object and what must hold for it.

    `md5` and `crc32c` (base64) are what the sender says of the content; None: nothing.
    """

    bucket: str
    name: str
    properties: Mapping[str, Any]
    conditions: Conditions = ANY
    md5: str | None = None
    crc32c: str | None = None

    def check_name(self) -> None:
        """Raise Invalid for what "Object names" of the Cloud Storage guide rules out."""
        wrong = (
            not 1 <= len(self.name.encode()) <= _MAX_NAME_BYTES
            or self.name in {".", ".."}
            or any(end in self.name for end in "\r\n")
            or self.name.startswith(".well-known/acme-challenge/")
        )
        if wrong:
            raise Invalid(f"Invalid object name: {self.name!r}")

    def check_content(self, blob: IncomingBlob) -> None:
        """Raise BadDigest when the content is not what its sender says."""
        for kind, sent, found in (
            ("MD5", self.md5, blob.md5),
            ("CRC32C", self.crc32c, blob.crc32c),
        ):
            if sent is not None and sent != found:
                raise BadDigest(
                    f'Provided {kind} hash "{sent}" doesn\'t match calculated {kind} hash '
                    f'"{found}".',
                    ExpectedDigest=sent,
                    CalculatedDigest=found,
                )
