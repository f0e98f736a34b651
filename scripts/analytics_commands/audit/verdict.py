"""Pure: what an audit comes to: a sentence about the server, and one about its clients."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics_commands.audit.findings import CLIENT_GAPS, GAPS, NOTES, SERVER_GAPS, Finding
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.tallies import Tallies
from analytics_commands.foundation.terminal.wording import counted

SERVER, CLIENTS = "server", "clients"
_IN_WORDS = {  # of one, of several
    "not_loadable": ("body is no events", "bodies are no events"),
    "unused_upload": ("upload URL was not used", "upload URLs were not used"),
    "session_gap": (
        "session has missing or doubled indexes",
        "sessions have missing or doubled indexes",
    ),
    "doubled_across_days": ("batch was sent on two days", "batches were sent on two days"),
}


class FindingCounts:
    """How many findings there are of each kind, and of how many events; some may be ignored."""

    def __init__(self, ignored: Collection[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self.findings: Counter[str] = Counter()
        self.events: Counter[str] = Counter()

    def verdict_on(self, kind: str) -> str | None:
        """Return whose verdict a finding of that kind decides: `server`, `clients`, or None."""
        if kind in self._ignored or kind not in GAPS:
            return None
        return SERVER if kind in SERVER_GAPS else CLIENTS

    def add(self, finding: Finding) -> None:
        """Count one more."""
        self.findings[finding.kind] += 1
        self.events[finding.kind] += finding.events or 0

    def gaps(self, verdict: str) -> int:
        """Return how many findings decide a verdict."""
        return sum(n for kind, n in self.findings.items() if self.verdict_on(kind) == verdict)

    def found(self, kinds: Collection[str], *, ignored: bool = False) -> list[str]:
        """Return which of the kinds were found, by name: those that count, or are ignored."""
        return sorted(
            kind for kind in kinds if self.findings[kind] and ignored == (kind in self._ignored)
        )

    def describe(self, kinds: Iterable[str]) -> str:
        """Return how much was found of the kinds; empty for none."""
        return ", ".join(
            _describe_kind(kind, self.findings[kind], self.events[kind]) for kind in kinds
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The server's gaps and the clients', each in a sentence; the clients' is empty for nothing.

    What could not be compared is one of the clients' gaps: nobody knows.
    """

    gaps: int
    sentence: str
    client_gaps: int = 0
    clients: str = ""

    def is_clean(self, *, strict: bool) -> bool:
        """Return whether nothing is lost; `strict`: and clients left nothing out."""
        return not self.gaps and not (strict and self.client_gaps)


def reach_verdict(
    tallies: Tallies,
    counts: FindingCounts,
    scope: Scope,
    *,
    is_logged: bool,
    not_compared: Sequence[str] = (),
) -> Verdict:
    """Return the verdicts on everything; `not_compared` says what nobody could look at."""
    gaps, ignored = counts.gaps(SERVER), counts.found(SERVER_GAPS, ignored=True)
    total = tallies.total
    if gaps:
        found = counts.describe(counts.found(SERVER_GAPS))
        text = f"{counted(gaps, 'gap')}: {found}"
    elif total["objects"] or total["accepted"]:
        clean = "No other gap" if ignored else "Nothing is lost"
        text = f"{clean}: {_describe_arrival(tallies, is_logged=is_logged)}"
    else:
        text = f"Nothing stored: no object was received in the time from {_period(scope)}"
    if ignored:
        text += f"; ignored: {counts.describe(ignored)}"
    if notes := counts.describe(counts.found(NOTES)):
        text += f"; notes: {notes}"
    if pending := total["pending"]:
        text += f"; {_events(pending)} pending, received since {_moment(scope.settled)}"
    clients = _describe_clients(counts, not_compared)
    return Verdict(gaps, f"{text}.", counts.gaps(CLIENTS) + len(not_compared), clients)


def _describe_clients(counts: FindingCounts, not_compared: Sequence[str]) -> str:
    """Return the sentence about what clients left out; empty for nothing."""
    parts = [counted(counts.findings[kind], *_IN_WORDS[kind]) for kind in counts.found(CLIENT_GAPS)]
    parts += [f"not compared: {what}" for what in not_compared]
    text = ", ".join(parts)
    if ignored := counts.describe(counts.found(CLIENT_GAPS, ignored=True)):
        text += f"{'; ' if text else ''}ignored: {ignored}"
    return f"Clients: {text}." if text else ""


def _describe_arrival(tallies: Tallies, *, is_logged: bool) -> str:
    total = tallies.total
    stored = f"{_events(total['stored'])} stored"
    if is_logged:
        stored = f"{tallies.kept:,} of {_events(total['accepted'], 'accepted event')} stored"
    if not tallies.has_loaded:
        text = stored
    elif total["loaded"] == total["stored"]:
        text = f"{stored} and loaded"
    else:
        text = f"{stored}, {total['loaded']:,} loaded and {total['dead_lettered']:,} dead-lettered"
    return text if is_logged else f"{text} (there was no log to compare with)"


def _describe_kind(kind: str, findings: int, events: int) -> str:
    of = f" ({counted(events, 'event')})" if events else ""
    return f"{findings:,} {kind}{of}"


def _events(number: int, event: str = "event") -> str:
    return counted(number, f"{event} is", f"{event}s are")


def _period(scope: Scope) -> str:
    return f"{_moment(scope.selection.since)} to {_moment(scope.settled)}"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
