"""Where the report goes."""

import argparse
import os
import tempfile
from pathlib import Path

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.scale_test.load.planting import Plan


def choose_report_file(arguments: argparse.Namespace, plan: Plan) -> Path | None:
    """Return the file that was asked for, else a new one where nobody keeps anything.

    None when there shall be no report. Raises CommandFailed where none can be written: before
    a long run, not after it.
    """
    if arguments.no_report:
        return None
    report: Path = arguments.report or _temporary_folder() / f"scale-test-{plan.run}.html"
    if not report.parent.is_dir():
        raise CommandFailed(f"there is no folder {report.parent} for the report")
    if report.is_dir() or not os.access(report if report.exists() else report.parent, os.W_OK):
        raise CommandFailed(f"the report cannot be written to {report}")
    return report


def write_report(report: Path, page: str) -> None:
    """Write the page; raises CommandFailed."""
    try:
        report.write_text(page, encoding="utf-8")
    except OSError as exc:
        raise CommandFailed(f"the report cannot be written: {exc}") from exc


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as exc:
        raise CommandFailed(f"{exc}; say where the report goes: --report FILE") from exc
