"""What a rehearsal finds: every event for machines, kinds with an example for people."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from analytics_commands.foundation.terminal.output import print_records
from analytics_commands.foundation.terminal.wording import counted
from analytics_commands.rehearse.differences import Change, Difference


@dataclass(slots=True)
class Kind:
    """The changes of one kind about the same thing: how many events have it, and the first."""

    events: int
    example: str
    change: Change

    def record(self) -> dict[str, Any]:
        """Return it as it is printed."""
        return {
            "kind": self.change.kind,
            "about": self.change.about,
            "events": self.events,
            "before": self.change.before,
            "now": self.change.now,
            "example": self.example,
        }


@dataclass(slots=True)
class Findings:
    """What was found of objects; `unread` of them could not be read."""

    objects: int = 0
    events: int = 0
    differing: int = 0
    kinds: dict[tuple[str, str], Kind] = field(default_factory=dict)
    unread: int = 0

    def add(self, shown: str, difference: Difference) -> None:
        """Count an event that differs, of the object that is shown so."""
        self.differing += 1
        for change in difference.changes:
            example = f"{shown} line {difference.line}"
            self._count((change.kind, change.about), Kind(1, example, change))

    def merge(self, other: "Findings") -> None:
        """Count what was found of others; examples that are there stay."""
        self.objects += other.objects
        self.events += other.events
        self.differing += other.differing
        self.unread += other.unread
        for key, kind in other.kinds.items():
            self._count(key, kind)

    def _count(self, key: tuple[str, str], kind: Kind) -> None:
        known = self.kinds.setdefault(key, kind)
        if known is not kind:
            known.events += kind.events

    @property
    def verdict(self) -> str:
        """What it comes to, as a sentence."""
        of = f"{counted(self.events, 'event')} of {counted(self.objects, 'object')}"
        if self.differing:
            return f"{self.differing:,} of {of} would differ."
        return f"Nothing differs: {of} become the same rows."


def event_record(shown: str, difference: Difference) -> Mapping[str, Any]:
    """Return what is printed of one event, of the object that is shown so."""
    return {"object": shown, **asdict(difference)}


def print_kinds(findings: Findings) -> None:
    """Print a table of the kinds, those of most events first, and the verdict."""
    kinds = sorted(findings.kinds.values(), key=lambda kind: -kind.events)
    if kinds:
        print_records((kind.record() for kind in kinds), as_json=False, heading="example")
        print()
    print(findings.verdict)
