"""The parameter `selectedFields`: columns, and fields of RECORD ones by their path."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError
from analytics_local_cloud.warehouse.values.column_types import Column


def select_fields(fields: Sequence[dict[str, Any]], paths: Sequence[str]) -> list[dict[str, Any]]:
    """Return the `TableFieldSchema` messages that `paths` name, in their own order; no path is all.

    Raises `ApiError` (invalid) for a path that leads nowhere.
    """
    within = _within(paths, (field["name"] for field in fields))
    return [
        {**field, "fields": select_fields(field.get("fields", ()), inner)} if inner else field
        for field in fields
        if (inner := within.get(field["name"].casefold())) is not None
    ]


def select_columns(columns: Sequence[Column], paths: Sequence[str]) -> tuple[Column, ...]:
    """Return columns as `select_fields` does."""
    within = _within(paths, (column.name for column in columns))
    return tuple(
        replace(column, fields=select_columns(column.fields, inner)) if inner else column
        for column in columns
        if (inner := within.get(column.name.casefold())) is not None
    )


def _within(paths: Sequence[str], names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return the wanted names, and the paths wanted within each: none stands for all of it."""
    known = {name.casefold() for name in names}
    if not paths:
        return dict.fromkeys(known, ())
    found: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.casefold().partition(".")
        if name not in known:
            raise ApiError("invalid", f"Invalid field name: {path}", "selectedFields")
        found.setdefault(name, []).append(rest)
    return {name: () if "" in inner else inner for name, inner in found.items()}
