"""What a scale test is asked for: its options, where its report goes, how to clean up after it."""

import json
import shlex
import tempfile

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from scale_builder import make_plan

from analytics_commands.cleanup.command import build_parser as cleanup_parser
from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.query.command import build_parser as query_parser
from analytics_commands.scale_test import action
from analytics_commands.scale_test import command as scale_test
from analytics_commands.scale_test.leftovers import explain_leftovers
from analytics_commands.scale_test.report.report_file import choose_report_file
from analytics_commands.scale_test.scale_options import read_plan

PLAN = make_plan()


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [
            ["--n", "0"],
            ["--n", "many"],
            ["--pool-size", "-1"],
            ["--rate", "0"],
            ["--rate", "nan"],
            ["--rate", "inf"],
            ["--event-ds", "2026-02-30"],
            ["--event-time", "1-2"],
            ["--scale-test-name", "a/b"],
            ["--scale-test-name", "n" * 65],
            ["--gcp-secret-path", "/no/such/file"],
            ["--compare", "/no/such/file"],
        ],
        ids=" ".join,
    )
    def test_wrong(self, options, capsys):
        """What cannot be meant is refused before anything is sent."""
        with pytest.raises(SystemExit) as ended:
            scale_test.main(options)

        assert 2 == ended.value.code
        assert options[0] in capsys.readouterr().err

    def test_old_names(self, tmp_path):
        """The options of the old tool are taken, with its defaults."""
        key = tmp_path / "key.json"
        key.touch()
        parse = scale_test.build_parser().parse_args

        given = parse(
            "--host=https://h/ --api-key=k --bucket-name=b --scale-test-name=s --pool-size=2 --n=3"
            f" --event-category=cold --analytics-environment=e --gcp-secret-path={key}".split()
        )

        assert ("b", "s", "cold", "e") == (
            given.bucket_name,
            given.scale_test_name,
            given.event_category,
            given.analytics_environment,
        )
        assert (2, 3, key) == (given.pool_size, given.n, given.gcp_secret_path)
        defaults = parse([])
        assert ("function", "testing") == (
            defaults.event_category,
            defaults.analytics_environment,
        )
        assert (30, 1000, 4) == (defaults.pool_size, defaults.n, defaults.batch_size)

    def test_key_file(self, tmp_path, monkeypatch):
        """The key of a service account is what the proof logs in with."""
        for name in ("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST"):
            monkeypatch.delenv(name, raising=False)
        secret = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        key = tmp_path / "key.json"
        key.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "client_email": "load@project.iam",
                    "token_uri": "https://token",
                    "private_key": secret.decode(),
                }
            )
        )
        arguments = scale_test.build_parser().parse_args(
            ["--project-id=p", "--bucket-name=b", "--gcp-secret-path", str(key)]
        )

        assert "load@project.iam" == action._target(arguments).credentials.service_account_email

    def test_no_key_file(self, tmp_path, monkeypatch, capsys):
        """A file that is no key ends it in one line, before anything is sent."""
        for name in ("STORAGE_EMULATOR_HOST", "BIGQUERY_EMULATOR_HOST"):
            monkeypatch.delenv(name, raising=False)
        key = tmp_path / "key.json"
        key.write_text("garbage")
        options = ["--host=https://h", "--api-key=k", "--project-id=p", "--bucket-name=b"]

        assert 1 == scale_test.main([*options, "--no-report", "--gcp-secret-path", str(key)])
        (line,) = capsys.readouterr().err.splitlines()
        assert f"error: {key} is no key of a service account" in line

    def test_runs_do_not_mix(self):
        """Two runs of the same name are two runs."""
        arguments = scale_test.build_parser().parse_args(["--event-ds", "2026-07-01"])
        first, second = read_plan(arguments), read_plan(arguments)

        assert first.run != second.run
        assert first.run.startswith("baseline-")
        assert "2026-07-01" == first.partition.event_ds


class TestReportFile:
    def test_default(self, tmp_path, monkeypatch):
        """Unless it is said where, a report goes to a new file in the temporary folder."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        arguments = scale_test.build_parser().parse_args([])

        assert tmp_path / f"scale-test-{PLAN.run}.html" == choose_report_file(arguments, PLAN)

    def test_as_said(self, tmp_path):
        """It goes where it is said to go, or nowhere."""
        parse, report = scale_test.build_parser().parse_args, tmp_path / "report.html"

        assert report == choose_report_file(parse(["--report", str(report)]), PLAN)
        report.touch()
        assert report == choose_report_file(parse(["--report", str(report)]), PLAN)
        assert choose_report_file(parse(["--no-report"]), PLAN) is None

    @pytest.mark.parametrize("name", [".", "no/report.html", "file/report.html"])
    def test_impossible(self, tmp_path, name):
        """A file that cannot be is refused before anything is sent."""
        (tmp_path / "file").touch()
        arguments = scale_test.build_parser().parse_args(["--report", str(tmp_path / name)])

        with pytest.raises(CommandFailed, match="report"):
            choose_report_file(arguments, PLAN)


class TestLeftovers:
    def commands(self, text):
        """Return the command lines in the text, each as a list of words without the program."""
        joined = text.replace("\\\n", " ").splitlines()
        return [shlex.split(line)[1:] for line in joined if line.startswith("  analytics")]

    def test_commands(self):
        """The commands that remove a run are ones that exist, and name this run only."""
        arguments = scale_test.build_parser().parse_args(["--bucket-name", "my bucket"])

        cleanup, query = self.commands(explain_leftovers(arguments, PLAN))

        cleaned = cleanup_parser().parse_args(cleanup[1:])
        asked = query_parser().parse_args(query[1:])
        assert ("cleanup", "my bucket", PLAN.prefix, True) == (
            cleanup[0],
            cleaned.bucket_name,
            cleaned.prefix.text,
            cleaned.execute,
        )
        assert ("query", "my bucket") == (query[0], asked.bucket_name)
        assert f"DELETE FROM events_function WHERE event_type = '{PLAN.run}'" == asked.sql

    def test_category_without_rows(self):
        """What is not loaded has no rows to delete."""
        arguments = scale_test.build_parser().parse_args([])

        (cleanup,) = self.commands(explain_leftovers(arguments, make_plan(category="cold")))

        assert "cleanup" == cleanup[0]
