"""Pure: what an event says of itself, before there is a row of it."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from analytics_local_cloud.journal.trace_forms import Trace

_MOST_SHOWN = 300
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_Raw = msgspec.Raw
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
_read_members = msgspec.json.Decoder(dict[str, _Raw]).decode
_read_word = msgspec.json.Decoder(str | int | float | bool | None).decode


def describe(trace: Trace) -> None:
    """Tell a trace of an event what it says of itself, its fields in either spelling."""
    try:
        members = _read_members(trace.sent)
        trace.session_id = _take(members, "sessionId", "session_id")
        trace.event_type = _take(members, "eventType", "event_type")
        trace.player_id = _take(members, "playerId", "player_id")
        index = _take(members, "eventIndex", "event_index")
        trace.event_index = read_whole(index)
        if index and trace.event_index is None:
            members["eventIndex"] = _Raw(msgspec.json.encode(index))
        trace.attributes = describe_rest(members)
    except _UNREADABLE:
        trace.attributes = trace.sent[:_MOST_SHOWN]


def read_whole(text: str) -> int | None:
    """Return the number that a text is, None for one that no counter comes to."""
    return int(text) if _WHOLE.fullmatch(text) else None


def describe_rest(members: Mapping[str, Any]) -> str:
    """Return the beginning of an event's attributes, and of what else it has, as JSON."""
    rest = dict(members)
    for name in ("eventAttributes", "event_attributes", "extra"):
        inner = rest.get(name)
        try:
            found = _read_members(inner) if isinstance(inner, _Raw) else inner
        except _UNREADABLE:
            continue
        if isinstance(found, dict):
            del rest[name]
            rest = {**found, **rest}
    return msgspec.json.encode(rest).decode(errors="replace")[:_MOST_SHOWN] if rest else ""


def _take(members: dict[str, _Raw], *names: str) -> str:
    """Take a field out, and return it as a column of text would hold it; "" for no word."""
    name = next((name for name in names if name in members), "")
    if not name:
        return ""
    raw = members.pop(name)
    try:
        value = _read_word(raw)
    except _UNREADABLE:
        members[name] = raw
        return ""
    text = bytes(raw).decode(errors="replace")
    return value if isinstance(value, str) else "" if value is None else text
