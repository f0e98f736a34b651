"""judging: what each disagreement about an object is called, and of how many events it is."""

import pytest
from audited_objects import held, sighting, stored

from analytics_commands.audit.findings import CLIENT_GAPS, NOTES
from analytics_commands.audit.judging import judge


def found(*, is_logged=True, is_expired=False, is_swept=False, **known):
    """Return the kinds of what is found, and the events of each."""
    faults = judge(sighting(**known), is_logged=is_logged, is_expired=is_expired, is_swept=is_swept)
    return [(fault.kind, fault.events) for fault in faults]


class TestBalanced:
    def test_all_agree(self):
        """Accepted, stored and loaded alike is no finding."""
        assert [] == found(stored=stored(), accepted=3, held=held())

    def test_dead_letters_count(self):
        """An event with a dead letter is accounted for."""
        letters = held(loaded=1, dead_lettered=2)

        assert [] == found(stored=stored(), accepted=3, held=letters)

    def test_a_letter_of_the_whole_object(self):
        """An object that was dead-lettered as a whole is accounted for."""
        assert [] == found(stored=stored(), accepted=3, held=held(loaded=0, lettered_as_whole=3))

    def test_forgotten_events(self):
        """Of a rewritten object the log knows the events that were taken out of it, too."""
        rewritten = stored(count=1, metadata={"rewritten_at": "x", "forgotten_count": "2"})

        assert [] == found(stored=rewritten, accepted=3, held=held(loaded=1))

    def test_everything_forgotten(self):
        """A rewritten object without any event needs no rows."""
        rewritten = stored(count=0, metadata={"rewritten_at": "x", "forgotten_count": "3"})

        assert [] == found(stored=rewritten, accepted=3)

    def test_a_category_that_is_not_loaded(self):
        """Events of another category need no rows."""
        cold = stored(category="cold")

        assert [] == found(stored=cold, accepted=3)

    def test_rows_of_an_object_without_a_count(self):
        """An object that does not say how many events it has is complete with any rows."""
        assert [] == found(stored=stored(count=None), is_logged=False, held=held(loaded=1))

    def test_no_log(self):
        """Without a log, no object is missing from it."""
        assert [] == found(stored=stored(), held=held(), is_logged=False)


class TestGaps:
    def test_lost(self):
        """An object of which some events are neither rows nor letters has lost the rest."""
        some = held(loaded=1, dead_lettered=1)

        assert [("lost", 1)] == found(stored=stored(), accepted=3, held=some)

    def test_lost_of_a_promoted_category(self):
        """An object of another category that was loaded in part has lost the rest."""
        cold, log = stored(category="cold"), 3
        some = held(loaded=1)

        assert [("lost", 2)] == found(stored=cold, accepted=log, held=some)

    def test_undelivered(self):
        """An object without any row or letter was never delivered."""
        assert [("undelivered", 3)] == found(stored=stored(), accepted=3)

    def test_undelivered_but_for_a_letter_of_nothing(self):
        """A dead letter that stands for no event does not make an object delivered."""
        assert [("undelivered", 3)] == found(stored=stored(), accepted=3, held=held(loaded=0))

    def test_undelivered_of_an_unknown_number(self):
        """An object that does not say how many events it has is undelivered all the same."""
        assert [("undelivered", None)] == found(stored=stored(count=None), is_logged=False)

    def test_doubled_in_the_view(self):
        """An event that the view shows twice is doubled."""
        twice = held(rows=4, distinct_rows=4, visible_rows=4, later_copies=1)

        assert [("doubled", 1)] == found(stored=stored(), accepted=3, held=twice)

    def test_more_rows_than_events(self):
        """Rows at positions that the object does not have are doubled events."""
        assert [("doubled", 2)] == found(stored=stored(), accepted=3, held=held(loaded=5))

    @pytest.mark.parametrize(("count", "difference"), [(5, 2), (2, 1), (None, 3)])
    def test_altered_count(self, count, difference):
        """An object whose own count is not the log's is one finding: rows follow the log."""
        altered = stored(count=count)

        assert [("altered_count", difference)] == found(stored=altered, accepted=3, held=held())

    def test_missing(self):
        """An object that was accepted, and is not there, is missing."""
        assert [("missing", 3)] == found(accepted=3)

    @pytest.mark.parametrize("log", [None, 3])
    def test_orphan(self, log):
        """Rows and letters whose object is gone are one finding."""
        assert [("orphan", 3)] == found(accepted=log, held=held(loaded=2, dead_lettered=1))

    def test_orphan_of_a_letter_of_the_whole(self):
        """A letter of a whole object counts all its events, also once the object is gone."""
        assert [("orphan", 7)] == found(held=held(loaded=0, lettered_as_whole=7))

    def test_not_loadable(self):
        """A body of the loaded category that is no JSON is named, once."""
        body = stored(count=0, data_type="unknown")
        log = 0

        assert [("not_loadable", None)] == found(stored=body, accepted=log)

    def test_a_body_of_another_category(self):
        """A body that is no JSON is fine where nothing is loaded."""
        body = stored(count=0, data_type="unknown", category="cold")

        assert [] == found(stored=body, is_logged=False)


class TestNotes:
    def test_unacknowledged(self):
        """An object that no log line explains is a note."""
        assert [("unacknowledged", 3)] == found(stored=stored(), held=held())

    @pytest.mark.parametrize("known", [{"accepted": 3}, {"held": held()}])
    def test_expired(self, known):
        """An object that the bucket's rules deleted is neither missing nor an orphan's."""
        assert [("expired", 3)] == found(is_expired=True, **known)

    def test_retried(self):
        """Events that the view shows from another object are a note of the hidden one."""
        hidden = held(visible_rows=1)

        assert [("retried", 2)] == found(stored=stored(), accepted=3, held=hidden)

    def test_redelivered(self):
        """Rows that the view hides are a note."""
        copies = held(rows=5)

        assert [("redelivered", 2)] == found(stored=stored(), accepted=3, held=copies)


class TestAcrossDays:
    """Events that were sent again on a later day are shown twice, until they are removed."""

    TWICE = held(later_copies=2)

    @pytest.mark.parametrize(
        ("is_swept", "kind"), [(False, "retried_later"), (True, "doubled_across_days")]
    )
    def test_kind(self, is_swept, kind):
        """That is a note until the nightly run must have removed them, and then a gap."""
        assert [(kind, 2)] == found(stored=stored(), accepted=3, held=self.TWICE, is_swept=is_swept)

    @pytest.mark.parametrize("kind", ["retried_later", "doubled_across_days"])
    def test_whose(self, kind):
        """It is never the server's: whoever has an API key can send an event on two days."""
        assert kind in {**NOTES, **CLIENT_GAPS}

    def test_same_id_within_a_batch(self):
        """Events of one batch under one id, of which the view shows one, are retried ones."""
        same = held(distinct_rows=1, visible_rows=1)

        assert [("retried", 2)] == found(stored=stored(), accepted=3, held=same)


class TestGenerations:
    """An object that was replaced has the rows of what it is, and not of what it was."""

    OLD = held(generation="0", loaded=2, dead_lettered=1)

    def test_overwritten(self):
        """Rows and letters of what it was are a note."""
        assert [("overwritten", 3)] == found(stored=stored(), accepted=3, held=(self.OLD, held()))

    def test_overwritten_and_not_loaded(self):
        """Rows of what it was do not stand for what it is."""
        assert [("undelivered", 3), ("overwritten", 3)] == found(
            stored=stored(), accepted=3, held=(self.OLD,)
        )

    def test_lettered_as_a_whole(self):
        """A letter of the whole of what it was does not stand for what it is, either."""
        whole = held(generation="0", loaded=0, lettered_as_whole=3)

        assert [("undelivered", 3), ("overwritten", 3)] == found(
            stored=stored(), accepted=3, held=(whole,)
        )

    def test_rewritten(self):
        """Rows of what a rewritten object was are its own: nothing is loaded again."""
        own = {"rewritten_at": "x", "forgotten_count": "1"}
        before = held(generation="0", loaded=1, dead_lettered=1)

        assert [] == found(stored=stored(count=2, metadata=own), accepted=3, held=before)

    def test_overwritten_and_rewritten(self):
        """Rows of what an object was before the one that was rewritten are not its own."""
        own = {"rewritten_at": "x", "forgotten_count": "1", "rewritten_from": "0"}
        before = held(generation="0", loaded=2)
        rewritten = stored(count=2, metadata=own)

        assert [("overwritten", 4)] == found(
            stored=rewritten, accepted=3, held=(held(generation="older", loaded=4), before)
        )

    def test_gone(self):
        """Of an object that is gone, all generations count."""
        assert [("orphan", 6)] == found(accepted=3, held=(self.OLD, held()))


@pytest.mark.parametrize(
    ("known", "details"),
    [
        (
            {"stored": stored(), "accepted": 1200, "held": held(dead_lettered=2)},
            [
                "the log says 1,200, the object 3",
                "1,195 of 1,200 events; 3 loaded, 2 dead-lettered",
            ],
        ),
        ({"accepted": 1}, ["1 event was accepted, the object is not there"]),
        ({"accepted": 2}, ["2 events were accepted, the object is not there"]),
        ({"stored": stored(count=1), "accepted": 1}, ["none of 1 event"]),
    ],
)
def test_details(known, details):
    """A finding says its numbers, right for one of them, too."""
    faults = judge(sighting(**known), is_logged=True, is_expired=False, is_swept=False)

    assert details == [fault.detail for fault in faults]
