"""A reader is told why something has no column."""

import pytest

from analytics_console.views.inspecting.extra_fields import adjusted_paths, explain_extra


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ({"eventtype": "x"}, "no column of that name; is it eventType, misspelt?"),
        ({"Player-ID": "x"}, "no column of that name; is it playerId, misspelt?"),
        ({"evntIndex": 1}, "no column of that name; is it eventIndex, misspelt?"),
        ({"eventIndex": "seven"}, "the value does not fit INTEGER"),
        ({"buildVersion": {}}, "the value does not fit STRING"),
        ({"eventAttributes": "no json"}, "the value does not fit JSON"),
        ({"player_id": []}, "playerId was taken, or the value does not fit STRING"),
        ({"batchId": "x"}, "the pipeline fills batch_id itself"),
        ({"level": 7}, "no column of that name"),
        ({"": 1}, "no column of that name"),
        ({"x" * 100_000: 1}, "no column of that name"),
    ],
)
def test_why(extra, why):
    """Each field says why it is there."""
    assert [why] == [each["why"] for each in explain_extra(extra)]


def test_adjusted():
    """Paths that were adjusted are no field of the client's."""
    extra = {"_adjusted": ["extra.n"], "n": "1e400"}

    assert ["extra.n"] == adjusted_paths(extra)
    assert ["n"] == [each["field"] for each in explain_extra(extra)]


@pytest.mark.parametrize("extra", [None, "{", [], {"_adjusted": "x"}])
def test_odd_extra(extra):
    """What others wrote into the column is no list of fields."""
    assert [] == explain_extra(extra)
    assert [] == adjusted_paths(extra)
