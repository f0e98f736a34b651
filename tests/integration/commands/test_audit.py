"""audit: every fault is planted in a running pipeline, and found by name; a clean one is clean."""

import json
import os
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import pytest
from pipeline_client import unique, wait_for_another_second

from analytics_commands.audit import command as audit
from analytics_commands.audit import sessions
from analytics_commands.audit.reading import account_queries
from analytics_commands.backfill import command as backfill
from analytics_pipeline.object_names import Partition, event_time_of
from checkout import ROOT

DS = "2026-03-01"
EVENTS = [{"eventType": "t", "n": n} for n in range(3)]


@pytest.fixture(name="environment")
def _environment():
    return unique("audit")


@pytest.fixture(name="send")
def _send(pipeline, environment):
    """Send events; returns the object's URI once all rows are there."""

    def send(events=EVENTS, category="function", **arguments):
        answer = pipeline.send(
            events,
            analytics_environment=environment,
            event_category=category,
            **{"event_ds": DS, **arguments},
        )
        blob = pipeline.stored_batch(answer["batch_id"])
        uri = f"gs://{blob.bucket.name}/{blob.name}"
        if category == "function" and answer["data_type"] == "json":
            pipeline.wait_for_count(
                answer["event_count"],
                "SELECT (SELECT COUNT(*) FROM events.events_function WHERE gcs_uri = u)"
                " + (SELECT COUNT(*) FROM events.dead_letters WHERE gcs_uri = u)"
                f" FROM (SELECT '{uri}' AS u)",
            )
        return uri

    return send


@pytest.fixture(name="run")
def _run(command, environment):
    """Audit the environment; returns the exit code and the records by their type."""

    def run(*arguments, settle="0m", clock=None):
        module = SimpleNamespace(main=partial(audit.main, clock=clock)) if clock else audit
        code, out, _ = command(
            module, "--environment", environment, "--settle", settle, "--json", *arguments
        )
        records = [json.loads(line) for line in out.splitlines()]
        assert "summary" == records[-1]["type"]
        return code, records

    return run


def findings(records):
    """Return kind, object, events and whether it is a gap of every finding."""
    return [
        (each["kind"], each["object"] or each["session_id"], each["events"], each["gap"])
        for each in records
        if each["type"] == "finding"
    ]


def days(records):
    """Return the counts of each day and category, without zeros."""
    return {
        (each.pop("event_category"), each.pop("event_ds")): {
            name: value
            for name, value in each.items()
            if value and name not in {"type", "analytics_environment"}
        }
        for each in records
        if each["type"] == "day"
    }


def blob_of(pipeline, uri):
    """Return the object at a URI."""
    return pipeline.bucket.get_blob(uri.split("/", 3)[3])


def change_rows(pipeline, uri, sql, *positions):
    """Run a statement about the rows at these positions of an object, `{them}` in it."""
    texts = [str(position) for position in positions]
    them = f"gcs_uri = '{uri}' AND REGEXP_EXTRACT(event_id, '[0-9]+$') IN UNNEST({texts})"
    pipeline.query(sql.format(them=them))


def repair(command, records):
    """Run the command that the one finding names."""
    (text,) = [each["command"] for each in records if each["type"] == "finding"]
    words = shlex.split(text)
    assert ["analytics", "backfill"] == words[:2]
    code, _, _ = command(backfill, *words[2:])
    return code


class TestClean:
    def test_everything_arrived(self, run, send):
        """Accepted = stored = loaded + dead-lettered, by category and day, is exit code 0."""
        send()
        send([{"a": 1}, 5])
        send(category="cold")
        code, records = run()

        assert [] == findings(records)
        assert {
            ("cold", DS): {"objects": 1, "accepted": 3, "stored": 3},
            ("function", DS): {
                "objects": 2, "accepted": 5, "stored": 5, "loaded": 4, "dead_lettered": 1,
            },
        } == days(records)  # fmt: skip
        assert 0 == code
        assert (
            "Nothing is lost: 8 of 8 accepted events are stored, 4 loaded and 1 dead-lettered."
        ) == records[-1]["verdict"]

    def test_nothing_stored(self, run):
        """An environment without any object is clean."""
        code, records = run()

        assert 0 == code
        assert 1 == len(records)
        assert records[0]["verdict"].startswith("Nothing stored: no object was received")

    def test_for_people(self, command, send, environment):
        """People read a table of the days, and a plain sentence last."""
        send()
        code, out, err = command(audit, "--environment", environment, "--settle=0m")
        (row,) = [line.split() for line in out.splitlines() if line.startswith("function ")]

        assert ["function", DS, *"1333"] == row
        assert f"\nanalytics_environment: {environment}\n" in out
        assert (
            "Nothing is lost: 3 of 3 accepted events are stored and loaded."
        ) == out.splitlines()[-1]
        assert (0, "") == (code, err)

    def test_pending(self, run, send):
        """What is younger than `--settle` is counted as pending, and not judged."""
        send(category="cold")
        code, records = run(settle="15m")

        assert {("cold", DS): {"pending": 3}} == days(records)
        assert 0 == code
        assert "; 3 events are pending, received since " in records[-1]["verdict"]

    def test_until(self, run, send, pipeline):
        """What was received at `--until` or later is not looked at."""
        first = send(category="cold")
        received = float(blob_of(pipeline, first).metadata["received_timestamp"])
        until = datetime.fromtimestamp(received, UTC) + timedelta(milliseconds=1)
        second = send(category="cold")
        _, records = run("--until", until.isoformat())
        _, later = run("--since", until.isoformat())

        assert {("cold", DS): {"objects": 1, "accepted": 3, "stored": 3}} == days(records)
        assert {("cold", DS): {"objects": 1, "accepted": 3, "stored": 3}} == days(later)
        assert first != second

    def test_category(self, run, send, pipeline):
        """Only the category that is asked for is looked at."""
        send()
        blob_of(pipeline, send(category="cold")).delete()

        assert [0, 1] == [run("--category", name)[0] for name in ("function", "cold")]

    def test_a_promoted_category(self, run, send, command, environment):
        """Rows of another category are counted once it was loaded by hand."""
        send(category="cold")
        arguments = ("--environment", environment, "--category", "cold", "--until", "0m")
        assert 0 == command(backfill, *arguments, "--execute")[0]
        code, records = run()

        counts = {"objects": 1, "accepted": 3, "stored": 3, "loaded": 3}
        assert {("cold", DS): counts} == days(records)
        assert (0, []) == (code, findings(records))

    def test_forgotten(self, run, send, pipeline):
        """Events that were forgotten, in the object and in its rows, are not lost."""
        uri = send()
        blob = blob_of(pipeline, uri)
        kept = blob.download_as_bytes().splitlines(keepends=True)
        blob.metadata |= {
            "event_count": "1",
            "forgotten_count": "2",
            "rewritten_at": "2026-03-02T00:00:00Z",
            "content_md5": None,
        }
        blob.upload_from_string(kept[1])
        change_rows(pipeline, uri, "DELETE FROM events.events_function WHERE {them}", 0, 2)
        code, records = run()

        counts = {"objects": 1, "accepted": 3, "stored": 1, "forgotten": 2, "loaded": 1}
        assert {("function", DS): counts} == days(records)
        assert (0, []) == (code, findings(records))

    def test_nobody_reads_it(self, send, environment, variables):
        """A verdict that nobody could read does not pass for a clean one."""
        send(category="cold")
        reading, writing = os.pipe()
        os.close(reading)
        code = subprocess.call(
            [
                *(sys.executable, "-m", "analytics_commands", "audit", "--json"),
                *("--settle", "0m", "--environment", environment),
            ],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=writing,
        )
        os.close(writing)

        assert 1 == code

    def test_no_log(self, command, send, environment, monkeypatch):
        """Without a log the rest is compared, and one line says so."""
        send()
        monkeypatch.setattr(account_queries, "_KNOWN_SINCE", "SELECT no_such_column FROM receipts")
        code, out, err = command(audit, "--environment", environment, "--settle=0m", "--json")
        records = [json.loads(line) for line in out.splitlines()]

        assert [None, None] == [each["accepted"] for each in records]
        assert {("function", DS): {"objects": 1, "stored": 3, "loaded": 3}} == days(records)
        assert 0 == code
        assert 1 == len(err.splitlines())
        assert err.startswith("no log, ")


class TestGaps:
    def test_lost(self, run, send, pipeline, command):
        """A row that is gone is lost, and the command that is named brings it back."""
        send()
        uri = send()
        change_rows(pipeline, uri, "DELETE FROM events.events_function WHERE {them}", 1)
        code, records = run()

        assert [("lost", uri, 1, True)] == findings(records)
        assert 5 == days(records)["function", DS]["loaded"]
        assert (1, "1 gap: 1 lost (1 event).") == (code, records[-1]["verdict"])
        assert 0 == repair(command, records)
        assert (0, [("redelivered", uri, 2, False)]) == (run()[0], findings(run()[1]))

    def test_undelivered(self, run, send, pipeline, command):
        """An object without any row is undelivered, and the command that is named loads it."""
        uri = send()
        change_rows(pipeline, uri, "DELETE FROM events.events_function WHERE {them}", 0, 1, 2)
        code, records = run()

        assert [("undelivered", uri, 3, True)] == findings(records)
        assert 1 == code
        assert 0 == repair(command, records)
        assert (0, []) == (run()[0], findings(run()[1]))

    def test_doubled(self, run, send, pipeline):
        """A row that the view shows beside another of the same event is doubled."""
        uri = send()
        change_rows(
            pipeline,
            uri,
            "INSERT INTO events.events_function SELECT * REPLACE"
            " (DATE_SUB(received_date, INTERVAL 1 DAY) AS received_date)"
            " FROM events.events_function WHERE {them}",
            1,
        )
        code, records = run()

        assert [("doubled", uri, 1, True)] == findings(records)
        assert 1 == code

    def test_altered_count(self, run, send, pipeline):
        """An object that says another count than was logged is named, once."""
        uri = send()
        blob = blob_of(pipeline, uri)
        blob.metadata |= {"event_count": "5"}
        blob.patch()
        code, records = run()

        assert [("altered_count", uri, 2, True)] == findings(records)
        assert 1 == code

    def test_orphan(self, run, send, pipeline):
        """Rows whose object was deleted are an orphan's."""
        uri = send()
        blob_of(pipeline, uri).delete()
        code, records = run()

        assert [("orphan", uri, 3, True)] == findings(records)
        assert {("function", DS): {"accepted": 3, "loaded": 3, "gaps": 1}} == days(records)
        assert 1 == code

    def test_missing(self, run, send, pipeline):
        """An accepted object that was deleted, and never had rows, is missing."""
        uri = send(category="cold")
        blob_of(pipeline, uri).delete()
        code, records = run()

        assert [("missing", uri, 3, True)] == findings(records)
        assert 1 == code

    def test_several(self, run, send, pipeline):
        """Each of several faults is found, and each can be ignored."""
        gone, body = send(category="cold"), send("no JSON")
        blob_of(pipeline, gone).delete()
        code, records = run()
        ignored, ignoring = run("--strict", "--ignore", "missing", "--ignore", "not_loadable")

        expected = [("missing", gone, 3, True), ("not_loadable", body, None, True)]
        assert expected == findings(records)
        assert (1, 1, 1) == (code, records[-1]["gaps"], records[-1]["client_gaps"])
        assert [(*each[:3], False) for each in expected] == findings(ignoring)
        assert (0, 0, 0) == (ignored, ignoring[-1]["gaps"], ignoring[-1]["client_gaps"])


class TestNotes:
    def test_unacknowledged(self, run, pipeline, environment):
        """An object that no request explains is a note, whether it is loaded or not."""
        uris = []
        now = datetime.now(UTC)
        for category in ("cold", "function"):
            partition = Partition(
                environment, category, now.date().isoformat(), event_time_of(now)
            ).format()
            name = f"data_type=json/{partition}/s/o"
            blob = pipeline.bucket.blob(name)
            blob.metadata = {"event_count": "1"}
            blob.upload_from_string('{"a": 1}\n')
            uris.append(f"gs://{blob.bucket.name}/{name}")
        pipeline.wait_for_count(
            1, f"SELECT COUNT(*) FROM events.events WHERE gcs_uri = '{uris[1]}'"
        )
        code, records = run()

        assert [("unacknowledged", uri, 1, False) for uri in uris] == findings(records)
        assert 0 == code

    def test_redelivered(self, run, send, pipeline):
        """A copy that the view hides is a note."""
        uri = send()
        change_rows(
            pipeline,
            uri,
            "INSERT INTO events.events_function SELECT * FROM events.events_function WHERE {them}",
            1,
        )
        code, records = run()

        assert [("redelivered", uri, 1, False)] == findings(records)
        assert 0 == code

    def test_retried(self, run, send):
        """A request that was sent twice with one key is a note of the object that is hidden."""
        headers = {"Idempotency-Key": unique()}
        send(headers=headers)
        wait_for_another_second()
        second = send(headers=headers)
        code, records = run()

        assert [("retried", second, 3, False)] == findings(records)
        assert 6 == days(records)["function", DS]["loaded"]
        assert 0 == code

    @pytest.mark.parametrize(("days", "kind"), [(0, "retried_later"), (3, "doubled_across_days")])
    def test_retried_on_a_later_day(self, run, send, pipeline, days, kind):
        """An event that the view shows on two days is told, and the client's after two days."""
        headers = {"Idempotency-Key": unique()}
        first, second = send(headers=headers), send([{"eventType": "t"}])
        pipeline.query(
            "UPDATE events.events_function SET event_id = (SELECT MIN(event_id)"
            f" FROM events.events_function WHERE gcs_uri = '{first}'),"
            " received_date = DATE_ADD(received_date, INTERVAL 1 DAY)"
            f" WHERE gcs_uri = '{second}'"
        )
        later = partial(lambda delay: datetime.now(UTC) + delay, timedelta(days=days))
        code, records = run("--since", "2d", clock=later)

        is_gap = kind == "doubled_across_days"
        assert [(kind, second, 1, is_gap)] == findings(records)
        assert (0, 0, int(is_gap)) == (code, records[-1]["gaps"], records[-1]["client_gaps"])

    def test_overwritten(self, run, pipeline, environment):
        """Rows and letters of what an object was before it was replaced are a note."""
        name = (
            f"data_type=json/analytics_environment={environment}/event_category=function"
            f"/event_ds={DS}/event_time=0-8/s/o"
        )
        blob = pipeline.bucket.blob(name)
        for content, rows in (('{"v":1}\nbroken\n', 1), ('{"v":2}\n' * 3, 4)):
            blob.upload_from_string(content)
            pipeline.wait_for_count(
                rows,
                "SELECT COUNT(*) FROM events.events_function"
                f" WHERE analytics_environment = '{environment}'",
            )
        code, records = run()

        uri = f"gs://{blob.bucket.name}/{name}"
        expected = [("unacknowledged", uri, None, False), ("overwritten", uri, 2, False)]
        assert expected == findings(records)
        assert 0 == code

    def test_expired(self, run, send, pipeline, environment):
        """An object that the bucket's own rules delete is neither missing nor an orphan's."""
        cold, function = send(category="cold"), send()
        for uri in (cold, function):
            blob_of(pipeline, uri).delete()
        bucket = pipeline.bucket.client.get_bucket(pipeline.bucket.name)
        prefix = f"data_type=json/analytics_environment={environment}/"
        bucket.add_lifecycle_delete_rule(age=0, matches_prefix=[prefix])
        bucket.patch()
        code, records = run()
        bucket.clear_lifecycle_rules()
        bucket.patch()

        assert [("expired", cold, 3, False), ("expired", function, 3, False)] == findings(records)
        assert 0 == code
        assert ["missing", "orphan"] == [each[0] for each in findings(run()[1])]


class TestClients:
    @pytest.mark.parametrize(
        ("body", "arguments"),
        [
            ("no JSON", {}),
            (b"\xff\xfe\x00{", {}),
            (["no event", None, 5, []], {}),
            ('{"a":1}\n{"a":', {}),
            ([{"playerId": "p", "eventId": "the-same-id"}] * 3, {}),
            ([{"batchId": "x", "event_id": "x/99999999999999999999", "received_timestamp": 1}], {}),
            ([{"sessionId": name} for name in ("\0", "", "s" * 1_000_000, "'; --", "😀")], {}),
            ([{"eventIndex": n, "sessionId": "s"} for n in (-(2**63), 2**63 - 1, 0, 0, -7)], {}),
            ([{"eventIndex": "1e400", "eventTimestamp": 1e308, "extra": {"_adjusted": 1}}], {}),
            (EVENTS, {"session_id": "s" * 256}),
            (EVENTS, {"session_id": "a/.keep"}),
            (EVENTS, {"event_ds": "2036-11-01"}),
            (EVENTS, {"event_ds": "2016-12-31", "event_time": "0-8"}),
        ],
        ids=[
            *("text", "bytes", "no objects", "cut", "same ids", "forged", "sessions", "indexes"),
            *("odd values", "long name", "keep", "far ahead", "long ago"),
        ],
    )
    def test_hostile(self, run, send, body, arguments):
        """Whatever a client sends, the server has not lost it: only `--strict` may say no."""
        send(body, **arguments)
        code, records = run()

        assert (0, 0) == (code, records[-1]["gaps"])
        assert records[-1]["verdict"].startswith("Nothing is lost: ")
        assert int(bool(records[-1]["client_gaps"])) == run("--strict")[0]

    def test_used_keys(self, run, send):
        """A key that is used again and again, with the same body and with others, loses nothing."""
        for body in (EVENTS, EVENTS, EVENTS[:2], "no JSON", "no JSON"):
            send(body, headers={"Idempotency-Key": "0" * 16})
        code, records = run()

        assert (0, 0) == (code, records[-1]["gaps"])

    def test_repeated(self, run, send):
        """A request that is repeated, and told of the object that is there, is one object."""
        now = int(time.time() * 1000).to_bytes(6, "big").hex()
        headers = {"Idempotency-Key": f"{now}7{'0' * 3}8{uuid4().hex[:15]}"}
        uris = {send(headers=headers) for _ in range(3)}
        code, records = run("--strict")

        assert (1, 0, []) == (len(uris), code, findings(records))
        assert {("function", DS): {"objects": 1, "accepted": 3, "stored": 3, "loaded": 3}} == days(
            records
        )

    def test_not_loadable(self, run, send):
        """A body that can never be rows is named, and is its client's fault."""
        uri = send("no JSON")
        code, records = run()

        assert [("not_loadable", uri, None, True)] == findings(records)
        assert (0, "Clients: 1 body is no events.") == (code, records[-1]["clients"])

    def test_for_people(self, command, send, environment):
        """People read both verdicts, the server's first."""
        send()
        send("no JSON")
        _, out, _ = command(audit, "--environment", environment, "--settle=0m")

        assert [
            "Nothing is lost: 3 of 3 accepted events are stored and loaded.",
            "Clients: 1 body is no events.",
        ] == out.splitlines()[-2:]

    def test_too_much_to_compare(self, run, send, monkeypatch):
        """Sessions that BigQuery cannot compare leave the server's verdict as it is."""
        monkeypatch.setattr(sessions, "_SQL", "SELECT no_such_column FROM events")
        send()
        code, records = run()

        assert (0, 0, 1) == (code, records[-1]["gaps"], records[-1]["client_gaps"])
        assert records[-1]["clients"].startswith("Clients: not compared: sessions (the query")
        assert 1 == run("--strict")[0]


class TestUploads:
    @pytest.fixture(name="ask")
    def _ask(self, pipeline, environment):
        """Ask for an upload URL; returns the answer."""
        file = {"content_type": "text/plain", "md5_digest": "XUFAKrxLKna5cZ2REBfFkg=="}
        return partial(
            pipeline.send, file, path="/v1/file", analytics_environment=environment, event_ds=DS
        )

    @pytest.mark.parametrize(("minutes", "is_found"), [(31, True), (29, False)])
    def test_unused(self, run, ask, pipeline, minutes, is_found):
        """A URL to which no file came is told once it is no longer valid; a used one is not."""
        used, unused = ask(), ask()["object"]
        pipeline.http.put(used["signed_url"], data=b"hello", headers=used["headers"])
        clock = partial(lambda later: datetime.now(UTC) + later, timedelta(minutes=minutes))
        code, records = run(clock=clock)

        assert ([("unused_upload", unused, 0, True)] if is_found else []) == findings(records)
        assert (0, int(is_found)) == (code, run("--strict", clock=clock)[0])


class TestSessions:
    @pytest.fixture(name="play")
    def _play(self, send):
        """Send the events of a session, a batch for each list of indexes."""

        def play(*batches):
            session = unique("session")
            for indexes in batches:
                send([{"eventIndex": index, "sessionId": session} for index in indexes])
            return session

        return play

    @pytest.mark.parametrize(
        ("batches", "events"),
        [
            ([[0, 1, 3]], 1),
            ([[0, 1, 1, 2]], 1),
            ([[0, 9], [9]], 9),
            ([[2, 4], [0, 1]], 1),
        ],
        ids=["missing", "doubled", "both", "reordered, too"],
    )
    def test_gaps(self, run, play, batches, events):
        """An index that is missing or doubled is a gap of its session, and its client's."""
        session = play(*batches)
        code, records = run()

        assert [("session_gap", session, events, True)] == findings(records)
        assert (0, 1) == (code, run("--strict")[0])
        assert "Clients: 1 session has missing or doubled indexes." == records[-1]["clients"]

    def test_out_of_order(self, run, play):
        """Indexes that are out of order, with none missing, are a note."""
        session = play([2, 3], [0, 1])
        code, records = run("--strict")

        assert [("reordered", session, 1, False)] == findings(records)
        assert (0, "") == (code, records[-1]["clients"])

    def test_clean(self, run, play):
        """A session that is counted through is clean, wherever it begins and however it came."""
        play([0, 1, 2], [3], [4, 5])
        play([7, 8])

        assert (0, []) == (run()[0], findings(run()[1]))

    def test_events_without_session_or_index(self, run, send):
        """Events of no session, and those without an index, are no gaps."""
        send([{"eventIndex": 0}, {"eventIndex": 5}])
        send([{"sessionId": "s"}, {"sessionId": "s"}])

        assert (0, []) == (run()[0], findings(run()[1]))

    def test_huge_indexes(self, run, play):
        """Indexes at both ends of what BigQuery holds are compared, too."""
        session = play([-(2**63), 2**63 - 1])
        _, records = run()

        assert [("session_gap", session, 2**64 - 2, True)] == findings(records)

    def test_still_played(self, run, play):
        """A session whose last event is younger than `--settle` is not judged."""
        play([0, 2])

        assert 0 == run(settle="15m")[0]

    def test_not_asked_for(self, run, play):
        """`--no-sessions` leaves indexes alone, `--ignore` takes them out of the verdict."""
        session = play([0, 2])

        assert (0, []) == (run("--no-sessions")[0], findings(run("--no-sessions")[1]))
        code, records = run("--strict", "--ignore=session_gap")
        assert (0, [("session_gap", session, 1, False)]) == (code, findings(records))
