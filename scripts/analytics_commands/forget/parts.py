"""What there is of a player, part by part, and what has become of each."""

import enum
from dataclasses import dataclass, field

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.foundation.terminal.wording import counted


class Outcome(enum.Enum):
    """What has become of a part."""

    PLANNED = "would be deleted"
    DELETED = "deleted"
    WAITING = "waits"
    NEEDS_A_PERSON = "needs a person"
    FAILED = "failed"


_ONE = {
    "lines": "line",
    "rows": "row",
    "objects": "object",
    "files": "file",
    "bodies that are": "body that is",
}
_OPEN = {Outcome.WAITING, Outcome.NEEDS_A_PERSON, Outcome.FAILED}


@dataclass(frozen=True, slots=True)
class Part:
    """One object with `count` lines of the player, one file, or `count` rows of a table."""

    kind: str
    name: str
    count: int
    outcome: Outcome
    detail: str = ""

    def record(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {
            "what": self.kind,
            "name": visible(self.name),
            "count": self.count,
            "outcome": self.outcome.value,
            "detail": visible(self.detail),
        }

    def line(self) -> str:
        """Return it as people read it; a name stands in one piece, so that it can be copied."""
        name = "" if self.kind.endswith(f" {self.name}") else f"  {self.name}"
        detail = f": {self.detail}" if self.detail else ""
        return visible(f"{self.outcome.value}  {_counted(self.count, self.kind)}{name}{detail}")


@dataclass
class Tally:
    """Adds up parts by kind and outcome."""

    counts: dict[tuple[Outcome, str], int] = field(default_factory=dict)

    def add(self, part: Part) -> None:
        """Count one part."""
        key = part.outcome, part.kind
        self.counts[key] = self.counts.get(key, 0) + part.count

    def lines(self) -> list[str]:
        """Return the sums, one a line."""
        return [
            f"{outcome.value}: {_counted(count, kind)}"
            for (outcome, kind), count in self.counts.items()
        ]

    def has(self, outcome: Outcome) -> bool:
        """Whether there was a part of that outcome."""
        return any(found is outcome for found, _ in self.counts)

    @property
    def is_finished(self) -> bool:
        """Whether nothing of the player is left that was found."""
        return not any(outcome in _OPEN for outcome, _ in self.counts)


def _counted(count: int, kind: str) -> str:
    """Return the number with the kind, which is of several, or of one."""
    one = kind
    for words, word in _ONE.items():
        if kind.startswith(words):
            one = word + kind.removeprefix(words)
    return counted(count, one, kind)
