"""Pure: the fields of an event by name, as in its row or, where it has none, as it was sent."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET

from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.asked import Condition, Wanted
from analytics_pipeline.schemas import SCHEMAS

_NESTED = ("event_attributes", "extra")
_KINDS: Mapping[type, str] = {
    int: "int",
    float: "float",
    str: "string",
    bool: "bool",
    dict: "object",
    list: "array",
    type(None): "null",
}
_MOST_SHOWN = 100

Fields = Mapping[str, Any]


def fields_of(trace: Trace) -> Fields:
    """Return the columns of a trace's event; those that are NULL are not among them."""
    if trace.row is not None:
        return {
            name: int(str(value)) if _columns().get(name) == "INTEGER" else value
            for name, value in trace.row.items()
            if value is not None
        }
    fields: dict[str, Any] = {"extra": {}}
    fields["analytics_environment"], fields["event_category"] = trace.labels
    for name, value in _sent(trace).items():
        column = _column(name)
        (fields if column in _columns() else fields["extra"])[column] = value
    return fields


def pick(fields: Fields, name: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a field, or of an attribute by its plain name; UNSET if it has none."""
    for place in (fields, *(fields.get(nested) for nested in _NESTED)):
        value = _walk(place, name if place is not fields else _column(name))
        if value is not UNSET:
            return value
    return UNSET


def names_of(fields: Fields) -> set[str]:
    """Return the names under which there are values."""
    places = (fields, *(fields.get(nested) for nested in _NESTED))
    return {name for place in places if isinstance(place, dict) for name in place}


def unknown_names(trace: Trace) -> set[str]:
    """Return the client's fields that are no columns, or do not fit theirs."""
    extra = fields_of(trace).get("extra")
    return set(extra) - {"_adjusted"} if isinstance(extra, dict) else set()


def holds(wanted: Wanted, value: object) -> bool:
    """Tell whether a value is as wanted; numbers are no booleans, and no text."""
    if value is UNSET:
        return False
    if not isinstance(wanted, Condition):
        return _equal(wanted, value)
    kind = _KINDS[type(value)]
    return (
        (wanted.type in {UNSET, kind} or (wanted.type == "float" and kind == "int"))
        and (wanted.like is UNSET or (kind == "string" and fnmatchcase(str(value), wanted.like)))
        and (wanted.equal is UNSET or _equal(wanted.equal, value))
    )


def tell_wanted(name: str, wanted: Wanted) -> str:
    """Return in words what a field is to be."""
    if not isinstance(wanted, Condition):
        return f"{name}={_shown(wanted)}"
    kind = "" if wanted.type is UNSET else f" of type {wanted.type}"
    like = "" if wanted.like is UNSET else f" like {_shown(wanted.like)}"
    equal = "" if wanted.equal is UNSET else f"={_shown(wanted.equal)}"
    return f"{name}{equal}{kind}{like}"


def tell_found(name: str, wanted: Wanted, value: object) -> str:
    """Return in words what a field is instead, and the wrong type, if it is that."""
    if value is UNSET:
        return f"{name} is missing"
    kind, right = _KINDS[type(value)], _kind_of(wanted)
    fits = right in {"", kind} or {right, kind} == {"int", "float"}
    return f"{name}={_shown(value)}" + ("" if fits else f" ({kind}, not {right})")


def _kind_of(wanted: Wanted) -> str:
    if not isinstance(wanted, Condition):
        return _KINDS[type(wanted)]
    if wanted.type is not UNSET:
        return str(wanted.type)
    return "string" if wanted.like is not UNSET else ""


def _equal(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _MOST_SHOWN:
        return text
    return f"{text[:_MOST_SHOWN]}… ({len(text):,} characters)"


def _walk(place: object, name: str) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(place, dict):
        return UNSET
    if name in place:
        return place[name]
    head, _, rest = name.partition(".")
    return _walk(place.get(head), rest) if rest else UNSET


def _sent(trace: Trace) -> dict[str, Any]:
    try:
        return msgspec.json.decode(trace.sent, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


@cache
def _columns() -> Mapping[str, str]:
    columns = json.loads((SCHEMAS / "events_function.json").read_text())
    return {column["name"]: column["type"] for column in columns}


def _column(name: str) -> str:
    """Return the column of a client's field: `playerId` is `player_id`; all else is as it is."""
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return snake if snake in _columns() else name
