"""Sessions: who plays, what is missing of it, and one of them event by event."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.requests import Request

from analytics_console.bounded_queries import ask, moment, text
from analytics_console.pages import Model, Page
from analytics_local_cloud.inside import Inside
from analytics_pipeline.object_names import NO_SESSION

_SINCE = "7d"
_MOST_SESSIONS = 100
_MOST_EVENTS = 300
_MOST_NAME = 256  # an event may call its session anything, megabytes long: its beginning is enough
# Sessions that reach over the beginning of the time are seen whole, as by `analytics audit`.
_WHERE = f"""
WHERE received_date >= DATE_SUB(DATE(@since), INTERVAL 1 DAY)
  AND (@environment IS NULL OR analytics_environment = @environment)
  AND (@session IS NULL OR LEFT(session_id, {_MOST_NAME}) = @session)
"""
# FLOAT64: two indexes may be further apart than INT64 reaches.
_SESSIONS = f"""
SELECT analytics_environment, LEFT(session_id, {_MOST_NAME}) AS session,
  LEFT(MAX(player_id), {_MOST_NAME}) AS player,
  MIN(received_timestamp) AS first_received, MAX(received_timestamp) AS last_received,
  COUNT(*) AS events,
  CAST(MAX(event_index) AS FLOAT64) - CAST(MIN(event_index) AS FLOAT64) + 1
    - COUNT(DISTINCT event_index) AS missing,
  COUNT(event_index) - COUNT(DISTINCT event_index) AS doubled
FROM events
{_WHERE}
  AND session_id != @no_session
GROUP BY analytics_environment, session
HAVING MAX(received_timestamp) >= @since
  AND (@player IS NULL OR COUNTIF(player_id = @player) > 0)
ORDER BY last_received DESC, session
LIMIT {_MOST_SESSIONS}
"""  # noqa: S608 - of our own
_EVENTS = f"""
SELECT *
FROM (
  SELECT event_index, event_timestamp, received_timestamp,
    LEFT(event_type, {_MOST_NAME}) AS event_type, LEFT(player_id, {_MOST_NAME}) AS player_id,
    event_id, gcs_uri, line,
    event_index < LAST_VALUE(event_index IGNORE NULLS) OVER (
      ORDER BY received_timestamp, gcs_uri, generation, line
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS is_out_of_order
  FROM events
  {_WHERE}
)
WHERE @first IS NULL OR event_index IS NULL OR event_index >= CAST(@first AS INT64)
ORDER BY event_index IS NULL, event_index, received_timestamp, gcs_uri, line
LIMIT {_MOST_EVENTS + 1}
"""  # noqa: S608 - of our own

Row = Mapping[str, Any]


async def _read(inside: Inside, request: Request) -> Model:
    """Return the latest sessions; of one that is asked for, and alone, the `time_line`, too."""
    names = ("environment", "player", "session", "first")
    asked = {name: request.query_params.get(name, "") for name in names}
    since = request.query_params.get("since") or _SINCE
    wanted = {name: value or None for name, value in asked.items()}
    wanted["session"] = asked["session"][:_MOST_NAME] or None
    parameters = [
        *(moment("since", since), text("no_session", NO_SESSION)),
        *(text(name, value) for name, value in wanted.items()),
    ]
    sessions = (await ask(inside, _SESSIONS, parameters, _MOST_SESSIONS)).rows
    model = {**asked, "since": since, "sessions": sessions, "most": _MOST_SESSIONS}
    if not asked["session"] or len(sessions) != 1:
        return model
    place = text("environment", sessions[0]["analytics_environment"])
    parameters = [each for each in parameters if each["name"] != "environment"]
    rows = (await ask(inside, _EVENTS, [*parameters, place], _MOST_EVENTS + 1)).rows
    entries = list(time_line(rows))
    is_cut = len(rows) > _MOST_EVENTS
    if is_cut:
        entries.pop()  # the event, and not what is missing before it
    more = rows[-1]["event_index"] if is_cut else None
    return {**model, "time_line": entries, "is_cut": is_cut, "more": more}


def time_line(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the events of a session by their indexes, with what is odd of each as `marks`.

    Between them is what is `missing`: how many, from `first` to `last`. What comes before the
    first event, or after the last one, nobody knows.
    """
    previous = None
    for row in rows:
        index = row["event_index"]
        if index is not None and previous is not None and index - previous > 1:
            yield {"missing": index - previous - 1, "first": previous + 1, "last": index - 1}
        odd = {
            "no index": index is None,
            "doubled": index is not None and index == previous,
            "out of order": row["is_out_of_order"],
        }
        yield {**row, "marks": [mark for mark, is_so in odd.items() if is_so]}
        previous = previous if index is None else index


SESSIONS = Page("sessions", "Sessions", _read)
