"""portions: every row and every name to be listed comes once, those of one object together."""

import pytest
from audited_objects import account
from hypothesis import given
from hypothesis import strategies as st

from analytics_commands.audit.reading.name_portions import OutOfOrder, Portion, Span, cut_portions

LETTERS = "ab/0é😀"
NAMES = st.lists(st.text(LETTERS, min_size=1, max_size=3), max_size=30).map(sorted)
PREFIXES = st.sets(st.sampled_from(["a/", "b/", "é/", "a0/", "0/", "😀/"])).map(sorted)


def row(name):
    """Return a row of that name."""
    each = account()
    return type(each)(name, *(getattr(each, field) for field in each.__struct_fields__[1:]))


def paged(names, size):
    """Return rows of those names, in pages."""
    rows = [row(name) for name in names]
    return [rows[index : index + size] for index in range(0, len(rows), size)]


@given(NAMES, PREFIXES, st.integers(1, 4), st.text(LETTERS, max_size=4))
def test_all_of_it_once(names, prefixes, size, other):
    """Rows come in their order, and a name is listed once, beside its rows, if it is to be."""
    portions = list(cut_portions(paged(names, size), prefixes))

    assert names == [each.name for portion in portions for each in portion.rows]
    assert len(set(names)) == sum(len({row.name for row in each.rows}) for each in portions)
    assert all(span.start < span.end for portion in portions for span in portion.spans)
    for name in {*names, other}:
        listing = [portion for portion in portions if portion.lists(name)]
        assert int(name.startswith(tuple(prefixes))) == len(listing)
        mine = [portion for portion in portions if name in {row.name for row in portion.rows}]
        assert not (listing and mine) or listing == mine


def test_many_prefixes():
    """A portion has few listings, however many prefixes there are, and whatever the rows."""
    prefixes = [f"{number:04}/" for number in range(100)]
    portions = list(cut_portions(paged(["0050/x", "0099/x"], 10), prefixes))

    assert 16 == max(len(portion.spans) for portion in portions)
    assert set(prefixes) == {span.start[:5] for portion in portions for span in portion.spans}
    assert ["0050/x", "0099/x"] == [each.name for portion in portions for each in portion.rows]


def test_nothing():
    """Without rows and prefixes there is nothing to do."""
    assert [Portion((), [])] == list(cut_portions([], []))


@pytest.mark.parametrize("size", [1, 2])
def test_out_of_order(size):
    """Rows in another order are an error, not a heap of false findings."""
    with pytest.raises(OutOfOrder, match=r"^a comes after b$"):
        list(cut_portions(paged("ba", size), []))


def test_split():
    """What is left from a name on are the rows and the names from there on."""
    portion = Portion(paged("ace", 3)[0], [Span("a", "b"), Span("b", "d"), Span("e", "f")])
    rows, left = portion.split("c")

    assert (["a"], ["c", "e"]) == tuple([row.name for row in each] for each in (rows, left.rows))
    assert [Span("c", "d"), Span("e", "f")] == list(left.spans)
    assert (portion.rows, None) == portion.split("")
