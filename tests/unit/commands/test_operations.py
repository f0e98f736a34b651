"""operations: options that commands share, and how their data is shown."""

import argparse
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from analytics_commands.foundation.pipeline.pipeline_options import (
    add_gateway_options,
    add_selection_options,
    add_target_options,
    read_selection,
)
from analytics_commands.foundation.pipeline.target import read_gateway, read_target
from analytics_commands.foundation.terminal.ending import CommandFailed, run_command
from analytics_commands.foundation.terminal.output import print_json, print_records
from analytics_commands.foundation.terminal.parsing import new_parser, read_count, read_moment
from analytics_pipeline.errors import ConfigurationError

_VARIABLES = (
    *("GOOGLE_CLOUD_PROJECT", "BUCKET_NAME", "BIGQUERY_DATASET"),
    *("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST", "ANALYTICS_URL", "API_KEY"),
)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # where no local pipeline is found
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)


def parse(*arguments):
    """Return what a command with all shared options reads from its command line."""
    parser = new_parser("A command.")
    add_target_options(parser)
    add_gateway_options(parser)
    add_selection_options(parser)
    return parser.parse_args(arguments)


class TestTarget:
    def test_options(self):
        """Options name the pipeline; the dataset has a default."""
        target = read_target(parse("--project-id", "p", "--bucket-name", "b"))

        assert ("p.events", "b") == (target.dataset, target.settings.bucket_name)

    def test_variables(self, monkeypatch):
        """Variables name it as well, and options come before them."""
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
        monkeypatch.setenv("BUCKET_NAME", "b")
        monkeypatch.setenv("BIGQUERY_DATASET", "d")

        target = read_target(parse("--bucket-name", "other"))

        assert ("p.d", "other") == (target.dataset, target.settings.bucket_name)

    def test_nothing_named(self, capsys):
        """All that is missing is named at once, with its option, and what to do; exit code 2."""
        assert 2 == run_command(lambda: read_target(parse()))

        (line,) = capsys.readouterr().err.splitlines()
        for word in ("--bucket-name", "--project-id", ".local/env"):
            assert word in line


class TestGateway:
    @pytest.mark.parametrize("host", ["http://h:1", "http://h:1/"])
    def test_url(self, host):
        """A host with a trailing slash is the same host."""
        gateway = read_gateway(parse("--host", host, "--api-key", "k"))

        assert ("http://h:1/v1/event", "k") == (gateway.url("/v1/event"), gateway.api_key)

    def test_nothing_named(self):
        """All that is missing is named, with its option."""
        with pytest.raises(ConfigurationError, match=r"--host.*--api-key"):
            read_gateway(parse())


class TestSelection:
    def test_defaults(self):
        """By default that is the last week, but for the last quarter of an hour."""
        selection = read_selection(parse())

        age = datetime.now(UTC) - selection.until
        assert timedelta(minutes=15) <= age < timedelta(minutes=16)
        assert timedelta(days=7) - timedelta(minutes=15) == pytest.approx(
            selection.until - selection.since, abs=timedelta(seconds=9)
        )
        assert (None, None) == (selection.analytics_environment, selection.event_category)

    def test_options(self):
        """All of it can be said."""
        options = ("--environment", "e", "--category", "c", "--since", "2026-01-01")
        selection = read_selection(parse(*options, "--until", "2026-01-02T03:04:05+02:00"))

        assert ("e", "c") == (selection.analytics_environment, selection.event_category)
        assert datetime(2026, 1, 1, tzinfo=UTC) == selection.since
        assert datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC) == selection.until

    @pytest.mark.parametrize("until", ["2026-01-01", "2026-01-02"])
    def test_no_time_at_all(self, capsys, until):
        """A time that ends before it begins is a wrong command line, not an empty answer."""
        arguments = parse("--since", "2026-01-02", "--until", until)

        assert 2 == run_command(lambda: read_selection(arguments))
        assert "error: --since is not before --until\n" == capsys.readouterr().err

    @pytest.mark.parametrize(
        ("text", "ago"),
        [
            ("45m", timedelta(minutes=45)),
            ("12h", timedelta(hours=12)),
            ("7d", timedelta(days=7)),
            ("2w", timedelta(weeks=2)),
            ("0m", timedelta(0)),
        ],
    )
    def test_ago(self, text, ago):
        """A time may be how long ago it was."""
        moment = read_moment(text)

        assert timedelta(0) <= datetime.now(UTC) - ago - moment < timedelta(seconds=9)

    @pytest.mark.parametrize("text", ["yesterday", "7", "7y", "2026-13-01", "", "99999w"])
    def test_no_time(self, text):
        """Anything else is refused, and the refusal says what is taken."""
        with pytest.raises(argparse.ArgumentTypeError, match=r"12h|is too long"):
            read_moment(text)


class TestCount:
    def test_number(self):
        """A number from 1 on is taken as it is."""
        assert (1, 250) == (read_count("1"), read_count("250"))

    @pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
    def test_no_number(self, text):
        """Anything else is refused."""
        with pytest.raises(argparse.ArgumentTypeError, match="not a number from 1 on"):
            read_count(text)


class TestOutput:
    RECORD = {  # noqa: RUF012 - not changed
        "when": datetime(2026, 1, 1, tzinfo=UTC),
        "day": date(2026, 1, 1),
        "value": 0.5,
        "json": {"a": ["[b]"]},
        "none": None,
        "text": "ü",
    }

    def test_json(self, capsys):
        """For machines a record is a line of JSON."""
        print_json(self.RECORD)

        line = json.loads(capsys.readouterr().out)
        assert {
            "when": "2026-01-01T00:00:00Z",
            "day": "2026-01-01",
            "value": 0.5,
            "json": {"a": ["[b]"]},
            "none": None,
            "text": "ü",
        } == line

    def test_lone_surrogate(self, capsys):
        """What no encoding has is printed as the escape that JSON has for it."""
        print_json({"text": "a\ud800"})

        assert {"text": "a\ud800"} == json.loads(capsys.readouterr().out)

    def test_table(self, capsys):
        """For people it is a row of a table; what looks like markup is text."""
        print_records([self.RECORD], as_json=False)

        out = capsys.readouterr().out
        for text in ("2026-01-01T00:00:00Z", "0.5", '{"a": ["[b]"]}', "ü"):
            assert text in out

    def test_width(self, capsys, monkeypatch):
        """A table takes as many columns as the environment says; nothing of it is cut."""
        monkeypatch.setenv("COLUMNS", "30")
        print_records([{"name": "x", "text": "word " * 9 + "y" * 20}] * 2, as_json=False)

        lines = capsys.readouterr().out.splitlines()
        assert "y" * 20 in lines[-1]
        assert 30 >= max(map(len, lines))

    def test_error_in_between(self, capsys):
        """What came before an error is shown: it may have been done."""

        def records():
            yield {"a": 1}
            raise CommandFailed("no more")

        with pytest.raises(CommandFailed):
            print_records(records(), as_json=False)

        assert "a\n-\n1\n" == capsys.readouterr().out

    def test_nothing(self, capsys):
        """Where there is nothing, people are told, and machines read nothing."""
        print_records([], as_json=False, empty="Nothing there.")
        print_records([], as_json=True, empty="Nothing there.")

        assert ("Nothing there.\n", "") == capsys.readouterr()

    @pytest.mark.parametrize(
        ("redirected", "expected"), [(">&-", 0), ("2>&-", 0), (">/dev/full", 1), ("| :", 0)]
    )
    def test_nobody_can_read(self, redirected, expected):
        """Output that is closed, full or not read is no defect; only a full disk fails."""
        command = f'"{sys.executable}" -m analytics_commands query {redirected}'
        result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

        assert expected == result.returncode
        assert "defect" not in result.stderr
