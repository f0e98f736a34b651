"""The times of a request that says none: everything that was ever received."""

from datetime import UTC, datetime

ALWAYS = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
