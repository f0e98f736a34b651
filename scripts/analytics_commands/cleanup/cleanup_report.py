"""What is said about each object on stdout, and in all on stderr."""

from dataclasses import dataclass, field

from analytics_commands.foundation.pipeline.deletion import Deletion, Outcome
from analytics_commands.foundation.pipeline.loaded import Found
from analytics_commands.foundation.terminal.ending import going_on_unread
from analytics_commands.foundation.terminal.output import print_json, visible
from analytics_commands.foundation.terminal.wording import counted
from analytics_pipeline.stored_objects import StoredObject


@dataclass
class Total:
    """Objects, their bytes and their events; files and bodies without events count none."""

    objects: int = 0
    size: int = 0
    events: int = 0

    def add(self, stored: StoredObject) -> None:
        """Count one more."""
        self.objects += 1
        self.size += stored.size
        self.events += stored.event_count or 0

    def __str__(self) -> str:
        """Return the total as people read it."""
        counts = {"object": self.objects, "byte": self.size, "event": self.events}
        return ", ".join(counted(number, what) for what, number in counts.items())


@dataclass
class Report:
    """Prints one line an object, and adds up; `as_json` is one JSON object a line."""

    as_json: bool
    totals: dict[Outcome, Total] = field(
        default_factory=lambda: {outcome: Total() for outcome in Outcome}
    )

    def add(self, found: Found, deletion: Deletion) -> None:
        """Print what became of an object."""
        stored, outcome = found.stored, deletion.outcome
        self.totals[outcome].add(stored)
        detail = found.why_kept if outcome is Outcome.KEPT else deletion.detail
        with going_on_unread():
            if self.as_json:
                print_json(_record(stored, outcome, detail))
            else:
                reason = f": {detail}" if detail else ""
                print(visible(f"{outcome.value}  {stored.ref.uri}{reason}"), flush=True)

    @property
    def has_any(self) -> bool:
        """Whether anything became of any object."""
        return any(total.objects for total in self.totals.values())

    def summary(self) -> str:
        """Return the totals of what happened, one a line."""
        lines = [
            f"{outcome.value}: {total}" for outcome, total in self.totals.items() if total.objects
        ]
        return "\n".join(lines or ["nothing is that old under this prefix"])


def _record(stored: StoredObject, outcome: Outcome, detail: str) -> dict[str, object]:
    return {
        "outcome": outcome.value,
        "object": stored.ref.uri,
        "bytes": stored.size,
        "events": stored.event_count,
        "received": stored.received,
        "detail": detail,
    }
