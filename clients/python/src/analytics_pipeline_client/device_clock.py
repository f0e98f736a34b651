"""Times and keys, from a clock that may be wrong."""

import secrets
import uuid
from datetime import datetime, timezone

_LAST_SECOND = 253_402_300_799.0  # of the year 9999


def iso(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC, to the millisecond; one that no calendar has as its end."""
    within = min(max(seconds, 0.0), _LAST_SECOND)
    moment = datetime.fromtimestamp(within, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def uuid7(seconds: float) -> str:
    """Return a new UUIDv7 (RFC 9562): it tells when it was made, so that a retry is known."""
    milliseconds = int(min(max(seconds, 0.0), _LAST_SECOND) * 1000)
    bits = (milliseconds << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    return str(uuid.UUID(int=bits & ~(0x3 << 62) | (0x2 << 62)))
