"""What a scale test finds lost, doubled or altered."""

import json
from collections import Counter

import pytest
from scale_builder import make_object, make_plan, make_row, make_rows, make_tally

from analytics_commands.scale_test.proof.prover import Prover
from analytics_commands.scale_test.proof.queryable import Queries
from analytics_commands.scale_test.proof.stored import compare_objects
from analytics_commands.scale_test.proof.witness import Witness

PLAN = make_plan()
FIELDS = [*PLAN.event(0), "event_ds", "event_time", "extra"]


def look(rows, tally=None):
    """Return the witness of rows."""
    witness = Witness(PLAN, tally or make_tally(PLAN))
    for row in rows:
        witness.see(row)
    return witness


def findings(witness):
    """Return what is wrong: lost, doubled, altered, strangers."""
    return list(witness.lost()), witness.doubled(), witness.altered, witness.strangers


def attributes_of(position, /, **changes):
    """Return the text of an event's attributes with changes."""
    return json.dumps({**PLAN.event(position)["eventAttributes"], **changes})


class TestWitness:
    def test_all_is_well(self):
        """Events that are as they were sent are not reported."""
        assert ([], [], {}, 0) == findings(look(make_rows(PLAN)))

    def test_spelling_of_json(self):
        """JSON columns may order names and write spaces as they like."""
        rows = make_rows(PLAN)
        attributes = PLAN.event(4)["eventAttributes"]
        rows[4]["eventAttributes"] = json.dumps(dict(reversed(attributes.items())), indent=1)

        assert ([], [], {}, 0) == findings(look(rows))

    def test_lost(self):
        """An acknowledged event without a row is lost."""
        rows = make_rows(PLAN)

        assert ([4, 12, 14], [], {}, 0) == findings(
            look(row for n, row in enumerate(rows) if n not in {4, 12, 14})
        )

    def test_never_acknowledged(self):
        """An event without a receipt is not lost, and counted when it is there."""
        tally = make_tally(PLAN, acknowledged={0, 2, 3, 4})
        present = [row for n, row in enumerate(make_rows(PLAN)) if n not in {3, 4}]

        witness = look(present, tally)

        assert ([], [], {}, 0) == findings(witness)
        assert 1 == witness.seen_without_receipt()

    def test_doubled(self):
        """An event with two rows is doubled, whichever object they are of."""
        twice = [make_row(PLAN, 7), make_row(PLAN, 8, stored_as=77)]
        witness = look([*make_rows(PLAN), *twice])

        assert ([], [7, 8], {}, 0) == findings(witness)
        assert (2, 1) == (witness.sightings(7), witness.sightings(6))

    def test_doubled_very_often(self):
        """More rows than can be counted are doubled all the same."""
        witness = look([*make_rows(PLAN), *[make_row(PLAN, 7)] * 300])

        assert [7] == witness.doubled()

    def test_answer_of_the_first_attempt_was_lost(self):
        """An event whose one row is of an unacknowledged attempt is there."""
        rows = make_rows(PLAN)
        rows[3:6] = [make_row(PLAN, position, stored_as=99) for position in (3, 4, 5)]

        assert ([], [], {}, 0) == findings(look(rows))

    @pytest.mark.parametrize("field", FIELDS)
    @pytest.mark.parametrize("stored_as", [1, 99], ids=["acknowledged", "another attempt"])
    def test_any_altered_field(self, field, stored_as):
        """An event with a changed, or missing, field is altered."""
        for value in ("{}", "something else", None):
            if (field, value) == ("extra", None) or (
                stored_as == 99 and field == "eventAttributes"
            ):
                continue
            rows = make_rows(PLAN)
            rows[4] = make_row(PLAN, 4, stored_as=stored_as, **{field: value})

            assert ([], [], {4: (field,)}, 0) == findings(look(rows))

    @pytest.mark.parametrize(
        "changes",
        [
            {"level": 61},
            {"isRanked": 1},
            {"crashReport": "null"},
            {"nickname": "Zo\u00c3\u00ab"},
            {"position": {"x": 0.25, "y": 1, "z": 0.75}},
            {"squad": []},
            {"added": None},
        ],
        ids=str,
    )
    def test_any_altered_attribute(self, changes):
        """A change deep in the attributes, of a type or of letters, is one."""
        rows = make_rows(PLAN)
        rows[4]["eventAttributes"] = attributes_of(4, **changes)

        assert {4: ("eventAttributes",)} == look(rows).altered

    def test_altered_types(self):
        """A value that only compares equal is another one: 1 is neither true nor 1.0."""
        attributes = PLAN.event(4)["eventAttributes"]
        for changes in (
            {"isRanked": int(attributes["isRanked"])},
            {"level": float(attributes["level"])},
        ):
            rows = make_rows(PLAN)
            rows[4]["eventAttributes"] = attributes_of(4, **changes)

            assert {4: ("eventAttributes",)} == look(rows).altered

    def test_altered_planted_id(self):
        """Even where its id was altered, an acknowledged event is named; no other is suspected."""
        rows = make_rows(PLAN)
        rows[4]["eventAttributes"] = attributes_of(4, plantedId=PLAN.planted_id(9))

        assert ([], [], {4: ("eventAttributes",)}, 0) == findings(look(rows))

    def test_strangers(self):
        """A row that is none of the events is counted as such."""
        unknown = attributes_of(4, plantedId="other/1/1")
        rows = [
            *make_rows(PLAN),
            make_row(PLAN, 4, stored_as=99, eventAttributes=unknown),
            make_row(PLAN, 4, stored_as=99, eventAttributes="not JSON"),
        ]

        assert ([], [], {}, 2) == findings(look(rows))

    def test_arrivals(self):
        """Events are counted by the tenth of a second in which they arrived."""
        witness = look(make_row(PLAN, n, arrived=1_000_000 + 50_000 * n) for n in range(6))

        assert Counter({10: 2, 11: 2, 12: 2}) == witness.arrivals


class TestStored:
    def test_all_are_there(self):
        """Each receipt has its object."""
        objects = [make_object(PLAN, batch) for batch in range(5)]

        stored = compare_objects(objects, PLAN, make_tally(PLAN))

        assert (5, 15, frozenset()) == (stored.objects, stored.events, stored.missing)
        assert (0, 0) == (stored.unacknowledged, stored.of_another_size)

    def test_what_is_not(self):
        """Missing objects are named by batch, others are counted."""
        objects = [make_object(PLAN, number) for number in (0, 1, 1, 4, 99)]
        objects.append(make_object(PLAN, 2, event_count=2))

        stored = compare_objects(objects, PLAN, make_tally(PLAN, acknowledged={0, 1, 2, 3}))

        assert (6, 17, {3}) == (stored.objects, stored.events, stored.missing)
        assert (3, 1) == (stored.unacknowledged, stored.of_another_size)


class Pipeline:
    """Stands in for bucket and warehouse: rows show up one poll after the other.

    A poll takes a second; `later` are the rows from the second look at them on.
    """

    def __init__(self, objects, *looks, later=None):
        self.seconds = 0.0
        self.later = later
        self.stored = objects
        self.looks = list(looks)
        self.shown = self.looks[0]

    def objects(self, prefix):
        assert PLAN.prefix == prefix
        return iter(self.stored)

    def query(self, sql, **parameters):
        if "freq" in sql:
            assert f"event_type = '{PLAN.run}'" in sql
            return [{"n": 3}]
        assert f"gs://bucket/{PLAN.prefix}" == parameters["prefix"]
        if "COUNT" in sql:
            self.seconds += 1.0
            self.shown = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
            return [{"n": len(self.shown)}]
        shown, self.shown = self.shown, self.later or self.shown
        return shown

    def pause(self, seconds):
        self.paused += seconds

    def prove(self, wait_seconds):
        self.paused = 0.0
        prover = Prover(Queries(self, PLAN, "bucket", "events"), self, PLAN, self.pause)
        return prover.prove(make_tally(PLAN, timer=lambda: self.seconds), wait_seconds)


ROWS = make_rows(PLAN)
OBJECTS = [make_object(PLAN, batch) for batch in range(5)]


class TestWaiting:
    def test_until_the_last_row(self):
        """Rows on their way are waited for, and the time of the last one is told."""
        proof = Pipeline(OBJECTS, ROWS[:3], ROWS[:9], ROWS).prove(60)

        assert 3.0 == proof.queryable_at
        assert [3, 9, 15] == [poll.count for poll in proof.polls]
        assert [] == list(proof.witness.lost())

    def test_no_longer_than_said(self):
        """What does not come in time is lost."""
        proof = Pipeline(OBJECTS, ROWS[:14]).prove(7)

        assert proof.queryable_at is None
        assert 7.0 == proof.polls[-1].at
        assert [14] == list(proof.witness.lost())

    def test_not_for_what_was_never_stored(self):
        """A receipt without an object does not cost the time to wait for its rows."""
        proof = Pipeline(OBJECTS[1:], ROWS[3:]).prove(3600)

        assert proof.polls[-1].at < 10
        assert [0, 1, 2] == list(proof.witness.lost())
        assert {0} == proof.stored.missing

    def test_for_the_second_copy(self):
        """Rows of objects that no receipt names are waited for: only then a doubled event shows."""
        copy = [make_row(PLAN, position, stored_as=99) for position in range(3)]

        proof = Pipeline([*OBJECTS, make_object(PLAN, 99)], ROWS, [*ROWS, *copy]).prove(60)

        assert [0, 1, 2] == proof.witness.doubled()

    def test_for_an_event_behind_a_late_one(self):
        """Rows of an attempt that was stored after the listing do not hide that one is to come."""
        late = make_row(PLAN, 0, stored_as=99)
        pipeline = Pipeline(OBJECTS, [*ROWS[:14], late], later=[*ROWS, late])

        proof = pipeline.prove(60)

        assert [] == list(proof.witness.lost())
        assert [0] == proof.witness.doubled()
        assert pipeline.paused > 0
