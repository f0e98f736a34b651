"""The row of an event that nobody was heard to insert: a job has loaded it, such as a repair."""

from datetime import datetime

from analytics_console.bounded_queries import ask, text
from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.trace_forms import Trace

_ROW = """
SELECT * FROM events_function
WHERE batch_id = @batch_id AND line = CAST(@line AS INT64) AND received_date IS NOT NULL
ORDER BY inserted_timestamp
LIMIT 1
"""


async def look_for_row(inside: Inside, trace: Trace) -> None:
    """Tell the traces the row of an event that has none yet, if BigQuery has one by now."""
    if (trace.kind, trace.state, trace.labels[1]) != ("event", "stored", "function"):
        return
    parameters = [text("batch_id", trace.batch_id), text("line", str(trace.line))]
    for row in (await ask(inside, _ROW, parameters, 1)).rows:
        known = {name: value for name, value in row.items() if value is not None}
        made = datetime.fromisoformat(row["inserted_timestamp"]).timestamp()
        inside.traces.rows_seen("events_function", [known], made)
