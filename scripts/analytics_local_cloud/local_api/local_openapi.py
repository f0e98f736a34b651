"""The API of the local pipeline as an OpenAPI document, made of the very forms that are read."""

from typing import Any

import msgspec

from analytics_local_cloud.faults.fault_kinds import FaultList
from analytics_local_cloud.local_api.faults_api import PATH as FAULTS
from analytics_local_cloud.local_api.local_routes import HOME, NOT_MET, ROUTES, LocalRoute

_SCHEMAS = "#/components/schemas"


def document(url: str) -> dict[str, Any]:
    """Return the document; `url` is where the gateway is."""
    forms = [*(route.form for route in ROUTES), FaultList]
    _, schemas = msgspec.json.schema_components(forms, ref_template=f"{_SCHEMAS}/{{name}}")
    paths = {f"{HOME}{route.path}": {route.method.lower(): _operation(route)} for route in ROUTES}
    return {
        "openapi": "3.1.0",
        "info": {"title": "The local analytics pipeline, for tests", "version": "1"},
        "servers": [{"url": url}],
        "paths": {**paths, FAULTS: _faults()},
        "components": {"schemas": schemas},
    }


def _operation(route: LocalRoute) -> dict[str, Any]:
    name = route.form.__name__
    met = f"The answer: {route.summary}"
    answers = {"200": _answer(met), "400": _answer("It names what is wrong, and what is known")}
    if hasattr(route.form, "within"):
        answers[str(NOT_MET)] = _answer("Not so: `message` says what is there instead")
    if route.method == "GET":
        properties = msgspec.json.schema(route.form)["$defs"][name]["properties"]
        parameters = [
            {"name": each, "in": "query", "schema": schema} for each, schema in properties.items()
        ]
        return {"summary": route.summary, "parameters": parameters, "responses": answers}
    body = {"required": True, "content": _json({"$ref": f"{_SCHEMAS}/{name}"})}
    return {"summary": route.summary, "requestBody": body, "responses": answers}


def _faults() -> dict[str, Any]:
    faults = _json({"$ref": f"{_SCHEMAS}/FaultList"})
    on = {"200": {"description": "The faults that are on", "content": faults}}
    body = {"required": True, "content": faults}
    return {
        "get": {"summary": "the faults that are on", "responses": on},
        "put": {"summary": "these are on, no others", "requestBody": body, "responses": on},
        "delete": {"summary": "none is on", "responses": on},
    }


def _answer(description: str) -> dict[str, Any]:
    return {"description": description, "content": _json({})}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
