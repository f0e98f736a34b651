"""Writes api-gateway/openapi-3.1.yaml, for generators of clients, from the document of the gateway.

API Gateway is given OpenAPI 2.0, which many generators no longer read. After a change of
api-gateway/openapi.yaml: `.venv/bin/python scripts/generate/openapi_31.py`
"""

import sys
from pathlib import Path
from typing import Any

import yaml

Node = dict[str, Any]

_FOLDER = Path(__file__).resolve().parents[2] / "api-gateway"
_SOURCE, _TARGET = _FOLDER / "openapi.yaml", _FOLDER / "openapi-3.1.yaml"
_HEAD = "# Derived from openapi.yaml: change that, and run scripts/generate/openapi_31.py.\n"

_SERVERS = [
    {
        "url": "https://{host}",
        "description": "A deployment.",
        "variables": {
            "host": {
                "default": "analytics-0a1b2c3d.ew.gateway.dev",
                "description": "Of the gateway, as in the Terraform output `gateway_url`.",
            }
        },
    },
    {
        "url": "http://localhost:{port}",
        "description": "The pipeline on this machine.",
        "variables": {"port": {"default": "8080"}},
    },
]
_REFERENCES = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_OF_OPERATION = ("operationId", "summary", "description", "security")
_OF_PARAMETER = ("name", "in", "description", "required", "allowEmptyValue")  # else: its values'
_OF_BOTH_FORMS = ("description", "examples")  # of one and of many


def derive(document: Node) -> Node:
    """Return an API described in OpenAPI 2.0, as this one's is, in OpenAPI 3.1.

    Google's extensions, and with them the placeholders of the template, are left out. Values that
    2.0 has no place for are taken from where this document has them: `x-example`, and "one of".
    """
    return {
        "openapi": "3.1.0",
        "info": document["info"],
        "servers": _SERVERS,
        "paths": {
            path: {method: _operation(each) for method, each in item.items()}
            for path, item in document["paths"].items()
        },
        "components": {
            "securitySchemes": document["securityDefinitions"],
            "parameters": {k: _parameter(each) for k, each in document["parameters"].items()},
            "responses": {k: _response(each) for k, each in document["responses"].items()},
            "schemas": {k: _schema(each) for k, each in document["definitions"].items()},
        },
    }


def _reference(node: Node) -> Node:
    """Return a `$ref` that finds the same thing where OpenAPI 3.1 has it."""
    kind, name = node["$ref"].rsplit("/", 1)
    return {"$ref": _REFERENCES[f"{kind}/"] + name}


def _schema(node: Node) -> Node:
    """Return a schema as JSON Schema 2020-12 has it."""
    if "$ref" in node:
        return _reference(node)
    schema = _without_extensions(node)
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    if "properties" in schema:
        schema["properties"] = {k: _schema(each) for k, each in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = _schema(schema[key])
    if "items" in schema and "type" not in schema:
        return _one_or_many(schema)
    return schema


def _one_or_many(schema: Node) -> Node:
    """Return what 2.0 cannot say: an array, or one such item by itself; the example shows both."""
    both = {key: schema.pop(key) for key in _OF_BOTH_FORMS if key in schema}
    if "examples" in both:
        both["examples"] = [both["examples"][0][0], *both["examples"]]
    return {**both, "oneOf": [schema["items"], {"type": "array", **schema}]}


def _parameter(node: Node) -> Node:
    """Return a parameter, or a header of an answer, whose values have a schema of their own."""
    if "$ref" in node:
        return _reference(node)
    parameter = {key: node[key] for key in _OF_PARAMETER if key in node}
    if "x-example" in node:
        parameter["example"] = node["x-example"]
    rest = {key: each for key, each in node.items() if key not in _OF_PARAMETER}
    return {**parameter, "schema": _schema(rest)}


def _request_body(node: Node) -> Node:
    """Return what the parameter `body` is in 2.0, as JSON only; other forms are for its words.

    Beside a text, such as NDJSON, generated clients would take any text for a batch, and send that
    as a JSON string: a batch without events.
    """
    return {
        "description": node["description"],
        "required": node["required"],
        "content": {"application/json": {"schema": _schema(node["schema"])}},
    }


def _response(node: Node) -> Node:
    """Return an answer, whose media types are those of its examples."""
    if "$ref" in node:
        return _reference(node)
    response = {"description": node["description"]}
    if "headers" in node:
        response["headers"] = {k: _parameter(each) for k, each in node["headers"].items()}
    if "schema" in node:
        response["content"] = {
            media_type: {"schema": _schema(node["schema"]), "example": example}
            for media_type, example in node["examples"].items()
        }
    return response


def _operation(node: Node) -> Node:
    """Return an operation, whose body is no parameter any more."""
    operation = {key: node[key] for key in _OF_OPERATION if key in node}
    every = node.get("parameters", [])
    parameters = [_parameter(each) for each in every if each.get("in") != "body"]
    if parameters:
        operation["parameters"] = parameters
    for each in every:
        if each.get("in") == "body":
            operation["requestBody"] = _request_body(each)
    operation["responses"] = {status: _response(each) for status, each in node["responses"].items()}
    return operation


def _without_extensions(node: Node) -> Node:
    """Return what the standard knows of it."""
    return {key: each for key, each in node.items() if not key.startswith("x-")}


class _Writer(yaml.SafeDumper):
    """Writes YAML as people do: without aliases, lists indented, lines of text as lines."""

    def ignore_aliases(self, _data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's
        super().increase_indent(flow, indentless=False)


def _write_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Return a text as a block if it has lines."""
    style = "|" if "\n" in text else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _write_text)


def derived_text(source: str) -> str:
    """Return the text of the 3.1 document for that of the 2.0 one."""
    document = derive(yaml.safe_load(source))
    return _HEAD + yaml.dump(
        document, Dumper=_Writer, sort_keys=False, width=100, allow_unicode=True
    )


def main() -> int:
    """Write the document; returns the exit code."""
    _TARGET.write_text(derived_text(_SOURCE.read_text("utf-8")), "utf-8")
    print(f"wrote {_TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
