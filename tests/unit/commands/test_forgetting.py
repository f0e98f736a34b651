"""`forget`: which lines are a player's, what a rewritten object says, what has to wait."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.bigquery import SchemaField
from hypothesis import given
from hypothesis import strategies as st

from analytics_commands.forget.copies import Copies
from analytics_commands.forget.other_tables import condition_of
from analytics_commands.forget.parts import Outcome, Part, Tally
from analytics_commands.forget.player import Player, TakenLine
from analytics_commands.forget.player_rows import Tables
from analytics_commands.forget.rewriting import new_metadata
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import ObjectRef, parse_object_name
from analytics_pipeline.stored_objects import Selection, StoredObject

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAME = (
    "data_type=json/analytics_environment=qa/event_category=function/event_ds=2026-11-23"
    "/event_time=8-16/s/a"
)
BATCH = "0" * 32
WRAPS = '"envelopeWraps":"line",'  # it says so of a line that is no event
ENVELOPE = f'"receivedTimestamp":1.5,"batchId":"{BATCH}","eventId":"{BATCH}/7"'


def make_object(**metadata):
    """Return a stored batch."""
    ref = ObjectRef("bucket", NAME, "1")
    return StoredObject(ref, parse_object_name(NAME), NOW, 100, "", metadata)


class TestOwns:
    @pytest.mark.parametrize(
        ("player_id", "line"),
        [
            ("p1", '{"playerId":"p1"}'),
            ("p1", '{"a":1,"player_id" : "p1"}\r'),
            ("p1", '\ufeff{"playerId":"p1"}'),
            ("p1", '{"playerId":"p2","player_id":"p1"}'),
            ("p1", r'{"playerId":"\u0070\u0031"}'),
            ("p1", r'{"\u0070layerId":"p1"}'),
            ("4711", '{"playerId":4711}'),
            ("4711", '{"playerId":"4711"}'),
            ("1.10", '{"playerId":1.10}'),
            ("Zoë", '{"playerId":"Zoë"}'),
            ("Zoë", r'{"playerId":"Zo\u00eb"}'),
            ("😀", r'{"playerId":"\ud83d\ude00"}'),
            ('a"b\\c/d', r'{"playerId":"a\"b\\c\/d"}'),
            ("a\tb", r'{"playerId":"a\tb"}'),
            ("p1", r'{"bad":"\ud800","playerId":"p1"}'),
        ],
    )
    def test_theirs(self, player_id, line):
        """An event is a player's if either field is the id, however JSON spells it."""
        assert Player(player_id).owns(line.encode())

    @pytest.mark.parametrize(
        ("player_id", "line"),
        [
            ("p1", '{"playerId":"p11"}'),
            ("p1", '{"playerId":"P1"}'),
            ("p1", '{"playerId":" p1"}'),
            ("p1", '{"PlayerId":"p1"}'),
            ("p1", '{"playerId":["p1"]}'),
            ("p1", '{"playerId":"p2","killer":"p1"}'),
            ("p1", '{"data":{"playerId":"p1"}}'),
            ("p1", '{"playerId":"p2","_value":{"playerId":"p1"}}'),
            ("p1", f'{{"_raw":"{{\\"playerId\\":\\"p1\\"",{ENVELOPE}}}'),
            ("p1", f'{{"_value":[{{"playerId":"p1"}}],{ENVELOPE}}}'),
            ("1.1", '{"playerId":1.10}'),
            ("1.10", '{"playerId":1.1}'),
            ("null", '{"playerId":null}'),
            ("p1", ""),
        ],
    )
    def test_not_theirs(self, player_id, line):
        """Another id, another field, another level or another spelling of a number is not."""
        assert not Player(player_id).owns(line.encode())

    @pytest.mark.parametrize(
        ("player_id", "line"),
        [
            ("p1", '{"playerId":"p1","broken'),
            ("p1", f'{{"_raw":"{{\\"playerId\\":\\"p1\\",",{WRAPS}{ENVELOPE}}}'),
            ("p1", f'{{"_raw":"\\"player_id\\" :\\t\\"\\\\u0070\\\\u0031\\"",{WRAPS}{ENVELOPE}}}'),
            ("4711", f'{{"_raw":"{{\\"playerId\\": 4711,",{WRAPS}{ENVELOPE}}}'),
            ("p1", f'{{"_value":[{{"playerId":"p1"}}],{WRAPS}{ENVELOPE}}}'),
            ("p1", '[{"playerId":"p1"}]'),
        ],
    )
    def test_no_event(self, player_id, line):
        """What is no event is a player's if it holds the field anywhere, even in broken JSON."""
        assert Player(player_id).owns(line.encode())

    @pytest.mark.parametrize(
        "line",
        [
            '{"playerId":"p11","broken',
            '{"killer":"p1","broken',
            '{"playerId":"p2","killer":"p1","broken',
            f'{{"_raw":"{{\\"playerId\\": p123,",{WRAPS}{ENVELOPE}}}',
            f'{{"_value":["playerId","p1"],{WRAPS}{ENVELOPE}}}',
        ],
    )
    def test_no_event_of_theirs(self, line):
        """What is no event and only mentions the id is not."""
        assert not Player("p1").owns(line.encode())

    def test_byte_order_mark(self):
        """The mark before the first event makes it no other event."""
        assert not Player("p1").owns('\ufeff{"killer":{"playerId":"p1"}}'.encode())

    def test_not_utf_8(self):
        """A line that is not UTF-8 is no event."""
        assert Player("p1").owns(b'{"playerId":"p1","a":"\xff"}')
        assert not Player("p1").owns(b'{"playerId":"p2","a":"p1 \xff"}')


class TestPart:
    def test_lines(self):
        """The player's lines are taken out, every other byte stays, mentions are counted."""
        content = b'{"playerId":"p1"}\n{"a": 1.10}\r\n\n{"playerId":"p1"}\n{"b":"p1"}\n'
        parted = Player("p1").part(content)

        assert (b'{"a": 1.10}\r\n\n{"b":"p1"}\n', 1) == (parted.content, parted.mentions)
        assert [TakenLine(0, 0), TakenLine(3, 3)] == parted.taken

    def test_nothing_remains(self):
        """An object with nothing but the player's lines becomes empty."""
        assert b"" == Player("p1").part(b'{"playerId":"p1"}\n{"playerId":"p1"}\n').content

    def test_no_newline_at_the_end(self):
        """A last line without a newline is a line."""
        assert b"{}" == Player("p1").part(b'{}\n{"playerId":"p1"}').content

    def test_place_in_the_batch(self):
        """The event's id tells its place in the batch, also where lines before it are gone."""
        parted = Player("p1").part(f'{{}}\n{{"playerId":"p1",{ENVELOPE}}}\n'.encode())

        assert [TakenLine(1, 7)] == parted.taken

    @given(
        st.lists(
            st.sampled_from(["p1", "p11", "x"])
            | st.dictionaries(
                st.sampled_from(["playerId", "player_id", "n"]), st.text() | st.integers()
            )
        ),
        st.text(min_size=1),
    )
    def test_any_lines(self, values, player_id):
        """Whatever the lines are, those of the player go, and the others stay as they were."""
        lines = [json.dumps(value).encode() for value in values]
        theirs = [
            isinstance(value, dict)
            and player_id in {str(value[name]) for name in value if name != "n"}
            for value in values
        ]
        parted = Player(player_id).part(b"".join(line + b"\n" for line in lines))

        kept = [line for line, is_theirs in zip(lines, theirs, strict=True) if not is_theirs]
        assert b"".join(line + b"\n" for line in kept) == parted.content
        assert theirs.count(True) == len(parted.taken)


class TestMetadata:
    PARTED = Player("p1").part(b'{"playerId":"p1"}\n{}\n')

    def test_written_by_ingest(self):
        """Counts and checksum are those of what is left; everything else stays."""
        metadata = {"event_count": "2", "received_timestamp": "1795435100.5", "batch_id": "b"}
        stored = make_object(**metadata, content_md5="old", x="y")

        assert {
            "batch_id": "b",
            "received_timestamp": "1795435100.5",
            "x": "y",
            "event_count": "1",
            "content_md5": "ioBVTJHZ/KisuC8CPeAvEQ==",
            "forgotten_count": "1",
            "rewritten_at": "2026-11-23T12:00:00+00:00",
            "rewritten_from": stored.ref.generation,
        } == new_metadata(stored, self.PARTED, NOW)

    def test_again(self):
        """A second player adds to what was forgotten."""
        before = {"rewritten_at": "earlier", "rewritten_from": "first"}
        stored = make_object(event_count="2", forgotten_count="3", **before)
        metadata = new_metadata(stored, self.PARTED, NOW)

        assert ("1", "4") == (metadata["event_count"], metadata["forgotten_count"])
        assert "first" == metadata["rewritten_from"]
        assert "2026-11-23T12:00:00+00:00" == metadata["rewritten_at"]

    @pytest.mark.parametrize("said", [{}, {"received_timestamp": "yesterday", "event_count": "x"}])
    def test_written_by_others(self, said):
        """An object that said nothing says how many events are left, and when it was created."""
        metadata = new_metadata(make_object(**said), self.PARTED, NOW)

        assert ("1", "1795435200.000000") == (
            metadata["event_count"],
            metadata["received_timestamp"],
        )


class FakeWarehouse:
    """Answers counts, and refuses to delete what is not old enough by `refuse_after`."""

    def __init__(self, counts, waiting, refusals):
        self.counts, self.waiting, self.refusals = counts, waiting, refusals
        self.deleted = []

    def query(self, sql, **parameters):
        """Answer as Warehouse.query does."""
        if sql.startswith("DELETE"):
            self.deleted.append(parameters.get("before"))
            if self.refusals:
                raise TransientError(self.refusals.pop(0))
            return iter(())
        if "GROUP BY" in sql:
            return iter(self.waiting)
        return iter([{"n": self.counts}])


BUFFER = "the query failed: UPDATE or DELETE … would affect rows in the streaming buffer, which"


def delete_rows(warehouse):
    """Delete a player's rows at NOW."""
    tables = Tables(warehouse, Player("p1"), Selection(NOW, NOW))
    return list(tables.delete(tables.event_rows([]), NOW))


class TestDeleting:
    def test_all(self):
        """What BigQuery lets go is deleted by one statement."""
        warehouse = FakeWarehouse(3, [], [])

        kind, table = "rows of events_function", "events_function"
        assert [Part(kind, table, 3, Outcome.DELETED)] == delete_rows(warehouse)
        assert [None] == warehouse.deleted

    def test_nothing(self):
        """Where there is nothing, nothing is deleted or said."""
        warehouse = FakeWarehouse(0, [], [])

        assert ([], []) == (delete_rows(warehouse), warehouse.deleted)

    @pytest.mark.parametrize("refusals", [1, 2])
    def test_streaming_buffer(self, refusals):
        """After a refusal only what is older than 90 minutes goes; the rest is told."""
        streamed = NOW - timedelta(minutes=30)
        waiting = [{"gcs_uri": "gs://b/a", "n": 2, "streamed": streamed}]
        warehouse = FakeWarehouse(3, waiting, [BUFFER] * refusals)
        parts = delete_rows(warehouse)

        assert [None, NOW - timedelta(minutes=90)] == warehouse.deleted
        assert [(Outcome.DELETED, 1), (Outcome.WAITING, 2)] == [
            (part.outcome, part.count) for part in parts
        ]
        assert "in the streaming buffer: run again after 2026-11-23T13:00:00Z" == parts[1].detail

    def test_other_failure(self):
        """Any other failure ends it."""
        with pytest.raises(TransientError, match="no right"):
            delete_rows(FakeWarehouse(3, [], ["no right"]))


class TestTally:
    def test_sums(self):
        """Parts add up by outcome and kind; what is open means that it has to be run again."""
        tally = Tally()
        tally.add(Part("files", "a", 1, Outcome.DELETED))
        tally.add(Part("files", "b", 1, Outcome.DELETED))

        assert tally.is_finished

        tally.add(Part("rows", "t", 1_000, Outcome.WAITING))

        assert ["deleted: 2 files", "waits: 1,000 rows"] == tally.lines()
        assert not tally.is_finished
        assert (True, False) == (tally.has(Outcome.WAITING), tally.has(Outcome.PLANNED))

    def test_names_of_clients(self):
        """Names hold what clients chose: a terminal does not obey them."""
        part = Part("files", "a\x1b[2J", 1, Outcome.DELETED)

        assert r"a\x1b[2J" == part.record()["name"]
        assert r"deleted  1 file  a\x1b[2J" == part.line()

    @pytest.mark.parametrize(
        ("part", "line"),
        [
            (
                Part("lines of objects", f"gs://bucket/{NAME}", 1, Outcome.PLANNED),
                f"would be deleted  1 line of objects  gs://bucket/{NAME}",
            ),
            (
                Part("rows of events_function", "events_function", 4_711, Outcome.DELETED),
                "deleted  4,711 rows of events_function",
            ),
            (
                Part("bodies that are no events", "gs://b/o", 1, Outcome.FAILED, "no\nright"),
                r"failed  1 body that is no events  gs://b/o: no\nright",
            ),
            (
                Part("objects", "gs://b/o", 1, Outcome.WAITING, "why"),
                "waits  1 object  gs://b/o: why",
            ),
        ],
    )
    def test_lines(self, part, line):
        """People read what has become of how much, where, and why; a URI stands in one piece."""
        assert line == part.line()


class TestOtherTables:
    @pytest.mark.parametrize(
        ("column", "condition"),
        [
            (("playerId", "STRING"), "CAST(`playerId` AS STRING) = @player"),
            (("PLAYER_ID", "INTEGER"), "CAST(`PLAYER_ID` AS STRING) = @player"),
            (
                ("extra", "JSON"),
                (
                    "JSON_VALUE(`extra`, '$.playerId') = @player"
                    " OR JSON_VALUE(`extra`, '$.player_id') = @player"
                ),
            ),
            (
                ("playerId", "JSON"),
                (
                    "JSON_VALUE(`playerId`, '$.playerId') = @player"
                    " OR JSON_VALUE(`playerId`, '$.player_id') = @player"
                    " OR JSON_VALUE(`playerId`) = @player"
                ),
            ),
            (("player", "STRING"), ""),
            (("playerId", "RECORD"), ""),
            (("playerId", "STRING", "REPEATED"), ""),
        ],
    )
    def test_condition(self, column, condition):
        """A player's rows are found by what is called as in the events, as a column or in JSON."""
        assert condition == condition_of([SchemaField(*column)])

    def test_several(self):
        """One place for the id is enough."""
        schema = [SchemaField(name, "STRING") for name in ("eventType", "playerId", "player_id")]

        assert 2 == condition_of(schema).count("@player")
        assert "" == condition_of([])


@pytest.mark.parametrize(
    ("resource", "until", "says"),
    [
        ({"softDeletePolicy": {"retentionDurationSeconds": "604800"}}, NOW + timedelta(7), ()),
        ({"softDeletePolicy": {"retentionDurationSeconds": "0"}}, None, ("no soft delete",)),
        ({}, None, ("no soft delete",)),
        ({"versioning": {"enabled": True}}, None, ("no soft delete", "old versions")),
    ],
)
def test_copies_of_objects(resource, until, says):
    """It is told until when objects can be brought back, as their bucket is set."""
    bucket = SettledClient(resource).bucket("b")
    dataset = SimpleNamespace(max_time_travel_hours=None)
    warehouse = SimpleNamespace(get_dataset=lambda _name: dataset)
    copies = Copies.of(SimpleNamespace(bucket=bucket, bigquery=warehouse, dataset="d"), NOW)

    assert (until, NOW + timedelta(hours=168)) == (copies.objects_until, copies.rows_until)
    assert len(says) == len(copies.notes)
    assert all(word in note for word, note in zip(says, copies.notes, strict=True))


class SettledClient(storage.Client):
    """Knows what each resource is, without asking."""

    def __init__(self, resource):
        super().__init__("p", AnonymousCredentials())
        self._resource = resource

    def _get_resource(self, _path, **_options):
        return self._resource
