"""Measure what the functions cost to run: `make bench`.

    make bench ARGS=--check            instructions against their targets, in some minutes
    make bench ARGS=--instructions     the same of what they are compared with, too

Exit code 0: measured, and with --check every target holds; 1: one does not, or what was stored is
not what was sent; 2: it cannot be measured here.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analytics_bench.instructions.callgrind import Counting, NotCounted
from analytics_bench.instructions.counting import count_all
from analytics_bench.native.c_programs import ProgramMissing, compile_counters, compile_programs
from analytics_bench.report.figures_file import Figure, write_figures
from analytics_bench.report.perf_targets import TARGETS, judge
from analytics_bench.services.function_server import NOOP, OURS, PLAIN, ServerFailed

_FAILED, _NOT_HERE = 1, 2


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
    parser.add_argument("--python", default=sys.executable, help="what runs the functions")
    parser.add_argument(
        "--into", type=Path, default=Path(".local/bench"), help="folder for what was measured"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = build_parser().parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _count(options, Path(folder))
    except ProgramMissing as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return _NOT_HERE
    except (NotCounted, ServerFailed) as exc:
        print(f"make bench: {exc}", file=sys.stderr)
        return _FAILED


def _count(options: argparse.Namespace, folder: Path) -> int:
    native, library = compile_programs(folder), compile_counters(folder)
    subjects = (NOOP, OURS) if options.check else (NOOP, OURS, PLAIN)
    figures = count_all(subjects, Counting(options.python, native, library, folder))
    _keep(options.into, figures)
    if not options.check:
        return 0
    judgements = judge(figures, TARGETS)
    print(*judgements, sep="\n")
    return 0 if all(judgement.holds for judgement in judgements) else _FAILED


def _keep(folder: Path, figures: Sequence[Figure]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_figures(folder / "figures.jsonl", figures)
    for figure in figures:
        of = "" if figure.events is None else f"{figure.events} events"
        print(f"{figure.measure:22} {figure.variant:8} {of:12} {figure.value:16,.0f} {figure.unit}")
    print(f"written to {folder / 'figures.jsonl'}")


if __name__ == "__main__":
    sys.exit(main())
