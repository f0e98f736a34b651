"""What grows is told from what does not."""

import pytest

from analytics_soak.samples import Samples


def growth(*used, seconds=300):
    """Return the growth of a process that uses so much (MB, handles), evenly, in its life."""
    samples = Samples()
    step = seconds / len(used)
    samples.taken[("load", 1)] = [(i * step, *each) for i, each in enumerate(used)]
    return samples.growths()


@pytest.mark.parametrize(
    ("used", "flat"),
    [
        ([(100, 30)] * 100, True),
        ([(20, 5)] * 10 + [(100, 30)] * 90, True),
        ([(100, 30)] * 50 + [(300, 90)] * 10 + [(100, 30)] * 40, True),
        ([(100 + i / 4, 30) for i in range(100)], False),
        ([(100, 30 + 3 * i) for i in range(100)], False),
    ],
    ids=["flat", "start", "spike", "memory", "handles"],
)
def test_growth(used, flat):
    """More after the first minute is growth; what is taken at the start, or for a while, is not."""
    (found,) = growth(*used)

    assert flat == found.is_flat


def test_short_lives():
    """Of a process that did not live long enough, nothing is said."""
    assert [] == growth(*[(100, 30)] * 30, seconds=170)
