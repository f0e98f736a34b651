"""The discovery document that the `bq` client builds its requests from.

Only the methods that are served, in the form of the "Google API Discovery Service" reference.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from analytics_local_cloud.warehouse.web.calls import json_response

_PROJECT = "projects/{projectId}"
_DATASET = _PROJECT + "/datasets/{datasetId}"
_TABLE = _DATASET + "/tables/{tableId}"
_JOB = _PROJECT + "/jobs/{jobId}"
_PAGES = ("maxResults", "pageToken", "all", "filter")
_VIEWS = ("selectedFields", "view", "datasetView", "accessPolicyVersion")
_ROWS = (
    *_PAGES,
    *("startIndex", "selectedFields", "location", "timeoutMs"),
    *("formatOptions.useInt64Timestamp", "formatOptions.timestampOutputFormat"),
)
_JOBS = (
    *_PAGES,
    *("allUsers", "projection", "stateFilter", "minCreationTime", "maxCreationTime"),
    "parentJobId",
)
_METHODS: dict[str, dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "projects": {"list": ("GET", "projects", _PAGES)},
    "datasets": {
        "delete": ("DELETE", _DATASET, ("deleteContents",)),
        "get": ("GET", _DATASET, _VIEWS),
        "insert": ("POST", _PROJECT + "/datasets", ("accessPolicyVersion",)),
        "list": ("GET", _PROJECT + "/datasets", _PAGES),
        "patch": ("PATCH", _DATASET, ("updateMode", "accessPolicyVersion")),
        "update": ("PUT", _DATASET, ("updateMode", "accessPolicyVersion")),
    },
    "tables": {
        "delete": ("DELETE", _TABLE, ()),
        "get": ("GET", _TABLE, _VIEWS),
        "insert": ("POST", _DATASET + "/tables", ()),
        "list": ("GET", _DATASET + "/tables", _PAGES),
        "patch": ("PATCH", _TABLE, ("autodetect_schema",)),
        "update": ("PUT", _TABLE, ("autodetect_schema",)),
    },
    "tabledata": {
        "insertAll": ("POST", _TABLE + "/insertAll", ()),
        "list": ("GET", _TABLE + "/data", _ROWS),
    },
    "jobs": {
        "cancel": ("POST", _JOB + "/cancel", ("location",)),
        "get": ("GET", _JOB, ("location",)),
        "getQueryResults": ("GET", _PROJECT + "/queries/{jobId}", _ROWS),
        "insert": ("POST", _PROJECT + "/jobs", ()),
        "list": ("GET", _PROJECT + "/jobs", _JOBS),
        "query": ("POST", _PROJECT + "/queries", ()),
    },
}
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
    resources = {
        resource: {"methods": {name: _method(resource, name) for name in methods}}
        for resource, methods in _METHODS.items()
    }
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
        "schemas": {"Message": {"id": "Message", "type": "object"}},
        "resources": resources,
    }


def _method(resource: str, name: str) -> dict[str, Any]:
    verb, path, query = _METHODS[resource][name]
    required = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters: dict[str, dict[str, Any]] = {
        key: {"type": "string", "location": "query"} for key in query
    }
    parameters |= {
        key: {"type": "string", "location": "path", "required": True} for key in required
    }
    method: dict[str, Any] = {
        "id": f"bigquery.{resource}.{name}",
        "path": path,
        "httpMethod": verb,
        "parameters": parameters,
        "parameterOrder": required,
        "response": {"$ref": "Message"},
    }
    if verb in {"POST", "PUT", "PATCH"} and name != "cancel":
        method["request"] = {"$ref": "Message"}
    if (resource, name) == ("jobs", "insert"):
        method |= {"supportsMediaUpload": True, "mediaUpload": _UPLOAD}
    return method
