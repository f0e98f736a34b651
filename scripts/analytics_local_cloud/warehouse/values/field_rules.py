"""What a `TableFieldSchema` may say, and how BigQuery refuses what it may not."""

import re
from collections.abc import Mapping
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError, unsupported

MODES = {"NULLABLE", "REQUIRED", "REPEATED"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_RESERVED = re.compile(
    "_PARTITION|_TABLE_|_FILE_|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER", re.IGNORECASE
)
_SERVED = {"name", "type", "mode", "fields", "description"}
# What BigQuery knows and this warehouse does not, and the values that change nothing.
_UNSUPPORTED: dict[str, tuple[object, ...]] = {
    "categories": ({}, {"names": []}),
    "collation": ("",),
    "dataPolicies": ([],),
    "dataPolicyList": ([],),
    "defaultValueExpression": ("",),
    "foreignTypeDefinition": ("",),
    "generatedColumn": ({},),
    "identityColumnInfo": ({},),
    "maxLength": (),
    "policyTags": ({}, {"names": []}),
    "precision": (),
    "rangeElementType": (),
    "roundingMode": ("", "ROUNDING_MODE_UNSPECIFIED"),
    "scale": (),
    "timestampPrecision": ("6", 6),
}


def check_field(field: Mapping[str, Any]) -> None:
    """Raise `ApiError`: invalid for a bad name, mode or key, notImplemented for other keys."""
    name, mode = str(field.get("name", "")), str(field.get("mode") or "NULLABLE").upper()
    if not _NAME.fullmatch(name):
        text = f'Invalid field name "{name}". Fields must contain only letters, numbers, and '
        text += "underscores, start with a letter or underscore, and be at most 300 characters"
        raise ApiError("invalid", f"{text} long.", name)
    if _RESERVED.match(name):
        text = f'Invalid field name "{name}". Field names are not allowed to start with the '
        text += "(case-insensitive) prefixes _PARTITION, _TABLE_, _FILE_, _ROW_TIMESTAMP, "
        raise ApiError("invalid", text + "__ROOT__ and _COLIDENTIFIER", name)
    if mode not in MODES:
        raise ApiError("invalid", f"Invalid value for mode: {mode} is not a valid value", name)
    for key in field.keys() - _SERVED:
        if key not in _UNSUPPORTED:
            text = f'Invalid JSON payload received. Unknown name "{key}": Cannot find field.'
            raise ApiError("invalid", text, name)
        if field[key] is not None and field[key] not in _UNSUPPORTED[key]:
            raise unsupported(f"{key} of a column ({name})")
