"""A target holds when it was measured, and its bound is kept."""

import pytest

from analytics_bench.report.figures_file import Figure, read_figures, value_of, write_figures
from analytics_bench.report.perf_targets import TARGETS, Judgement, Target, judge, targets_of


def figure(measure, variant, value, **conditions):
    """Return a figure in some unit."""
    return Figure(measure, variant, value, "instructions", **conditions)


@pytest.mark.parametrize(
    ("at_least", "value", "holds"),
    [
        *[(False, 1.0, True), (False, 1.15, True), (False, 1.1501, False), (False, None, False)],
        *[(True, 1.0, False), (True, 1.15, True), (True, 1.2, True), (True, None, False)],
    ],
)
def test_bound(at_least, value, holds):
    """The bound itself is kept; what was not measured does not hold."""
    target = Target("x", "times", 1.15, lambda _: value, at_least)

    assert holds == Judgement(target, value).holds
    assert ("MISSED" in str(Judgement(target, value))) is not holds


GOOD = [
    *(
        figure("ingest_instructions", "ours", value, events=events)
        for events, value in ((1, 0.95e6), (4, 1.15e6), (500, 49e6))
    ),
    *(
        figure("load_instructions", variant, value, events=events)
        for variant, events, value in (
            *[("ours", 4, 75.0), ("plain", 4, 100.0), ("ours", 500, 150.0), ("plain", 500, 100.0)],
        )
    ),
    figure("import_instructions", "ours", 135.0),
    figure("import_instructions", "no-op", 100.0),
    figure("night_ends", "reconcile", 100.0),
    figure("frequent_run_longest", "reconcile", 2.0),
]


def test_all_hold():
    """Figures at the bounds keep every target."""
    assert [] == [str(each) for each in judge(GOOD, TARGETS) if not each.holds]


@pytest.mark.parametrize("index", range(len(GOOD)))
def test_each_figure_counts(index):
    """Without any one figure a target is missed: none is judged by another's."""
    missed = [each for each in judge(GOOD[:index] + GOOD[index + 1 :], TARGETS) if not each.holds]

    assert 1 == len(missed)


@pytest.mark.parametrize("index", [n for n, each in enumerate(GOOD) if each.variant == "ours"])
def test_each_figure_is_bounded(index):
    """One per cent more of any of ours misses its target, and no other."""
    worse = figure(GOOD[index].measure, "ours", GOOD[index].value * 1.01, events=GOOD[index].events)
    missed = [each for each in judge([worse, *GOOD], TARGETS) if not each.holds]

    assert 1 == len(missed)


def test_nothing_measured():
    """Without figures nothing holds."""
    assert [False] * len(TARGETS) == [each.holds for each in judge([], TARGETS)]


def test_versions():
    """The targets are those of the runtime; those of Python 3.11 are the same things, stricter."""
    (other, deployed) = targets_of("3.11.7"), targets_of("3.13.0")

    assert TARGETS == deployed == targets_of("3.12.1")
    assert [each.name for each in deployed] == [each.name for each in other]
    assert all(mine.bound <= each.bound for mine, each in zip(other, deployed, strict=True))


def test_figures_file(tmp_path):
    """What is written is what is read; conditions that there are none of are not written."""
    figures = [*GOOD, figure("p50_ms", "ours", 2.5, events=4, clients=30, delay_ms=0, noisy=True)]

    write_figures(tmp_path / "figures.jsonl", figures)

    assert figures == read_figures(tmp_path / "figures.jsonl")
    assert (
        b'{"measure":"import_instructions","variant":"no-op","value":100.0,"unit":"instructions"}'
        in (tmp_path / "figures.jsonl").read_bytes().splitlines()
    )


def test_nights():
    """Fewer objects a second, or a longer run, misses its target."""
    worse = [figure("night_ends", "reconcile", 99), figure("frequent_run_longest", "reconcile", 3)]

    assert 2 == len([each for each in judge([*worse, *GOOD], TARGETS) if not each.holds])


def test_value_of():
    """A figure is found by its measure, its variant and its events, all three."""
    assert 75.0 == value_of(GOOD, "load_instructions", "ours", 4)
    assert value_of(GOOD, "load_instructions", "ours") is None
    assert value_of(GOOD, "load_instructions", "no-op", 4) is None
