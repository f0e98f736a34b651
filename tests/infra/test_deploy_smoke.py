"""The smoke test: what it waits for, what it takes as final, and that it proves something."""

import io
import json
import shutil
import threading

import pytest
from rich.console import Console
from serving import serve
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from analytics_commands.deploy import command as deploy
from analytics_commands.deploy.smoke import SmokeTest, Target
from analytics_commands.deploy.waiting import Patience
from analytics_commands.foundation.pipeline.local_process import running_pipeline
from analytics_commands.foundation.terminal.ending import CommandFailed

ROW = '[{"n": "1"}]'


class FakeDeployment:
    """Answers each request with the next of the planned answers, then with the last for ever."""

    def __init__(self):
        self.answers = {"event": [], "file": [], "put": []}
        self.queries = ["Welcome to BigQuery!\n" + ROW]
        self.seen = []
        self._lock = threading.Lock()

    def plan(self, what, *answers):
        """Plan answers, each a status and a body, before the one that succeeds."""
        self.answers[what] = [*answers]

    def app(self):
        """Return the gateway and the bucket as one application."""
        return Starlette(
            routes=[
                Route("/v1/event", self._route("event"), methods=["POST"]),
                Route("/v1/file", self._route("file"), methods=["POST"]),
                Route("/put", self._route("put"), methods=["PUT"]),
            ]
        )

    def read(self, *command, example):  # noqa: ARG002 - as Commands
        """Answer a query."""
        self.seen.append(command)
        return self.queries.pop(0) if len(self.queries) > 1 else self.queries[0]

    def _route(self, what):
        async def answer(request):
            await request.body()
            self.seen.append((what, str(request.url.query)))
            url = f"{str(request.base_url).rstrip('/')}/put"
            content = {"batch_id": "b", "signed_url": url, "headers": {"Content-MD5": "x"}}
            with self._lock:
                planned = self.answers[what]
                status, body = planned.pop(0) if planned else (200, json.dumps(content))
            return Response(body, status)

        return answer


@pytest.fixture(name="fake")
def _fake():
    return FakeDeployment()


@pytest.fixture(name="make_smoke_test")
def _make_smoke_test(fake):
    with serve(fake.app()) as url:
        target = Target("demo", url, "events", "the-key", "smoke-test")
        console = Console(file=io.StringIO())
        yield lambda deadline: SmokeTest(target, fake, Patience(deadline, pause=0.01), console)


@pytest.fixture(name="smoke_test")
def _smoke_test(make_smoke_test):
    """Return one that is given up only on a machine that is stuck."""
    return make_smoke_test(60)


def test_succeeds(smoke_test, fake):
    """Event, row, ticket and file are proven in this order, with the key and the label."""
    smoke_test.run()

    steps = [each[0] for each in fake.seen]
    assert ["event", "bq", "file", "put"] == steps
    query = "key=the-key&event_category=function&analytics_environment=smoke-test"
    assert ("event", query) == fake.seen[0]
    assert "--parameter=batch_id:STRING:b" in fake.seen[1]


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("event", (400, '{"code": 400, "message": "API key not valid."}')),
        ("event", (403, '{"code": 403, "message": "PERMISSION_DENIED"}')),
        ("event", (404, "<html>no such gateway yet</html>")),
        ("event", (503, '{"code": 503, "reason": "not_stored"}')),
        ("file", (503, '{"code": 503, "reason": "unavailable"}')),
        ("put", (403, "<Error><Code>AccessDenied</Code></Error>")),
    ],
)
def test_waits_for_propagation(smoke_test, fake, what, answer):
    """What a new key or right answers for some minutes is tried again."""
    fake.plan(what, answer, answer)

    smoke_test.run()

    assert 3 == sum(1 for each in fake.seen if each[0] == what)


def test_waits_for_the_row(smoke_test, fake):
    """A row that is not there yet is looked for again."""
    fake.queries = ["[]", '[{"n": "0"}]', "", ROW]

    smoke_test.run()

    assert 4 == sum(1 for each in fake.seen if each[0] == "bq")


@pytest.mark.parametrize("queries", [['[{"n": "0"}]'], ['[{"n": "2"}]']])
def test_a_row_that_never_comes(make_smoke_test, fake, queries):
    """After the deadline it fails: no row is a failure, and so are two."""
    fake.queries = queries

    with pytest.raises(CommandFailed, match=r"not within 0.3 s: its row is in BigQuery"):
        make_smoke_test(0.3).run()


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("event", (400, '{"code": 400, "reason": "invalid_parameter"}')),
        ("file", (413, "too large")),
        ("put", (412, "exists")),
    ],
)
def test_a_refusal_is_final(smoke_test, fake, what, answer):
    """What waiting cannot mend fails at once, with the answer."""
    fake.plan(what, answer)

    with pytest.raises(CommandFailed, match=f"refused the smoke test: {answer[0]}"):
        smoke_test.run()

    assert 1 == sum(1 for each in fake.seen if each[0] == what)


@pytest.mark.clients
@pytest.mark.skipif(not shutil.which("bq"), reason="bq is not installed")
def test_deploys_to_a_running_pipeline(cloud, tmp_path, monkeypatch, capfd):
    """The whole command succeeds, with bq itself, and prints what to use, but no key into a log."""
    cloud.install_real("bq")
    cloud.install_real("env")  # with which the pipeline starts its functions
    with running_pipeline(tmp_path / "data") as variables:
        cloud.answer_outputs(
            gateway_url=variables["ANALYTICS_URL"],
            bucket=variables["BUCKET_NAME"],
            dataset=variables["BIGQUERY_DATASET"],
            api_keys={"game": variables["API_KEY"]},
        )
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        project = variables["GOOGLE_CLOUD_PROJECT"]

        code = deploy.main(["--project-id", project, "--yes", "--wait-seconds", "30"])

    printed = capfd.readouterr()
    assert 0 == code, printed.err
    assert 4 == printed.err.count("  ok  an ") + printed.err.count(
        "  ok  its "
    ) + printed.err.count("  ok  the file")
    assert variables["ANALYTICS_URL"] in printed.out
    assert variables["API_KEY"] not in printed.out + printed.err  # nobody looks: it is a log
