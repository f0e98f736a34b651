"""Instructions are read from what callgrind writes, and believed when they repeat."""

import pytest

from analytics_bench.instructions.callgrind import (
    NotCounted,
    counters_of,
    read_total,
    total_of,
    until_stable,
)
from analytics_bench.instructions.load_counts import undisturbed

DUMP = (
    "version: 1\npid: 7\nevents: Ir\nsummary: 68110809\n\nfn=(1) main\n0 68110809\n\n"
    "totals: 68110809\n"
)
PARTS = [DUMP[:length] for length in range(len(DUMP))]


def test_total():
    """The total stands in the last line of a dump."""
    assert 68_110_809 == read_total(DUMP)


@pytest.mark.parametrize("part", [*PARTS[:: len(PARTS) // 20], *PARTS[-12:]])
def test_unfinished(part):
    """A dump that is being written has no total yet, wherever it is cut off."""
    assert read_total(part) is None


def test_total_of_a_number(tmp_path):
    """Dumps are found by their number, whichever process wrote them."""
    (tmp_path / "counters.7.1").write_text(DUMP)
    (tmp_path / "counters.7.11").write_text(DUMP.replace("68110809", "5"))

    assert [68_110_809, None, 5] == [total_of(tmp_path, number) for number in (1, 2, 11)]


def test_asks_through_a_pipe(tmp_path):
    """The worker reads a byte for each time that it is asked, and is waited for."""
    counters = counters_of(tmp_path)
    (tmp_path / "counters.7.1").write_text(DUMP)
    with counters.pipe.open("r+b", buffering=0) as worker:
        assert 68_110_809 == counters.take()
        assert b"." == worker.read(1)


def test_stable():
    """The first two in a row that agree within half a per cent are the figure."""
    values = iter([700.0, 430.0, 136.0, 136.4, 99.0])

    assert 136.2 == until_stable(lambda: next(values))
    assert 99.0 == next(values)


def test_never_stable():
    """What goes on changing is no figure."""
    values = iter(range(1, 1_000, 7))

    with pytest.raises(NotCounted, match="no two phases agree"):
        until_stable(lambda: float(next(values)))


def test_undisturbed():
    """Of the phases of a load, the two with the least work count: others were disturbed."""
    assert 101.0 == undisturbed([150.0, 100.0, 102.0])


def test_always_disturbed():
    """Where no two agree, there is no figure."""
    with pytest.raises(NotCounted, match="no two phases agree"):
        undisturbed([150.0, 100.0, 103.0])
