"""examining: what agrees is counted, everything else is seen, wherever the listing begins."""

from dataclasses import replace
from datetime import timedelta

import pytest
from audited_objects import BUCKET, DAY, RECEIVED, account, listed, name_of
from hypothesis import given
from hypothesis import strategies as st

from analytics_commands.audit import examining
from analytics_commands.audit.examining import Agreed, Examiner
from analytics_commands.audit.reading.bucket_pages import BucketPage
from analytics_commands.audit.reading.name_portions import Portion, Span
from analytics_commands.audit.scope import Scope
from analytics_pipeline.stored_objects import Selection

NOW = RECEIVED + timedelta(hours=1)
SCOPE = Scope(Selection(RECEIVED - timedelta(hours=1), NOW), timedelta(minutes=15), NOW)
ALL = Span("", chr(0x10FFFF))
BEFORE, YOUNG = RECEIVED - timedelta(days=1), NOW - timedelta(minutes=1)


class Bucket:
    """Lists objects as `BucketPages` does, and counts the pages."""

    def __init__(self, *objects, page=1000):
        self._objects = sorted(objects, key=lambda each: each.name)
        self._page = page
        self.asked = 0

    def pages(self, start, end, names):
        """Yield pages of the names from one to another."""
        rest = [each for each in self._objects if start <= each.name < end]
        size = min(names, self._page)
        while True:
            self.asked += 1
            page, rest = rest[:size], rest[size:]
            yield BucketPage(page, next_page_token="more" if rest else "")
            if not rest:
                return


def examine(rows, objects, spans=(ALL,)):
    """Return what rows and objects come to."""
    return Examiner(Bucket(*objects).pages, BUCKET, SCOPE).examine(Portion(rows, spans))


class TestAgreed:
    @pytest.mark.parametrize(
        ("row", "each", "is_loaded"),
        [
            (account(), listed(), True),
            (account(category="cold", loaded=None), listed(category="cold"), False),
            (account(category="cold"), listed(category="cold"), True),
            (
                account(category="cold", data_type="unknown", loaded=None),
                listed(category="cold", data_type="unknown"),
                False,
            ),
        ],
        ids=["loaded", "not to be loaded", "loaded by hand", "a body"],
    )
    def test_counted(self, row, each, is_loaded):
        """An object of which all say the same is counted, and nothing else."""
        found = examine([row], [each])
        day = replace(DAY, event_category="function" if "=function/" in row.name else "cold")

        assert {Agreed(day, is_loaded): 1} == found.objects
        assert {Agreed(day, is_loaded): 3} == found.events
        assert [] == found.others

    @pytest.mark.parametrize(
        ("rows", "each"),
        [
            ([account(accepted=None)], listed()),
            ([account(accepted=4)], listed()),
            ([account(loaded=2)], listed()),
            ([account(loaded=None)], listed()),
            ([account(generation="0")], listed()),
            ([account(oddities="0 0 4 3 3 0")], listed()),
            ([account(), account(generation="2")], listed()),
            ([account(data_type="unknown")], listed(data_type="unknown")),
            ([account(data_type="unknown", loaded=None)], listed(data_type="unknown")),
            ([account()], listed(metadata={"event_count": "03"})),
            ([account()], listed(metadata={"forgotten_count": "1"})),
            ([account()], listed(metadata={"rewritten_at": "x"})),
            ([account()], listed(metadata={"received_timestamp": "nan"})),
            ([account()], listed(metadata={"received_timestamp": ""})),
            ([account()], listed(metadata={"received_timestamp": None})),
            ([account()], listed(created=RECEIVED + timedelta(seconds=1))),
            ([account(moment=YOUNG)], listed(created=YOUNG)),
            ([account(moment=BEFORE)], listed(created=BEFORE)),
            ([], listed()),
            ([account()], None),
        ],
    )
    def test_seen(self, rows, each):
        """An object on which not all agree is looked at, and so is what one of them alone knows."""
        found = examine(rows, [each] if each else [])

        assert ({}, {}) == (found.objects, found.events)
        (seen,) = found.others
        assert (each is not None, len([row for row in rows if row.loaded is not None])) == (
            seen.stored is not None,
            len(seen.held),
        )

    @pytest.mark.parametrize(
        ("created", "said", "is_seen"),
        [
            (BEFORE, f"{BEFORE.timestamp()}", False),
            (BEFORE, "", False),
            (BEFORE, f"{RECEIVED.timestamp()}", True),
            (RECEIVED, f"{BEFORE.timestamp()}", True),
            (RECEIVED, "99999999999999999999", True),
            (RECEIVED, "٣", True),
            (NOW, f"{NOW.timestamp() + 2}", False),
        ],
    )
    def test_of_another_time(self, created, said, is_seen):
        """What nobody knows is left out if its word and its creation are of another time."""
        each = listed(created=created, metadata={"received_timestamp": said})

        assert is_seen == bool(examine([], [each]).others)

    def test_order(self):
        """What is seen comes by name, whoever knows it."""
        found = examine([account("b"), account("d")], [listed("c"), listed("a")])

        assert list("abcd") == [seen.uri[-1] for seen in found.others]

    def test_no_objects(self):
        """Folders, what keeps them, and other names are not seen, and hide nothing."""
        odd = listed()
        odd.name = f"{name_of('')[:-2]}"
        found = examine([account()], [listed(".keep"), odd, listed()])

        assert (1, []) == (found.objects.total(), found.others)


class TestLookedUp:
    """What is not under a prefix that is listed is looked up by its name."""

    LEAVES = st.sets(st.text("ab", min_size=1, max_size=4))

    @given(LEAVES, LEAVES, st.integers(1, 12))
    def test_found(self, known, there, page):
        """Each of the rows finds its object, if it is there, and no other is seen."""
        bucket = Bucket(*map(listed, there), page=page)
        rows = [account(leaf) for leaf in sorted(known)]
        found = Examiner(bucket.pages, BUCKET, SCOPE).examine(Portion(rows, []))

        assert len(known & there) == found.objects.total()
        assert sorted(known - there) == [seen.uri.rpartition("/")[2] for seen in found.others]

    def test_neighbours_cost_little(self):
        """Thousands of neighbours take a few pages, and a distant one does not take them all."""
        leaves = [f"{number:05}" for number in range(2000)]
        bucket = Bucket(*map(listed, leaves))
        examiner = Examiner(bucket.pages, BUCKET, SCOPE)
        examiner.examine(Portion([account(leaf) for leaf in leaves], []))
        assert 2 == bucket.asked
        examiner.examine(Portion([account(leaf) for leaf in ("00000", "01999")], []))
        assert 4 == bucket.asked

    def test_empty_pages(self):
        """A page without names is not the end of them (JSON API reference)."""
        full = BucketPage([listed()])
        pages = [BucketPage(next_page_token="more"), full]
        examiner = Examiner(lambda *_: iter(pages), BUCKET, SCOPE)

        assert 1 == examiner.examine(Portion([account()], [])).objects.total()


def test_long_portions(monkeypatch):
    """Of names without end, a bounded number is held at a time, and none is left out."""
    monkeypatch.setattr(examining, "_MOST_PAGES", 2)
    leaves = [f"{number:02}" for number in range(20)]
    bucket = Bucket(*map(listed, leaves), page=3)
    portion = Portion([account(leaf) for leaf in [*leaves[::2], "99"]], [ALL])
    pieces = []
    while portion is not None:
        pieces.append(Examiner(bucket.pages, BUCKET, SCOPE).examine(portion))
        portion = pieces[-1].left

    assert 10 == sum(piece.objects.total() for piece in pieces)
    seen = [each.uri[-2:] for piece in pieces for each in piece.others]
    assert [*leaves[1::2], "99"] == seen
    assert 1 < len(pieces)
