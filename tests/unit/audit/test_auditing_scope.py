"""scope, uploads: what is listed and judged, and what may still be on its way."""

from datetime import UTC, datetime, timedelta

import pytest
from audited_objects import RECEIVED, sighting, stored

from analytics_commands.audit.scope import Scope
from analytics_commands.audit.unused_uploads import is_unused
from analytics_pipeline.stored_objects import Selection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = NOON - timedelta(days=7)


def scope(*, until=NOON, settle=15, now=NOON, **selected):
    """Return the scope of a week; `settle` in minutes."""
    return Scope(Selection(SINCE, until, **selected), timedelta(minutes=settle), now)


class TestSettled:
    @pytest.mark.parametrize(
        ("until", "settle", "minute"),
        [(0, 15, -15), (0, 0, 0), (-60, 15, -60), (-10, 15, -15), (30, 15, -15)],
    )
    def test_end(self, until, settle, minute):
        """Objects are judged up to `until`, but none that is younger than `settle`."""
        end = NOON + timedelta(minutes=until)

        assert NOON + timedelta(minutes=minute) == scope(until=end, settle=settle).settled

    def test_all_of_it_is_young(self):
        """The end is never before the beginning."""
        assert SINCE == scope(settle=60 * 24 * 30).settled


class TestListed:
    @pytest.mark.parametrize(
        ("since", "until", "thirds"),
        [
            ("2026-03-01T00:00", "2026-03-02T00:00", ["01/0-8", "01/8-16", "01/16-24"]),
            ("2026-03-01T07:59", "2026-03-01T08:00", ["01/0-8"]),
            ("2026-03-01T08:00", "2026-03-01T08:01", ["01/8-16"]),
            ("2026-02-28T23:59", "2026-03-01T08:01", ["28/16-24", "01/0-8", "01/8-16"]),
        ],
    )
    def test_thirds(self, since, until, thirds):
        """The thirds of days in which something was received are listed, and no others."""
        begin, end = (datetime.fromisoformat(f"{text}:00+00:00") for text in (since, until))
        prefixes = Scope(Selection(begin, end), timedelta(), end).listed_below(["b/", "a/"])

        expected = [
            f"{category}event_ds=2026-{'02' if third[:2] == '28' else '03'}-{third[:2]}"
            f"/event_time={third[3:]}/"
            for category in ("a/", "b/")
            for third in thirds
        ]
        assert sorted(expected) == prefixes


@pytest.mark.parametrize(
    ("minutes", "settle", "is_lapsed"),
    [(30, 0, True), (29, 0, False), (45, 15, True), (44, 15, False)],
)
def test_unused_uploads(minutes, settle, is_lapsed):
    """A URL is unused half an hour and `settle` after it was issued, unless its file is there."""
    now = RECEIVED + timedelta(minutes=minutes)
    times = scope(until=now, now=now, settle=settle)

    assert is_lapsed == is_unused(sighting(accepted=0), times)
    assert not is_unused(sighting(accepted=0, stored=stored()), times)
