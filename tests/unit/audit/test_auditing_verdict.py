"""tallies, verdict: the table of days, and the sentence that it comes to."""

from datetime import timedelta

import pytest
from audited_objects import DAY, RECEIVED, held, sighting, stored, uri_of

from analytics_commands.audit.findings import CLIENT_GAPS, SERVER_GAPS, Fault, Finding
from analytics_commands.audit.scope import Scope
from analytics_commands.audit.sightings import Sighting
from analytics_commands.audit.tallies import Tallies
from analytics_commands.audit.verdict import FindingCounts, reach_verdict
from analytics_pipeline.stored_objects import Day, Selection

SCOPE = Scope(Selection(RECEIVED - timedelta(days=1), RECEIVED), timedelta(minutes=15), RECEIVED)
LOADED = {"stored": stored(), "accepted": 3, "held": held()}
COLD = {"stored": stored(category="cold"), "accepted": 3}


def verdict(*known, faults=(), ignored=(), pending=None, is_logged=True, not_compared=()):
    """Return the verdict on these objects and faults."""
    tallies, counts = Tallies(is_logged=is_logged), FindingCounts(ignored)
    for each in known:
        tallies.add(sighting(**each), gaps=0)
    if pending:
        tallies.add_pending(pending)
    for fault in faults:
        counts.add(Finding.of_object(fault, uri_of(), DAY, ""))
    return reach_verdict(tallies, counts, SCOPE, is_logged=is_logged, not_compared=not_compared)


def shown(*known, is_logged=True, gaps=0):
    """Return the table's counts, without the day and without zeros."""
    tallies = Tallies(is_logged=is_logged)
    for each in known:
        tallies.add(sighting(**each), gaps=gaps)
    (record,) = tallies.records()
    return {name: value for name, value in list(record.items())[3:] if value != 0}


class TestTallies:
    def test_a_day(self):
        """A day sums its objects: accepted = stored = loaded + dead-lettered."""
        letters = LOADED | {"held": held(loaded=1, dead_lettered=2)}

        counts = {"objects": 2, "accepted": 6, "stored": 6, "loaded": 4, "dead_lettered": 2}
        assert counts == shown(LOADED, letters)

    def test_forgotten(self):
        """What was forgotten is counted, so that accepted = stored + forgotten."""
        own = {"rewritten_at": "x", "forgotten_count": "2"}
        rewritten = LOADED | {"stored": stored(count=1, metadata=own), "held": held(loaded=1)}

        counts = {"objects": 1, "accepted": 3, "stored": 1, "forgotten": 2, "loaded": 1}
        assert counts == shown(rewritten)

    def test_a_category_that_is_not_loaded(self):
        """Nothing is said of rows where none are due."""
        counts = {
            "objects": 1, "accepted": 3, "stored": 3, "loaded": None, "dead_lettered": None,
        }  # fmt: skip
        assert counts == shown(COLD)

    def test_a_promoted_category(self):
        """Rows of another category are counted where there are any."""
        promoted = COLD | {"held": held()}

        assert {"objects": 1, "accepted": 3, "stored": 3, "loaded": 3} == shown(promoted)

    def test_no_log(self):
        """Nothing is said of what was accepted where there is no log."""
        without = {"stored": stored(), "held": held()}

        counts = {"objects": 1, "accepted": None, "stored": 3, "loaded": 3}
        assert counts == shown(without, is_logged=False)

    def test_an_object_without_a_count(self):
        """An object that does not say how many events it has counts what was found of it."""
        foreign = {"stored": stored(count=None), "held": held(loaded=2, dead_lettered=1)}

        counts = {"objects": 1, "stored": 3, "loaded": 2, "dead_lettered": 1}
        assert counts == shown(foreign)

    def test_gaps(self):
        """An object that is gone leaves what was accepted, and its gaps."""
        assert {"accepted": 3, "gaps": 1, "loaded": None, "dead_lettered": None} == shown(
            {"accepted": 3}, gaps=1
        )

    @pytest.mark.parametrize(
        "known",
        [
            {"stored": stored()},
            {"accepted": 3},
            {"stored": stored(count=5), "accepted": 3},
            {"stored": stored(count=None), "accepted": 3},
        ],
        ids=["stored", "accepted", "both", "no count"],
    )
    def test_pending(self, known):
        """Of an object that is too young only its events are counted, as pending."""
        tallies = Tallies(is_logged=True)
        tallies.add_pending(sighting(**known))
        (record,) = tallies.records()

        assert 3 == record["pending"]
        assert 0 == record["objects"] + record["accepted"] + record["stored"]

    def test_order(self):
        """Days come by environment, category and date."""
        tallies = Tallies(is_logged=True)
        days = [
            Day("2026-03-02", "a", "z"),
            Day("2026-03-01", "b", "a"),
            Day("2026-03-01", "a", "z"),
        ]
        for day in days:
            tallies.add(Sighting(uri_of(), day, RECEIVED, stored=stored()), gaps=0)

        assert [("a", "2026-03-01"), ("a", "2026-03-02"), ("b", "2026-03-01")] == [
            (each["analytics_environment"], each["event_ds"]) for each in tallies.records()
        ]


class TestSentence:
    @pytest.mark.parametrize(
        ("known", "sentence"),
        [
            (
                [LOADED, LOADED],
                "Nothing is lost: 6 of 6 accepted events are stored and loaded.",
            ),
            ([COLD], "Nothing is lost: 3 of 3 accepted events are stored."),
            (
                [LOADED, COLD],
                "Nothing is lost: 6 of 6 accepted events are stored, 3 loaded and 0 dead-lettered.",
            ),
            (
                [],
                (
                    "Nothing stored: no object was received in the time from"
                    " 2026-02-28T12:00:00Z to 2026-03-01T11:45:00Z."
                ),
            ),
        ],
        ids=["loaded", "cold", "mixed", "empty"],
    )
    def test_clean(self, known, sentence):
        """Without a gap the sentence says what arrived, and where."""
        assert (0, sentence) == (verdict(*known).gaps, verdict(*known).sentence)

    def test_no_log(self):
        """Without a log the sentence does not speak of accepted events."""
        without = {"stored": stored(count=1), "held": held(loaded=1)}

        assert (
            "Nothing is lost: 1 event is stored and loaded (there was no log to compare with)."
        ) == verdict(without, is_logged=False).sentence

    def test_gaps(self):
        """Gaps are counted, kind by kind, with their events."""
        faults = [
            Fault("lost", 1, ""),
            Fault("undelivered", 1500, ""),
            Fault("undelivered", None, ""),
        ]
        reached = verdict(LOADED, faults=faults)

        assert 3 == reached.gaps
        assert "3 gaps: 1 lost (1 event), 2 undelivered (1,500 events)." == reached.sentence

    def test_one_gap(self):
        """One gap is not called gaps, even where nothing is stored."""
        assert "1 gap: 1 missing (3 events)." == verdict(faults=[Fault("missing", 3, "")]).sentence

    def test_ignored(self):
        """What is ignored is no gap, but it is not said that nothing is lost."""
        reached = verdict(LOADED, faults=[Fault("lost", 2, "")], ignored=["lost"])

        assert 0 == reached.gaps
        assert (
            "No other gap: 3 of 3 accepted events are stored and loaded;"
            " ignored: 1 lost (2 events)."
        ) == reached.sentence

    def test_notes(self):
        """Notes are told, and are no gaps."""
        reached = verdict(LOADED, faults=[Fault("retried", 3, ""), Fault("expired", 9, "")])

        assert 0 == reached.gaps
        assert (
            "Nothing is lost: 3 of 3 accepted events are stored and loaded;"
            " notes: 1 expired (9 events), 1 retried (3 events)."
        ) == reached.sentence

    def test_pending(self):
        """Events that may still be on their way are told."""
        reached = verdict(LOADED, pending=sighting(stored=stored()))

        assert reached.sentence.endswith(
            "; 3 events are pending, received since 2026-03-01T11:45:00Z."
        )


class TestClients:
    FAULTS = (
        *[Fault("session_gap", 5, "")] * 2,
        Fault("not_loadable", None, ""),
        *[Fault("unused_upload", 0, "")] * 1000,
        Fault("doubled_across_days", 3, ""),
    )
    CLEAN = "Nothing is lost: 3 of 3 accepted events are stored and loaded."

    def test_in_words(self):
        """What clients left out is a sentence of its own; the server's is that nothing is lost."""
        reached = verdict(LOADED, faults=self.FAULTS)

        assert (0, self.CLEAN, 1004) == (reached.gaps, reached.sentence, reached.client_gaps)
        assert (
            "Clients: 1 batch was sent on two days, 1 body is no events, 2 sessions have missing or"
            " doubled indexes, 1,000 upload URLs were not used."
        ) == reached.clients

    def test_nothing(self):
        """Without anything to say of clients there is no sentence."""
        assert "" == verdict(LOADED, faults=[Fault("retried", 1, "")]).clients

    def test_beside_a_loss(self):
        """A loss stays the server's, whatever clients left out beside it."""
        reached = verdict(LOADED, faults=[*self.FAULTS, Fault("lost", 2, "")])

        assert (1, "1 gap: 1 lost (2 events).") == (reached.gaps, reached.sentence)

    def test_ignored(self):
        """What is ignored of the clients is told, and the server's sentence stays."""
        faults = [Fault("session_gap", 5, ""), Fault("not_loadable", None, "")]
        reached = verdict(LOADED, faults=faults, ignored=["session_gap"])

        assert (self.CLEAN, 1) == (reached.sentence, reached.client_gaps)
        assert "Clients: 1 body is no events; ignored: 1 session_gap (5 events)." == reached.clients
        reached = verdict(LOADED, faults=faults[:1], ignored=["session_gap"])
        assert "Clients: ignored: 1 session_gap (5 events)." == reached.clients

    def test_not_compared(self):
        """What was too much to compare is told, and is no loss."""
        reached = verdict(LOADED, not_compared=["sessions (the query failed)"])

        assert (self.CLEAN, 1) == (reached.sentence, reached.client_gaps)
        assert "Clients: not compared: sessions (the query failed)." == reached.clients

    @pytest.mark.parametrize("kind", sorted(CLIENT_GAPS))
    def test_who_decides(self, kind):
        """No finding about clients decides, unless that is asked for, and it is not ignored."""
        reached = verdict(LOADED, faults=[Fault(kind, 1, "")])
        ignoring = verdict(LOADED, faults=[Fault(kind, 1, "")], ignored=[kind])

        assert (True, False) == (reached.is_clean(strict=False), reached.is_clean(strict=True))
        assert ignoring.is_clean(strict=True)

    @pytest.mark.parametrize("kind", sorted(SERVER_GAPS))
    def test_the_server_decides(self, kind):
        """Each of the server's gaps decides, unless it is ignored."""
        faults = [Fault(kind, 1, "")]

        assert not verdict(LOADED, faults=faults).is_clean(strict=False)
        assert verdict(LOADED, faults=faults, ignored=[kind]).is_clean(strict=True)
