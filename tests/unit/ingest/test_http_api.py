"""http_api: routes, CORS, and every refusal as JSON."""

import asyncio
import gzip
import inspect
import json
import threading
from datetime import UTC, datetime

import pytest
from fakes import FakeSigner, FakeStore
from request_builder import make_request

from analytics_pipeline.ingest import refusals
from analytics_pipeline.ingest.admission import cost_of
from analytics_pipeline.ingest.events import BodyLimits
from analytics_pipeline.ingest.http_api import ROUTES, HttpApi
from analytics_pipeline.ingest.ingest import Ingest
from analytics_pipeline.ingest.refusals import RequestError, UnknownOutcome
from analytics_pipeline.ingest.uploads import UploadLimits, Uploads
from analytics_pipeline.ingest.workers import Workers
from analytics_pipeline.settings import IngestSettings

MD5 = "XKvMhvwrORVuxdX54FQEdg=="
FILE = json.dumps({"content_type": "text/plain", "md5_digest": MD5}).encode()


@pytest.fixture(name="store")
def _store():
    return FakeStore()


@pytest.fixture(name="signer")
def _signer():
    return FakeSigner()


@pytest.fixture(name="make_api")
def _make_api(store, signer):
    def make_api(**settings):
        known = IngestSettings(bucket_name="bucket", google_cloud_project="project", **settings)
        limits = BodyLimits(known.max_json_values, 100, 2 * known.max_body_bytes)
        workers = Workers("bodies", threads=1, waiting=10)
        signing = Workers("signing", threads=1, waiting=1)
        return HttpApi(
            known,
            Ingest(store, "bucket", limits, lambda: 77, workers),
            Uploads(lambda: signer, "bucket", UploadLimits(False, 1000), lambda: 77, signing),
            lambda: datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC),
            workers,
        )

    return make_api


@pytest.fixture(name="api")
def _api(make_api):
    return make_api()


async def call(api, *args, **kwargs):
    """Send a request; returns the status, the parsed body and the headers."""
    response = await api.handle(make_request(*args, **kwargs))
    return response.status_code, response.body and json.loads(response.body), response.headers


class TestRoutes:
    async def test_event(self, api, store):
        """An event is stored, then its receipt is answered."""
        status, body, headers = await call(api, b'{"message":"hello world"}', query="key=secret")

        batch_id = store.writes[0].metadata["batch_id"]
        expected = {"statusCode": 200, "batch_id": batch_id, "data_type": "json", "event_count": 1}
        assert (200, expected) == (status, body)
        assert "application/json" == headers["content-type"]

    async def test_file(self, api):
        """A file request answers an upload ticket."""
        status, body, _ = await call(api, FILE, path="/v1/file", query="file_parent=parent")

        fields = {"statusCode", "signed_url", "headers", "md5_digest", "object", "expires_at"}
        assert 200 == status
        assert fields == set(body)

    @pytest.mark.parametrize(
        ("method", "path", "status", "reason"),
        [
            ("POST", "/v1/events", 404, "not_found"),
            ("POST", "/V1/event", 404, "not_found"),
            ("GET", "/", 404, "not_found"),
            ("GET", "/v1/event", 405, "method_not_allowed"),
            ("PUT", "/v1/file", 405, "method_not_allowed"),
        ],
    )
    async def test_no_route(self, api, method, path, status, reason):
        """Another path or method is refused as JSON; a 405 says what is served."""
        actual, body, headers = await call(api, method=method, path=path)

        assert (status, status, reason) == (actual, body["code"], body["reason"])
        assert (status == 405) == (headers.get("allow") == "POST, OPTIONS")


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "status", "reason"),
        [
            ({"query": "event_time=noon"}, 400, "invalid_parameter"),
            ({"query": "key=a&key=b"}, 400, "repeated_parameter"),
            ({"headers": {"Idempotency-Key": "short"}}, 400, "invalid_header"),
            ({"headers": {"Content-Encoding": "gzip"}}, 400, "invalid_encoding"),
            ({"cut": True}, 400, "incomplete_body"),
            ({"body": b""}, 400, "empty_batch"),
            ({"body": b"[" * 300 + b"]" * 300}, 400, "too_deep"),
            ({"body": b"x" * 1001}, 413, "body_too_large"),
            ({"body": b"[" + b'{"eventAttributes":"x"},' * 20 + b"{}]"}, 413, "body_too_large"),
            ({"body": b"{}\n" + b"\x01" * 500}, 413, "body_too_large"),
            ({"body": b"[" + b"0," * 300 + b"0]"}, 413, "too_many_values"),
            ({"body": b"[" + b"0," * 100 + b"0]"}, 413, "too_many_events"),
            ({"headers": {"Content-Encoding": "br"}}, 415, "unsupported_media_type"),
            ({"path": "/v1/file"}, 400, "invalid_body"),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    async def test_wrong_input(self, make_api, store, arguments, status, reason):
        """Wrong input has its status and reason, and nothing is stored for it."""
        api = make_api(max_body_bytes=1000, max_json_values=301)

        actual, body, _ = await call(api, **{"body": b"{}", **arguments})

        assert (status, status, reason) == (actual, body["code"], body["reason"])
        assert body["message"]
        assert [] == store.writes

    async def test_unavailable(self, api, store):
        """A write that nobody acknowledged is a 503 with the time to come back."""
        store.answers = [UnknownOutcome("nobody knows")]

        status, body, headers = await call(api, b"{}")

        assert (503, "unknown_outcome", "1") == (status, body["reason"], headers["retry-after"])

    async def test_overload(self, make_api, store):
        """Beyond the bytes an instance admits, requests are refused at once, and admitted later."""
        api = make_api(max_inflight_bytes=cost_of(1000))
        released = asyncio.Event()
        write_once = store.write_once

        async def slow_write(*arguments):
            await released.wait()
            return await write_once(*arguments)

        store.write_once = slow_write
        first = asyncio.create_task(call(api, b"x" * 1000))
        await asyncio.sleep(0)
        async with asyncio.timeout(60):
            status, body, headers = await call(api, b"x" * 900)
        released.set()

        assert (503, "overloaded", "1") == (status, body["reason"], headers["retry-after"])
        assert "Retry-After" == headers["access-control-expose-headers"]
        assert 200 == (await first)[0]
        assert 200 == (await call(api, b"x" * 900))[0]

    async def test_slow_signing(self, api, signer):
        """Beyond those who may wait for IAM, file requests are refused; events never wait."""
        released = threading.Event()
        signer.sign_upload = lambda *_: "https://signed" if released.wait(60) else ""
        waiting = [asyncio.create_task(call(api, FILE, path="/v1/file")) for _ in range(2)]
        await asyncio.sleep(0)

        status, body, _ = await call(api, FILE, path="/v1/file")
        large = b'{"a":"' + b"x" * 200_000 + b'"}'
        stored, _, _ = await call(api, large)
        released.set()

        assert (503, "overloaded", 200) == (status, body["reason"], stored)
        assert [200, 200] == [answer[0] for answer in await asyncio.gather(*waiting)]

    async def test_defect(self, api, store, capsys):
        """A defect is a 500 without its internals, which are in the log."""
        store.answers = [ZeroDivisionError("internal detail")]

        status, body, _ = await call(api, b"{}")

        expected = {"code": 500, "reason": "internal", "message": "internal error"}
        assert (500, expected) == (status, body)
        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert ("request_failed", "/v1/event") == (line["event"], line["path"])
        assert "internal detail" in line["error"]

    def test_every_refusal_has_a_reason_of_its_own(self):
        """Reasons are unique, so that a client can tell refusals apart."""
        classes = [
            value
            for value in vars(refusals).values()
            if inspect.isclass(value) and issubclass(value, RequestError)
        ]
        reasons = [c.reason for c in classes if c not in {RequestError, refusals.Unavailable}]

        assert len(set(reasons)) == len(reasons)


class TestLogs:
    async def test_no_secrets(self, api, capsys):
        """Neither the key nor the query nor the body is ever logged."""
        for body in (b'{"password":"hunter2"}', b""):
            await call(api, body, query="key=hunter2&session_id=s%2F&junk=hunter2")
            await call(api, body, query="key=hunter2", path="/v1/hunter2")

        output = capsys.readouterr().out
        assert output
        assert "hunter2" not in output

    async def test_a_defect_that_repeats_the_request(self, api, monkeypatch, capsys):
        """What a client said beside its body is left out of a defect's text; the rest is there."""

        async def fail(_, request, *__):
            raise ValueError(f"of {request.url} by {request.headers['cookie']}, {{}}")

        monkeypatch.setitem(ROUTES, "/v1/event", fail)
        await call(
            api, b"{}", query="key=hunter2&junk=hunter%32&hunter2", headers={"cookie": "hunter2"}
        )

        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert "hunter2" not in str(line)
        assert "http_api.py" in line["stack_trace"]
        assert "/v1/event" == line["path"]

    async def test_refusals(self, api, store, capsys):
        """A refusal is logged by reason, ours apart from the client's."""
        await call(api, b"")
        store.answers = [UnknownOutcome("?")]
        await call(api, b"{}")

        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        expected = [("request_refused", 400, "empty_batch")]
        expected += [("request_unavailable", 503, "unknown_outcome")]
        assert expected == [(line["event"], line["status"], line["reason"]) for line in lines]
        assert {"/v1/event"} == {line["path"] for line in lines}


class TestCors:
    @pytest.mark.parametrize("path", sorted(ROUTES))
    async def test_preflight(self, api, path):
        """A preflight is answered without a key, and says what may be sent."""
        status, body, headers = await call(api, method="OPTIONS", path=path)

        expected = {
            "access-control-allow-origin": "*",
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "content-type, content-encoding, idempotency-key",
            "access-control-max-age": "3600",
        }
        assert (204, b"") == (status, body)
        assert expected == {n: v for n, v in headers.items() if n.startswith("access-control")}

    @pytest.mark.parametrize(
        ("origin", "expected"),
        [("https://a.example", "https://a.example"), ("https://evil.example", None), (None, None)],
    )
    async def test_listed_origins(self, make_api, origin, expected):
        """With a list, an origin on it is allowed by name; every answer varies by origin."""
        api = make_api(cors_origins=frozenset({"https://a.example", "https://b.example"}))

        for body in (b"{}", b""):
            _, _, headers = await call(api, body, headers={"Origin": origin} if origin else {})

            assert expected == headers.get("access-control-allow-origin")
            assert "Origin" == headers["vary"]

    async def test_every_answer(self, api, store):
        """Refusals and defects carry the header too, and never allow credentials."""
        store.answers = [ZeroDivisionError()]
        for arguments in ({"body": b""}, {"body": b"{}"}, {"path": "/nowhere"}):
            _, _, headers = await call(api, **arguments)

            assert "*" == headers["access-control-allow-origin"]
            assert "access-control-allow-credentials" not in headers


async def test_gzip_end_to_end(api, store):
    """A gzip body of NDJSON is stored decoded."""
    body = gzip.compress(b'{"a":1}\n{"b":2}\n', mtime=0)

    status, receipt, _ = await call(api, body, headers={"Content-Encoding": "gzip"})

    assert (200, 2) == (status, receipt["event_count"])
    assert 2 == store.writes[0].content.count(b"\n")
