"""scope, uploads: which objects are judged, and which may still be on their way."""

from datetime import UTC, datetime, timedelta

import pytest
from audited_objects import RECEIVED, ROOT, accepted, stored, uri_of

from analytics_commands.audit.scope import Scope, list_stored
from analytics_commands.audit.unused_uploads import find_unused
from analytics_pipeline.stored_objects import Day, Selection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SINCE = NOON - timedelta(days=7)


def scope(*, until=NOON, settle=15, now=NOON, **selected):
    """Return the scope of a week; `settle` in minutes."""
    return Scope(Selection(SINCE, until, **selected), timedelta(minutes=settle), now)


class FakeInventory:
    """Objects of three places, as `Inventory` lists them."""

    def __init__(self):
        self.listed = []

    def days(self, data_type, analytics_environment=None, event_category=None):
        """Return the days of one category."""
        assert (data_type, analytics_environment) == ("json", None)
        return [Day("2026-03-01", name, event_category) for name in ("a", "a-b", "b")]

    def objects(self, prefix):
        """Yield nothing but the prefix."""
        self.listed.append(prefix)
        yield prefix


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


class TestListing:
    @pytest.mark.parametrize(
        ("selected", "prefixes"),
        [
            ({}, ["data_type=json/"]),
            ({"analytics_environment": "a"}, ["data_type=json/analytics_environment=a/"]),
            (
                {"analytics_environment": "a", "event_category": "cold"},
                ["data_type=json/analytics_environment=a/event_category=cold/"],
            ),
            (
                {"event_category": "cold"},
                [
                    "data_type=json/analytics_environment=a-b/event_category=cold/",
                    "data_type=json/analytics_environment=a/event_category=cold/",
                    "data_type=json/analytics_environment=b/event_category=cold/",
                ],
            ),
        ],
        ids=["all", "environment", "both", "category"],
    )
    def test_prefixes(self, selected, prefixes):
        """No more is listed than was selected, in the order of the names' bytes."""
        inventory = FakeInventory()

        assert prefixes == list(list_stored(inventory, "json", scope(**selected)))
        assert sorted(prefixes) == inventory.listed

    @pytest.mark.parametrize(
        ("selected", "part"),
        [
            ({}, ""),
            ({"analytics_environment": "a"}, "/analytics_environment=a/"),
            ({"event_category": "cold"}, "/event_category=cold/"),
            (
                {"analytics_environment": "a", "event_category": "cold"},
                "/analytics_environment=a/event_category=cold/",
            ),
        ],
        ids=["all", "environment", "category", "both"],
    )
    def test_part_of_a_name(self, selected, part):
        """Log lines are asked for by what the selected names hold."""
        assert part == scope(**selected).name_part


class TestUnusedUploads:
    def unused(self, *, files=(), issued=RECEIVED, **given):
        """Return the URLs that are found to be unused."""
        urls = [
            accepted(leaf, count=0, moment=issued, data_type="file", category="crash")
            for leaf in ("f", "g")
        ]
        found = find_unused(ROOT, urls, files, scope(**given))
        return [each.uri for each in found]

    @pytest.mark.parametrize(
        ("minutes", "settle", "number"), [(30, 0, 2), (29, 0, 0), (45, 15, 2), (44, 15, 0)]
    )
    def test_lapsed(self, minutes, settle, number):
        """A URL is unused half an hour and `settle` after it was issued, not before."""
        now = RECEIVED + timedelta(minutes=minutes)

        assert number == len(self.unused(until=now, now=now, settle=settle))

    def test_used(self):
        """A URL whose file is there was used."""
        now = RECEIVED + timedelta(hours=1)
        file = stored("f", data_type="file", category="crash")
        unused = self.unused(files=[file], until=now, now=now)

        assert [uri_of("g", data_type="file", category="crash")] == unused

    @pytest.mark.parametrize("issued", [SINCE - timedelta(seconds=1), NOON])
    def test_of_another_time(self, issued):
        """A URL that was issued before or after the time selected is not judged."""
        assert [] == self.unused(issued=issued, now=NOON + timedelta(days=1))
