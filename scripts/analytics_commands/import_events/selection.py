"""Pure: which stored objects are meant, as URIs that BigQuery takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.import_events.window import DayWindow
from analytics_pipeline.object_names import object_uri, prefix_of
from analytics_pipeline.stored_objects import Day

_MAX_URIS = 10_000  # of a load job, and of an external table: "Quotas and limits"
_DATA_TYPE = "json"


@dataclass(frozen=True)
class Wanted:
    """Objects of one environment and category, or of any (None), of some days of `event_ds`."""

    analytics_environment: str | None
    event_category: str | None
    window: DayWindow

    def __str__(self) -> str:
        """Return it for people, such as: environment testing, any category, from 2026-05-01."""
        since, until = self.window.since, self.window.until
        return ", ".join(
            [
                _name("environment", self.analytics_environment),
                _name("category", self.event_category),
                *([f"from {since}"] if since else []),
                *([f"before {until}"] if until else []),
            ]
        )


def select_uris(wanted: Wanted, bucket: str, days: Sequence[Day]) -> tuple[str, ...]:
    """Return URIs, each with one `*` at its end, for what is wanted of the `days` that exist.

    Each of them matches something, or BigQuery would refuse to load. Raises CommandFailed when
    nothing is left, or too much.
    """
    chosen = [day for day in days if _is_chosen(day, wanted.window)]
    if not chosen:
        raise CommandFailed(f"no events are stored in gs://{bucket} for {wanted}")
    beginnings = sorted({_beginning(day, wanted) for day in chosen})
    if len(beginnings) > _MAX_URIS:
        raise CommandFailed(
            f"this needs {len(beginnings):,} URIs, BigQuery takes {_MAX_URIS:,} at a time: select"
            " less with --environment, --category, --since, --until, or whole months"
        )
    return tuple(f"{object_uri(bucket, beginning)}*" for beginning in beginnings)


def _is_chosen(day: Day, window: DayWindow) -> bool:
    return window.is_unlimited or window.includes(day.event_ds)


def _beginning(day: Day, wanted: Wanted) -> str:
    """Return what the names of the day's objects begin with, and of as many others as possible."""
    if not wanted.window.is_unlimited:
        stem = wanted.window.stem_of(day.event_ds)
        prefix = prefix_of(_DATA_TYPE, day.analytics_environment, day.event_category, stem)
        return prefix if stem == day.event_ds else prefix.removesuffix("/")
    if wanted.event_category is not None:
        return prefix_of(_DATA_TYPE, day.analytics_environment, day.event_category)
    return prefix_of(_DATA_TYPE, wanted.analytics_environment)


def _name(what: str, value: str | None) -> str:
    return f"any {what}" if value is None else f"{what} {value}"
