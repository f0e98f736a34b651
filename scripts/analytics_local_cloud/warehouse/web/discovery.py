"""The discovery document that the `bq` client builds its requests from.

Only the methods that are served, with all their parameters: `bq` breaks at one that is missing.
The form is that of the "Google API Discovery Service" reference.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.web.calls import json_response
from analytics_local_cloud.warehouse.web.known.messages import Message
from analytics_local_cloud.warehouse.web.known.request_parameters import ANY_METHOD
from analytics_local_cloud.warehouse.web.methods import METHODS, Method

_PLACES = ("project", "dataset", "table", "job", "routine", "model")
_NAMES = {f"{{{name}}}": f"{{{name}Id}}" for name in _PLACES}
_TYPES = {"flag": "boolean", "number": "integer"}
_UPLOAD = {
    "accept": ["*/*"],
    "protocols": {
        "simple": {"multipart": True, "path": "/upload/bigquery/v2/projects/{projectId}/jobs"},
        "resumable": {
            "multipart": True,
            "path": "/resumable/upload/bigquery/v2/projects/{projectId}/jobs",
        },
    },
}


async def serve_discovery(request: Request) -> Response:
    """Answer with the document for this server's own address."""
    return json_response(_document(str(request.base_url)))


def _document(root: str) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for method in METHODS:
        resource, _, name = method.name.partition(".")
        resources.setdefault(resource, {"methods": {}})["methods"][name] = _method(method)
    return {
        "kind": "discovery#restDescription",
        "id": "bigquery:v2",
        "name": "bigquery",
        "version": "v2",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "bigquery/v2/",
        "basePath": "/bigquery/v2/",
        "baseUrl": root + "bigquery/v2/",
        "batchPath": "batch/bigquery/v2",
        "parameters": _parameters(ANY_METHOD),
        "schemas": {"Message": {"id": "Message", "type": "object"}},
        "resources": resources,
    }


def _method(method: Method) -> dict[str, Any]:
    path = method.path.removeprefix("/")
    for ours, named in _NAMES.items():
        path = path.replace(ours, named)
    required = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    places = {key: {"type": "string", "location": "path", "required": True} for key in required}
    described: dict[str, Any] = {
        "id": f"bigquery.{method.name}",
        "path": path,
        "httpMethod": method.verb,
        "parameters": _parameters(method.query) | places,
        "parameterOrder": required,
        "response": {"$ref": "Message"},
    }
    if method.body is not None or method.verb == "POST":
        described["request"] = {"$ref": "Message"}
    if method.name == "jobs.insert":
        described |= {"supportsMediaUpload": True, "mediaUpload": _UPLOAD}
    return described


def _parameters(message: Message) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "type": _TYPES.get(field.kind, "string"),
            "location": "query",
            "repeated": field.repeated,
        }
        for name, field in message.items()
    }
