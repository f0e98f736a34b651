"""When the next attempt comes, on a clock that the test sets."""

import itertools

import pytest

from analytics_pipeline_client.sending.pacing import Pacing


class Monotonic:
    """A clock that goes when it is told."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture(name="monotonic")
def _monotonic():
    return Monotonic()


@pytest.fixture(name="pacing")
def _pacing(monotonic):
    return Pacing(base=1, cap=300, halt=300, monotonic=monotonic)


def pauses(pacing, attempts, times=400):
    """Return many pauses after as many failures."""
    found = []
    for _ in range(times):
        pacing.answered(1)
        for attempt in range(attempts):
            pacing.failed(1, attempt, 0)
        found.append(pacing.pause())
    return found


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (2000, 300)]
)
def test_full_jitter(pacing, attempts, longest):
    """A pause is anything up to the longest, which doubles up to the cap."""
    found = pauses(pacing, attempts, times=60)

    assert 0 <= min(found) < longest / 2 < max(found) <= longest


def test_nothing_yet(pacing):
    """At first nothing waits."""
    assert (pacing.pause(), pacing.choose([(1, 0)]), pacing.may_cut([], full=False)) == (0, 1, True)


def test_clock_goes_on():
    """Time that passes between two looks at the clock makes no pause negative."""
    clock = itertools.count(1_000)
    pacing = Pacing(base=1, cap=300, halt=300, monotonic=lambda: next(clock))

    assert pacing.pause() >= 0
    pacing.failed(1, 0, 0)
    assert all(least >= 0 for _ in range(9) for least in (pacing.pause(), pacing.next_ready()))


def test_asked(pacing, monotonic):
    """A pause that the server asks for is kept, whatever else is shorter, and whoever hurries."""
    pacing.failed(1, 0, 60)
    pacing.hurry()
    monotonic.now += 59
    assert 1 == pytest.approx(pacing.pause())
    monotonic.now += 1
    assert 0 == pacing.pause()


def test_refused(pacing, monotonic):
    """While the key is refused the pause is long, and ends with an answer, or by hurry."""
    pacing.refused(0)
    monotonic.now += 299
    assert (1, True) == (pytest.approx(pacing.pause()), pacing.halted)
    pacing.hurry()
    assert (0, True) == (pacing.pause(), pacing.halted)
    pacing.answered(1)
    assert not pacing.halted


def test_its_turn(pacing, monotonic):
    """A batch that failed waits for its own time while others go."""
    for attempt in range(20):
        pacing.failed(1, attempt, 0)
    pacing.answered(2)
    assert 3 == pacing.choose([(3, 0), (1, 20)])
    assert pacing.choose([(1, 20)]) is None
    monotonic.now += pacing.next_ready()
    assert 1 == pacing.choose([(1, 20)])


@pytest.mark.parametrize(
    ("batches", "full", "may"),
    [
        ([], False, True),
        ([(1, 1)], False, False),
        ([(1, 2)], True, False),
        ([(1, 3)], False, True),
        ([(1, 3), (2, 0)], False, False),
        ([(n, 3) for n in range(5)], False, False),
        ([(n, 3) for n in range(5)], True, True),
    ],
)
def test_cutting_while_failing(pacing, batches, full, may):
    """While the server fails, small batches are not cut one after the other."""
    pacing.failed(1, 0, 0)

    assert may == pacing.may_cut(batches, full=full)
