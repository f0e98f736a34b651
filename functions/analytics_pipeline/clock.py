"""The clock of everything that is deployed."""

from datetime import UTC, datetime
from functools import lru_cache


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=8)
def format_second(seconds: int) -> str:
    """Return a second since the epoch as YYYY-MM-DDTHH:MM:SS in UTC; each is asked for often."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
