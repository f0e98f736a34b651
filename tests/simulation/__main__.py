"""Simulate worlds, as many as you like: the same seeds print the same, but for the time.

    make simulate
    make simulate ARGS="--seeds 1000 --first-seed 5000"
    make simulate ARGS="--seeds 1 --first-seed 58 --without kills"

A world that fails says what does not hold, how little of it still fails, and the line that lives it
again; the exit code is 1 then.
"""

import argparse
import hashlib
import os
import signal
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context

from simulation.faults import PARTS
from simulation.lives import live
from simulation.shrinking import shrink

_INTERRUPTED = 130


@dataclass
class Totals:
    """What came of all worlds."""

    worlds: int = 0
    days: float = 0.0
    batches: int = 0
    events: int = 0
    calls: int = 0
    failed: int = 0
    kills: Counter = field(default_factory=Counter)
    kills_at: Counter = field(default_factory=Counter)
    faults: Counter = field(default_factory=Counter)
    digest: object = field(default_factory=hashlib.sha256)

    def add(self, lived):
        """Count one more world."""
        self.worlds += 1
        self.failed += bool(lived.problems)
        for name in ("days", "batches", "events", "calls"):
            setattr(self, name, getattr(self, name) + getattr(lived, name))
        self.kills += lived.kills
        self.kills_at += lived.kills_at
        self.faults += lived.faults
        self.digest.update(lived.digest.encode())

    def lines(self):
        """Return them as people read them."""
        yield (
            f"{self.worlds:,} worlds, {self.days:,.0f} days, {self.batches:,} batches of"
            f" {self.events:,} events, {self.calls:,} calls of services"
        )
        for what, counts in (("kills", self.kills), ("faults", self.faults)):
            each = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
            yield f"{sum(counts.values()):,} {what}: {each}"
        failed = (
            f"{self.failed:,} worlds failed" if self.failed else "nothing lost, nothing doubled"
        )
        yield f"{failed}; digest {self.digest.hexdigest()[:16]}"


def build_parser():
    """Return the command line."""
    parser = argparse.ArgumentParser(
        prog="make simulate ARGS=…",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=100, help="how many worlds (default: 100)")
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument(
        "--days", type=float, default=14, help="days of bad weather in each (default: 14)"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=PARTS,
        metavar="NAME",
        help="leave out kills, writer, a command, client3, or a fault by its name; repeatable",
    )
    parser.add_argument(
        "--sites", action="store_true", help="print how many kills there were at each call, too"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count(), help="worlds at a time (default: all cores)"
    )
    return parser


def main(argv=None):
    """Simulate; returns the exit code."""
    options = build_parser().parse_args(argv)
    without = frozenset(options.without)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    totals, begun = Totals(), time.monotonic()
    is_cut = False
    with worlds_at_once(options.jobs) as each_of:
        work = ((seed, options.days, without) for seed in seeds)
        try:
            for lived in each_of(live, work):
                totals.add(lived)
                if lived.problems:
                    report(lived, options.days, without)
        except KeyboardInterrupt:
            is_cut = True
    if options.sites:
        print(*(f"{n:7,}  {site}" for site, n in sorted(totals.kills_at.items())), sep="\n")
    print(*totals.lines(), sep="\n")
    seconds = time.monotonic() - begun
    print(f"{seconds:,.1f} s, {totals.days / seconds:,.0f} days a second")
    if is_cut:
        return _INTERRUPTED
    return 1 if totals.failed else 0


@contextmanager
def worlds_at_once(jobs):
    """Yield a `map` that is done by so many processes; a single one is this.

    The others begin anew: a copy of a process with threads may wait for one of them for ever.
    """
    if jobs == 1:
        yield map
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what they inherit: this one is told
    with get_context("spawn").Pool(jobs) as pool:
        signal.signal(signal.SIGINT, usual)
        yield pool.imap


def report(lived, days, without):
    """Say what does not hold in a world, and how to live it again."""
    print(f"world {lived.seed} failed:")
    for problem in lived.problems[:10]:
        print(f"  {problem}")
    smallest = shrink(lived.seed, days, without, lambda *world: live(world).problems)
    options = "".join(f" --without '{name}'" for name in sorted(smallest.without))
    print(f"  as small as it gets: {smallest.problems[0]}")
    print(
        f'  again: make simulate ARGS="--seeds 1 --first-seed {lived.seed}'
        f' --days {smallest.days:g}{options}"',
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
