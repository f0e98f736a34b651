"""`forget` takes one player out of everything, and leaves everybody else as they were."""

import base64
import gzip
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from pipeline_client import PipelineClient, unique

from analytics_commands.forget import command as forget
from analytics_commands.forget.forgetter import ALWAYS, Forgetter, Request
from analytics_commands.forget.parts import Outcome
from analytics_commands.forget.player import Player
from analytics_commands.forget.reading import Contents
from analytics_commands.forget.rewriting import Rewriter
from analytics_commands.forget.searching import SearchedObject
from analytics_commands.foundation.accounts.inventory import Inventory
from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_commands.foundation.pipeline.target import Target
from analytics_commands.import_events import command as import_events
from analytics_pipeline.clock import now
from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import batch_id_of
from analytics_pipeline.stored_objects import Selection

ANN, BOB = "ann", "bob"
LARGE = "x" * 70_000  # more of a line than its dead letter shows
NOTHING = "nothing of this player was found\n"


@dataclass
class World:
    """An environment of its own; `theirs` are the places of ANN's lines by object."""

    pipeline: PipelineClient
    environment: str = field(default_factory=lambda: unique("forget"))
    theirs: dict[str, set[int]] = field(default_factory=dict)

    def send(self, events, *theirs, category="function", **parameters):
        """Send a batch, of which these lines are ANN's; returns the name of its object."""
        answer = self.pipeline.send(
            events,
            analytics_environment=self.environment,
            event_category=category,
            **parameters,
        )
        name = self.pipeline.stored_batch(answer["batch_id"]).name
        self.theirs[name] = set(theirs)
        return name

    def write(self, leaf, content, *, category="function", encoding=None, **metadata):
        """Write an object beside the pipeline; returns its name."""
        name = (
            f"data_type=json/analytics_environment={self.environment}/event_category={category}"
            f"/event_ds=2026-11-23/event_time=0-8/{leaf}"
        )
        blob = self.pipeline.bucket.blob(name)
        blob.metadata, blob.content_encoding = metadata, encoding
        blob.upload_from_string(content, content_type="application/json")
        return name

    def blob(self, name):
        """Return an object as it is now."""
        return self.pipeline.bucket.get_blob(name)

    def contents(self, data_type="json"):
        """Return the lines of every object, by its name."""
        prefix = f"data_type={data_type}/analytics_environment={self.environment}/"
        return {
            blob.name: blob.download_as_bytes().splitlines(keepends=True)
            for blob in self.pipeline.stored(prefix)
        }

    def rows(self, table="events_function", key="event_id"):
        """Return the rows of a table, by an id."""
        where = f"analytics_environment = '{self.environment}'"
        sql = f"SELECT {key}, t FROM events.{table} AS t WHERE {where}"
        return {row[0]: repr(row[1]) for row in self.pipeline.query(sql)}

    def letters(self):
        """Return the dead letters, by their ids."""
        return self.rows("dead_letters", "dead_letter_id")

    def wait_for(self, rows, letters=0):
        """Wait until so many rows and dead letters are there."""
        for table, count in (("events_function", rows), ("dead_letters", letters)):
            where = f"analytics_environment = '{self.environment}'"
            sql = f"SELECT COUNT(*) FROM events.{table} WHERE {where}"
            self.pipeline.wait_for_count(count, sql)

    def without_theirs(self, contents):
        """Return the contents as they should be without ANN's lines."""
        return {
            name: [line for n, line in enumerate(lines) if n not in self.theirs[name]]
            for name, lines in contents.items()
        }

    def without_ids_of_theirs(self, rows):
        """Return the rows or letters as they should be without ANN's."""
        bucket = self.pipeline.bucket.name
        ids = {
            f"{batch_id_of(f'gs://{bucket}/{name}')}/{n}"
            for name, numbers in self.theirs.items()
            for n in numbers
        }
        return {key: row for key, row in rows.items() if key not in ids}


@contextmanager
def time_travel(pipeline, *, hours):
    """Let the dataset keep copies for another time while the context lasts."""

    def change(hours):
        dataset = pipeline.warehouse.get_dataset("events")
        dataset.max_time_travel_hours = hours
        pipeline.warehouse.update_dataset(dataset, ["max_time_travel_hours"])

    change(hours)
    try:
        yield
    finally:
        change(168)


@pytest.fixture(name="world")
def _world(pipeline):
    world = World(pipeline)
    yield world
    pipeline.remove(world.environment)


@pytest.fixture(name="lived")
def _lived(world):
    """Let both players leave something everywhere."""
    events = [{"playerId": ANN}, {"playerId": BOB, "n": 1.10}, {"player_id": ANN}, {"killer": ANN}]
    world.send(events, 0, 2, session_id="one")
    world.send([{"playerId": ANN}, {"playerId": BOB, "player_id": ANN}], 0, 1, session_id="two")
    world.send([{"playerId": BOB, "s": "ü\ud800"}], session_id="two")
    world.send([{"playerId": BOB}, {"playerId": ANN}], 1, category="cold")
    broken = [{"playerId": BOB}, {"playerId": ANN}, {"playerId": BOB, "killer": ANN}]
    world.send("\n".join(json.dumps(event) + "!" * n for n, event in enumerate(broken)), 1)
    world.send([[LARGE, {"playerId": ANN}], [LARGE, {"playerId": BOB}]], 0)
    world.wait_for(8, letters=4)
    return world


@pytest.fixture(name="forget_ann")
def _forget_ann(command, world):
    """Run the command about ANN in the test's environment."""

    def run(*options):
        return command(forget, "--player-id", ANN, "--environment", world.environment, *options)

    return run


@pytest.fixture(name="target")
def _target(command):  # noqa: ARG001 - sets the variables
    return Target.from_env()


class TestEverything:
    def test_objects(self, lived, forget_ann):
        """The player's lines are gone from every object, all other lines stay byte for byte."""
        expected = lived.without_theirs(lived.contents())

        assert 0 == forget_ann("--execute")[0]
        assert expected == lived.contents()
        assert [] in expected.values()

    def test_rows(self, lived, forget_ann):
        """The player's rows are gone, all others stay as they were, each once."""
        expected = lived.without_ids_of_theirs(lived.rows())

        assert 0 == forget_ann("--execute")[0]
        assert (4, expected) == (len(expected), lived.rows())
        lived.wait_for(4, letters=2)

    def test_dead_letters(self, lived, forget_ann):
        """The player's dead letters are gone, also one that does not show the id."""
        letters = lived.letters()
        expected = lived.without_ids_of_theirs(letters)

        assert 0 == forget_ann("--execute")[0]
        assert (2, expected) == (len(expected), lived.letters())

    def test_counts(self, lived, forget_ann, target):
        """Every object says how many events it has, and that is what BigQuery holds of it."""
        forget_ann("--execute")
        selection = Selection(*ALWAYS, lived.environment, "function")
        held = {entry.gcs_uri: entry for entry in target.ledger.entries(selection)}
        prefix = f"data_type=json/analytics_environment={lived.environment}/"
        stored = list(target.inventory.objects(prefix))

        assert {name: len(lines) for name, lines in lived.contents().items()} == {
            each.ref.name: each.event_count for each in stored
        }
        assert {name: len(lines) for name, lines in lived.theirs.items()} == {
            each.ref.name: each.forgotten_count for each in stored
        }
        for each in stored:
            entry = held.get(each.ref.uri)
            settled = entry.loaded + entry.dead_lettered if entry else 0
            assert settled == (each.event_count if each.place.is_loadable else 0)

    def test_metadata(self, lived, forget_ann):
        """A rewritten object keeps its type and metadata, and has the checksum of what it holds."""
        old = {name: lived.blob(name) for name in lived.theirs}
        started = now()
        forget_ann("--execute")
        for name, before in old.items():
            blob = lived.blob(name)
            if not lived.theirs[name]:
                assert before.generation == blob.generation
                continue
            digest = hashlib.md5(blob.download_as_bytes()).digest()
            kept = {"batch_id", "received_timestamp"}

            assert before.content_type == blob.content_type
            assert {key: before.metadata[key] for key in kept} == {
                key: blob.metadata[key] for key in kept
            }
            assert base64.b64encode(digest).decode() == blob.metadata["content_md5"]
            assert started.isoformat(timespec="seconds") <= blob.metadata["rewritten_at"]

    def test_again(self, lived, forget_ann):
        """A second run finds nothing and changes nothing."""
        forget_ann("--execute")
        after = lived.contents(), lived.rows(), lived.letters()

        assert (0, NOTHING) == forget_ann("--execute")[:2]
        assert after == (lived.contents(), lived.rows(), lived.letters())

    def test_dry_run(self, lived, forget_ann):
        """Without --execute the command tells what there is, and changes nothing."""
        before = lived.contents(), lived.rows(), lived.letters()
        code, out, err = forget_ann("--json")
        found = [json.loads(line) for line in out.splitlines()]

        assert 0 == code
        assert before == (lived.contents(), lived.rows(), lived.letters())
        bucket = lived.pipeline.bucket.name
        assert {f"gs://{bucket}/{name}": len(n) for name, n in lived.theirs.items() if n} == {
            part["name"]: part["count"] for part in found if part["what"] == "lines of objects"
        }
        assert {"events_function": 4, "dead_letters": 2} == {
            part["name"]: part["count"] for part in found if part["what"].startswith("rows")
        }
        assert {"would be deleted"} == {part["outcome"] for part in found}
        assert "would be deleted: 7 lines of objects\n" in err
        assert "`--execute` deletes it" in err
        assert "2 other lines hold the characters of the id" in err

    @pytest.mark.usefixtures("lived")
    def test_others_are_not_shown(self, forget_ann):
        """Nothing of other players is printed."""
        shown = "".join(map(str, forget_ann() + forget_ann("--execute")))

        assert BOB not in shown


class TestStoredObjects:
    def test_gzip(self, world, forget_ann):
        """A gzip object is rewritten as gzip, with the checksum of what it decodes to."""
        lines = b'{"playerId":"ann"}\n{"playerId":"bob"}\n'
        name = world.write(
            "zipped", gzip.compress(lines, mtime=0), category="cold", encoding="gzip"
        )

        assert 0 == forget_ann("--execute")[0]
        blob = world.blob(name)
        left = b'{"playerId":"bob"}\n'
        assert ("gzip", "application/json") == (blob.content_encoding, blob.content_type)
        assert left == gzip.decompress(blob.download_as_bytes(raw_download=True))
        assert base64.b64encode(hashlib.md5(left).digest()).decode() == blob.metadata["content_md5"]
        assert ("1", "1") == (blob.metadata["event_count"], blob.metadata["forgotten_count"])

    @pytest.mark.parametrize(
        ("leaf", "padding"), [("large", 1_500_000), ("larger", 9_000_000), ("a//b", 1)]
    )
    def test_what_the_functions_cannot_read(self, world, forget_ann, leaf, padding):
        """Large objects, and those with names that the functions cannot address, are rewritten."""
        lines = [b'{"playerId":"ann"}\n', b'{"a":"' + b"x" * padding + b'"}\n']
        name = world.write(leaf, b"".join(lines), category="cold")

        assert 0 == forget_ann("--execute")[0]
        assert {name: lines[1:]} == world.contents()

    def test_wrong_checksum(self, world, forget_ann):
        """A checksum that is wrong does not keep a player in the object."""
        name = world.write("bad", '{"playerId":"ann"}\n{}\n', category="cold", content_md5="x")

        assert 0 == forget_ann("--execute")[0]
        assert {name: [b"{}\n"]} == world.contents()

    def test_unreadable(self, world, forget_ann):
        """An object that cannot be decoded is named for a person; the rest is done."""
        broken = world.write("broken", b"\x1f\x8b123", category="cold", encoding="gzip")
        whole = world.write("whole", '{"playerId":"ann"}\n', category="cold")
        code, out, err = forget_ann("--execute", "--json")
        parts = {part["name"]: part["outcome"] for part in map(json.loads, out.splitlines())}

        assert (1, b"") == (code, world.blob(whole).download_as_bytes())
        assert "needs a person" == parts[f"gs://{world.pipeline.bucket.name}/{broken}"]
        assert "not everything is deleted" in err

    def test_bodies_that_are_no_events(self, world, forget_ann):
        """A body that holds the id is named for a person, and deleted only if that is asked for."""
        for body in ("I am ann", "I am bob"):
            world.send(body, category="cold")
        code, out, _ = forget_ann("--execute")

        assert (1, 1, 2) == (code, out.count("needs a person"), len(world.contents("unknown")))
        assert 0 == forget_ann("--execute", "--delete-unknown")[0]
        assert [[b"I am bob"]] == list(world.contents("unknown").values())
        assert (0, NOTHING) == forget_ann("--execute")[:2]

    def test_not_loaded_yet(self, world, forget_ann):
        """An object that BigQuery lacks events of waits, rows and all, until they are loaded."""
        content = '{"playerId":"ann"}\n{"playerId":"bob"}\n'
        name = world.write("a/waits", content, event_count="3")
        world.wait_for(2)
        code, out, _ = forget_ann("--execute")

        assert (1, 1) == (code, out.count("1 of its events are not loaded yet"))
        assert content.encode() == world.blob(name).download_as_bytes()
        world.wait_for(2)
        blob = world.blob(name)
        blob.metadata = {"event_count": "2"}
        blob.patch()
        assert 0 == forget_ann("--execute")[0]
        world.wait_for(1)

    def test_rewritten_before(self, world, forget_ann):
        """An object that was rewritten before is never loaded again, so it waits for nothing."""
        content = '{"playerId":"ann"}\n{"n":1}\n'
        rewritten = {"event_count": "2", "rewritten_at": "2026-11-23T12:00:00+00:00"}
        name = world.write("a/rewritten", content, **rewritten)

        assert 0 == forget_ann("--execute")[0]
        assert {name: [b'{"n":1}\n']} == world.contents()

    def test_second_player(self, world, forget_ann, command):
        """Forgetting another one of the same object later adds up."""
        name = world.send([{"playerId": BOB}, [LARGE, {"playerId": ANN}], {"n": 1}])
        world.wait_for(2, letters=1)
        options = ("--environment", world.environment, "--execute")

        assert 0 == command(forget, "--player-id", BOB, *options)[0]
        assert 0 == forget_ann("--execute")[0]
        metadata = world.blob(name).metadata
        assert ("1", "2") == (metadata["event_count"], metadata["forgotten_count"])
        world.wait_for(1, letters=0)

    @pytest.mark.parametrize("is_late", [False, True])
    def test_changed_meanwhile(self, world, target, is_late):
        """An object that is replaced after it was found is not touched, up to the last moment."""
        name = world.write("x", '{"playerId":"ann"}\n', category="cold")
        (stored,) = target.inventory.objects(name)

        def replace_now():  # the time is asked for when everything but the write is done
            if is_late:
                world.write("x", "new", category="cold")
            return now()

        if not is_late:
            world.write("x", "new", category="cold")
        rewriter = Rewriter(target.bucket, Contents(target.store), Player(ANN), replace_now)

        assert Outcome.FAILED is rewriter.rewrite(SearchedObject(stored, lines=1)).outcome
        assert b"new" == world.blob(name).download_as_bytes()


class TestOtherTables:
    def test_native_table(self, world, forget_ann, command):
        """A table that was imported by hand, and holds the player, needs a person to finish."""
        world.send([{"playerId": ANN}, {"playerId": BOB}], 0, category="cold")
        table = unique("imported").replace("-", "_")
        options = ("--table", table, "--environment", world.environment)
        assert 0 == command(import_events, "native", *options)[0]
        try:
            code, out, err = forget_ann("--execute", "--json")
            (part,) = [part for part in map(json.loads, out.splitlines()) if table in part["name"]]

            assert (1, 1, "needs a person") == (code, part["count"], part["outcome"])
            assert "not everything is deleted" in err
            world.pipeline.query(part["detail"].partition(": ")[2])
            assert (0, NOTHING) == forget_ann("--execute")[:2]
            assert [(BOB,)] == world.pipeline.query(f"SELECT playerId FROM events.{table}")
        finally:
            world.pipeline.warehouse.delete_table(f"events.{table}")


class TestFailures:
    """One object, one day, one table that fails is named; the rest is done."""

    @pytest.fixture(name="run")
    def _run(self, lived, target):
        """Forget ANN with collaborators of the target replaced; returns outcomes by name."""

        def run(**failing):
            vars(target).update(failing)
            selection = Selection(*ALWAYS, lived.environment)
            request = Request(Player(ANN), selection, None, execute=True, delete_unknown=False)
            parts = list(Forgetter(target, request).run())
            return {(part.kind, part.name.rpartition("/")[2]): part.outcome for part in parts}

        return run

    def test_a_day(self, lived, run, target, forget_ann):
        """Rows wait while objects with them may be where nobody could look."""

        class Failing(Inventory):
            def objects(self, prefix):
                if "event_category=function" in prefix:
                    raise TransientError("listing failed")
                yield from super().objects(prefix)

        outcomes = run(inventory=Failing(target.bucket))

        assert {Outcome.WAITING} == {
            outcomes["rows of events_function", "events_function"],
            outcomes["rows of dead_letters", "dead_letters"],
        }
        assert Outcome.FAILED is outcomes["objects", ""]
        assert 1 == sum(outcome is Outcome.DELETED for outcome in outcomes.values())
        lived.wait_for(8, letters=4)
        assert 0 == forget_ann("--execute")[0]
        lived.wait_for(4, letters=2)

    def test_an_object(self, lived, run, target, forget_ann):
        """An object that cannot be read now is named; its rows stay, or they would come back."""
        (name,) = [name for name in lived.theirs if "/two/" in name and lived.theirs[name]]

        class Failing:
            def read(self, ref, max_bytes):
                if ref.name == name:
                    raise TransientError("reading failed")
                return reader.read(ref, max_bytes)

        reader = target.store
        outcomes = run(store=Failing())

        assert Outcome.FAILED is outcomes["objects", name.rpartition("/")[2]]
        assert 2 == len([1 for row in lived.rows().values() if name in row and ANN in row])
        lived.wait_for(6, letters=2)
        vars(target)["store"] = reader
        assert 0 == forget_ann("--execute")[0]
        lived.wait_for(4, letters=2)


class TestFiles:
    def test_prefix(self, world, forget_ann):
        """Uploaded files under the prefix are deleted, and no others."""
        root = f"data_type=file/analytics_environment={world.environment}/event_category=dumps"
        for place in ("ann/a-1", "ann/b-2", "bob/c-3"):
            name = f"{root}/event_ds=2026-11-23/event_time=0-8/{place}"
            world.pipeline.bucket.blob(name).upload_from_string("core dumped")
        prefix = f"{root}/event_ds=2026-11-23/event_time=0-8/ann/"
        options = ("--file-prefix", prefix)

        assert (0, 3) == (forget_ann(*options)[0], len(world.contents("file")))
        assert 0 == forget_ann(*options, "--execute")[0]
        assert [True] == [name.endswith("/bob/c-3") for name in world.contents("file")]
        assert (0, NOTHING) == forget_ann(*options, "--execute")[:2]

    @pytest.mark.parametrize(
        "prefix", ["", "data_type=file/analytics_environment=qa/", "data_type=json/"]
    )
    def test_prefix_that_is_too_wide(self, forget_ann, prefix):
        """A prefix without environment and category is an error of usage."""
        with pytest.raises(SystemExit) as exit_:
            forget_ann("--file-prefix", prefix, "--execute")

        assert 2 == exit_.value.code


class TestOptions:
    @pytest.mark.parametrize("player", ["", " "])
    def test_empty_id(self, command, player):
        """An empty id is an error of usage."""
        with pytest.raises(SystemExit) as exit_:
            command(forget, "--player-id", player, "--execute")

        assert 2 == exit_.value.code

    def test_selection(self, lived, forget_ann):
        """A narrower request leaves objects, rows and letters outside of it alone."""
        before = lived.contents(), lived.rows(), lived.letters()

        for option in (("--category", "other"), ("--since", "0m"), ("--until", "1h")):
            assert (0, NOTHING) == forget_ann("--execute", *option)[:2]
        assert before == (lived.contents(), lived.rows(), lived.letters())
        assert 0 == forget_ann("--execute", "--category", "cold")[0]
        assert before[1:] == (lived.rows(), lived.letters())
        assert before[0] != lived.contents()

    def test_environment(self, lived, pipeline, forget_ann):
        """Another environment is another selection."""
        other = World(pipeline)
        other.send([{"playerId": ANN}, [{"playerId": ANN}]], 0)
        other.wait_for(1, letters=1)
        before = other.contents(), other.rows(), other.letters()

        assert 0 == forget_ann("--execute")[0]
        assert before == (other.contents(), other.rows(), other.letters())
        assert lived.environment != other.environment

    def test_number(self, world, command):
        """An id that was sent as a number is given as it was written."""
        name = world.send([{"playerId": 4711}, {"playerId": "4711"}, {"playerId": 47110}])
        world.wait_for(3)
        options = ("--environment", world.environment, "--execute")

        assert 0 == command(forget, "--player-id", "4711", *options)[0]
        assert 1 == len(world.contents()[name])
        world.wait_for(1)

    def test_copies(self, lived, forget_ann):
        """It is told until when copies can be brought back."""
        _, _, usual = forget_ann()
        with time_travel(lived.pipeline, hours=48):
            started = now()
            _, _, changed = forget_ann()
            ended = now()

        assert "the bucket keeps no copies of deleted objects" in usual
        (line,) = [line for line in changed.splitlines() if line.startswith("Time travel keeps")]
        until = datetime.fromisoformat(line.split()[-1].rstrip("."))
        assert started.replace(microsecond=0) <= until - timedelta(days=2) <= ended


def test_streaming_buffer(tmp_path, monkeypatch, capfd):
    """Rows in the streaming buffer wait and are named with a time; a later run finishes."""

    def run(*options):
        capfd.readouterr()
        code = forget.main(["--player-id", ANN, "--execute", "--json", *options])
        out = capfd.readouterr().out
        return code, [json.loads(line) for line in out.splitlines()]

    def start(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return World(PipelineClient(variables), environment="qa")

    with running_pipeline(tmp_path, "--streaming-buffer", "600") as variables:
        world = start(variables)
        world.send([{"playerId": ANN}, {"playerId": BOB}, [{"playerId": ANN}]], 0, 2)
        world.wait_for(2, letters=1)
        for table in ("events_function", "dead_letters"):  # a row that was not streamed, and is old
            time = "inserted_timestamp" if table == "events_function" else "dead_lettered_timestamp"
            world.pipeline.query(
                f"INSERT INTO events.{table} SELECT * REPLACE "
                f"(TIMESTAMP_SUB({time}, INTERVAL 91 MINUTE) AS {time}) FROM events.{table}"
            )
        first_code, first = run()
        expected = world.without_ids_of_theirs(world.rows()), {}
        world.wait_for(4 - 1, letters=1)
        world.pipeline.close()

    assert 1 == first_code
    assert [
        ("lines of objects", 2, "deleted"),
        ("rows of events_function", 1, "deleted"),
        ("rows of events_function", 1, "waits"),
        ("rows of dead_letters", 1, "deleted"),
        ("rows of dead_letters", 1, "waits"),
    ] == [(part["what"], part["count"], part["outcome"]) for part in first]
    assert {True, False} == {"run again after 20" in part["detail"] for part in first}

    # After a restart the local warehouse counts all rows as older.
    with running_pipeline(tmp_path, "--streaming-buffer", "600") as variables:
        world = start(variables)
        second_code, second = run()
        assert expected == (world.rows(), world.letters())
        third = run()
        world.pipeline.close()

    assert (0, ["deleted", "deleted"]) == (second_code, [part["outcome"] for part in second])
    assert (0, []) == third
