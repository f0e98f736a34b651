"""`tail` on the running pipeline: what is posted appears, once, and only what was asked for."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from pipeline_client import unique

from analytics_commands.tail import command as tail
from checkout import ROOT

SECONDS = 60.0


@pytest.fixture(name="environment")
def _environment():
    """Return a label of the test's own, so that nothing else is in the view."""
    return unique("tail")


@pytest.fixture(name="send")
def _send(pipeline, environment):
    """Post events under the test's environment."""

    def send(data, **parameters):
        return pipeline.send(data, analytics_environment=environment, **parameters)

    return send


@pytest.fixture(name="look")
def _look(command, environment):
    """Look once at what the test sent; returns the lines of stdout, and stderr."""

    def look(*arguments):
        code, out, err = command(
            tail, "--once", "--since", "10m", "--environment", environment, *arguments
        )
        assert 0 == code, err
        return out.splitlines(), err

    return look


@contextmanager
def following(variables, *arguments):
    """Run the command as a process that follows, from its first word on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "analytics_commands", "tail", "--interval", "0.1", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables, "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    try:
        assert "Ctrl-C ends it" in process.stderr.readline()
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


class TestOnce:
    def test_events(self, send, look):
        """Each event is a line of its labels, what it is, and its attributes."""
        level_up = {"eventType": "level_up", "eventIndex": 7, "playerId": "p1"}
        message = {"message": "hello [bold]world[/bold] \u009b1m"}
        send(
            [{**level_up, "eventAttributes": {"a": 1}}, message],
            session_id="game/s1",
            event_category="function",
        )
        (first, second), err = look()

        assert "function  game/s1  level_up  7  p1  " + '{"a":1}' == first.split("  ", 2)[2]
        assert r'{"message":"hello [bold]world[/bold] \x9b1m"}' == second.split("  ")[-1]
        assert "" == err

    def test_json(self, send, look, pipeline):
        """`--json` prints the stored lines, byte for byte."""
        body = '[{"n":1.10,"big":123456789012345678901234567890},5]\n'
        batch_id = send(body)["batch_id"]
        lines, _ = look("--json")

        assert pipeline.stored_batch(batch_id).download_as_text().splitlines() == lines
        assert '"n":1.10,"big":123456789012345678901234567890' in lines[0]

    def test_filters(self, send, look):
        """Category and session select, the session by the object's name or by the event."""
        send({"eventType": "a"}, event_category="c1", session_id="s1")
        send([{"eventType": "b", "sessionId": "s1"}, {"eventType": "c"}], session_id="s2")

        def kinds(*arguments):
            return [line.split("  ")[4] for line in look(*arguments)[0]]

        assert ["a", "b", "c"] == kinds()
        assert ["a"] == kinds("--category", "c1")
        assert ["a", "b"] == kinds("--session", "s1")
        assert ["b", "c"] == kinds("--session", "s2")
        assert [] == kinds("--session", "s")
        assert ["a", "b"] == kinds("--lines", "2")

    def test_since(self, send, look):
        """What arrived before `--since` is not shown."""
        send({})

        assert 1 == len(look()[0])
        assert [] == look("--since", "2100-01-01")[0]

    def test_batches(self, send, look, pipeline):
        """`--batches` shows the objects, and reads none: one that is gone is shown, too."""
        batch_id = send([{}, {}], session_id="s1")["batch_id"]
        blob = pipeline.stored_batch(batch_id)
        blob.delete()
        (line,), err = look("--batches")

        expected = [
            "s1",
            "batch",
            "2 events",
            f"{blob.size} bytes",
            f"gs://{blob.bucket.name}/{blob.name}",
        ]
        assert expected == line.split("  ")[3:]
        assert "" == err

    def test_deleted(self, send, look, pipeline):
        """An object that is gone is told, and the others are shown."""
        blob = pipeline.stored_batch(send({"eventType": "gone"})["batch_id"])
        send({"eventType": "there"})
        blob.delete()
        lines, err = look()

        assert ["there"] == [line.split("  ")[4] for line in lines]
        assert f"gs://{blob.bucket.name}/{blob.name}: it was deleted meanwhile\n" == err

    def test_odd_bodies(self, send, look):
        """Bytes that are no events are a line of their size; in JSON, only a word on stderr."""
        send(b"\x00\xff\x1b[31m" * 100)
        (line,), _ = look()
        lines, err = look("--json")

        assert ["unknown", "0 events", "700 bytes"] == line.split("  ")[4:7]
        assert [] == lines
        assert ": 700 bytes that are no events\n" in err

    def test_many(self, send, look):
        """The largest batch is shown whole, in its order."""
        send([{"eventIndex": n, "text": "x" * 100} for n in range(10_000)])
        lines, _ = look()

        assert [str(n) for n in range(10_000)] == [line.split("  ")[5] for line in lines]

    def test_files(self, pipeline, look, environment):
        """A signed URL that was issued is a line, with the file's place."""
        ticket = pipeline.send(
            {"content_type": "text/plain", "md5_digest": "A" * 22 + "==", "size": 5},
            path="/v1/file",
            analytics_environment=environment,
            file_parent="dumps",
        )
        (line,), _ = look("--session", "dumps")

        expected = ["unknown", "dumps", "upload url", "-", "5 bytes", ticket["object"]]
        assert expected == line.split("  ")[2:]

    def test_refused(self, pipeline, look):
        """`--refused` shows what was answered with an error, whatever the filters."""
        pipeline.post(b"")
        shown, _ = look("--refused")
        unasked, _ = look()

        assert any(line.endswith("  refused  400  empty_batch  /v1/event") for line in shown)
        assert [] == unasked

    def test_no_log_files(self, command, monkeypatch):
        """Where log lines cannot be read, one line says what is missing."""
        monkeypatch.setenv("FUNCTION_LOGS", "/nowhere")
        code, out, err = command(tail, "--once")

        assert (1, "") == (code, out)
        assert "error: there is no folder /nowhere of log files\n" == err


@pytest.mark.parametrize("wrong", [("--lines", "0"), ("--interval", "0"), ("--since", "tomorrow")])
def test_usage(command, wrong):
    """A command line that cannot work is refused."""
    with pytest.raises(SystemExit) as caught:
        command(tail, *wrong)

    assert 2 == caught.value.code


class TestFollowing:
    def test_each_event_once(self, variables, send, environment):
        """While batches arrive, each event is shown once; what was there before is not."""
        send({"eventType": "before"})
        arguments = ("--environment", environment, "--json", "--lines", "300")
        with following(variables, *arguments) as process, ThreadPoolExecutor(4) as threads:
            posted = list(threads.map(lambda n: send([{"n": n}, {"n": -n}]), range(1, 151)))
            out, err = process.communicate(timeout=SECONDS)

        shown = [json.loads(line) for line in out.splitlines()]
        assert (0, "") == (process.returncode, err)
        assert {answer["batch_id"] for answer in posted} == {event["batchId"] for event in shown}
        assert sorted([*range(-150, 0), *range(1, 151)]) == sorted(event["n"] for event in shown)

    def test_interrupt(self, variables, send, environment):
        """Ctrl-C ends it with one word."""
        with following(variables, "--environment", environment) as process:
            send({"eventType": "seen"})
            assert "  seen  " in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)

        assert (130, "", "interrupted\n") == (process.returncode, out, err)

    def test_pipe(self, variables, send, environment):
        """A reader that has seen enough, such as `head`, ends it without a complaint."""
        with following(variables, "--environment", environment) as process:
            send({"eventType": "first"})
            assert "  first  " in process.stdout.readline()
            process.stdout.close()
            send({"eventType": "second"})
            err = process.stderr.read()

            assert (0, "") == (process.wait(SECONDS), err)
