"""Where the machine was busy, it is said, instead of a figure."""

import pytest

from analytics_bench.report.figure_tables import NOISY, speed_table
from analytics_bench.report.speed_plot import speed_plot
from analytics_bench.wall_clock.programme import DEFAULT, QUICK, Condition
from analytics_bench.wall_clock.rounds import Round
from analytics_bench.wall_clock.spread import compare, is_noisy, summarize

CONDITION = Condition(4, 30, 0)


def rounds(*speeds):
    """Return rounds of these requests a second; all else is the same in each."""
    return [Round(speed, 0.5, 2.0, 9.0, 81.0) for speed in speeds]


@pytest.mark.parametrize(
    ("speeds", "noisy"),
    [
        *[((1000, 1000, 1000), False), ((925, 1000, 1075), False), ((924, 1000, 1075), True)],
        *[((1000, 1000, 1151), True), ((849, 1000, 1000), True), ((1000, 1000), True)],
        *[((), True), ((100, 1000, 1000, 1000), True), ((1000,) * 9, False)],
    ],
)
def test_noisy(speeds, noisy):
    """More than 15 % between the rounds is noise, and so are fewer than three rounds."""
    assert noisy == is_noisy(speeds)


def figures(*noop_speeds):
    """Return the figures of a condition in which ours is as steady as can be."""
    measured = {"no-op": rounds(*noop_speeds), "ours": rounds(*[300] * len(noop_speeds))}
    return [
        *summarize(CONDITION, measured, "no-op"),
        *compare(CONDITION, measured, "ours"),
    ]


def test_calm():
    """On a calm machine every figure is told: the median, and the extremes."""
    (speed,) = [f for f in figures(990, 1000, 1020) if f.measure == "per_second"][:1]

    assert (1000, 990, 1020, False) == (speed.value, speed.low, speed.high, speed.noisy)
    assert NOISY not in speed_table(figures(990, 1000, 1020))


def test_busy():
    """On a busy one no time is told of any variant, however steady; memory and ratios are."""
    table = speed_table(figures(700, 1000, 1020))

    assert 2 * 4 == table.count(NOISY)
    assert 2 == table.count(" 81.00")
    assert "ours/no-op         per_second 0.30 times (0.29-0.43)" in table
    assert "30 clients, 0 ms, noisy" in speed_plot(figures(700, 1000, 1020)).decode()


def test_ratios_are_of_neighbours():
    """A ratio compares rounds that ran one after the other, not medians."""
    measured = {"no-op": rounds(100, 200, 400), "ours": rounds(50, 100, 200)}
    (speed, cpu) = compare(CONDITION, measured, "ours")

    assert (0.5, 0.5, 0.5, "ours/no-op") == (speed.value, speed.low, speed.high, speed.variant)
    assert 1.0 == cpu.value


@pytest.mark.parametrize("programme", [DEFAULT, QUICK])
def test_bounded(programme):
    """A run ends: in ten minutes, and a quick one in two, with enough rounds to tell noise."""
    turns = 3 * len(programme.conditions) * (programme.rounds + 1 / 3)

    assert 3 <= programme.rounds
    assert turns * programme.seconds < programme.budget_seconds <= 540
