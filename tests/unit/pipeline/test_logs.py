"""logs: one JSON object a line, as Cloud Logging reads it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics_pipeline import logs

PACKAGE = Path(logs.__file__).parent


@pytest.fixture(name="lines")
def _lines(capsys):
    """Return what was logged since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


class TestWrite:
    def test_line(self, lines):
        """A line carries severity, the time in UTC, message and its fields."""
        logs.set_trace("p", {})
        logs.write("batch_stored", object="gs://b/o", event_count=4)

        (line,) = lines()
        written = datetime.fromisoformat(line.pop("time"))
        assert timedelta(0) <= datetime.now(UTC) - written < timedelta(minutes=1)
        expected = {
            "severity": "INFO",
            "message": "batch_stored",
            "event": "batch_stored",
            "object": "gs://b/o",
            "event_count": 4,
        }
        assert expected == line

    @pytest.mark.parametrize(
        "headers",
        [
            {b"traceparent": b"00-" + b"ab" * 16 + b"-00f067aa0ba902b7-01"},
            {b"x-cloud-trace-context": b"ab" * 16 + b"/123;o=1"},
        ],
    )
    def test_trace(self, lines, headers):
        """The line of a traced request names its trace."""
        logs.set_trace("p", headers)
        logs.write("batch_stored")

        (line,) = lines()
        assert f"projects/p/traces/{'ab' * 16}" == line["logging.googleapis.com/trace"]

    def test_malformed_trace(self, lines):
        """A header that is no trace is not copied into the log."""
        logs.set_trace("p", {b"traceparent": b"nonsense"})
        logs.write("batch_stored")

        (line,) = lines()
        assert "logging.googleapis.com/trace" not in line

    def test_unregistered(self):
        """An event that nobody registered cannot be logged."""
        with pytest.raises(KeyError):
            logs.write("surprise")

    def test_exception(self, lines):
        """A failure is logged with its traceback."""
        try:
            int("boom")
        except ValueError as exc:
            logs.write_exception("request_failed", exc, path="/v1/event")

        (line,) = lines()
        assert "CRITICAL" == line["severity"]
        assert line["error"].startswith("ValueError(")
        assert "test_logs.py" in line["stack_trace"]


def test_registry_is_exact():
    """Every registered event is logged somewhere, and every logged event is registered."""
    sources = [path.read_text() for path in PACKAGE.rglob("*.py")]
    used = {
        name
        for source in sources
        for name in re.findall(r'(?:logs\.write(?:_exception)?|\b_log)\(\s*"(\w+)"', source)
    } | {"request_unavailable", "request_refused"}

    assert set(logs.EVENTS) == used
