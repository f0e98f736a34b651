"""Wrong input over HTTP: its status and reason, always JSON, and nothing stored for it."""

import gzip

import pytest
from pipeline_client import unique

GZIP = {"content-encoding": "gzip"}
REFUSED = {
    "event_ds": (b"{}", {"event_ds": "tomorrow"}, 400, "invalid_parameter"),
    "traversal": (b"{}", {"session_id": "a/../../b"}, 400, "invalid_parameter"),
    "not-utf8": (b"{}", {"event_category": b"\xff"}, 400, "invalid_parameter"),
    "too-long": (b"{}", {"session_id": "x" * 257}, 400, "invalid_parameter"),
    "repeated": (b"{}", {"event_time": ["0-8", "0-8"]}, 400, "repeated_parameter"),
    "no-body": (b"", {}, 400, "empty_batch"),
    "empty-array": (b"[]", {}, 400, "empty_batch"),
    "deep": (b"[" * 251 + b"]" * 251, {}, 400, "too_deep"),
    "bottomless": (b"[" * 500_000, {}, 400, "too_deep"),
    "large": (b"x" * 10_000_001, {}, 413, "body_too_large"),
    "values": (b"[" + b"0," * 1_000_000 + b"0]", {}, 413, "too_many_values"),
    "events": (b"[" + b"0," * 10_000 + b"0]", {}, 413, "too_many_events"),
    "not-gzip": (b"{}", {"headers": GZIP}, 400, "invalid_encoding"),
    "cut-gzip": (gzip.compress(b"{}", mtime=0)[:-1], {"headers": GZIP}, 400, "invalid_encoding"),
    "gzip-bomb": (
        gzip.compress(b"[" + b"{}," * 10_000_000 + b"{}]", mtime=0),
        {"headers": GZIP},
        413,
        "body_too_large",
    ),
    "brotli": (b"{}", {"headers": {"content-encoding": "br"}}, 415, "unsupported_media_type"),
    "idempotency": (b"{}", {"headers": {"idempotency-key": "short"}}, 400, "invalid_header"),
    "file-body": (b"[]", {"path": "/v1/file"}, 400, "invalid_body"),
    "file-size": (
        b'{"content_type":"a/b","md5_digest":"XKvMhvwrORVuxdX54FQEdg==","size":5000000001}',
        {"path": "/v1/file"},
        400,
        "invalid_body",
    ),
}


class TestWrongInput:
    @pytest.mark.parametrize("name", REFUSED)
    def test_refused(self, pipeline, name):
        """Wrong input has its status and reason as JSON, and nothing is stored for it."""
        body, arguments, status, reason = REFUSED[name]
        environment = unique()

        response = pipeline.post(body, **{"analytics_environment": environment, **arguments})

        answer = response.json()
        assert (status, status, reason) == (response.status_code, answer["code"], answer["reason"])
        assert answer["message"]
        assert "Traceback" not in response.text
        for data_type in ("json", "unknown", "file"):
            prefix = f"data_type={data_type}/analytics_environment={environment}/"
            assert [] == pipeline.stored(prefix)

    @pytest.mark.parametrize(
        ("method", "path", "key", "status"),
        [
            ("POST", "/v1/event", None, 401),
            ("POST", "/v1/event", "wrong", 400),
            ("POST", "/V1/EVENT", "right", 404),
            ("GET", "/v1", "right", 404),
            ("POST", "/", "right", 404),
            ("GET", "/v1/event", "right", 405),
            ("DELETE", "/v1/file", "right", 405),
        ],
    )
    def test_gateway(self, pipeline, method, path, key, status):
        """The gateway refuses by itself, as JSON of its own shape."""
        parameters = {} if key == "right" else {"key": key}

        response = pipeline.request(method, path, b"{}", **parameters)

        assert (status, status) == (response.status_code, response.json()["code"])
        assert {"code", "message"} == set(response.json())

    def test_preflight(self, pipeline):
        """A browser's preflight needs no key."""
        response = pipeline.request("OPTIONS", "/v1/event", key=None)

        assert (204, "*") == (response.status_code, response.headers["access-control-allow-origin"])
