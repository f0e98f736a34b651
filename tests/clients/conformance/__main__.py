"""Put a client through the scenarios, on a pipeline that is started for it.

    make conformance ARGS='--client python'
    make conformance ARGS='--driver "my-driver --some option" --only lost_answer_then_kill'
    make conformance ARGS='--client python --only kills --kills 1000 --events 50000 --seed 7'

`kills` is a scenario of its own length. A scenario that fails says what the client did wrong; the
exit code is 1 then.
"""

import argparse
import shutil
import signal
import sys
import time
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from analytics_commands.foundation.pipeline.local_process import running_pipeline
from conformance.driver import Unsupported
from conformance.kills import live_through_kills
from conformance.ready_clients import CLIENTS, command_of
from conformance.scenarios import SCENARIOS
from conformance.stages import stage

_TOLD_EVERY = 100
_USAGE = 2
_ENDED = 143  # what a shell says of a program that SIGTERM ended


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(
        prog="make conformance ARGS=…",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--client", choices=CLIENTS, default="reference", help="a ready client")
    parser.add_argument("--driver", metavar="COMMAND", help="a driver of your own, instead")
    parser.add_argument(
        "--only",
        action="append",
        choices=[*SCENARIOS, "kills"],
        metavar="SCENARIO",
        help="play this one; repeatable (default: all)",
    )
    parser.add_argument("--list", action="store_true", help="print the scenarios, and end")
    parser.add_argument("--kills", type=int, default=10, help="kill -9 so often (default: 10)")
    parser.add_argument(
        "--events", type=int, default=1000, help="track so many meanwhile (default: 1000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is random (default: 0)")
    return parser


def scenarios(options):
    """Return what is to be played, by name; the shortest descriptions are their docstrings."""
    tell = partial(_tell, options.kills)
    known = {**SCENARIOS, "kills": _kills(options, tell)}
    return {name: known[name] for name in options.only or known}


def _kills(options, tell):
    def play_kills(world):
        live_through_kills(world, options.kills, options.events, options.seed, tell)

    play_kills.__doc__ = (
        f"Of {options.events:,} events none is lost or doubled by {options.kills:,} kills."
    )
    return play_kills


def _tell(kills, done):
    if done % _TOLD_EVERY == 0:
        print(f"     {done:,} of {kills:,} kills", flush=True)


def main(argv=None):
    """Play; returns the exit code. What was started is ended also where this is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_ENDED))
    options = build_parser().parse_args(argv)
    chosen = scenarios(options)
    if options.list:
        print(*(f"{name}\n    {play.__doc__}" for name, play in chosen.items()), sep="\n")
        return 0
    command = command_of(options.driver) if options.driver else CLIENTS[options.client].command
    lacks = None if options.driver else CLIENTS[options.client].lacks()
    if lacks or shutil.which(command[0]) is None:
        print(lacks or f"there is no program {command[0]}", file=sys.stderr)
        return _USAGE
    begun = time.monotonic()
    failed = sum(not _is_kept(name, play, done) for name, play, done in _played(chosen, command))
    print(f"{len(chosen)} scenarios, {failed} failed, {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


def _played(chosen, command):
    """Yield each scenario once it was played: its name, what it is, its future."""
    with (
        TemporaryDirectory(prefix="conformance-") as folder,
        running_pipeline(Path(folder) / "pipeline", "--streaming-buffer", "0") as variables,
        stage(variables) as on_stage,
    ):
        names = {on_stage.begin(play, command): name for name, play in chosen.items()}
        for done in as_completed(names):
            yield names[done], chosen[names[done]], done


def _is_kept(name, play, done):
    """Print what came of a scenario; returns whether the promise is kept."""
    wrong = done.exception()
    if wrong is None:
        print(f"ok   {name}: {play.__doc__}", flush=True)
    elif isinstance(wrong, Unsupported):
        print(f"--   {name}: not supported", flush=True)
    else:
        print(f"FAIL {name}: {play.__doc__}\n     {type(wrong).__name__}: {wrong}", flush=True)
    return wrong is None or isinstance(wrong, Unsupported)


if __name__ == "__main__":
    sys.exit(main())
