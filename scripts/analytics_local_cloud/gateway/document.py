"""What the gateway takes from an OpenAPI 2.0 document with Google's extensions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})
_DEFAULT_DEADLINE = 15.0  # ESPv2, DefaultResponseDeadline
_QUOTA_UNIT = "1/min/{project}"


class UnsupportedDocument(Exception):
    """The document asks for something that this gateway does not do."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is enforced for one method of one path; `deadline` in seconds.

    `key_parameter` names the query parameter that carries the API key (None: no key is needed);
    `costs` is what one call takes of each quota metric.
    """

    key_parameter: str | None
    costs: Mapping[str, int]
    deadline: float


def load_spec(path: Path, **placeholders: object) -> dict[str, Any]:
    """Return the document with each `${name}` filled in, as Terraform's `templatefile` does.

    Raises KeyError for a placeholder that is not given.
    """
    text = _PLACEHOLDER.sub(lambda match: str(placeholders[match[1]]), path.read_text())
    spec: dict[str, Any] = yaml.safe_load(text)
    return spec


def read_operations(spec: Mapping[str, Any]) -> dict[str, dict[str, Operation]]:
    """Return the operations by path and upper-case method; raises UnsupportedDocument."""
    return {
        path: {
            method.upper(): _read_operation(spec, operation)
            for method, operation in item.items()
            if method in _METHODS
        }
        for path, item in spec["paths"].items()
    }


def read_limits(spec: Mapping[str, Any]) -> dict[str, int]:
    """Return what a consumer may use of each metric in a minute; raises UnsupportedDocument."""
    limits = spec.get("x-google-management", {}).get("quota", {}).get("limits", [])
    for limit in limits:
        if limit["unit"] != _QUOTA_UNIT:
            raise UnsupportedDocument(f"quota unit {limit['unit']}, only {_QUOTA_UNIT} is served")
    return {limit["metric"]: limit["values"]["STANDARD"] for limit in limits}


def _read_operation(spec: Mapping[str, Any], operation: Mapping[str, Any]) -> Operation:
    backend = operation.get("x-google-backend", spec.get("x-google-backend", {}))
    translation = backend.get("path_translation")
    if translation != "APPEND_PATH_TO_ADDRESS":
        raise UnsupportedDocument(f"path_translation {translation}")
    deadline = float(backend.get("deadline", 0))
    return Operation(
        key_parameter=_read_key_parameter(spec, operation),
        costs=operation.get("x-google-quota", {}).get("metricCosts", {}),
        deadline=deadline if deadline > 0 else _DEFAULT_DEADLINE,
    )


def _read_key_parameter(spec: Mapping[str, Any], operation: Mapping[str, Any]) -> str | None:
    requirements = operation.get("security", spec.get("security", []))
    if not requirements:
        return None
    schemes = [spec["securityDefinitions"][name] for each in requirements for name in each]
    if [(scheme["type"], scheme.get("in")) for scheme in schemes] != [("apiKey", "query")]:
        raise UnsupportedDocument("security other than one API key in the query")
    parameter: str = schemes[0]["name"]
    return parameter
