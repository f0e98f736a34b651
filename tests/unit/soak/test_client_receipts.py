"""The independent count: what receipts promise, and what it calls wrong."""

from itertools import islice

import pytest

from analytics_soak.batches import Batch, batches_of
from analytics_soak.client_receipts import Receipt, Wrong, judge, least_rows

NOON, MIDNIGHT = 1_700_049_600.0, 1_700_092_800.0


def receipt(*statuses, key="", place="rows", began=NOON, ended=NOON + 5, ids=None):
    """Build the receipt of a batch of one event, tagged `t`."""
    batch = Batch(b"", {}, {}, key, {"t": place})
    if ids is None:
        ids = [str(i) if key == "" else "0" for i in range(statuses.count(200))]
    return Receipt(batch, began, ended, list(statuses), ids)


def wrong(given, **found):
    """Return what is wrong where the tag was found so many times at some places."""
    counts = {place: {"t": n} for place, n in found.items()}
    return [
        each.what for each in judge([given], {"rows": {}, "letters": {}, "objects": {}} | counts)
    ]


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        (receipt(), {0}),
        (receipt(200), {1}),
        (receipt(0), {0, 1}),
        (receipt(503, 200), {1, 2}),
        (receipt(200, 200), {2}),
        (receipt(0, 503, 0, key="uuid7"), {0, 1}),
        (receipt(200, 0, 200, key="uuid7"), {1}),
        (receipt(200, 0, 200, key="opaque"), {1}),
        (receipt(200, 200, key="opaque", began=MIDNIGHT - 1, ended=MIDNIGHT), {1, 2}),
        (receipt(200, 200, key="uuid7", began=MIDNIGHT - 1, ended=MIDNIGHT), {1}),
    ],
    ids=str,
)
def test_rows(given, allowed):
    """An accepted event is a row: one under a key, else as many as it was sent at most."""
    judged = {n: wrong(given, rows=n) for n in range(5)}

    assert allowed == {n for n, found in judged.items() if not found}
    assert {"lost"} >= {what for n in range(min(allowed)) for what in judged[n]}
    assert ["doubled"] == judged[4]


@pytest.mark.parametrize("place", ["letters", "objects"])
def test_other_places(place):
    """What is no event is where the contract puts it, under an opaque key once a second at most."""
    assert ["lost"] == wrong(receipt(200, place=place))
    assert [] == wrong(receipt(200, 0, key="opaque", place=place), **{place: 2})
    assert ["doubled"] == wrong(receipt(200, 0, key="uuid7", place=place), **{place: 2})
    assert ["unsent", "lost"] == wrong(receipt(200, place=place), rows=1)


def test_refused():
    """What must be refused is nowhere, and never accepted."""
    assert [] == wrong(receipt(400, 0, place="nowhere"))
    assert ["unsent"] == wrong(receipt(400, place="nowhere"), rows=1)
    assert ["answer"] == wrong(receipt(200, place="nowhere"))


def test_unsent():
    """What nobody sent is told, wherever it is."""
    assert [Wrong("unsent", "x", "in letters, and nobody sent it")] == list(
        judge([receipt(200)], {"rows": {"t": 1}, "letters": {"x": 1}})
    )


def test_batch_ids():
    """Attempts under a key that tells its time have one receipt, those without key one each."""
    assert ["answer"] == wrong(receipt(200, 200, ids=["a", "a"]), rows=2)
    assert ["answer"] == wrong(receipt(200, 200, key="uuid7", ids=["a", "b"]), rows=1)
    assert [] == wrong(receipt(200, 200, key="opaque", ids=["a", "b"]), rows=1)


def test_least_rows():
    """What was accepted and is to be loaded has so many rows at least."""
    assert 1 == least_rows([receipt(200), receipt(503), receipt(200, place="letters")])


def test_batches():
    """The same seed sends the same, every tag once, of every form and under every kind of key."""
    batches = list(islice(batches_of(3, 1), 300))
    tags = [tag for batch in batches for tag in batch.places]

    assert batches == list(islice(batches_of(3, 1), 300))
    assert batches != list(islice(batches_of(3, 2), 300))
    assert len(tags) == len(set(tags))
    assert {"rows", "letters", "objects", "nowhere"} == {
        p for b in batches for p in b.places.values()
    }
    assert {"", "uuid7", "opaque"} == {batch.key for batch in batches}
