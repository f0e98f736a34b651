"""The command `scale-test`: what it finds of what it sent through honest and lying gateways."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager

import aiohttp
import pytest
from lying_gateway import LyingGateway
from pipeline_client import unique
from serving import serve
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from analytics_commands.scale_test import command as scale_test
from checkout import ROOT

PYTHONPATH = {"PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("functions", "scripts"))}
LIES_IN_A_THOUSAND = {250: "drop", 500: "double", 750: "alter"}


@pytest.fixture(name="run")
def _run(command):
    """Run the command in an environment of its own; returns its exit code, figures and stderr."""

    def run(*options, report="--no-report"):
        code, out, err = command(
            scale_test, "--json", report, "--analytics-environment", unique("scale"), *options
        )
        return code, json.loads(out) if out else None, err

    return run


@contextmanager
def lying_gateway(variables, lies):
    """Serve a lying gateway in front of the pipeline's; yields it and its URL."""
    gateway = LyingGateway(variables["ANALYTICS_URL"], lies)
    with serve(gateway.app) as url:
        yield gateway, url


def named(finding):
    """Return the events that a finding names."""
    return [each["event"] for each in finding["first"]]


@pytest.mark.load
def test_lies(run, variables):
    """Of a thousand batches one is dropped, one doubled, one altered: exactly these are named."""
    with lying_gateway(variables, LIES_IN_A_THOUSAND) as (gateway, url):
        code, figures, err = run("--n", 1000, "--host", url)

    assert 1 == code
    assert gateway.told["drop"] == named(figures["lost"])
    assert gateway.told["double"] == named(figures["doubled"])
    assert gateway.told["alter"] == named(figures["altered"])
    assert (4, 4, 1) == tuple(figures[each]["count"] for each in ("lost", "doubled", "altered"))
    assert {"no object"} == {each["note"] for each in figures["lost"]["first"]}
    assert {"2 times"} == {each["note"] for each in figures["doubled"]["first"]}
    assert ["playerId"] == [each["note"] for each in figures["altered"]["first"]]
    assert (4000, 3991) == (figures["accepted_events"], figures["exactly_once"])
    assert (1000, 1) == (figures["objects"], figures["unacknowledged_objects"])
    assert "error: 4 events lost, 4 events doubled, 1 event altered\n" == err[err.index("error") :]


@pytest.mark.load
def test_an_honest_gateway(run, tmp_path):
    """Without lies the test passes, and says how quick it was."""
    report = tmp_path / "report.html"

    code, figures, _ = run("--n", 300, "--pool-size", 30, report=f"--report={report}")

    assert 0 == code
    assert (300, 1200, 1200) == tuple(
        figures[each] for each in ("accepted_batches", "accepted_events", "exactly_once")
    )
    assert (300, 0, {}, {}) == tuple(
        figures[each]
        for each in ("objects", "unacknowledged_objects", "failed_attempts", "never_acknowledged")
    )
    latency = figures["latency_ms"]
    assert sorted(latency.values()) == [latency[p] for p in ("p50", "p90", "p95", "p99", "max")]
    assert figures["events_per_second"] == pytest.approx(4 * figures["batches_per_second"], 0.01)
    assert figures["seconds_until_queryable"] is not None
    assert "PASSED: each of 1,200 accepted events" in report.read_text()


@pytest.mark.load
def test_read_in_place(run, variables):
    """A category that is not loaded is proven where it is stored, by the same standard."""
    lies = {20: "drop", 40: "double", 60: "alter"}
    with lying_gateway(variables, lies) as (gateway, url):
        code, figures, _ = run("--n", 80, "--host", url, "--event-category", "cold")
    honest_code, honest, _ = run("--n", 600, "--event-category", "cold")

    assert 1 == code
    assert gateway.told["drop"] == named(figures["lost"])
    assert gateway.told["double"] == named(figures["doubled"])
    assert gateway.told["alter"] == named(figures["altered"])
    assert (0, 2400) == (honest_code, honest["exactly_once"])


def test_retries(run, variables):
    """A batch that is stored, and sent again because its receipt got lost, is one object."""
    with lying_gateway(variables, {3: "hesitate"}) as (_, url):
        code, figures, _ = run("--n", 10, "--batch-size", 2, "--host", f"{url}/")

    assert (0, 20) == (code, figures["exactly_once"])
    assert ({"503": 1}, {}) == (figures["failed_attempts"], figures["never_acknowledged"])
    assert (10, 0) == (figures["objects"], figures["unacknowledged_objects"])


def test_never_acknowledged(run, variables):
    """A batch that is never acknowledged is an error, neither lost nor doubled."""
    with lying_gateway(variables, {3: "forget"}) as (gateway, url):
        code, figures, err = run("--n", 10, "--batch-size", 2, "--host", url)

    assert 5 * 2 == len(gateway.told["forget"])
    assert 1 == code
    assert {"503": 1} == figures["never_acknowledged"]
    assert (18, 18, 2) == tuple(
        figures[each] for each in ("accepted_events", "exactly_once", "seen_without_receipt")
    )
    assert [0, 0, 0] == [figures[each]["count"] for each in ("lost", "doubled", "altered")]
    assert "error: 1 batch never acknowledged\n" in err


@pytest.mark.load
def test_schedule(run):
    """With a rate, batches are started that often, whatever the answers take."""
    code, figures, _ = run("--n", 41, "--rate", 20, "--pool-size", 1)

    assert (0, 164) == (code, figures["exactly_once"])
    assert figures["seconds"] >= 39 / 20


def test_where_and_when(run, pipeline):
    """Day, time and name are those that were given."""
    code, figures, _ = run(
        *("--n", 2, "--event-ds", "2026-01-31", "--event-time", "0-8"),
        *("--scale-test-name", "first", "--event-category", "cold"),
    )

    (day,) = {
        blob.name.partition("/event_ds=")[2].rpartition("/")[0]
        for blob in pipeline.stored(
            f"data_type=json/analytics_environment={figures['analytics_environment']}/"
        )
    }
    assert 0 == code
    assert f"2026-01-31/event_time=0-8/{figures['scale_test']}" == day
    assert figures["scale_test"].startswith("first-")


def test_for_people(command):
    """People read the figures, the old query with its result, and the verdict."""
    code, out, err = command(scale_test, "--n", 5, "--no-report")

    query = r"SELECT a\.n, .*event_type = 'baseline-[^']*' GROUP BY 1\n\) a\nGROUP BY 1\n"
    assert 0 == code
    assert re.search(query, out, re.DOTALL)
    assert re.search(r"\b4\W+5\W+20\b", out)
    assert re.search(r"\nconcurrent users +[\d,]+  when each sends a batch every 10 s\n", out)
    assert out.endswith(
        "PASSED: each of 20 accepted events is there exactly once, as it was sent\n"
    )
    assert 80 >= max(map(len, out.splitlines()))
    assert "5 batches of 4 to http" in err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--api-key", "wrong-key-4711"], "400 INVALID_ARGUMENT:API key not valid"),
        (["--host", "http://127.0.0.1:9"], "cannot connect to 127.0.0.1:9"),
        (["--event-ds", "1999-01-01"], "400 event_ds"),
    ],
    ids=["key", "host", "parameter"],
)
def test_first_batch_is_not_accepted(run, pipeline, options, problem):
    """A wrong key, host or parameter ends it after one batch, in one line that shows no key."""
    name = unique("refused")[:40]

    code, figures, err = run("--n", 100000, "--scale-test-name", name, *options)

    assert (1, None) == (code, figures)
    (line,) = [line for line in err.splitlines() if line.startswith("error")]
    assert problem in line
    assert "wrong-key-4711" not in err
    assert [] == [b for b in pipeline.stored("data_type=json/") if name in b.name]


@pytest.mark.parametrize(
    "options", [["--bucket-name", "no-such-bucket"], ["--dataset", "no_such_dataset"]], ids=" ".join
)
def test_nothing_to_prove_it_with(run, variables, options):
    """Nothing is sent when bucket or dataset cannot be read."""
    with lying_gateway(variables, {}) as (gateway, url):
        code, figures, err = run("--host", url, *options)

    assert (1, None, 0) == (code, figures, gateway.batches)
    assert options[1] in err


def test_no_folder_for_the_report(run, variables, tmp_path):
    """Nothing is sent when the report could not be written."""
    with lying_gateway(variables, {}) as (gateway, url):
        code, _, err = run("--host", url, report=f"--report={tmp_path}/no/report.html")

    assert (1, 0) == (code, gateway.batches)
    assert "there is no folder" in err


def test_default_report(command, tmp_path, monkeypatch):
    """The report is written where nothing is kept, not into the current folder, and named."""
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    code, _, err = command(scale_test, "--n", 1, "--scale-test-name", "first")

    (report,) = temporary.iterdir()
    assert (0, []) == (code, list(here.iterdir()))
    assert report.name.startswith("scale-test-first-")
    assert f"report: {report}\n" in err


def test_comparison(command, run, tmp_path):
    """An earlier report gives the figures to compare with, for people and for programs."""
    report = tmp_path / "report.html"
    run("--n", 2, report=f"--report={report}")

    _, out, _ = command(scale_test, "--n", 3, "--no-report", "--compare", report)
    _, figures, _ = run("--n", 3, "--compare", report)

    assert re.search(r"^batches accepted +3 +2 +\+50\.0 %$", out, re.MULTILINE)
    assert (2.0, 3) == (
        figures["compared_with"]["accepted_batches"],
        figures["accepted_batches"],
    )


def test_no_earlier_report(run, variables, tmp_path):
    """Nothing is sent when there is nothing to compare with."""
    (tmp_path / "other.html").write_text("<html>")
    with lying_gateway(variables, {}) as (gateway, url):
        code, _, err = run("--host", url, "--compare", tmp_path / "other.html")

    assert (1, 0) == (code, gateway.batches)
    assert "is no report of a scale test" in err


@contextmanager
def failing_warehouse(variables, is_up):
    """Serve BigQuery as long as it is up, then a refusal; yields its URL."""

    async def forward(request):
        if not is_up():
            return JSONResponse({"error": {"code": 403, "message": "no more"}}, 403)
        async with (
            aiohttp.ClientSession(variables["BIGQUERY_EMULATOR_HOST"]) as session,
            session.request(
                request.method,
                request.url.path,
                params=request.query_params,
                data=await request.body(),
                headers={"Content-Type": "application/json"},
            ) as answer,
        ):
            return Response(await answer.read(), answer.status, media_type="application/json")

    with serve(Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])])) as url:
        yield url


def test_proof_fails(run, variables, monkeypatch):
    """What was measured is shown even when BigQuery answers no more once all was sent."""
    with (
        lying_gateway(variables, {}) as (gateway, url),
        failing_warehouse(variables, lambda: gateway.batches < 3) as bigquery,
    ):
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", bigquery)
        code, figures, err = run("--n", 3, "--host", url)

    assert (1, 3, False) == (code, figures["accepted_batches"], figures["proven"])
    assert "lost" not in figures
    assert "What was sent stays" in err
    assert "error: the query failed: 403" in err


@contextmanager
def started(variables, tmp_path, *options):
    """Run the command as a process of its own, as a shell does."""
    with subprocess.Popen(
        [sys.executable, "-m", "analytics_commands", "scale-test", "--batch-size", "2", *options],
        cwd=tmp_path,
        env={**variables, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **PYTHONPATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_interrupted_while_sending(variables, tmp_path):
    """Ctrl-C shows what was measured, what is not known, and how to remove what was sent."""
    report = tmp_path / "report.html"
    lies = dict.fromkeys(range(20, 30), "hold")
    options = ["--pool-size", "5", "--n", "100000", "--report", str(report)]
    with (
        lying_gateway(variables, lies) as (gateway, url),
        started(variables, tmp_path, "--host", url, *options) as process,
    ):
        for _ in range(5):
            assert gateway.held.acquire(timeout=60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert 130 == process.returncode
    for title, number in (
        ("batches accepted", "20"),
        ("events accepted", "40"),
        ("batches unanswered", "5"),
        ("batches not sent", "99,975"),
    ):
        assert re.search(rf"^{title} +{number}( |$)", out, re.MULTILINE), out
    assert re.search(r"^latency p99, ms +[\d.]+$", out, re.MULTILINE)
    assert out.endswith(
        "NOT PROVEN: 20 of 100,000 batches accepted; whether they arrived is not known\n"
    )
    assert "lost" not in out
    assert f"report: {report}\nWhat was sent stays; this removes it:\n" in err
    assert err.endswith("\ninterrupted\n")
    assert "NOT PROVEN" in report.read_text()


def test_interrupted_while_waiting(variables, tmp_path):
    """Ctrl-C while rows are waited for shows what was measured, and calls nothing lost."""
    options = ["--n", "4", "--wait-seconds", "600", "--no-report", "--json"]
    with (
        lying_gateway(variables, {2: "spoil"}) as (_, url),
        started(variables, tmp_path, "--host", url, *options) as process,
    ):
        while "looking for every event" not in (line := process.stderr.readline()):
            assert line, "it ended before"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    figures = json.loads(out)
    assert (130, False) == (process.returncode, figures["proven"])
    assert (4, 0, 0) == tuple(
        figures[each] for each in ("accepted_batches", "unanswered", "not_sent")
    )
    assert "lost" not in figures
    assert "Traceback" not in err
