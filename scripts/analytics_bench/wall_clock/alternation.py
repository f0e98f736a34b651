"""All variants, served side by side, take turns: what disturbs one disturbs the others."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from analytics_bench.native.c_programs import Native, find_program
from analytics_bench.report.figures_file import Figure
from analytics_bench.services.fake_cloud import running_fake
from analytics_bench.services.function_server import (
    NOOP,
    OURS,
    PLAIN,
    Server,
    Subject,
    available_cores,
    serving,
)
from analytics_bench.wall_clock.programme import Condition, Programme
from analytics_bench.wall_clock.rounds import Round, Site, measure_ceiling, prepare, run_round
from analytics_bench.wall_clock.spread import compare, summarize

_SUBJECTS = (NOOP, PLAIN, OURS)
_HEADROOM = 5  # times the fastest variant that stores


class FakeTooSlow(Exception):
    """The fake would be what is measured; the message says how fast it is."""


@dataclass(frozen=True)
class Pins:
    """What commands are given to, so that servers and their load have a core of their own."""

    server: Sequence[str]
    load: Sequence[str]


def pins() -> Pins:
    """Return how to pin; on a machine of one core, not at all."""
    cores = available_cores()
    if len(cores) == 1:
        return Pins((), ())
    taskset = find_program("taskset")
    return Pins((taskset, "-c", str(cores[0])), (taskset, "-c", str(cores[1])))


def measure_speed(programme: Programme, python: str, native: Native, folder: Path) -> list[Figure]:
    """Measure every variant under every condition.

    Raises NotDelivered, FakeTooSlow, ServerFailed.
    """
    pinned = pins()
    with running_fake(native.fake_services, pinned.load) as fake:
        site = prepare(native, fake, folder, pinned.load)
        ceiling = measure_ceiling(site, folder)
        print(f"the fake of Cloud Storage takes {ceiling:,.0f} objects a second", file=sys.stderr)
        with _all_served(python, fake.url, folder, pinned) as servers:
            rounds = _alternate(programme, site, servers)
    _check_headroom(ceiling, rounds)
    figures = [Figure("ceiling", "fake", round(ceiling), "objects/s")]
    for condition, of_variants in rounds.items():
        figures += summarize(condition, of_variants, NOOP.name)
        figures += compare(condition, of_variants, OURS.name)
    return figures


@contextmanager
def _all_served(
    python: str, storage: str, folder: Path, pinned: Pins
) -> Iterator[Mapping[Subject, Server]]:
    with ExitStack() as stack:
        yield {
            subject: stack.enter_context(
                serving(
                    subject, python, storage, folder / f"{subject.target}.log", prefix=pinned.server
                )
            )
            for subject in _SUBJECTS
        }


def _alternate(
    programme: Programme, site: Site, servers: Mapping[Subject, Server]
) -> Mapping[Condition, Mapping[str, list[Round]]]:
    rounds: Mapping[Condition, Mapping[str, list[Round]]] = {
        condition: {subject.name: [] for subject in servers} for condition in programme.conditions
    }
    deadline = time.monotonic() + programme.budget_seconds
    # The first, short round of each warms up, and proves delivery before anything is measured.
    for number in range(programme.rounds + 1):
        if number and time.monotonic() > deadline:
            print("the time is over: fewer rounds", file=sys.stderr)
            break
        seconds = programme.seconds if number else programme.seconds / 3
        for condition in programme.conditions:
            print(f"round {number} of {programme.rounds}: {condition}", file=sys.stderr)
            for subject, server in servers.items():
                measured = run_round(site, subject, server, condition, seconds)
                if number:
                    rounds[condition][subject.name].append(measured)
    return rounds


def _check_headroom(
    ceiling: float, rounds: Mapping[Condition, Mapping[str, Sequence[Round]]]
) -> None:
    fastest = max(
        (
            each.per_second
            for of_variants in rounds.values()
            for variant, measured in of_variants.items()
            for each in measured
            if variant != NOOP.name
        ),
        default=0.0,
    )
    if ceiling < _HEADROOM * fastest:
        raise FakeTooSlow(
            f"the fake takes {ceiling:,.0f} objects a second, and the fastest variant makes"
            f" {fastest:,.0f}: it would be what is measured"
        )
