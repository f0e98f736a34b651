"""Dead letters: what could not become rows, why, and another try of it."""

import secrets
import shlex
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from analytics_console.asked.posted_forms import read_form
from analytics_console.bounded_queries import ask, moment, read_time, text
from analytics_console.own_commands import run_own_command
from analytics_console.pages import Model, Page, back
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_SINCE = "30d"
_MOST_LETTERS = 50
_MOST_OUTCOMES = 50
_MOST_RUNS = 20
_MOST_VALUE = 1024  # characters of an option
_USAGE = 2
_VIEW = ("since", "environment", "reason")
_WHERE = """
FROM open_dead_letters
WHERE dead_lettered_timestamp >= @since
  AND (@environment IS NULL OR analytics_environment = @environment)
"""
_REASONS = f"""
SELECT reason, analytics_environment, COUNT(*) AS letters, SUM(event_count) AS events,
  MAX(dead_lettered_timestamp) AS newest
{_WHERE}
GROUP BY reason, analytics_environment
ORDER BY letters DESC, reason, analytics_environment
LIMIT 100
"""
_LETTERS = f"""
SELECT dead_letter_id, analytics_environment, event_category, gcs_uri, line, event_count, reason,
  LEFT(detail, 1000) AS detail, LEFT(payload, 1000) AS payload, LENGTH(payload) AS payload_length,
  payload_truncated, dead_lettered_timestamp
{_WHERE}
  AND (@reason IS NULL OR reason = @reason)
ORDER BY dead_lettered_timestamp DESC, gcs_uri, line
LIMIT {_MOST_LETTERS}
"""


@dataclass(frozen=True)
class Replay:
    """A replay that has ended: what was asked for, what became of the letters, what it said.

    `counts` are letters by outcome; `outcomes` are the first of them. `can_do` says that it was a
    try, and that there is something to be done.
    """

    command: str
    asked: Mapping[str, str]
    is_executed: bool
    counts: Mapping[str, int]
    outcomes: Sequence[Mapping[str, Any]]
    said: str
    can_do: bool


_replays: OrderedDict[str, Replay] = OrderedDict()  # the last ones: a reload repeats none


async def _read(inside: Inside, request: Request) -> Model:
    """Return the open letters, how many there are of each reason, and the replay just made."""
    query = request.query_params
    since = query.get("since") or _SINCE
    environment, reason = query.get("environment", ""), query.get("reason", "")
    parameters = [moment("since", since), text("environment", environment or None)]
    reasons = await ask(inside, _REASONS, parameters)
    letters = await ask(inside, _LETTERS, [*parameters, text("reason", reason or None)])
    return {
        "since": since,
        "environment": environment,
        "reason": reason,
        "reasons": reasons.rows,
        "letters": letters.rows,
        "most": _MOST_LETTERS,
        "replay": _replays.get(query.get("replay", "")),
    }


async def _replay(inside: Inside, request: Request) -> Response:
    """Try letters again, or, with `execute`, load them; then show the page with what came of it."""
    form = await read_form(request)
    asked = _selected(form)
    is_executed = form.get("execute") == "1"
    options = [f"--{name}={value}" for name, value in asked.items()]
    options += ["--execute"] if is_executed else []
    ended = await run_own_command(inside, "replay", "--json", *options)
    if ended.code == _USAGE:
        raise Refused(ended.errors)
    outcomes = [msgspec.json.decode(line) for line in ended.output.splitlines()]
    counts = Counter(each["outcome"] for each in outcomes)
    number = secrets.token_urlsafe(8)
    _replays[number] = Replay(
        shlex.join(["analytics", "replay", *options]),
        asked,
        is_executed,
        counts,
        outcomes[:_MOST_OUTCOMES],
        ended.errors.strip(),
        not is_executed and any(outcome.startswith("would be") for outcome in counts),
    )
    while len(_replays) > _MOST_RUNS:
        _replays.popitem(last=False)
    view = {name: form[f"view_{name}"] for name in _VIEW if form.get(f"view_{name}")}
    return back(DEAD_LETTERS.path, **view, replay=number)


def _selected(form: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a form asks for as options of `replay`; raises Refused.

    The times are absolute, so that what is done after a try is what was tried: the letters of the
    moment `at`, or those from `since` to `until`, without which it is now.
    """
    if at := form.get("at"):
        since = read_time(at)
        until = since + timedelta(microseconds=1)
    else:
        since = read_time(form.get("since") or _SINCE)
        until = read_time(form.get("until") or "0m")
    times = {"since": since.isoformat(), "until": until.isoformat()}
    named = {name: form[name] for name in ("environment", "reason") if form.get(name)}
    for name, value in named.items():
        if "\0" in value or len(value) > _MOST_VALUE:
            raise Refused(f"{name} is too long, or holds a NUL")
    return named | times


DEAD_LETTERS = Page("dead-letters", "Dead letters", _read, {"replay": _replay})
