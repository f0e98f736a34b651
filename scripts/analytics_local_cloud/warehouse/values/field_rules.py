"""Names and modes of fields, and how BigQuery refuses what they may not be."""

import re
from collections.abc import Mapping
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError

MODES = {"NULLABLE", "REQUIRED", "REPEATED"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
_RESERVED = re.compile(
    "_PARTITION|_TABLE_|_FILE_|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER", re.IGNORECASE
)


def check_field(field: Mapping[str, Any]) -> None:
    """Raise `ApiError` (invalid) for a name, or mode, that a `TableFieldSchema` may not have."""
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
