"""The upload as a whole: find the files, send one after the other, and sum up."""

import argparse
from pathlib import Path

from analytics_commands.foundation.pipeline.target import read_gateway
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.foundation.terminal.progress import progress_console
from analytics_commands.upload_file.exchange import new_session
from analytics_commands.upload_file.file_route import Gateway, Place
from analytics_commands.upload_file.local_files import find_files
from analytics_commands.upload_file.naming import guess_content_type, make_segment
from analytics_commands.upload_file.upload_failures import UploadFailed
from analytics_commands.upload_file.upload_progress import UploadProgress
from analytics_commands.upload_file.upload_report import Report
from analytics_commands.upload_file.uploader import Uploader

_LABELS = ("analytics_environment", "event_category", "event_ds", "event_time")


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
