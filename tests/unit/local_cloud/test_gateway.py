"""gateway: what may pass, decided by the OpenAPI document alone."""

import json
from dataclasses import dataclass, field

import pytest
from starlette.responses import Response

from analytics_local_cloud import gateway
from analytics_local_cloud.gateway.app import MAX_BODY_BYTES
from analytics_local_cloud.gateway.document import read_limits, read_operations
from analytics_local_cloud.gateway.quota import Quota

KEY = "a-good-key"
BACKEND = {"path_translation": "APPEND_PATH_TO_ADDRESS"}


def build_spec(operation=None, **top_level):
    """Build a document that serves GET (with a key) and OPTIONS on /v7/orders."""
    keyed = {"security": [{"key": []}], "x-google-quota": {"metricCosts": {"calls": 2}}}
    return {
        "x-google-backend": BACKEND,
        "x-google-management": {"quota": {"limits": [build_limit()]}},
        "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "token"}},
        "paths": {"/v7/orders": {"get": {**keyed, **(operation or {})}, "options": {}}},
        **top_level,
    }


def build_limit(unit="1/min/{project}"):
    """Build a limit of five units a minute."""
    return {"name": "calls-per-minute", "metric": "calls", "unit": unit, "values": {"STANDARD": 5}}


@dataclass
class Function:
    """Stands for the function behind the gateway, and records what reaches it."""

    calls: list = field(default_factory=list)

    async def forward(self, request, body, operation):
        """Accept everything."""
        self.calls.append((request.method, request.scope["query_string"], body, operation))
        return Response(b"stored", 201)


@dataclass
class Gateway:
    """A gateway, a client that speaks ASGI to it, and what stands behind it."""

    now: float = 0.0
    function: Function = field(default_factory=Function)

    def __post_init__(self):
        self.app = gateway.create_app(
            build_spec(), "http://unused.invalid", [KEY], clock=lambda: self.now
        )

    async def call(self, method, path, query=f"token={KEY}", *, headers=(), chunks=(b"",)):
        """Return the status and the JSON or bytes of the answer; chunk None disconnects."""
        incoming = [
            {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
            if chunk is not None
            else {"type": "http.disconnect"}
            for index, chunk in enumerate(chunks)
        ]
        sent = []

        async def receive():
            return incoming.pop(0)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": list(headers),
            "state": {"upstream": self.function},
        }
        await self.app(scope, receive, send)
        if not sent:
            return None
        content = sent[1]["body"]
        is_json = (b"content-type", b"application/json") in sent[0]["headers"]
        return sent[0]["status"], json.loads(content) if is_json else content


@pytest.fixture(name="gateway_")
def _gateway():
    return Gateway()


class TestRouting:
    @pytest.mark.parametrize(
        "path", ["/", "/v7", "/v7/Orders", "/V7/orders", "/v7/orders/1", "/healthz", "/v7/%0A", "*"]
    )
    async def test_unknown_path(self, gateway_, path):
        """A path that the document does not have is 404, in any other spelling too."""
        refusal = {"code": 404, "message": "The current request is not defined by this API."}

        assert (404, refusal) == await gateway_.call("GET", path)
        assert [] == gateway_.function.calls

    @pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD", "TRACE"])
    async def test_unknown_method(self, gateway_, method):
        """A method that the path does not have is 405, and names the path."""
        refusal = {
            "code": 405,
            "message": 'The current request is matched to the defined url template "/v7/orders" '
            "but its http method is not allowed",
        }

        assert (405, refusal) == await gateway_.call(method, "/v7/orders")
        assert [] == gateway_.function.calls

    async def test_trailing_slash(self, gateway_):
        """A trailing slash belongs to the same path, as in ESPv2."""
        assert (201, b"stored") == await gateway_.call("GET", "/v7/orders/")

    async def test_path_variable(self):
        """A variable of the document's path takes one segment."""
        subject = Gateway()
        paths = {"/v7/{order}/lines": {"get": {}}}
        subject.app = gateway.create_app(build_spec(paths=paths), "http://unused.invalid", [])

        assert (201, b"stored") == await subject.call("GET", "/v7/12/lines")
        assert 404 == (await subject.call("GET", "/v7/12/13/lines"))[0]


class TestKey:
    @pytest.mark.parametrize(
        "query", ["", "token=", "token", "Token=a-good-key", "x=token", f"token=&token={KEY}"]
    )
    async def test_no_key(self, gateway_, query):
        """A call without a key is 401."""
        status, refusal = await gateway_.call("GET", "/v7/orders", query)

        assert 401 == status == refusal["code"]
        assert refusal["message"].startswith("UNAUTHENTICATED:Method doesn't allow unregistered")
        assert [] == gateway_.function.calls

    @pytest.mark.parametrize("query", ["token=wrong", f"token={KEY}x", f"token=wrong&token={KEY}"])
    async def test_wrong_key(self, gateway_, query):
        """A key that does not exist is 400, not 401; of several the first counts."""
        message = "INVALID_ARGUMENT:API key not valid. Please pass a valid API key."

        assert (400, {"code": 400, "message": message}) == await gateway_.call(
            "GET", "/v7/orders", query
        )
        assert [] == gateway_.function.calls

    async def test_key_in_header(self, gateway_):
        """The key counts only where the document places it."""
        answer = await gateway_.call("GET", "/v7/orders", "", headers=[(b"token", KEY.encode())])

        assert 401 == answer[0]

    @pytest.mark.parametrize(
        "query", [f"token={KEY}&a=%2F", f"token={KEY}&token=other", "token=a%2Dgood-key"]
    )
    async def test_good_key(self, gateway_, query):
        """A good key passes, and the function gets the query as it is, the key included."""
        assert (201, b"stored") == await gateway_.call("GET", "/v7/orders", query)
        assert ["GET", query.encode(), b""] == list(gateway_.function.calls[0][:3])

    async def test_open_operation(self, gateway_):
        """An operation without security, such as a preflight, needs no key."""
        assert (201, b"stored") == await gateway_.call("OPTIONS", "/v7/orders", "")


class TestQuota:
    async def test_exhausted(self, gateway_):
        """Calls beyond the quota of a minute are 429; the next minute has its own."""
        statuses = [(await gateway_.call("GET", "/v7/orders"))[0] for _ in range(3)]
        gateway_.now = 60.0
        later = await gateway_.call("GET", "/v7/orders")

        assert [201, 201, 429] == statuses
        assert (201, b"stored") == later
        assert 3 == len(gateway_.function.calls)

    async def test_refusal(self, gateway_):
        """The refusal names the metric."""
        gateway_.app = gateway.create_app(
            build_spec({"x-google-quota": {"metricCosts": {"calls": 6}}}), "", [KEY]
        )

        message = "RESOURCE_EXHAUSTED:Quota exceeded for quota metric 'calls'."
        assert (429, {"code": 429, "message": message}) == await gateway_.call("GET", "/v7/orders")

    async def test_refused_calls_cost_nothing(self, gateway_):
        """What has no good key, and what needs none, takes nothing from the quota."""
        for _ in range(9):
            await gateway_.call("GET", "/v7/orders", "token=wrong")
            await gateway_.call("OPTIONS", "/v7/orders", "")

        assert (201, b"stored") == await gateway_.call("GET", "/v7/orders")

    def test_exact(self):
        """A limit can be used up to its last unit, and what does not fit takes nothing."""
        quota = Quota({"a": 3}, lambda: 59.9)

        assert [None, "a", None, "a"] == [quota.take({"a": cost}) for cost in (2, 2, 1, 1)]

    def test_metrics_apart(self):
        """One metric that does not suffice refuses all costs; one without limit never does."""
        quota = Quota({"a": 1, "b": 1}, lambda: 0.0)

        assert "b" == quota.take({"a": 1, "b": 2})
        assert None is quota.take({"a": 1, "b": 1, "unlimited": 10**9})


class TestBody:
    async def test_chunks(self, gateway_):
        """A body that arrives in pieces is forwarded whole."""
        await gateway_.call("GET", "/v7/orders", chunks=(b"one ", b"", b"two"))

        assert b"one two" == gateway_.function.calls[0][2]

    @pytest.mark.parametrize("headers", [[], [(b"content-length", str(MAX_BODY_BYTES).encode())]])
    async def test_largest(self, gateway_, headers):
        """32 MB pass."""
        chunks = (b"x" * (MAX_BODY_BYTES - 1), b"x")

        assert 201 == (await gateway_.call("GET", "/v7/orders", headers=headers, chunks=chunks))[0]
        assert 32 * 2**20 == len(gateway_.function.calls[0][2])

    @pytest.mark.parametrize(
        ("headers", "chunks"),
        [
            ([(b"content-length", str(MAX_BODY_BYTES + 1).encode())], ()),
            ([], (b"x" * MAX_BODY_BYTES, b"x")),
        ],
        ids=["declared", "received"],
    )
    async def test_too_large(self, gateway_, headers, chunks):
        """A larger one is 413 as soon as that is known."""
        refusal = {"code": 413, "message": "Request Entity Too Large"}

        assert (413, refusal) == await gateway_.call(
            "GET", "/v7/orders", headers=headers, chunks=chunks
        )
        assert [] == gateway_.function.calls

    async def test_client_gone(self, gateway_):
        """Half a body is not forwarded."""
        assert None is await gateway_.call("GET", "/v7/orders", chunks=(b"half", None))
        assert [] == gateway_.function.calls


class TestDocument:
    def test_placeholders(self, tmp_path):
        """Placeholders in braces are filled in; other dollar signs and braces stay."""
        path = tmp_path / "spec.yaml"
        path.write_text("a: ${backend}\nb: ${limit}\n$ref: '^x{1,2}$'\nunit: 1/{project}\n")

        expected = {"a": "http://b", "b": 7, "$ref": "^x{1,2}$", "unit": "1/{project}"}
        assert expected == gateway.load_spec(path, backend="http://b", limit=7)

    def test_missing_placeholder(self, tmp_path):
        """A placeholder that is not given is an error, as in Terraform."""
        path = tmp_path / "spec.yaml"
        path.write_text("a: ${backend}")

        with pytest.raises(KeyError, match="backend"):
            gateway.load_spec(path)

    @pytest.mark.parametrize(
        ("backend", "deadline"), [({}, 15.0), ({"deadline": 0}, 15.0), ({"deadline": 2.5}, 2.5)]
    )
    def test_deadline(self, backend, deadline):
        """The deadline is the document's; ESPv2's 15 s where that has none above zero."""
        spec = build_spec(**{"x-google-backend": {**BACKEND, **backend}})

        assert deadline == read_operations(spec)["/v7/orders"]["GET"].deadline

    def test_own_backend(self):
        """An operation's own backend goes before the document's."""
        spec = build_spec({"x-google-backend": {**BACKEND, "deadline": 3}})

        assert 3.0 == read_operations(spec)["/v7/orders"]["GET"].deadline

    def test_security_of_all(self):
        """Security of the whole document holds where an operation has none, but not for `[]`."""
        paths = {"/a": {"get": {}, "options": {"security": []}, "parameters": []}}
        operations = read_operations(build_spec(paths=paths, security=[{"key": []}]))["/a"]

        assert {"GET": "token", "OPTIONS": None} == {
            method: operation.key_parameter for method, operation in operations.items()
        }

    def test_no_quota(self):
        """A document without quota limits nothing."""
        assert {} == read_limits({})

    @pytest.mark.parametrize(
        "spec",
        [
            build_spec(
                securityDefinitions={"key": {"type": "apiKey", "in": "header", "name": "k"}}
            ),
            build_spec(securityDefinitions={"key": {"type": "oauth2"}}),
            build_spec({"security": [{"key": []}, {"key": []}]}),
            build_spec({"x-google-backend": {"path_translation": "CONSTANT_ADDRESS"}}),
            build_spec({"x-google-backend": {}}),
            build_spec(
                **{"x-google-management": {"quota": {"limits": [build_limit("1/d/{project}")]}}}
            ),
        ],
        ids=["header-key", "oauth", "alternatives", "constant-address", "default-address", "unit"],
    )
    def test_unsupported(self, spec):
        """What this gateway does not do is refused at once, not ignored."""
        with pytest.raises(gateway.UnsupportedDocument):
            gateway.create_app(spec, "http://unused.invalid", [KEY])
