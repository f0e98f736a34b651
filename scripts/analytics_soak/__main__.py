"""Let the pipeline run for long, under load, kills and faults, and count what became of each event.

    make soak                              15 minutes
    make soak ARGS="--minutes 1 --seed 7"  a short one, with other traffic and other faults
    make soak ARGS="--data-dir soaked"     keeps the data, to look at what is wrong

Exit code 0: every event is where its client's receipts say, `analytics audit` agrees, and no
process grew after its first minute; 1: not so; 2: it cannot be run here.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from aiohttp import ClientError

from analytics_commands.foundation.event_loop import run_in_loop
from analytics_commands.foundation.pipeline.local_process import PipelineFailed
from analytics_soak.client_receipts import judge, least_rows
from analytics_soak.clients import Clients
from analytics_soak.disturbances import FAULTS, Disturbances
from analytics_soak.lifetimes import Lifetimes
from analytics_soak.samples import Samples
from analytics_soak.summary import Summary
from analytics_soak.tag_counts import audit_when_settled, count_tags

_DONE, _FAILED, _NOT_HERE, _INTERRUPTED, _TERMINATED = 0, 1, 2, 130, 143
_FAILURES = (PipelineFailed, ClientError, TimeoutError)
_MOST_SECONDS_EACH = 12.0  # of a disturbance
_REPAIR_SECONDS = 5.0  # between two runs of `reconcile`
_SETTLING_SECONDS = 120.0  # four times the longest pause of redelivery
_ENDING_SECONDS = 120.0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="make soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, default=15.0, help="time under load (15)")
    parser.add_argument("--seed", type=int, default=1, help="of traffic, kills and faults (1)")
    parser.add_argument("--clients", type=int, default=64, help="clients at once (64)")
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second of all (40)")
    parser.add_argument("--data-dir", type=Path, help="folder that keeps the data (none)")
    parser.add_argument("--json", action="store_true", help="print JSON, not text")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(argv)
    if not Path("/proc/self/smaps_rollup").exists():
        print("make soak: it finds processes and their memory through Linux's /proc")
        return _NOT_HERE
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # ends what was started, too
    with ExitStack() as stack:
        folder = options.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            summary = _soak(options, folder.absolute())
        except KeyboardInterrupt:
            return _INTERRUPTED
        except PipelineFailed as exc:
            print(f"make soak: {exc}", file=sys.stderr)
            return _FAILED
        except ExceptionGroup as failed:  # of what ran at the same time
            if failed.split(_FAILURES)[1]:
                raise
            print("make soak:", *failed.exceptions, file=sys.stderr)
            return _FAILED
    print(json.dumps(summary.record()) if options.json else summary.text())
    return _DONE if summary.passed else _FAILED


def _soak(options: argparse.Namespace, folder: Path) -> Summary:
    """Run the pipeline under load, then count; raises PipelineFailed, TimeoutError, ClientError."""
    repair = {"days": 1, "settle_minutes": 0, "list_bucket": True, "remove_repeated": True}
    every = ("--reconcile-every", str(_REPAIR_SECONDS), "--reconcile-body", json.dumps(repair))
    lifetimes, samples = Lifetimes(folder, ("--streaming-buffer", "5", *every)), Samples()
    with lifetimes.running() as variables:
        clients = Clients(variables, options.clients, options.rate, options.seed)
        seconds = 60 * options.minutes
        each = min(_MOST_SECONDS_EACH, seconds / 2 / len(FAULTS))  # in time for each of them
        disturbances = Disturbances(lifetimes, variables["ANALYTICS_URL"], options.seed, each)
        run_in_loop(lambda: _load(seconds, clients, disturbances, samples))
        print(f"{len(clients.receipts)} requests are sent; counting", file=sys.stderr)
        audit = audit_when_settled(variables, least_rows(clients.receipts), _SETTLING_SECONDS)
        wrong = list(judge(clients.receipts, count_tags(variables)))
    return Summary(
        options.seed,
        options.minutes,
        clients.receipts,
        lifetimes.kills,
        disturbances.switched,
        wrong,
        audit,
        samples.growths(),
        clients.latencies,
    )


async def _load(
    seconds: float, clients: Clients, disturbances: Disturbances, samples: Samples
) -> None:
    """Let the clients send for that long, disturb the pipeline meanwhile, and measure it."""
    async with asyncio.timeout(seconds + _ENDING_SECONDS), asyncio.TaskGroup() as group:
        sampling = group.create_task(samples.keep_taking(disturbances.lifetimes))
        sending = group.create_task(clients.run())
        await disturbances.run(seconds)
        clients.stop()
        await sending
        sampling.cancel()


if __name__ == "__main__":
    sys.exit(main())
