"""Pure: what an audit comes to, in one sentence."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from scripts.auditing.findings import GAPS, NOTES, Finding
from scripts.auditing.scope import Scope
from scripts.auditing.tallies import Tallies


class FindingCounts:
    """How many findings there are of each kind, and of how many events; some may be ignored."""

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self.findings: Counter[str] = Counter()
        self.events: Counter[str] = Counter()

    def is_gap(self, kind: str) -> bool:
        """Return whether a finding of that kind decides the verdict."""
        return kind in GAPS and kind not in self._ignored

    def is_ignored(self, kind: str) -> bool:
        """Return whether a finding of that kind would decide it, were it not ignored."""
        return kind in GAPS and kind in self._ignored

    def add(self, finding: Finding) -> None:
        """Count one more."""
        self.findings[finding.kind] += 1
        self.events[finding.kind] += finding.events or 0

    @property
    def gaps(self) -> int:
        """How many decide the verdict."""
        return sum(n for kind, n in self.findings.items() if self.is_gap(kind))

    def describe(self, is_meant: Callable[[str], bool]) -> str:
        """Return what was found of the kinds that are meant; empty for nothing."""
        return ", ".join(
            _describe_kind(kind, n, self.events[kind])
            for kind, n in sorted(self.findings.items())
            if is_meant(kind)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many gaps there are, and all of it in words."""

    gaps: int
    sentence: str


def reach_verdict(
    tallies: Tallies, counts: FindingCounts, scope: Scope, *, is_logged: bool
) -> Verdict:
    """Return the verdict on everything that was compared."""
    gaps, ignored = counts.gaps, counts.describe(counts.is_ignored)
    total = tallies.total
    if gaps:
        text = f"{gaps:,} {'gap' if gaps == 1 else 'gaps'}: {counts.describe(counts.is_gap)}"
    elif total["objects"] or total["accepted"]:
        clean = "No other gap" if ignored else "Nothing is lost"
        text = f"{clean}: {_describe_arrival(tallies, is_logged=is_logged)}"
    else:
        text = f"Nothing stored: no object was received in the time from {_period(scope)}"
    if ignored:
        text += f"; ignored: {ignored}"
    if notes := counts.describe(NOTES.__contains__):
        text += f"; notes: {notes}"
    if pending := total["pending"]:
        text += f"; {_count(pending, 'event')} pending, received since {_moment(scope.settled)}"
    return Verdict(gaps, f"{text}.")


def _describe_arrival(tallies: Tallies, *, is_logged: bool) -> str:
    total = tallies.total
    stored = f"{_count(total['stored'], 'event')} stored"
    if is_logged:
        stored = f"{tallies.kept:,} of {total['accepted']:,} accepted events are stored"
    if not tallies.has_loaded:
        text = stored
    elif total["loaded"] == total["stored"]:
        text = f"{stored} and loaded"
    else:
        text = f"{stored}, {total['loaded']:,} loaded and {total['dead_lettered']:,} dead-lettered"
    return text if is_logged else f"{text} (there was no log to compare with)"


def _describe_kind(kind: str, findings: int, events: int) -> str:
    of = f" ({events:,} {'event' if events == 1 else 'events'})" if events else ""
    return f"{findings:,} {kind}{of}"


def _count(number: int, what: str) -> str:
    return f"1 {what} is" if number == 1 else f"{number:,} {what}s are"


def _period(scope: Scope) -> str:
    return f"{_moment(scope.selection.since)} to {_moment(scope.settled)}"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
