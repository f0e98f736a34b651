"""Run the whole pipeline on this machine, with no cloud account.

    analytics run --port 8080 --data-dir .local

Prints one line that begins with `ready` once everything answers, and writes the variables that
point clients and scripts at it into DATA_DIR/env. Ctrl-C stops everything; a second start on the
same folder continues with what is there.
"""

import argparse
import asyncio
import shlex
import signal
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvloop

from analytics_commands.foundation.sources import SOURCES
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.parsing import new_parser
from analytics_local_cloud.app_server import PortInUse
from analytics_local_cloud.function_process import FunctionFailed
from analytics_local_cloud.provisioning import ResourceRefused
from analytics_local_cloud.schedule import Schedule
from analytics_local_cloud.supervisor import AlreadyRunning, PipelineOptions, run_pipeline
from analytics_local_cloud.warehouse import STREAMING_BUFFER_SECONDS

DEFAULT_API_KEY = "local_so_does_not_matter"
_WELCOME = """\
The analytics pipeline is running on this machine.

  gateway    {ANALYTICS_URL}
  API key    {API_KEY}
  data       {data_dir}

Send an event, and see it as a row:

  curl --request POST --data '{{"message":"hello world"}}' \\
    "{ANALYTICS_URL}/v1/event?key={API_KEY}&event_category=function"

  set -a; . {env}; set +a     # points bq, gcloud storage and the commands at this pipeline
  bq query --use_legacy_sql=false 'SELECT event_id, extra FROM events.events'

Ctrl-C stops everything; `make run` continues with the same data.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = new_parser(__doc__)
    parser.add_argument("--port", type=int, default=8080, help="of the gateway; 0: any (8080)")
    parser.add_argument("--data-dir", type=Path, default=Path(".local"), help="(.local)")
    parser.add_argument("--ephemeral", action="store_true", help="use a folder that is deleted")
    parser.add_argument("--api-key", default=DEFAULT_API_KEY, help="(%(default)s)")
    parser.add_argument(
        "--streaming-buffer",
        type=float,
        default=STREAMING_BUFFER_SECONDS,
        metavar="SECONDS",
        help="how long a streamed row cannot be updated or deleted; BigQuery: up to 90 minutes"
        " (%(default)g)",
    )
    parser.add_argument(
        "--reconcile-every",
        type=_positive,
        default=Schedule.every_seconds,
        metavar="SECONDS",
        help="how often what lacks rows is looked for and loaded (%(default)g)",
    )
    parser.add_argument(
        "--reconcile-body",
        default=Schedule.body,
        metavar="JSON",
        help="what it is told (%(default)s)",
    )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


async def run(options: PipelineOptions) -> None:
    """Run the pipeline until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stopping, stop.set)
    async with run_pipeline(options) as variables:
        env = options.data_dir / "env"
        quoted = shlex.quote(str(env))  # to be pasted
        print(_WELCOME.format(**variables, data_dir=options.data_dir, env=quoted))
        print(f"ready on {variables['ANALYTICS_URL']}", flush=True)
        await stop.wait()
        print("stopping", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = build_parser().parse_args(argv)
    return run_command(partial(run_until_stopped, arguments))


def run_until_stopped(arguments: argparse.Namespace) -> None:
    """Run the pipeline with the options given; raises CommandFailed."""
    with ExitStack() as stack:
        data_dir = arguments.data_dir
        if arguments.ephemeral:
            data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipeline-")))
        options = PipelineOptions(
            SOURCES,
            data_dir.resolve(),
            arguments.port,
            arguments.api_key,
            arguments.streaming_buffer,
            Schedule(arguments.reconcile_every, arguments.reconcile_body),
        )
        try:
            uvloop.run(run(options))
        except (AlreadyRunning, FunctionFailed, PortInUse, ResourceRefused) as exc:
            raise CommandFailed(str(exc)) from exc


if __name__ == "__main__":
    sys.exit(main())
