"""Partial answers: the parameter `fields` of any method ("Working with partial resources")."""

import re
from typing import Any

from analytics_local_cloud.warehouse.api_errors import ApiError

_TOKEN = re.compile(r"[(),/]|[^(),/]+")
Mask = dict[str, "Mask"]  # what is wanted by name; an empty one is everything below


def parse_mask(text: str | None) -> Mask:
    """Read `a,b/c,d(e,f)`, and everything without it; raises `ApiError` (badRequest)."""
    if not text:
        return {}
    tokens = [token.strip() for token in _TOKEN.findall(text)]
    mask = _selections(tokens)
    if tokens:
        raise _bad(text)
    return mask


def select(mask: Mask, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return what the mask wants of a value."""
    if not mask:
        return value
    if isinstance(value, list):
        return [select(mask, item) for item in value]
    if not isinstance(value, dict):
        return value
    wanted = mask if "*" not in mask else dict.fromkeys(value, mask["*"]) | mask
    return {name: select(wanted[name], part) for name, part in value.items() if name in wanted}


def _selections(tokens: list[str]) -> Mask:
    mask = _selection(tokens)
    while tokens[:1] == [","]:
        tokens.pop(0)
        mask |= _selection(tokens)
    return mask


def _selection(tokens: list[str]) -> Mask:
    if not tokens or tokens[0] in {"(", ")", ",", "/"}:
        raise _bad("".join(tokens))
    name = tokens.pop(0)
    if tokens[:1] == ["/"]:
        tokens.pop(0)
        return {name: _selection(tokens)}
    if tokens[:1] != ["("]:
        return {name: {}}
    tokens.pop(0)
    inner = _selections(tokens)
    if tokens[:1] != [")"]:
        raise _bad("".join(tokens))
    tokens.pop(0)
    return {name: inner}


def _bad(text: str) -> ApiError:
    return ApiError("badRequest", f"Invalid field selection {text}", "fields")
