"""Labels, as BigQuery takes them ("Requirements for labels")."""

from collections.abc import Mapping
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError

_MOST, _LONGEST = 64, 63


def check_labels(labels: Mapping[str, Any]) -> None:
    """Raise `ApiError` (invalid) for labels that BigQuery refuses; null takes a label away."""
    if len(labels) > _MOST:
        raise ApiError("invalid", f"There may be at most {_MOST} labels.", "labels")
    for key, value in labels.items():
        if not key or not key[0].isalpha() or not _is_plain(key):
            text = "must begin with a letter, have at most 63 letters, digits, _ and -, no capitals"
            raise ApiError("invalid", f'Invalid label key "{key}": it {text}.', "labels")
        if value is not None and not _is_plain(value):
            text = "must have at most 63 letters, digits, _ and -, no capitals"
            raise ApiError("invalid", f'Invalid label value "{value}": it {text}.', "labels")


def _is_plain(text: object) -> bool:
    return (
        isinstance(text, str)
        and len(text) <= _LONGEST
        and all((c.isalnum() and c == c.lower()) or c in "_-" for c in text)
    )
