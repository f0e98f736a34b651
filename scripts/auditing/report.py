"""Shows what an audit finds: tables and text for people, JSON lines for machines."""

from collections import defaultdict
from typing import Protocol

from rich.console import Console

from scripts.auditing.findings import MEANINGS, Finding
from scripts.auditing.tallies import Tallies
from scripts.auditing.verdict import FindingCounts, Verdict
from scripts.operations.output import data_console, print_json, print_records, visible

_SHOWN_OF_A_KIND = 50


class Report(Protocol):
    """Takes what is found as it is found, and the rest at the end."""

    def show(self, finding: Finding, *, is_gap: bool) -> None:
        """Take one finding."""

    def close(self, tallies: Tallies, counts: FindingCounts, verdict: Verdict) -> None:
        """Take the rest; the verdict is shown last."""


class JsonReport:
    """A line for each finding, for each day, and for the verdict, in this order."""

    def show(self, finding: Finding, *, is_gap: bool) -> None:
        """Print the finding."""
        print_json({"type": "finding", "gap": is_gap, **finding.record})

    def close(self, tallies: Tallies, counts: FindingCounts, verdict: Verdict) -> None:
        """Print the days and the verdict."""
        for record in tallies.records():
            print_json({"type": "day", **record})
        print_json(
            {
                "type": "summary",
                "verdict": verdict.sentence,
                **tallies.total_record(),
                "gaps": verdict.gaps,
                "findings": dict(sorted(counts.findings.items())),
            }
        )


class TextReport:
    """A table of the days, the first findings of each kind, the verdict."""

    def __init__(self) -> None:
        self._first: defaultdict[str, list[Finding]] = defaultdict(list)

    def show(self, finding: Finding, *, is_gap: bool) -> None:  # noqa: ARG002 - as Report has it
        """Keep the finding if it is one of the first of its kind."""
        if len(self._first[finding.kind]) < _SHOWN_OF_A_KIND:
            self._first[finding.kind].append(finding)

    def close(self, tallies: Tallies, counts: FindingCounts, verdict: Verdict) -> None:
        """Print all of it."""
        days = list(tallies.records())
        if days:
            print_records(days, as_json=False)
        console = data_console()
        for kind in MEANINGS:
            if found := self._first[kind]:
                self._print_kind(console, kind, found, counts)
        _print(console, verdict.sentence)

    def _print_kind(
        self, console: Console, kind: str, found: list[Finding], counts: FindingCounts
    ) -> None:
        number = counts.findings[kind]
        first = f", the first {len(found)}" if number > len(found) else ""
        title = "" if counts.is_gap(kind) else ", no gap"
        _print(console, f"{kind} ({number:,}{title}): {MEANINGS[kind]}{first}")
        for finding in found:
            where = (
                finding.object or f"session {finding.analytics_environment}/{finding.session_id}"
            )
            _print(console, f"  {where}: {finding.detail}")
            _print(console, f"    {finding.command}")
        _print(console, "")


def _print(console: Console, text: str) -> None:
    """Print a line without wrapping it, so that it can be copied."""
    console.print(visible(text), markup=False, soft_wrap=True)


def new_report(*, as_json: bool) -> Report:
    """Return where findings go."""
    return JsonReport() if as_json else TextReport()
