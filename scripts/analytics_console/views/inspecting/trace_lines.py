"""Pure: a trace as a line of the list, in the browser's memory, too: short."""

from collections.abc import Mapping
from typing import Any

from analytics_console.views.inspecting.visible_text import visible
from analytics_local_cloud.journal.trace_forms import Trace

_WORD, _TEXT = 100, 300  # characters

Line = Mapping[str, Any]


def line_of(trace: Trace) -> Line:
    """Return what the list shows of a trace, and filters by.

    `at` is in seconds since the epoch, `took` in milliseconds from the request to the row, None
    where there is no row.
    """
    environment, category = trace.labels
    return {
        "number": trace.number,
        "at": trace.at,
        "kind": trace.kind,
        "state": trace.state,
        "status": trace.status,
        "environment": visible(environment, _WORD),
        "category": visible(category, _WORD),
        "type": visible(trace.event_type, _WORD),
        "index": trace.event_index,
        "player": visible(trace.player_id, _WORD),
        "session": visible(trace.session_id, _WORD),
        "attributes": visible(trace.attributes, _TEXT),
        "reason": visible(trace.reason, _TEXT),
        "batch": trace.batch_id,
        "times": trace.times_sent,
        "took": trace.hops.loaded,
    }
