"""Until when Google Cloud can bring back what is deleted now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from google.api_core.exceptions import Forbidden

from analytics_commands.foundation.pipeline.target import Target

_TIME_TRAVEL_HOURS = 168  # of a dataset that says nothing else
_UNKNOWN = "how long copies of {} are kept is not known: there is no right to read the settings"


@dataclass(frozen=True, slots=True)
class Copies:
    """Until when objects and rows can be restored; None for objects: not at all.

    `notes` are what a person should know beside that.
    """

    objects_until: datetime | None
    rows_until: datetime | None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, target: Target, now: datetime) -> Self:
        """Read the settings of bucket and dataset."""
        notes: list[str] = []
        objects_until = rows_until = None
        bucket = target.bucket
        try:
            bucket.reload()
        except Forbidden:
            notes.append(_UNKNOWN.format("objects"))
        else:
            if seconds := bucket.soft_delete_policy.retention_duration_seconds:
                objects_until = now + timedelta(seconds=seconds)
            else:
                notes.append("the bucket keeps no copies of deleted objects: it has no soft delete")
            if bucket.versioning_enabled:
                notes.append("the bucket keeps old versions of objects: delete those, too")
        try:
            dataset = target.bigquery.get_dataset(target.dataset)
        except Forbidden:
            notes.append(_UNKNOWN.format("rows"))
        else:
            hours = dataset.max_time_travel_hours or _TIME_TRAVEL_HOURS
            rows_until = now + timedelta(hours=int(hours))
        return cls(objects_until, rows_until, tuple(notes))

    def lines(self) -> list[str]:
        """Return it as people read it, a sentence a line."""
        lines = []
        if self.objects_until:
            lines.append(f"Soft delete keeps copies of objects until {self.objects_until:%FT%TZ}.")
        if self.rows_until:
            lines.append(f"Time travel keeps copies of rows until {self.rows_until:%FT%TZ}.")
        return lines + [f"Note: {note}." for note in self.notes]
