"""Pure: partial answers, as `fields` asks for them (JSON API guide, "Partial responses")."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analytics_local_cloud.storage.storage_errors import Invalid

_TOKEN = re.compile(r"[^,/()]+|[,/()]")
_MAX_CHARACTERS = 1000
_Mask = dict[str, Any]  # the masks of the fields below by name, an empty one for all of them


def select_fields(body: object, fields: str | None) -> object:
    """Return of `body` what a mask such as `items(name,size),nextPageToken` names.

    None or an empty mask is all of it. Raises Invalid.
    """
    return _select(body, _parse(fields)) if fields else body


def _select(value: object, mask: _Mask) -> object:
    if isinstance(value, list):
        return [_select(element, mask) for element in value]
    if not isinstance(value, Mapping) or not mask:
        return value
    if "*" in mask:
        return {name: _select(below, mask["*"]) for name, below in value.items()}
    return {name: _select(value[name], mask[name]) for name in mask if name in value}


def _parse(fields: str) -> _Mask:
    if len(fields) > _MAX_CHARACTERS:
        raise _invalid(fields)
    mask, end = _parse_list(iter(_TOKEN.findall(fields)))
    if end:
        raise _invalid(fields)
    return mask


def _parse_list(tokens: Iterator[str]) -> tuple[_Mask, str]:
    """Return the mask of a list, and what follows it: a bracket, or nothing at the end."""
    mask: _Mask = {}
    separator = ","
    while separator == ",":
        here, separator = mask, "/"
        while separator == "/":
            name = next(tokens, "")
            if name in {"", ",", "/", "(", ")"}:
                raise _invalid(name)
            here = here.setdefault(name, {})
            separator = next(tokens, "")
        if separator == "(":
            below, end = _parse_list(tokens)
            here.update(below)
            separator = next(tokens, "")
            if end != ")" or separator not in {"", ",", ")"}:
                raise _invalid(end)
    return mask, separator


def _invalid(text: str) -> Invalid:
    return Invalid(f"Invalid field selection {text}")
