"""Secrets go in with every kind of request and command; nothing that is written holds one."""

import base64
import hashlib
import json
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests
from faulty_cloud import FaultyCloud, google_error
from functions_framework.aio import create_asgi_app
from google.auth.compute_engine import _metadata
from pipeline_client import DEADLINE_SECONDS, POLL_SECONDS, PipelineClient, unique
from planted_secrets import PlantedSecrets
from serving import serve
from starlette.responses import JSONResponse

from analytics_commands.foundation.pipeline.local_pipeline import read_env
from analytics_commands.foundation.pipeline.local_process import start_pipeline
from analytics_local_cloud.storage import LocalSigner
from analytics_pipeline.ingest import batch_store, wiring
from analytics_pipeline.ingest.http_api import ROUTES
from checkout import ROOT

FILE = b"Segmentation fault (core dumped)\n"
MD5 = base64.b64encode(hashlib.md5(FILE).digest()).decode()
TICKET = json.dumps({"content_type": "text/plain", "md5_digest": MD5}).encode()
RECONCILE = ("--reconcile-every", "2", "--reconcile-body", '{"settle_minutes":0,"days":1}')
# Where a secret is on purpose: what clients of this machine are told, and the local signer's key.
HELD = {
    ("data/env", "API key"),
    ("analytics run", "API key"),
    ("data/storage/signer.pem", "RSA key"),
}


LOST = (
    "data_type=json/analytics_environment=foreign/event_category=function"
    "/event_ds=2026-03-01/event_time=8-16/session/lines"
)


SOURCE = str(ROOT / "functions" / "main.py")
PROJECT = {
    "GOOGLE_CLOUD_PROJECT": "project",
    "BUCKET_NAME": "bucket",
    "SIGNING_SERVICE_ACCOUNT": "ingest@project.iam.gserviceaccount.com",
    "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9",
}
TOKEN = {"email": "ingest@project", "scopes": [], "expires_in": 3600, "token_type": "Bearer"}
# Errors whose text repeats a request, as those of parsers do.
DEFECTS = {
    "url": lambda request: ValueError(f"cannot parse {request.url}"),
    "query": lambda request: KeyError(request.scope["query_string"]),
    "value": lambda request: LookupError(request.query_params["key"]),
    "undecodable": lambda request: UnicodeDecodeError(
        "utf-8", request.scope["query_string"], 0, 1, ""
    ),
    "headers": lambda request: TypeError(request.headers.raw),
    "cause": lambda request: chained(ValueError(request.headers["authorization"])),
    "decoded": lambda request: ValueError(request.query_params["email"]),
}


class Client(PipelineClient):
    """Sends every secret there is with each request."""

    def __init__(self, variables, planted):
        super().__init__(variables)
        self.email = planted.make("e-mail", "ann+{}@example.com")
        self.key = planted.make("idempotency key", "order-{}")
        self.wrong = planted.make("wrong key")
        self.headers = {
            "authorization": planted.make("Authorization", "Bearer ya29.{}/+="),
            "cookie": planted.make("cookie", "sid={}"),
            "x-api-key": planted.make("key in a header"),
            "referer": f"https://game.example/?key={variables['API_KEY']}&mail={self.email}",
            "traceparent": planted.make("trace that is none", "00-x{}-1"),
        }

    def status(self, data=b"{}", *, method="POST", path="/v1/event", headers=None, **parameters):
        """Send a request; returns its status."""
        sent = {"email": self.email, **parameters}
        answer = self.request(method, path, data, headers=self.headers | (headers or {}), **sent)
        return answer.status_code


def accepted(client):
    """Send what is stored: rows, dead letters, a repetition, nothing loadable, another category."""
    keyed = {"idempotency-key": client.key}
    uuid7 = f"{time.time_ns() // 1_000_000:012x}7{unique()[-19:]}"
    function = {"event_category": "function"}
    return [
        client.status(b'[{"eventType":"taint"}]', headers=keyed, **function),
        client.status(b'[{"eventType":"taint"}]', headers={"idempotency-key": uuid7}, **function),
        client.status(b'[{"eventType":"taint"}]', headers={"idempotency-key": uuid7}, **function),
        client.status(b'{"a":1}\nnot json\n[2]\n', **function),
        client.status(b"no json at all", **function),
        client.status(b"{}", session_id="s/1"),
        client.status(method="OPTIONS", key=None),
    ]


def refused(client):
    """Send what is refused, by the gateway and by the function."""
    api_key, email = client.variables["API_KEY"], client.email
    return [
        client.status(key=None),
        client.status(key=client.wrong),
        client.status(path=f"/v1/{client.wrong}"),
        client.status(path=f"/v1/event%3Fkey={api_key}"),
        client.status(method="DELETE"),
        client.status(session_id=email),
        client.status(analytics_environment=email),
        client.status(event_category=f"a/../{client.wrong}"),
        client.status(event_ds=client.wrong),
        client.status(event_time=[client.wrong, email]),
        client.status(headers={"idempotency-key": email}),
        client.status(headers={"content-encoding": client.wrong}),
        client.status(b"", **{email: email}),
        client.status(TICKET.replace(b"text/plain", client.wrong.encode()), path="/v1/file"),
    ]


def uploaded(client, planted):
    """Upload a file; returns the statuses of the ticket, of a PUT, and of what is refused then."""
    answer = client.post(TICKET, path="/v1/file", headers=client.headers, email=client.email)
    ticket = answer.json()
    url = ticket["signed_url"]
    planted.know("signature", url.rpartition("=")[2][:48])
    secrets = {name: client.headers[name] for name in ("authorization", "cookie", "referer")}
    wrong = {**ticket["headers"], "Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    changed = url.replace("X-Goog-Expires=1800", "X-Goog-Expires=9000")
    return [
        answer.status_code,
        *(
            requests.put(target, FILE, headers=headers | secrets, timeout=30).status_code
            for target, headers in (
                (changed, ticket["headers"]),
                (url, wrong),
                (url, ticket["headers"]),
                (url, ticket["headers"]),
            )
        ),
    ]


def send_malformed(client):
    """Send what is no HTTP, and a body that never comes to its end."""
    parts, key = urlsplit(client.variables["ANALYTICS_URL"]), client.variables["API_KEY"]
    for request in (
        f"POST /v1/event?key={key} HTTP/9.9\r\nCookie: {key}\r\n\r\n",
        f"{key}\r\n\r\n",
        f"POST /v1/event?key={key} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{",
    ):
        with socket.create_connection((parts.hostname, parts.port), 5) as connection:
            connection.sendall(request.encode())


def wait_for_line(logs, event):
    """Wait until a function has logged the event."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not any(f'"event":"{event}"'.encode() in path.read_bytes() for path in logs.iterdir()):
        assert time.monotonic() < deadline, f"nothing logs {event}"
        time.sleep(POLL_SECONDS)


def visible_of(client):
    """Return what users see: rows and letters, names, metadata and contents of objects."""
    visible = {
        f"table {each.table_id}": repr(list(client.warehouse.list_rows(each))).encode()
        for each in client.warehouse.list_tables("events")
        if each.table_type == "TABLE"
    }
    for blob in client.stored(""):
        visible[f"object {blob.name}"] = (
            blob.name.encode() + repr(blob._properties).encode() + blob.download_as_bytes()
        )
    return visible


@pytest.fixture(name="planted", scope="module")
def _planted():
    return PlantedSecrets()


@pytest.fixture(name="pipeline", scope="module")
def _pipeline(planted, tmp_path_factory):
    """Run a pipeline, send everything, stop it; returns the statuses, and all that was written."""
    root = tmp_path_factory.mktemp("taint")
    key = planted.make("API key", "AIza-{}")
    options = ("--api-key", key, "--streaming-buffer", "0", *RECONCILE)
    with start_pipeline(root / "data", *options) as process:
        try:
            printed = read_until_ready(process)
            client = Client(read_env(root / "data" / "env"), planted)
            statuses = send_everything(client, planted, root / "data" / "logs")
            written = visible_of(client)
            fail_to_load(client, root / "data" / "logs")
            client.close()
        finally:
            process.terminate()
            printed += process.communicate(timeout=30)[0]
    planted.know("access token", LocalSigner(root / "data" / "storage").access_token)
    pem = (root / "data" / "storage" / "signer.pem").read_text()
    planted.know("RSA key", pem.splitlines()[3])
    written["analytics run"] = printed.encode()
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        written[name] = name.encode() + (path.read_bytes() if path.is_file() else b"")
    return statuses, written


def chained(cause):
    """Return an error that another one caused."""
    error = RuntimeError("failed")
    error.__cause__ = cause
    return error


def leaked(capfd, planted):
    """Return the names of the secrets in what was printed since; something was."""
    printed = "".join(capfd.readouterr())
    assert '"event":"request_' in printed
    return planted.found_in(printed.encode())


def read_until_ready(process):
    """Return what the pipeline prints until everything answers."""
    printed = ""
    while not printed.rpartition("\n")[0].rpartition("\n")[2].startswith("ready"):
        line = process.stdout.readline()
        assert line, printed
        printed += line
    return printed


def send_everything(client, planted, logs):
    """Send every kind of request, and wait for what comes of it; returns all statuses."""
    statuses = {
        "accepted": accepted(client),
        "refused": refused(client),
        "uploaded": uploaded(client, planted),
    }
    send_malformed(client)
    foreign = client.bucket.blob(LOST)
    foreign.upload_from_string(b'{"eventType":"foreign"}\nno event\n')
    client.wait_for_count(3, "SELECT COUNT(*) FROM events.open_dead_letters")
    wait_for_line(logs, "objects_reconciled")
    return statuses


def fail_to_load(client, logs):
    """Take the table away, and send what cannot become a row."""
    client.warehouse.delete_table("events.events_function")
    assert 200 == client.status(event_category="function")
    wait_for_line(logs, "load_failed")


class TestPipeline:
    def test_everything_was_sent(self, pipeline):
        """What is searched comes from requests that were stored, refused and uploaded."""
        statuses, written = pipeline

        assert [200] * 6 + [204] == statuses["accepted"]
        assert [401, 400, 404, 404, 405] + [400] * 6 + [415, 400, 400] == statuses["refused"]
        assert [200, 403, 403, 200, 403] == statuses["uploaded"]
        assert {"data/logs/ingest.log", "data/logs/load.log", "data/logs/reconcile.log"} <= set(
            written
        )

    def test_nothing_written_holds_a_secret(self, pipeline, planted):
        """Objects, rows, letters, logs and files hold none, but where it is kept on purpose."""
        _, written = pipeline

        assert HELD == {
            (name, secret) for name in written for secret in planted.found_in(written[name])
        }


class TestFunctions:
    """What `ingest` logs when all that it asks of others fails, or it has a defect."""

    @pytest.fixture(name="send")
    def _send(self, planted, monkeypatch):
        """Serve `ingest` over a cloud that answers as told; returns the statuses of both routes."""
        monkeypatch.setattr(batch_store, "WRITE_DEADLINE_SECONDS", 0.2)
        caches = (wiring.http_api, wiring._identity)

        def send(*answers):
            with (
                serve(FaultyCloud(*answers)) as cloud,
                serve(create_asgi_app("ingest", SOURCE)) as url,
            ):
                for name in ("STORAGE_EMULATOR_HOST", "IAM_ENDPOINT"):
                    monkeypatch.setenv(name, cloud)
                monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", cloud.removeprefix("http://"))
                for cached in caches:
                    cached.cache_clear()
                key = planted.make("API key")
                known = {"STORAGE_EMULATOR_HOST": cloud, "ANALYTICS_URL": url, "API_KEY": key}
                client = Client(PROJECT | known, planted)
                keyed = {"idempotency-key": client.key}
                statuses = [
                    client.status(TICKET, path="/v1/file", headers=keyed),
                    client.status(headers=keyed),
                    client.status(path=f"/v1/event%3Fkey={key}"),
                ]
                client.close()
            return statuses

        # The functions framework sets two more, and leaves them there.
        framework = {"FUNCTION_TARGET": "ingest", "FUNCTION_SIGNATURE_TYPE": "http"}
        for name, value in (PROJECT | framework).items():
            monkeypatch.setenv(name, value)
        yield send
        for cached in caches:
            cached.cache_clear()

    @pytest.mark.parametrize(
        ("statuses", "answers"),
        [
            ([503, 503, 404], [google_error(503)]),
            ([503, 503, 404], [google_error(403)]),
            ([503, 503, 404], [TOKEN, TOKEN, google_error(403)]),
            ([500, 503, 404], [TOKEN]),
        ],
        ids=["unavailable", "forbidden", "not-signed", "no-signature"],
    )
    def test_failures(self, send, planted, capfd, statuses, answers):
        """Neither what a client sent nor the account's token is in the log."""
        token = planted.make("access token")
        tokens = [
            JSONResponse({**TOKEN, "access_token": token}) if a is TOKEN else a for a in answers
        ]

        assert statuses == send(*tokens)
        assert set() == leaked(capfd, planted)

    @pytest.mark.parametrize("repeat", DEFECTS)
    def test_defects(self, send, planted, monkeypatch, capfd, repeat):
        """A defect whose text repeats the request is logged without what the request said."""

        async def fail(_, request, *__):
            raise DEFECTS[repeat](request)

        monkeypatch.setitem(ROUTES, "/v1/event", fail)

        assert 500 == send(google_error(503))[1]
        assert set() == leaked(capfd, planted)
