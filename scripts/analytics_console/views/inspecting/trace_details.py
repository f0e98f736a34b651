"""All that is known of one event: as it was sent, as it is stored, as a row, and when."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from analytics_console.refused import Refused
from analytics_console.rendering import pretty
from analytics_console.views.inspecting.extra_fields import TYPES, adjusted_paths, explain_extra
from analytics_console.views.inspecting.stored_line import read_stored_line
from analytics_console.views.inspecting.trace_lines import Line, line_of
from analytics_console.views.inspecting.visible_text import escaped, visible
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.trace_forms import Hops, Trace

_MOST = 65_536  # characters of a text
_OF_A_REQUEST = {"key", "batch_key", "sent_at"}  # what another request may not have again
_HOPS = {
    "answered": "the client has its answer",
    "stored": "the object is in the bucket",
    "made": "load has made the row",
    "loaded": "the row can be queried",
}


async def details_of(inside: Inside, trace: Trace) -> Mapping[str, Any]:
    """Return what the inspector shows; texts are cut to 65,536 characters, and say so."""
    row = trace.row or {}
    return {
        "line": line_of(trace),
        "request": visible(trace.request, 1_000),
        "curl": _curl(inside, trace),
        "sent": _text(pretty(trace.sent)),
        "object_name": visible(trace.object_name, 1_100),
        "line_number": trace.line,
        **await _stored(inside, trace),
        "row": [_cell(column, TYPES.get(column, ""), row[column]) for column in _order(row)],
        "letter": [_cell(name, "", value) for name, value in (trace.letter or {}).items()],
        "extra": [
            {**each, "field": visible(each["field"], 200), "value": _text(pretty(each["value"]))}
            for each in explain_extra(row.get("extra"))
        ],
        "adjusted": [visible(path, 200) for path in adjusted_paths(row.get("extra"))],
        "hops": _bars(trace.hops),
    }


def _order(row: Mapping[str, Any]) -> Sequence[str]:
    """Return a row's columns, those of the schema first, in its order."""
    return [name for name in TYPES if name in row] + [name for name in row if name not in TYPES]


def _cell(column: str, kind: str, value: object) -> Line:
    text = value if isinstance(value, str) else pretty(value)
    return {"column": visible(column, 200), "type": kind, "value": _text(text)}


def _text(text: str) -> str:
    shown = escaped(text[:_MOST])
    return shown if len(text) <= _MOST else f"{shown}… ({len(text):,} characters)"


async def _stored(inside: Inside, trace: Trace) -> Mapping[str, str]:
    """Return the line of the object, or why it cannot be read; nothing where there is no object."""
    if not trace.object_name or trace.kind == "file":
        return {"stored": "", "not_read": ""}
    try:
        text = await read_stored_line(inside, trace.object_name, trace.line)
    except Refused as exc:
        return {"stored": "", "not_read": str(exc)}
    return {"stored": _text(text), "not_read": ""}


def _curl(inside: Inside, trace: Trace) -> str:
    """Return the line that sends the event again, as another one; "" where it is not known."""
    if trace.kind != "event" or not trace.sent or len(trace.sent) > _MOST:
        return ""
    query = parse_qsl(trace.request.partition("?")[2], keep_blank_values=True)
    others = urlencode([pair for pair in query if pair[0] not in _OF_A_REQUEST])
    env = Path(inside.variables["FUNCTION_LOGS"]).parent / "env"
    url = (
        f"{inside.variables['ANALYTICS_URL']}/v1/event?key=$API_KEY{'&' if others else ''}{others}"
    )
    return (
        f"set -a; . {shlex.quote(str(env))}; set +a\n"
        f'curl --data-raw {shlex.quote(escaped(trace.sent))} "{url}"'
    )


def _bars(hops: Hops) -> Sequence[Mapping[str, Any]]:
    """Return each hop that is known, with its share of the longest in percent."""
    known = {name: getattr(hops, name) for name in _HOPS if getattr(hops, name) is not None}
    known = dict(sorted(known.items(), key=lambda hop: hop[1]))
    longest = max([1.0, *known.values()])
    return [
        {"name": _HOPS[name], "milliseconds": value, "share": round(100 * max(value, 0) / longest)}
        for name, value in known.items()
    ]
