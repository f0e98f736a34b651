"""Upload files, such as crash dumps, as a client does.

    analytics upload-file crashes/ game.log --analytics-environment testing

A directory is uploaded with everything in it. Each file is compared with what Cloud Storage says
it stored, and tried again where that can help; what could not be uploaded is listed at the end.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from analytics_commands.foundation.pipeline.pipeline_options import add_gateway_options
from analytics_commands.foundation.pipeline.target import read_gateway
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.output import visible
from analytics_commands.foundation.terminal.parsing import new_parser, read_count
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.upload_file.exchange import new_session
from analytics_commands.upload_file.file_route import Gateway, Place
from analytics_commands.upload_file.local_files import find_files
from analytics_commands.upload_file.naming import guess_content_type, make_segment
from analytics_commands.upload_file.upload_failures import UploadFailed
from analytics_commands.upload_file.upload_progress import UploadProgress
from analytics_commands.upload_file.upload_report import Report
from analytics_commands.upload_file.uploader import Uploader
from analytics_pipeline.object_names import EVENT_TIMES

_LABELS = ("analytics_environment", "event_category", "event_ds", "event_time")


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or directory")
    add_gateway_options(parser)
    group = parser.add_argument_group("where it is stored, and as what")
    group.add_argument("--analytics-environment", metavar="NAME", help="(development)")
    group.add_argument("--event-category", metavar="NAME", default="crashdump", help="(crashdump)")
    group.add_argument("--event-ds", type=_read_date, metavar="DATE", help="(today, UTC)")
    group.add_argument("--event-time", choices=EVENT_TIMES, help="(this third of the day)")
    group.add_argument(
        "--file-parent", type=_read_segment, metavar="NAME", help="(the name of the file's folder)"
    )
    group.add_argument("--content-type", metavar="TYPE", help="(by the ending of the name)")
    parser.add_argument(
        "--attempts", type=read_count, default=5, help="how often a file is tried (5)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for each file")
    return parser


def upload(arguments: argparse.Namespace) -> None:
    """Upload all files; raises CommandFailed unless each of them, and at least one, could be."""
    settings = read_gateway(arguments)
    findings = find_files(arguments.paths)
    console = progress_console()
    report = Report(console, as_json=arguments.json)
    for path, reason in findings.left_out.items():
        report.tell(path, f"left out, {reason}")
    for path, reason in findings.failures.items():
        report.add_failure(path, reason)
    with report, new_session() as http:
        uploader = Uploader(http, Gateway(http, settings), arguments.attempts)
        progress = UploadProgress(console, len(findings.files))
        for path in findings.files:
            place = _place_of(path, arguments)
            if place.file_child != path.name:
                report.tell(path, f"stored as {place.file_child}")
            try:
                with progress.file(path) as sending:
                    stored = uploader.upload(path, place, sending)
            except UploadFailed as exc:
                report.add_failure(path, str(exc))
            else:
                report.add_stored(path, stored)
    if report.failures:
        total = len(findings.files) + len(findings.failures)
        raise CommandFailed(f"{len(report.failures)} of {total} could not be uploaded")


def _place_of(path: Path, arguments: argparse.Namespace) -> Place:
    labels = {name: getattr(arguments, name) for name in _LABELS}
    return Place(
        file_parent=arguments.file_parent or make_segment(path.parent.resolve().name),
        file_child=make_segment(path.name),
        content_type=arguments.content_type or guess_content_type(path.name),
        labels={name: value for name, value in labels.items() if value},
    )


def _read_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-01-31") from None


def _read_segment(text: str) -> str:
    if make_segment(text) != text:
        raise argparse.ArgumentTypeError(
            f"{visible(text)!r} is not 1 to 256 of A-Z a-z 0-9 . _ -, or is a dot or two"
        )
    return text


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(upload, build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
