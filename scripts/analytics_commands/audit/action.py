"""The audit as a whole: read the log, compare, report, and judge."""

import argparse
from datetime import datetime, timedelta

from rich.console import Console

from analytics_commands.audit.accepted import BATCH_EVENTS, URL_ISSUED, AcceptedObjects
from analytics_commands.audit.audit_report import new_report
from analytics_commands.audit.auditor import Auditor
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.verdict import FindingCounts, Verdict, reach_verdict
from analytics_commands.foundation.pipeline.log_lines import LogsUnavailable, log_lines_of
from analytics_commands.foundation.pipeline.pipeline_options import read_selection
from analytics_commands.foundation.pipeline.target import Target, read_target
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.foundation.terminal.wording import counted

_LOG_SLACK = timedelta(minutes=5)  # a line is written when its request ends, not when it came


def audit(arguments: argparse.Namespace, now: datetime) -> Verdict:
    """Do all of it, reckoned at `now`; raises CommandFailed, TransientError, ConfigurationError."""
    target = read_target(arguments)
    scope = Scope(read_selection(arguments), arguments.settle, now)
    counts = FindingCounts(arguments.ignore)
    report = new_report(as_json=arguments.json)
    console = progress_console()
    with AcceptedObjects(target.settings.bucket_name, scope) as accepted:
        is_logged = _read_log(target, scope, accepted, console)
        auditor = Auditor(target, scope, accepted if is_logged else None, counts, console.print)
        with console.status("comparing") as status:
            for finding in auditor.find(sessions=not arguments.no_sessions):
                counts.add(finding)
                report.show(finding, verdict=counts.verdict_on(finding.kind))
                status.update(f"comparing: {counted(counts.findings.total(), 'finding')}")
    verdict = reach_verdict(
        auditor.tallies, counts, scope, is_logged=is_logged, not_compared=auditor.not_compared
    )
    report.close(auditor.tallies, counts, verdict)
    return verdict


def _read_log(target: Target, scope: Scope, accepted: AcceptedObjects, console: Console) -> bool:
    """Read what was accepted; without a log, say so and return False."""
    since, until = scope.selection.since - _LOG_SLACK, scope.selection.until + _LOG_SLACK
    try:
        with console.status("reading the log"):
            lines = log_lines_of(target)
            read = lines.read({*BATCH_EVENTS, URL_ISSUED}, since, until, part=scope.name_part)
            accepted.add(read)
    except LogsUnavailable as exc:
        console.print(f"no log, so accepted events and uploads are not compared: {exc}")
        return False
    return True
