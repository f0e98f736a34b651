"""A span of days, and the shortest texts that the names of those days begin with."""

import argparse
import re
from dataclasses import dataclass
from datetime import date

from analytics_commands.foundation.terminal.parsing import read_moment

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAYS_AGO = re.compile(r"\d{1,4}[dw]", re.ASCII)


@dataclass(frozen=True)
class DayWindow:
    """Days from `since` on, and before `until`; None leaves that end open."""

    since: date | None = None
    until: date | None = None

    @property
    def is_unlimited(self) -> bool:
        """Whether every day is wanted."""
        return self.since is None and self.until is None

    def includes(self, event_ds: str) -> bool:
        """Return whether the day is wanted; a text that is no day is not."""
        return _DAY.fullmatch(event_ds) is not None and self._covers(event_ds, event_ds)

    def stem_of(self, event_ds: str) -> str:
        """Return what stands for a wanted day: `2026-` or `2026-05-` if all of it is wanted.

        So a long span needs few wildcards, and none of them reaches beyond the span.
        """
        year, month = event_ds[: len("2026-")], event_ds[: len("2026-05-")]
        if self._covers(f"{year}01-01", f"{year}12-31"):
            return year
        if self._covers(f"{month}01", f"{month}31"):
            return month
        return event_ds

    def _covers(self, first: str, last: str) -> bool:
        """Compare texts: they sort as days do, and the 31st ends every month."""
        return (self.since is None or self.since.isoformat() <= first) and (
            self.until is None or last < self.until.isoformat()
        )


def read_day(text: str) -> date:
    """Return the UTC day that `text` means: a date, or how long ago (`7d`, `2w`).

    Raises argparse.ArgumentTypeError.
    """
    if _DAY.fullmatch(text) or _DAYS_AGO.fullmatch(text):
        return read_moment(text).date()
    raise argparse.ArgumentTypeError(f"{text!r} is not a date, or how long ago: 7d, 2w")
