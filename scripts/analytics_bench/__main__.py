"""Measure what the functions cost to run: `make bench`.

    make bench                         speed, beside other ways to do it, in some ten minutes
    make bench ARGS=--quick            the same for a first look, in two
    make bench ARGS=--instructions     instructions, beside the same others
    make bench ARGS=--check            instructions against their targets, in some minutes

Exit code 0: measured, and with --check every target holds; 1: one does not, or what was stored is
not what was sent; 2: it cannot be measured here.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from analytics_bench.instructions.callgrind import Counting, NotCounted
from analytics_bench.instructions.counting import count_all
from analytics_bench.native.c_programs import (
    Native,
    ProgramMissing,
    compile_counters,
    compile_programs,
)
from analytics_bench.report.figure_tables import plain_table, speed_table
from analytics_bench.report.figures_file import Figure, write_figures
from analytics_bench.report.perf_targets import judge, targets_of
from analytics_bench.report.speed_plot import speed_plot
from analytics_bench.services.function_server import NOOP, OURS, PLAIN, ServerFailed
from analytics_bench.services.load_process import LoadingFailed
from analytics_bench.services.start_process import StartFailed
from analytics_bench.simulation.reconcile_model import reconcile_figures
from analytics_bench.wall_clock.alternation import FakeTooSlow, measure_speed
from analytics_bench.wall_clock.local_times import local_figures
from analytics_bench.wall_clock.process_times import loading_figures, start_figures
from analytics_bench.wall_clock.programme import DEFAULT, QUICK
from analytics_bench.wall_clock.rounds import NotDelivered
from analytics_commands.foundation.pipeline.local_process import PipelineFailed

_FAILED, _NOT_HERE, _TERMINATED = 1, 2, 143
_FAILURES = (
    *(NotCounted, NotDelivered, FakeTooSlow),
    *(ServerFailed, LoadingFailed, StartFailed, PipelineFailed),
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="compare instructions with the targets")
    what.add_argument("--instructions", action="store_true", help="count instructions of all")
    what.add_argument("--quick", action="store_true", help="fewer conditions, shorter rounds")
    parser.add_argument("--python", default=sys.executable, help="what runs the functions")
    parser.add_argument(
        "--into", type=Path, default=Path(".local/bench"), help="folder for what was measured"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # ends what was started, too
    try:
        with tempfile.TemporaryDirectory() as folder:
            native = compile_programs(Path(folder))
            if options.check or options.instructions:
                return _count(options, native, Path(folder))
            return _time(options, native, Path(folder))
    except ProgramMissing as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return _NOT_HERE
    except _FAILURES as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return _FAILED


def _count(options: argparse.Namespace, native: Native, folder: Path) -> int:
    counting = Counting(options.python, native, compile_counters(folder), folder)
    figures = count_all((OURS,) if options.check else (NOOP, PLAIN, OURS), counting)
    figures += reconcile_figures()
    version = _keep(options.into, figures, options.python)
    print(plain_table(figures))
    if not options.check:
        return 0
    judgements = judge(figures, targets_of(version))
    print(*judgements, sep="\n")
    return 0 if all(judgement.holds for judgement in judgements) else _FAILED


def _time(options: argparse.Namespace, native: Native, folder: Path) -> int:
    programme = QUICK if options.quick else DEFAULT
    figures = [
        *measure_speed(programme, options.python, native, folder),
        *loading_figures(options.python, native, folder),
        *start_figures(options.python),
        *local_figures(native, folder),
        *reconcile_figures(),
    ]
    _keep(options.into, figures, options.python)
    (options.into / "speed.svg").write_bytes(speed_plot(figures))
    print(speed_table(figures))
    print(plain_table([each for each in figures if each.delay_ms is None]))
    return 0


def _keep(folder: Path, figures: Sequence[Figure], python: str) -> str:
    """Write the figures with the version that they are of, and return it."""
    code = "import platform; print(platform.python_version())"
    version = subprocess.check_output([python, "-c", code], text=True).strip()  # noqa: S603 - as said
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "figures.jsonl"
    write_figures(path, (msgspec.structs.replace(each, python=version) for each in figures))
    print(f"written into {folder}", file=sys.stderr)
    return version


if __name__ == "__main__":
    sys.exit(main())
