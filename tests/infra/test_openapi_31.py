"""openapi-3.1.yaml: what openapi.yaml says, for generators of clients."""

import copy
import runpy
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "api-gateway"
SOURCE = FOLDER / "openapi.yaml"
DERIVED = FOLDER / "openapi-3.1.yaml"
GENERATOR = runpy.run_path(str(ROOT / "scripts" / "generate" / "openapi_31.py"))
OLD, NEW = yaml.safe_load(SOURCE.read_text()), yaml.safe_load(DERIVED.read_text())
OPERATIONS = [(path, method) for path, item in OLD["paths"].items() for method in item]


def resolve(document, node):
    """Return what a `$ref` points at, or the node itself."""
    target = document
    if "$ref" not in node:
        return node
    for step in node["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return target


def operation(document, path, method):
    """Return the parameters of an operation but for the body, and its responses by status."""
    found = document["paths"][path][method]
    every = [resolve(document, each) for each in found.get("parameters", [])]
    responses = {k: resolve(document, each) for k, each in found["responses"].items()}
    return [each for each in every if each["in"] != "body"], responses


def walk(node, *path):
    """Yield every mapping of a document with the keys that lead to it."""
    if isinstance(node, dict):
        yield path, node
    for key, each in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(each, dict | list):
            yield from walk(each, *path, key)


def is_valid(schema, instance):
    """Say whether a schema of the derived document accepts an instance."""
    whole = {**schema, "components": NEW["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker()).is_valid(instance)


def derive_schema(schema):
    """Return what becomes of one definition."""
    document = {
        "info": {},
        "securityDefinitions": {},
        "paths": {},
        "parameters": {},
        "responses": {},
        "definitions": {"It": schema},
    }
    return GENERATOR["derive"](document)["components"]["schemas"]["It"]


class TestDocument:
    def test_committed(self):
        """The file is what is derived from the 2.0 document as it is now."""
        assert DERIVED.read_text() == GENERATOR["derived_text"](SOURCE.read_text())

    def test_valid(self):
        """The document is valid OpenAPI 3.1, whose references lead somewhere."""
        assert [] == [error.message for error in OpenAPIV31SpecValidator(NEW).iter_errors()]

    @pytest.mark.parametrize("path", [SOURCE, DERIVED], ids=lambda path: path.name)
    def test_no_anchor(self, path):
        """No reader needs to know YAML's anchors and aliases."""
        tokens = yaml.scan(path.read_text())

        assert [] == [
            each for each in tokens if isinstance(each, yaml.AnchorToken | yaml.AliasToken)
        ]

    def test_no_extension(self):
        """Nothing is left of Google's extensions, nor of the template; examples are mere data."""
        keys = {key for path, node in walk(NEW) if "example" not in path for key in node}

        assert [] == [key for key in keys if str(key).lower().startswith("x-")]
        assert "${" not in DERIVED.read_text()

    def test_servers(self):
        """A generated client can be pointed at a deployment, and at this machine."""
        urls = [
            each["url"].format(**{k: v["default"] for k, v in each["variables"].items()})
            for each in NEW["servers"]
        ]

        assert ["https://analytics-0a1b2c3d.ew.gateway.dev", "http://localhost:8080"] == urls

    def test_key(self):
        """The key is given as before, by the same operations."""
        assert OLD["securityDefinitions"] == NEW["components"]["securitySchemes"]
        for path, method in OPERATIONS:
            old, new = OLD["paths"][path][method], NEW["paths"][path][method]
            assert old["security"] == new["security"]

    def test_examples(self):
        """Every example is an instance of the schema beside it."""
        pairs = [
            (node.get("schema", node), example)
            for path, node in walk(NEW)
            if not {"example", "examples"} & set(path)
            for example in [node[key] for key in ("example",) if key in node]
            + node.get("examples", [])
        ]

        assert 31 == len(pairs)
        assert [] == [pair for pair in pairs if not is_valid(*pair)]


class TestSame:
    def test_operations(self):
        """The paths and methods are the same, under the same names."""
        names = [
            {
                (path, method): each["operationId"]
                for path, item in document["paths"].items()
                for method, each in item.items()
            }
            for document in (OLD, NEW)
        ]

        assert names[0] == names[1]

    @pytest.mark.parametrize(("path", "method"), OPERATIONS)
    def test_parameters(self, path, method):
        """A parameter has the same place and rules."""
        flat = [{**each, **each["schema"]} for each in operation(NEW, path, method)[0]]
        for each in flat:
            assert not {"name", "in", "allowEmptyValue", "required"} & each.pop("schema").keys()
            if "example" in each:
                each["x-example"] = each.pop("example")

        assert operation(OLD, path, method)[0] == flat

    @pytest.mark.parametrize(("path", "method"), OPERATIONS)
    def test_answers(self, path, method):
        """An answer has the same status, words, headers, schema and example."""
        for status, new in operation(NEW, path, method)[1].items():
            old = operation(OLD, path, method)[1][status]
            media = new.get("content", {}).get("application/json", {})
            reference = media.get("schema", {}).get("$ref", "")

            assert old["description"] == new["description"]
            assert old.get("headers", {}) == {
                name: {"description": each["description"], **each["schema"]}
                for name, each in new.get("headers", {}).items()
            }
            assert old.get("schema", {}).get("$ref", "").split("/")[-1] == reference.split("/")[-1]
            assert old.get("examples", {}).get("application/json") == media.get("example")

    @pytest.mark.parametrize(("path", "method"), OPERATIONS)
    def test_statuses(self, path, method):
        """The same statuses are answered."""
        old, new = (operation(document, path, method)[1] for document in (OLD, NEW))

        assert list(old) == list(new)

    def test_source_is_left_alone(self):
        """What is derived from is not changed by it."""
        before = copy.deepcopy(OLD)
        GENERATOR["derive"](OLD)

        assert before == OLD


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "accepted"),
        [
            ({}, True),
            ({"eventType": "session_start", "level": 7}, True),
            ([{}], True),
            ([{"eventType": "a"}, {"eventType": "b"}], True),
            ([], False),
            ([{}] * 10001, False),
            ([[{}]], False),
            ([1], False),
            ('{"eventType": "a"}', False),
            (None, False),
            ({"eventType": 1}, False),
        ],
    )
    def test_batch(self, body, accepted):
        """A batch is an event or an array of events, and nothing else."""
        media = NEW["paths"]["/v1/event"]["post"]["requestBody"]["content"]

        assert ["application/json"] == list(media)
        assert accepted == is_valid(media["application/json"]["schema"], body)

    def test_required(self):
        """Both routes need a body, of which the words are those of the 2.0 document."""
        for path, item in OLD["paths"].items():
            (old,) = [each for each in item["post"]["parameters"] if each.get("in") == "body"]
            new = NEW["paths"][path]["post"]["requestBody"]

            assert (True, old["description"]) == (new["required"], new["description"])


class TestSchemas:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
            ({"type": "string", "x-of-google": 1}, {"type": "string"}),
            ({"additionalProperties": True}, {"additionalProperties": True}),
            (
                {"additionalProperties": {"$ref": "#/definitions/It"}},
                {"additionalProperties": {"$ref": "#/components/schemas/It"}},
            ),
            (
                {"type": "array", "items": {"type": "object", "example": {}}},
                {"type": "array", "items": {"type": "object", "examples": [{}]}},
            ),
            (
                {"description": "d", "maxItems": 2, "items": {"type": "object"}},
                {
                    "description": "d",
                    "oneOf": [
                        {"type": "object"},
                        {"type": "array", "maxItems": 2, "items": {"type": "object"}},
                    ],
                },
            ),
            (
                {"items": {"type": "object"}, "example": [{"a": 1}, {"b": 2}]},
                {
                    "examples": [{"a": 1}, [{"a": 1}, {"b": 2}]],
                    "oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}],
                },
            ),
            (
                {"properties": {"items": {}, "example": {}, "x-y": {}, "$ref": {}}},
                {"properties": {"items": {}, "example": {}, "x-y": {}, "$ref": {}}},
            ),
            (
                {"type": "object", "example": {"example": 1, "x-y": 2, "items": []}},
                {"type": "object", "examples": [{"example": 1, "x-y": 2, "items": []}]},
            ),
        ],
    )
    def test_schema(self, old, new):
        """A schema keeps its meaning; properties and examples may have any names."""
        assert new == derive_schema(old)

    def test_unknown_reference(self):
        """A reference that leads nowhere in OpenAPI 3.1 is an error, not a broken document."""
        with pytest.raises(KeyError):
            derive_schema({"$ref": "#/elsewhere/It"})
