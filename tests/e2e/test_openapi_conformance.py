"""Generated requests against the OpenAPI document: no 5xx, no status it does not name."""

import json
from pathlib import Path

import hypothesis
import schemathesis
import yaml
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DOCUMENT = Path(__file__).parents[2] / "api-gateway" / "openapi.yaml"


def load_schema():
    """Return the document with its two placeholders filled."""
    text = DOCUMENT.read_text()
    for name, value in (("backend", "https://backend.example"), ("quota_per_minute", "1000")):
        text = text.replace("${" + name + "}", value)
    return schemathesis.openapi.from_dict(yaml.safe_load(text))


@schemathesis.serializer("application/x-ndjson")
def to_ndjson(_context, value):
    """Write an array as one line an element, anything else as one line."""
    events = value if isinstance(value, list) else [value]
    return "".join(json.dumps(event) + "\n" for event in events).encode()


schema = load_schema()


@schema.parametrize()
@hypothesis.settings(max_examples=60)
def test_conformance(case, base_url, api_key):
    """Whatever a client sends, the answer is a documented one."""
    case.query = {**(case.query or {}), "key": api_key}
    case.call_and_validate(
        base_url=base_url,
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )
