"""Upload files, such as crash dumps, as a client does.

    analytics upload-file crashes/ game.log --analytics-environment testing

A directory is uploaded with everything in it. Each file is compared with what
Cloud Storage says it stored, and tried again where that can help; what could
not be uploaded is listed at the end.
"""

import argparse
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from analytics_commands.foundation.pipeline.pipeline_options import add_gateway_options
from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser, read_count
from analytics_commands.upload_file.naming import make_segment
from analytics_pipeline.object_names import EVENT_TIMES


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    parser.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="file to upload, or directory with such files",
    )
    add_gateway_options(parser)
    _add_place_options(parser)
    parser.add_argument(
        "--attempts",
        type=read_count,
        default=5,
        metavar="N",
        help="how often a file is tried before it is given up (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object for each stored file"
    )
    return parser


def _add_place_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("where it is stored, and as what")
    group.add_argument(
        "--analytics-environment",
        metavar="NAME",
        help="environment that the files are of (default: development)",
    )
    group.add_argument(
        "--event-category",
        metavar="NAME",
        default="crashdump",
        help="category that the files are of (default: %(default)s)",
    )
    group.add_argument(
        "--event-ds",
        type=_read_date,
        metavar="DATE",
        help="day that the files are of, such as 2026-01-31 (default: today, UTC)",
    )
    group.add_argument(
        "--event-time",
        choices=EVENT_TIMES,
        help="third of that day, in hours (default: this one, UTC)",
    )
    group.add_argument(
        "--file-parent",
        type=_read_segment,
        metavar="NAME",
        help="folder of the stored files (default: name of the folder that a file is in)",
    )
    group.add_argument(
        "--content-type",
        metavar="TYPE",
        help="media type of the files, such as text/plain (default: by the ending of the name)",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    return run_command(partial(_act, build_parser().parse_args(argv)))


def _act(arguments: argparse.Namespace) -> None:
    from analytics_commands.upload_file.action import upload

    upload(arguments)


def _read_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-01-31") from None


def _read_segment(text: str) -> str:
    if make_segment(text) != text:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not 1 to 256 of A-Z a-z 0-9 . _ -, or is a dot or two"
        )
    return text
