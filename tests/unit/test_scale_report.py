"""The figures of a scale test, and its report."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from scale_builder import make_object, make_plan, make_proof, make_row, make_rows, make_tally

from analytics_commands.scale_test import command as scale_test
from analytics_commands.scale_test.load.sending import Load
from analytics_commands.scale_test.report.figures import compute_figures, latency_figures
from analytics_commands.scale_test.report.report_page import draw_page
from analytics_commands.scale_test.report.texts import describe, name_findings, verdict
from analytics_commands.scale_test.scale_options import read_plan

PLAN = make_plan()
GATEWAY = "https://gateway"


def figures_of(plan=PLAN, acknowledged=None, **proof):
    """Return the figures of a run in which all went well but for what is said."""
    tally = make_tally(plan, acknowledged)
    return compute_figures(plan, Load(30), tally, make_proof(plan, tally, **proof), gateway=GATEWAY)


def page_of(**proof):
    """Return the report of such a run."""
    tally = make_tally(PLAN)
    proof = make_proof(PLAN, tally, **proof)
    figures = compute_figures(PLAN, Load(30), tally, proof, gateway="https://<gateway>")
    return draw_page(figures, PLAN, tally, proof)


class TestFigures:
    def test_all_is_well(self):
        """Nothing is wrong when each accepted event is there once."""
        figures = figures_of()

        assert [] == figures.problems()
        assert (5, 15, 15) == (
            figures.accepted_batches,
            figures.accepted_events,
            figures.exactly_once,
        )
        assert 2.5 == figures.seconds_until_queryable
        assert "PASSED: each of 15 accepted events is there exactly once, as it was sent" == (
            verdict(figures)
        )

    def test_concurrent_users(self):
        """A batch a player every so often makes a rate so many users."""
        figures = figures_of()

        assert 0.8 == figures.batches_per_second
        assert {"10": 8, "20": 16, "30": 24} == figures.concurrent_users
        assert {
            "figure": "at 10 seconds per player",
            "value": "this is 8 concurrent users",
        } in describe(figures)

    def test_percentiles(self):
        """A percentile is the smallest latency that so many batches did not exceed."""
        expected = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "max": 100.0}

        assert expected == latency_figures([n / 1000 for n in range(100, 0, -1)])
        assert dict.fromkeys(expected, 7.0) == latency_figures([0.007])

    def test_what_is_wrong_is_named(self):
        """Lost, doubled and altered events are named, each with a word about it."""
        rows = make_rows(PLAN)
        rows[13]["playerId"] = "somebody"
        rows = [row for n, row in enumerate(rows) if n not in {0, 1, 2, 7}]
        rows.append(make_row(PLAN, 9, stored_as=99))
        figures = figures_of(rows=rows, objects=[make_object(PLAN, n) for n in (1, 2, 3, 4, 99)])

        assert ["4 events lost", "1 events doubled", "1 events altered"] == figures.problems()
        assert 15 - 6 == figures.exactly_once
        assert 1 == figures.unacknowledged_objects
        assert [
            f"lost {PLAN.run}/0/0 (no object)",
            f"lost {PLAN.run}/0/1 (no object)",
            f"lost {PLAN.run}/0/2 (no object)",
            f"lost {PLAN.run}/2/1 (stored, but no row)",
            f"doubled {PLAN.run}/3/0 (2 times)",
            f"altered {PLAN.run}/4/1 (playerId)",
        ] == name_findings(figures)

    def test_first_twenty(self):
        """Of many events twenty are named, and the others counted."""
        plan = make_plan(batches=10)
        figures = figures_of(plan, rows=[])

        assert (30, 20) == (figures.lost.count, len(figures.lost.first))
        assert "… 10 more lost" == name_findings(figures)[-1]

    def test_never_acknowledged(self):
        """A batch without a receipt is an error, whether or not its events are there."""
        figures = figures_of(acknowledged={0, 1, 2}, rows=make_rows(PLAN)[:10])

        assert ["2 batches never acknowledged"] == figures.problems()
        assert ({"503": 2}, {"503": 2}) == (figures.never_acknowledged, figures.failed_attempts)
        assert (1, 0) == (figures.seen_without_receipt, figures.lost.count)
        assert 2 == figures.unacknowledged_objects

    def test_altered_without_a_receipt(self):
        """What is wrong with an event that was not accepted takes nothing from those that were."""
        rows = make_rows(PLAN)
        rows[14]["playerId"] = "somebody"

        figures = figures_of(acknowledged={0, 1, 2, 3}, rows=rows)

        assert (12, 12, 1) == (
            figures.accepted_events,
            figures.exactly_once,
            figures.altered.count,
        )

    def test_unacknowledged_objects_are_no_problem(self):
        """A retry that was stored twice fails nothing."""
        figures = figures_of(objects=[make_object(PLAN, n) for n in range(7)])

        assert ([], 2) == (figures.problems(), figures.unacknowledged_objects)

    def test_other_problems(self):
        """Rows of no event, objects of another size and batches that were not sent are problems."""
        stranger = make_row(PLAN, 0, stored_as=99, eventAttributes="{}")
        objects = [make_object(PLAN, n, event_count=3 - (n == 1)) for n in range(5)]
        tally = make_tally(PLAN)
        proof = make_proof(PLAN, tally, rows=[*make_rows(PLAN), stranger], objects=objects)
        longer = make_plan(batches=8)
        figures = compute_figures(longer, Load(30), tally, proof, gateway=GATEWAY)

        assert [
            "1 rows of no event that was sent",
            "1 objects of another size",
            "3 batches not sent",
        ] == figures.problems()


class TestPage:
    def test_nothing_from_elsewhere(self):
        """The page has no script, and fetches nothing."""
        page = page_of()

        assert not re.search(r"<script|<link|<img|@import|url\(|src=|href=", page)
        addresses = set(re.findall(r"https?://[\w.]*", page))
        assert {"http://www.w3.org", "https://"} == addresses

    def test_charts(self):
        """Three charts are drawn, each of them well-formed."""
        charts = re.findall(r"<svg.*?</svg>", page_of(), re.DOTALL)

        assert 3 == len(charts)
        for chart in charts:
            assert ET.fromstring(chart).findall(".//{*}path") or "rect" in chart

    def test_verdict(self):
        """It says at the top whether the test passed, and which events are wrong."""
        failed = page_of(rows=make_rows(PLAN)[1:])

        assert 'verdict passed"><strong>PASSED' in page_of()
        assert 'verdict "><strong>FAILED: 1 events lost' in failed
        assert f"lost {PLAN.run}/0/0 (stored, but no row)" in failed

    def test_markup_in_values(self):
        """Values are shown as text."""
        page = page_of()

        assert "https://&lt;gateway&gt;" in page
        assert "SELECT 1 &lt; 2" in page

    def test_nothing_arrived(self):
        """A run of which no event arrived has a report, too."""
        assert "FAILED: 15 events lost" in page_of(rows=[], objects=[])


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

        assert "load@project.iam" == scale_test._target(arguments).credentials.service_account_email

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
