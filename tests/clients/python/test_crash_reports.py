"""Log records and crashes as events: never in a circle, and never an error of their own."""

import logging
import subprocess
import sys

import pytest
from driven import Driven
from scripted_server import PATIENCE

from analytics_pipeline_client.crash_reports import AnalyticsHandler
from checkout import ROOT

CRASH = """
import sys, threading
from analytics_pipeline_client import Client
from analytics_pipeline_client.crash_reports import report_crashes

client = Client(sys.argv[1], "key", sys.argv[2])
report_crashes(client)
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise LookupError("nobody catches this")
"""


class Failing:
    """A client that logs what it does, and fails."""

    def __init__(self, log):
        self.log = log
        self.calls = 0

    def track(self, *_, **__):
        """Log, and fail."""
        self.calls += 1
        self.log.error("again")
        raise ZeroDivisionError


@pytest.fixture(name="log")
def _log():
    log = logging.getLogger("the-game")
    log.propagate = False
    yield log
    log.handlers.clear()
    log.propagate = True


def test_records(client, pipeline, log):
    """A record is an event with its message, its place and its exception."""
    one = client()
    log.addHandler(AnalyticsHandler(one, logging.WARNING))
    log.warning("low on %s", "mana")
    log.info("nothing to see")
    log.error("failed", exc_info=LookupError("lost"))
    log.critical("the end")
    one.flush(60)

    told = [each["eventAttributes"] for each in pipeline.stored()]
    assert ["log", "error", "crash"] == [each["eventType"] for each in pipeline.stored()]
    assert ["low on mana", "failed", "the end"] == [each["message"] for each in told]
    assert told[0]["where"].startswith("test_crash_reports:")
    assert told[1]["exception"] == "LookupError"
    assert told[1]["traceback"].endswith("LookupError: lost\n")


def test_no_circle(log):
    """What is logged while a record is tracked is not tracked, and an error there goes nowhere."""
    failing = Failing(log)
    handler = AnalyticsHandler(failing)
    handler.handleError = lambda _record: None
    log.addHandler(handler)
    log.error("once")

    assert failing.calls == 1


def test_own_records(client):
    """What the client itself logs is no event."""
    one = client()
    handler = AnalyticsHandler(one)
    for name in ("analytics_pipeline_client", "analytics_pipeline_client.x"):
        handler.handle(logging.LogRecord(name, logging.ERROR, "x.py", 1, "x", (), None))

    assert one.keep()
    assert one.progress().kept == 0


def test_wrong_arguments(client, capsys):
    """A record whose text cannot be made is told as logging tells it, and raises nothing."""
    record = logging.LogRecord("game", logging.ERROR, "x.py", 1, "%d", ("no number",), None)
    AnalyticsHandler(client()).handle(record)

    assert "Logging error" in capsys.readouterr().err


def test_crashes(pipeline, tmp_path):
    """A program that dies of an exception leaves the events of it, and its traceback as ever."""
    environment = {"PYTHONPATH": str(ROOT / "clients/python/src")}
    command = [sys.executable, "-c", CRASH, pipeline.url, str(tmp_path)]
    ended = subprocess.run(
        command, check=False, timeout=PATIENCE, env=environment, capture_output=True, text=True
    )
    with Driven(pipeline, tmp_path) as driven:
        assert driven.do("flush", timeout=PATIENCE)["left"] == 0

    told = [each["eventAttributes"]["exception"] for each in pipeline.stored()]
    assert (ended.returncode, told) == (1, ["ZeroDivisionError", "LookupError"])
    assert ended.stderr.endswith("LookupError: nobody catches this\n")
