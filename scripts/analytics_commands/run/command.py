"""Run the whole pipeline on this machine, with no cloud account.

    analytics run
    analytics run --port 9000 --data-dir data
    analytics run --host 0.0.0.0 --public-url http://192.168.1.5:8080

Prints one line that begins with `ready` once everything answers, and writes the
variables that point clients and commands at it into DATA_DIR/env. Ctrl-C stops
everything; a second start on the same folder continues with what is there, on
the same ports. Phones and other machines reach it with --host and --public-url,
as in the last line.
"""

import argparse
import math
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from analytics_commands.foundation.terminal.ending import run_command
from analytics_commands.foundation.terminal.parsing import new_parser

DEFAULT_PORT = 8080
DEFAULT_API_KEY = "local_so_does_not_matter"
_MAX_PORT = 65535
_URL = re.compile(r"https?://(?:[\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?/?", re.ASCII | re.IGNORECASE)


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    _add_place_options(parser)
    parser.add_argument(
        "--data-dir",
        type=_read_folder,
        default=Path(".local"),
        help="folder that keeps everything, made if it is not there (default: .local)",
    )
    parser.add_argument(
        "--ephemeral", action="store_true", help="keep everything in a folder that is deleted"
    )
    parser.add_argument(
        "--api-key",
        type=_read_key,
        default=DEFAULT_API_KEY,
        help="API key that clients must show (default: %(default)s)",
    )
    _add_reconcile_options(parser)
    return parser


def _add_place_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=read_port,
        default=DEFAULT_PORT,
        help="port that the gateway listens on, storage and BigQuery on the next two; 0 takes any"
        " free ones (default: %(default)s)",
    )
    parser.add_argument(
        "--host",
        type=_read_host,
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument(
        "--public-url",
        type=read_url,
        metavar="URL",
        help="URL of the gateway that clients are told, and under whose host they find storage"
        " and BigQuery (default: that of --host and --port)",
    )


def _add_reconcile_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--streaming-buffer",
        type=partial(_read_seconds, least=0),
        metavar="SECONDS",
        help="time in which a streamed row cannot be updated or deleted; in the cloud that is up"
        " to 90 minutes (default: 60)",
    )
    parser.add_argument(
        "--reconcile-every",
        type=partial(_read_seconds, least=0.001),
        metavar="SECONDS",
        help="pause between two runs of reconcile, which loads what lacks rows (default: 1800)",
    )
    parser.add_argument(
        "--reconcile-body",
        metavar="JSON",
        help="what reconcile is told to do, as by the scheduler (default: look at what was"
        " received in the last day)",
    )


def read_port(text: str) -> int:
    """Return the TCP port that `text` is, 0 included; raises argparse.ArgumentTypeError."""
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {_MAX_PORT}")
    return int(text)


def read_url(text: str) -> str:
    """Return the URL of a gateway that `text` is; raises argparse.ArgumentTypeError."""
    url = _URL.fullmatch(text)
    if url is None or not 0 < int(url[1] or _MAX_PORT) <= _MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no URL such as http://192.168.1.5:8080")
    return text


def _read_host(text: str) -> str:
    if not re.fullmatch(r"[\w.:-]+", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as 127.0.0.1 or 0.0.0.0")
    return text


def _read_folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("it is empty, and names no folder")
    return Path(text)


def _read_key(text: str) -> str:
    if not re.fullmatch(r"[\w-]+", text, re.ASCII):  # as it may stand in a URL
        raise argparse.ArgumentTypeError("letters, digits, - and _ make a key")
    return text


def _read_seconds(text: str, least: float) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not least <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from {least} on")
    return seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    given = sys.argv[1:] if argv is None else argv
    return run_command(partial(_act, build_parser().parse_args(given), given))


def _act(arguments: argparse.Namespace, given: Sequence[str]) -> None:
    from analytics_commands.run.action import run_until_stopped

    run_until_stopped(arguments, given)
