"""Answer "did we lose anything?": accepted = stored = loaded + dead-lettered, object by object.

    analytics audit
    analytics audit --environment production --since 2026-11-01 --json
    analytics audit --environment testing --settle 0m --strict --ignore session_gap

Compares what the functions logged as accepted, what the bucket holds and what BigQuery counts, by
listings and by SQL: no object is read, nothing is changed. Names each gap and the command that
repairs or explains it. Exit code 1 says that something is lost; what clients left out, such as
indexes of a session, is a line of its own, and decides with `--strict` only.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from rich.console import Console

from analytics_commands.audit.accepted import BATCH_EVENTS, URL_ISSUED, AcceptedObjects
from analytics_commands.audit.audit_report import new_report
from analytics_commands.audit.auditor import Auditor
from analytics_commands.audit.findings import GAPS
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.verdict import FindingCounts, Verdict, reach_verdict
from analytics_commands.foundation.pipeline.log_lines import LogsUnavailable, log_lines_of
from analytics_commands.foundation.pipeline.pipeline_options import (
    add_selection_options,
    add_target_options,
    read_duration,
    read_selection,
    read_target,
)
from analytics_commands.foundation.pipeline.target import Target
from analytics_commands.foundation.terminal.ending import (
    DONE,
    FAILED,
    new_parser,
    progress_console,
    run_command,
)
from analytics_pipeline.clock import now as utc_now

_LOG_SLACK = timedelta(minutes=5)  # a line is written when its request ends, not when it came


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    add_target_options(parser)
    add_selection_options(parser, settle="0m")
    parser.add_argument(
        "--settle",
        type=read_duration,
        default="15m",
        help="what is younger is not judged, but counted as pending: 15m, 0m (%(default)s)",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        choices=sorted(GAPS),
        default=[],
        metavar="KIND",
        help="show such findings, but do not count them as gaps; repeatable: %(choices)s",
    )
    parser.add_argument(
        "--no-sessions", action="store_true", help="do not look at the events' own indexes"
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 for what clients left out, too"
    )
    parser.add_argument(
        "--json", action="store_true", help="a JSON object for each finding, day and the verdicts"
    )
    return parser


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
                status.update(f"comparing: {counts.findings.total():,} findings")
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


def main(argv: Sequence[str] | None = None, clock: Callable[[], datetime] = utc_now) -> int:
    """Run the command; returns its exit code: 1 for a gap, or when nobody read the verdicts."""
    arguments = build_parser().parse_args(argv)
    verdicts: list[Verdict] = []
    code = run_command(lambda: verdicts.append(audit(arguments, clock())))
    is_clean = bool(verdicts) and verdicts[0].is_clean(strict=arguments.strict)
    return code or (DONE if is_clean else FAILED)


if __name__ == "__main__":
    sys.exit(main())
