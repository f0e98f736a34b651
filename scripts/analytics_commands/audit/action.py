"""The audit as a whole: ask what was accepted, compare, report, and judge."""

import argparse
from datetime import datetime
from functools import partial

from rich.console import Console

from analytics_commands.audit.audit_report import new_report
from analytics_commands.audit.auditor import Auditor
from analytics_commands.audit.reading.account_queries import AccountQueries
from analytics_commands.audit.reading.receipt_lag import await_receipts
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.verdict import FindingCounts, Verdict, reach_verdict
from analytics_commands.foundation.pipeline.log_lines import log_lines_of
from analytics_commands.foundation.pipeline.pipeline_options import read_selection
from analytics_commands.foundation.pipeline.target import read_target
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.foundation.terminal.wording import counted
from analytics_pipeline.clock import now as utc_now
from analytics_pipeline.errors import TransientError


def audit(arguments: argparse.Namespace, now: datetime) -> Verdict:
    """Do all of it, reckoned at `now`; raises CommandFailed, TransientError, ConfigurationError."""
    target = read_target(arguments)
    scope = Scope(read_selection(arguments), arguments.settle, now)
    counts = FindingCounts(arguments.ignore)
    report = new_report(as_json=arguments.json)
    console = progress_console()
    root = f"gs://{target.settings.bucket_name}/"
    queries = AccountQueries(target.warehouse, root, scope)
    with console.status("waiting for the log"):
        log = partial(log_lines_of, target)
        await_receipts(log, queries, scope.selection.until, utc_now(), console.print)
    known_since = _known_since(queries, console)
    auditor = Auditor(target, scope, known_since, counts, console.print)
    with console.status("comparing") as status:
        for finding in auditor.find(sessions=not arguments.no_sessions):
            counts.add(finding)
            report.show(finding, verdict=counts.verdict_on(finding.kind))
            status.update(f"comparing: {counted(counts.findings.total(), 'finding')}")
    verdict = reach_verdict(
        auditor.tallies,
        counts,
        scope,
        is_logged=known_since is not None,
        not_compared=auditor.not_compared,
    )
    report.close(auditor.tallies, counts, verdict)
    return verdict


def _known_since(queries: AccountQueries, console: Console) -> datetime | None:
    """Return when the receipts of the time begin; without any, say so and return None."""
    why = "no line of that time is in the view receipts"
    try:
        known_since = queries.known_since()
    except TransientError as exc:
        known_since, why = None, str(exc)
    if known_since is None:
        console.print(f"no log, so accepted events and uploads are not compared: {why}")
    return known_since
