"""Shows what an audit finds: tables and text for people, JSON lines for machines."""

from collections import defaultdict
from typing import Protocol

from rich.console import Console

from analytics_commands.audit.findings import MEANINGS, Finding
from analytics_commands.audit.tallies import Tallies
from analytics_commands.audit.verdict import CLIENTS, FindingCounts, Verdict
from analytics_commands.foundation.terminal.output import (
    data_console,
    print_json,
    print_records,
    visible,
)

_SHOWN_OF_A_KIND = 50
_OFTEN_NONE = {"forgotten", "dead_lettered", "pending", "gaps"}


class Report(Protocol):
    """Takes what is found as it is found, and the rest at the end."""

    def show(self, finding: Finding, *, verdict: str | None) -> None:
        """Take one finding, and whose verdict it decides: `server`, `clients` or None."""

    def close(self, tallies: Tallies, counts: FindingCounts, verdict: Verdict) -> None:
        """Take the rest; the verdicts are shown last."""


class JsonReport:
    """A line for each finding, for each day, and for both verdicts, in this order."""

    def show(self, finding: Finding, *, verdict: str | None) -> None:
        """Print the finding."""
        print_json(
            {"type": "finding", "gap": verdict is not None, "verdict": verdict} | finding.record
        )

    def close(self, tallies: Tallies, counts: FindingCounts, verdict: Verdict) -> None:
        """Print the days and the verdicts."""
        for record in tallies.records():
            print_json({"type": "day", **record})
        print_json(
            {
                "type": "summary",
                "verdict": verdict.sentence,
                "clients": verdict.clients,
                **tallies.total_record(),
                "gaps": verdict.gaps,
                "client_gaps": verdict.client_gaps,
                "findings": dict(sorted(counts.findings.items())),
            }
        )


class TextReport:
    """A table of the days, the first findings of each kind, the verdicts."""

    def __init__(self) -> None:
        self._first: defaultdict[str, list[Finding]] = defaultdict(list)

    def show(self, finding: Finding, *, verdict: str | None) -> None:  # noqa: ARG002 - as Report has it
        """Keep the finding if it is one of the first of its kind."""
        if len(self._first[finding.kind]) < _SHOWN_OF_A_KIND:
            self._first[finding.kind].append(finding)

    def close(self, tallies: Tallies, counts: FindingCounts, verdict: Verdict) -> None:
        """Print all of it."""
        days = list(tallies.records())
        if days:
            print_records(
                days, as_json=False, optional=_OFTEN_NONE, heading="analytics_environment"
            )
            print()
        console = data_console()
        for kind in MEANINGS:
            if found := self._first[kind]:
                self._print_kind(console, kind, found, counts)
        _say(console, verdict.sentence)
        if verdict.clients:
            _say(console, verdict.clients)

    def _print_kind(
        self, console: Console, kind: str, found: list[Finding], counts: FindingCounts
    ) -> None:
        number = counts.findings[kind]
        first = f", the first {len(found)}" if number > len(found) else ""
        verdict = counts.verdict_on(kind)
        title = {None: ", no gap", CLIENTS: ", of clients"}.get(verdict, "")
        _say(console, f"{kind} ({number:,}{title}): {MEANINGS[kind]}{first}")
        for finding in found:
            where = (
                finding.object or f"session {finding.analytics_environment}/{finding.session_id}"
            )
            _print(console, f"  {where}")
            _print(console, f"    {finding.detail}")
            _print(console, f"    {finding.command}")
            _print(console, "")


def _say(console: Console, text: str) -> None:
    """Print a sentence; on a terminal, its lines end between words."""
    console.print(visible(text), markup=False, soft_wrap=not console.is_terminal)


def _print(console: Console, text: str) -> None:
    """Print a line without wrapping it, so that it can be copied."""
    console.print(visible(text), markup=False, soft_wrap=True)


def new_report(*, as_json: bool) -> Report:
    """Return where findings go."""
    return JsonReport() if as_json else TextReport()
