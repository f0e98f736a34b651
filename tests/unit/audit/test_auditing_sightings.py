"""sightings: what three accounts say of one object comes together, whatever they leave out."""

import pytest
from audited_objects import BUCKET, RECEIVED, account, held, listed, name_of, sighting, stored

from analytics_commands.audit.sightings import see
from analytics_pipeline.stored_objects import Day


class TestSeen:
    def test_all_that_is_known(self):
        """An object has what the rows and the listing say of it."""
        seen = see(BUCKET, name_of(), [account()], listed())

        assert sighting(held=held(), accepted=3, stored=seen.stored) == seen
        assert ("1", 3, RECEIVED) == (
            seen.stored.ref.generation,
            seen.stored.event_count,
            seen.stored.received,
        )

    def test_it_knows_best_when_it_was_received(self):
        """Of several times, that of the object counts, then the earliest that the rows say."""
        at_seven, at_eight = RECEIVED.replace(hour=7), RECEIVED.replace(hour=8)
        rows = [account(moment=at_eight), account(moment=at_seven)]

        assert 12 == see(BUCKET, name_of(), rows, listed()).received.hour
        assert 7 == see(BUCKET, name_of(), rows, None).received.hour

    def test_versions(self):
        """Every version of which BigQuery has something is there, and no other."""
        rows = [account(loaded=None), account(generation="2", accepted=None, loaded=0)]
        seen = see(BUCKET, name_of(), rows, None)

        assert (("2",), 3) == (tuple(each.generation for each in seen.held), seen.accepted)

    def test_oddities(self):
        """What a row says beside the number of events is told apart."""
        (each,) = see(BUCKET, name_of(), [account(oddities="1 2 3 4 5 6")], None).held

        assert each == held(
            dead_lettered=1,
            lettered_as_whole=2,
            rows=3,
            distinct_rows=4,
            visible_rows=5,
            later_copies=6,
        )

    def test_where_it_is(self):
        """An object is of the day that its name says."""
        seen = see(BUCKET, name_of(category="cold"), [], listed(category="cold"))

        assert Day("2026-03-01", "testing", "cold") == seen.day

    @pytest.mark.parametrize("name", ["x", name_of(".keep"), name_of("")])
    def test_what_is_no_object_of_the_layout(self, name):
        """Other names, folders and what keeps them are not seen."""
        each = listed()
        each.name = name

        assert see(BUCKET, name, [], each) is None

    def test_rows_of_another_layout(self):
        """Rows whose object could not be of this layout are seen, too."""
        seen = see(BUCKET, "elsewhere", [account()], None)

        assert ("gs://b/elsewhere", Day("None", "None", "None"), 3) == (
            seen.uri,
            seen.day,
            seen.loaded,
        )


class TestCounts:
    def test_the_log_counts(self):
        """Where there is a log line, an object must have the events that were accepted."""
        assert 3 == sighting(stored=stored(count=5), accepted=3).event_count

    def test_less_what_was_forgotten(self):
        """Events that were taken out of an object are no longer due."""
        rewritten = stored(count=1, metadata={"forgotten_count": "2"})

        assert 1 == sighting(stored=rewritten, accepted=3).event_count

    def test_without_a_log(self):
        """Without a log line, the object is taken at its word."""
        assert [5, None] == [sighting(stored=stored(count=n)).event_count for n in (5, None)]

    @pytest.mark.parametrize(
        ("known", "dead_lettered"),
        [
            ({}, 0),
            ({"held": held(loaded=1, dead_lettered=2)}, 2),
            ({"held": held(loaded=0, lettered_as_whole=3), "stored": stored()}, 3),
            ({"held": held(loaded=3, lettered_as_whole=3), "stored": stored()}, 0),
            ({"held": held(loaded=0, lettered_as_whole=1), "stored": stored(count=None)}, 1),
        ],
        ids=["nothing", "lines", "whole", "replayed", "unknown number"],
    )
    def test_dead_lettered(self, known, dead_lettered):
        """A letter of the whole object stands for all events that have no row."""
        assert dead_lettered == sighting(**known).dead_lettered
