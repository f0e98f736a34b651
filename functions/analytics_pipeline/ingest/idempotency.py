"""Pure: what makes two requests one, and when a key says that it was made."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256

from analytics_pipeline.ingest.refusals import InvalidHeader

ACCEPTED_KEY = re.compile(r"[A-Za-z0-9._-]{16,128}")
KEY_FORM = "16 to 128 of A-Z a-z 0-9 . _ - are accepted"
_UUID7 = re.compile(  # RFC 9562, 5.7; the first 48 bits are milliseconds of the Unix epoch
    r"([0-9a-f]{8})(-?)([0-9a-f]{4})\2(7[0-9a-f]{3})\2([89ab][0-9a-f]{3})\2([0-9a-f]{12})",
    re.IGNORECASE,
)
_OLDEST, _NEWEST = timedelta(days=8), timedelta(minutes=5)


def read_key(values: Sequence[str]) -> str | None:
    """Return the key in the values of the header `Idempotency-Key`, None without the header.

    The quoted form "…" of the IETF draft is the same key; its letters are taken as they are, since
    a client sends the same bytes again. Raises InvalidHeader.
    """
    if not values:
        return None
    key = values[0].strip()
    if key.startswith('"') and key.endswith('"'):
        key = key[1:-1]
    if len(values) > 1 or not ACCEPTED_KEY.fullmatch(key):
        raise InvalidHeader(f"Idempotency-Key: {KEY_FORM}")
    return key


def time_of_key(key: str | None, now: datetime) -> datetime | None:
    """Return when a UUIDv7 was made, None for another key, or a time that cannot be true."""
    found = _UUID7.fullmatch(key or "")
    if found is None:
        return None
    milliseconds = int(found[1] + found[3], 16)
    oldest, newest = ((now + by).timestamp() * 1000 for by in (-_OLDEST, _NEWEST))
    if not oldest <= milliseconds <= newest:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def identity_of(*parts: str | None, body: bytes) -> str:
    """Return the MD5 hex digest of what a retry has in common with the request before it."""
    text = json.dumps([*parts, sha256(body).hexdigest()], separators=(",", ":")).encode()
    return md5(text, usedforsecurity=False).hexdigest()


def number_of(identity: str) -> int:
    """Return the first 63 bits of an identity, a positive integer."""
    return (int(identity[:16], 16) >> 1) or 1
