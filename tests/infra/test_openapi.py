"""openapi.yaml: valid, and what the functions really do."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import RFC_4122, UUID

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from openapi_spec_validator import OpenAPIV2SpecValidator

from analytics_local_cloud import gateway
from analytics_pipeline.ingest import http_api, parameters, refusals
from analytics_pipeline.ingest.ingest import Receipt
from analytics_pipeline.ingest.uploads import FileDescription, UploadTicket
from analytics_pipeline.object_names import EVENT_TIMES
from analytics_pipeline.settings import IngestSettings
from checkout import ROOT

PATH = ROOT / "api-gateway" / "openapi.yaml"
SCHEMA = ROOT / "functions" / "analytics_pipeline" / "schemas" / "events_function.json"
SPEC = gateway.load_spec(PATH, backend="https://ingest-x.run.app", quota_per_minute=6000)
POSTS = {path: item["post"] for path, item in SPEC["paths"].items()}
OPERATIONS = [operation for item in SPEC["paths"].values() for operation in item.values()]
BY_GATEWAY = {"400", "401", "403", "404", "405", "413", "429", "502", "503", "504"}
LONG_TEXTS = st.sampled_from([64, 65, 256, 257]).map("x".__mul__)
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


def resolve(node):
    """Return what a `$ref` points at, or the node itself."""
    target = SPEC
    if "$ref" not in node:
        return node
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return target


def resolved_responses(operation):
    """Return the responses of an operation by status."""
    return {status: resolve(each) for status, each in operation["responses"].items()}


def parameters_of(path, place):
    """Return the parameters of a POST in `query`, `header` or `body`, by name."""
    every = map(resolve, POSTS[path]["parameters"])
    return {each["name"]: each for each in every if each["in"] == place}


def read_request(path, query, idempotency_keys=()):
    """Read a request as the function does; None when it is refused."""
    rules = parameters.Rules(frozenset(), frozenset())
    try:
        if path == "/v1/file":
            return parameters.read_file_request(query.encode(), rules, NOW)
        return parameters.read_batch_request(query.encode(), idempotency_keys, rules, NOW)
    except refusals.RequestError:
        return None


def leaves(cls):
    """Yield the error classes that have no subclasses."""
    for subclass in cls.__subclasses__():
        yield from leaves(subclass)
    if not cls.__subclasses__():
        yield cls


def patterned():
    """List the parameters with a pattern, but for date and clock, with their paths."""
    return [
        pytest.param(path, name, each, id=f"{path} {name}")
        for path in POSTS
        for name, each in parameters_of(path, "query").items()
        if "pattern" in each and name not in {"event_ds", "sent_at"}
    ]


class TestDocument:
    def test_valid(self):
        """The document is valid OpenAPI 2.0."""
        assert [] == [error.message for error in OpenAPIV2SpecValidator(SPEC).iter_errors()]

    def test_template(self):
        """Terraform finds the two placeholders, and nothing else to interpret."""
        text = PATH.read_text()

        assert {"backend", "quota_per_minute"} == set(re.findall(r"\$\{([^}]*)\}", text))
        assert "%{" not in text

    def test_operation_ids(self):
        """Every operation has an id of its own."""
        names = [operation["operationId"] for operation in OPERATIONS]

        assert sorted(set(names)) == sorted(names)

    def test_examples(self):
        """Every example is an instance of the schema it stands for."""
        pairs = [
            (response["schema"], response["examples"]["application/json"])
            for operation in POSTS.values()
            for response in resolved_responses(operation).values()
        ]
        pairs += [
            (schema, schema["example"])
            for schema in SPEC["definitions"].values()
            if "example" in schema
        ]

        assert 28 == len(pairs)
        for schema, shown in pairs:
            Draft4Validator({**SPEC, **schema}).validate(shown)

    def test_described(self):
        """Every parameter says what it is, and what it accepts."""
        for path in POSTS:
            for place in ("query", "header"):
                for each in parameters_of(path, place).values():
                    assert each["description"]
                    assert {"pattern", "enum"} & each.keys()


class TestGateway:
    def test_routes(self):
        """The document has the routes of the function: POST, and OPTIONS for browsers."""
        assert {path: {"post", "options"} for path in http_api.ROUTES} == {
            path: set(item) for path, item in SPEC["paths"].items()
        }

    def test_key(self):
        """Every POST needs the API key in the query; a preflight cannot carry one."""
        scheme = SPEC["securityDefinitions"]["api_key"]

        assert ("apiKey", "query", "key") == (scheme["type"], scheme["in"], scheme["name"])
        for item in SPEC["paths"].values():
            assert [{"api_key": []}] == item["post"]["security"]
            assert [] == item["options"]["security"]

    def test_quota(self):
        """Every POST takes one unit of the metric that is limited by the minute."""
        management = SPEC["x-google-management"]
        (metric,), (limit,) = management["metrics"], management["quota"]["limits"]

        assert metric["name"] == limit["metric"]
        assert ("1/min/{project}", {"STANDARD": 6000}) == (limit["unit"], limit["values"])
        for operation in POSTS.values():
            assert {metric["name"]: 1} == operation["x-google-quota"]["metricCosts"]

    def test_backend(self):
        """Requests go to the function under their own path, as its audience."""
        backend = SPEC["x-google-backend"]

        assert backend["address"] == backend["jwt_audience"] == "https://ingest-x.run.app"
        assert "APPEND_PATH_TO_ADDRESS" == backend["path_translation"]
        assert 30.0 == backend["deadline"]
        assert "configured" == SPEC["x-google-allow"]

    def test_served(self):
        """The local gateway does all that the document asks for."""
        gateway.create_app(SPEC, "http://127.0.0.1:1", ["key"])


class TestParameters:
    @pytest.mark.parametrize(
        ("path", "names"),
        [("/v1/event", parameters._EVENT_PARAMETERS), ("/v1/file", parameters._FILE_PARAMETERS)],
    )
    def test_names(self, path, names):
        """The document has the parameters that the function reads."""
        assert names == {*parameters_of(path, "query"), "key"}

    @pytest.mark.parametrize(("path", "name", "parameter"), patterned())
    @given(data=st.data())
    def test_same_decision(self, path, name, parameter, data):
        """The pattern and the function agree about any text."""
        pattern = parameter["pattern"].replace("$", r"\Z")  # ECMA 262: only the very end
        texts = st.text("a.-_/\u00e9 \n%", min_size=1, max_size=6) | st.from_regex(pattern)
        value = data.draw(texts | LONG_TEXTS)
        described = len(value) <= parameter["maxLength"] and re.search(pattern, value)

        assert bool(described) == bool(read_request(path, f"{name}={quote(value, safe='')}"))

    @pytest.mark.parametrize("path", POSTS)
    def test_defaults(self, path):
        """The defaults are those that the function uses."""
        request = read_request(path, "")
        defaults = {
            name: each["default"]
            for name, each in parameters_of(path, "query").items()
            if "default" in each
        }

        assert defaults == {
            name: getattr(request, name, getattr(request.partition, name, None))
            for name in defaults
        }

    def test_event_time(self):
        """The thirds of the day are those of the object names."""
        assert list(EVENT_TIMES) == SPEC["parameters"]["EventTime"]["enum"]

    @given(st.text("0129eE-+.:TZ ", max_size=25) | st.datetimes().map(str))
    @example("2026-03-01T15:59:59,5+0530")
    @example("20260301t155959z")
    @example("-1.5e9")
    def test_sent_at(self, value):
        """What the function takes as a clock is described; not each that is described is one."""
        described = parameters_of("/v1/event", "query")["sent_at"]
        pattern = described["pattern"].replace("$", r"\Z")

        if value and read_request("/v1/event", f"sent_at={quote(value)}"):
            assert re.search(pattern, value)
            assert len(value) <= described["maxLength"]

    @given(
        st.text('aZ0.-_/ "', min_size=14, max_size=18)
        | st.sampled_from([15, 16, 128, 129]).map("k".__mul__),
        st.sampled_from(["", " ", '"', ' "', '""']),
        st.sampled_from(["", " ", '"', '"  ', '""']),
    )
    def test_idempotency_key(self, key, before, after):
        """The pattern and the function agree about any Idempotency-Key, and what is around it."""
        pattern = parameters_of("/v1/event", "header")["Idempotency-Key"]["pattern"]
        value = f"{before}{key}{after}"

        assert bool(re.search(pattern, value)) == bool(read_request("/v1/event", "", [value]))

    def test_idempotency_example(self):
        """The key that is shown is a UUIDv7, of the day that the other examples are of."""
        header = parameters_of("/v1/event", "header")["Idempotency-Key"]
        key = UUID(header["x-example"])

        assert re.search(header["pattern"], header["x-example"])
        assert (7, RFC_4122) == (key.version, key.variant)
        assert NOW.timestamp() * 1000 == key.int >> 80

    def test_headers(self):
        """A page may send the headers that the document has, and a Content-Type."""
        described = {name.lower() for name in parameters_of("/v1/event", "header")}
        allowed = http_api._PREFLIGHT["Access-Control-Allow-Headers"].split(", ")

        assert {*described, "content-type"} == set(allowed)


class TestAnswers:
    @pytest.mark.parametrize("operation", POSTS.values(), ids=list(POSTS))
    def test_statuses(self, operation):
        """Every status that the function or the gateway can answer is there."""
        by_function = {str(each.status) for each in leaves(refusals.RequestError)}

        assert {"200", *by_function, *BY_GATEWAY} == set(operation["responses"])

    def test_retried(self):
        """The description names every status after which to send a request again."""
        documented = {status for each in POSTS.values() for status in each["responses"]}
        (sentence,) = re.findall(r"After ([^.]*) send", SPEC["info"]["description"])

        assert {"429"} | {each for each in documented if each >= "500"} == set(
            re.findall(r"\d+", sentence)
        )

    def test_reasons(self):
        """The reasons are those of the function's errors."""
        reasons = [each.reason for each in leaves(refusals.RequestError)]
        assert sorted(reasons) == sorted(
            SPEC["definitions"]["Error"]["properties"]["reason"]["enum"]
        )

    @pytest.mark.parametrize("operation", POSTS.values(), ids=list(POSTS))
    def test_errors(self, operation):
        """Every refusal has one schema, in which only the reason is optional."""
        for status, response in resolved_responses(operation).items():
            assert status == "200" or {"$ref": "#/definitions/Error"} == response["schema"]
        assert ["code", "message"] == SPEC["definitions"]["Error"]["required"]

    def test_headers(self):
        """503 says when to come back, 405 what is served, a preflight what may be sent."""
        preflight = SPEC["responses"]["Preflight"]

        assert "Retry-After" in SPEC["responses"]["Unavailable"]["headers"]
        assert "Allow" in SPEC["responses"]["MethodNotAllowed"]["headers"]
        assert http_api._PREFLIGHT.keys() <= preflight["headers"].keys()
        for item in SPEC["paths"].values():
            assert {"$ref": "#/responses/Preflight"} == item["options"]["responses"]["204"]

    @pytest.mark.parametrize(
        ("name", "cls"), [("EventReceipt", Receipt), ("UploadTicket", UploadTicket)]
    )
    def test_fields(self, name, cls):
        """The answers have the fields that the function gives."""
        schema = SPEC["definitions"][name]
        names = ["statusCode", *cls.__annotations__]

        assert names == list(schema["properties"])
        assert names == schema["required"]


class TestBodies:
    def test_file_description(self):
        """The fields of a file request are those that the function reads."""
        schema = SPEC["definitions"]["FileDescription"]
        described = msgspec.structs.fields(FileDescription)

        assert [each.name for each in described] == list(schema["properties"])
        assert [each.name for each in described if each.required] == schema["required"]

    def test_limits(self):
        """The limits are those of the default settings."""
        limits = IngestSettings(bucket_name="b", google_cloud_project="p")
        definitions = SPEC["definitions"]

        assert limits.max_events_per_batch == definitions["EventBatch"]["maxItems"]
        size = definitions["FileDescription"]["properties"]["size"]
        assert limits.max_upload_bytes == size["maximum"]

    def test_event_fields(self):
        """Every described field of an event has a column, of its type."""
        types = {"STRING": "string", "INTEGER": "integer", "TIMESTAMP": None, "JSON": None}
        columns = {each["name"]: each["type"] for each in json.loads(SCHEMA.read_text())}
        described = SPEC["definitions"]["Event"]["properties"]

        assert 12 == len(described)
        for name, schema in described.items():
            name = name.replace("messageId", "eventId")  # noqa: PLW2901 - the same, by another name
            column = re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", name)
            assert schema.get("type") == types[columns[column]]
