"""Charts: the pictures that everybody asks for first, of a range of days."""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from analytics_commands.query.charts.chart_page import CHART_STYLE
from analytics_console.asked.answered import Answered
from analytics_console.asked.question_forms import read_question
from analytics_console.asked.read_only import read_answer
from analytics_console.pages import Model, Page
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_MOST_ROWS = 1000
_SECONDS, _MOST_KEPT = 30, 64
_USUAL_STEPS = 3
_TYPES = "daily_event_types"
# Title, saved query, and which of its panels; no name means all.
_GALLERY: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("New and returning players of each day", "new_players", ("new_players", "returning_players")),
    ("Of new players, percent that came back", "retention", ()),
    ("How many players get how far", "funnel", ("players",)),
    ("How long sessions last", "session_length", ("sessions",)),
    ("Events of each day, by type", _TYPES, ("events",)),
    (
        "Percent of sessions without a crash, by build",
        "crash_free_sessions",
        ("percent_crash_free",),
    ),
)


@dataclass(frozen=True)
class _Shown:
    """One chart; `link` are the parameters with which the view SQL shows all of it."""

    title: str
    saved: str
    panels: tuple[str, ...]
    link: str
    answered: Answered | None
    refusal: str


class _Kept:
    """Answers of the last moments, by pipeline and link: a reload asks nothing again."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, str], tuple[float, Answered | None]] = OrderedDict()

    async def ask(self, inside: Inside, asked: Mapping[str, str]) -> Answered | None:
        """Return the answer; None where the steps of a funnel are not known. Raises Refused."""
        key = inside.own.warehouse, urlencode(asked)
        at, answered = self._answers.pop(key, (0.0, None))
        if answered is None or time.monotonic() - at > _SECONDS:
            question = read_question(asked)
            if question is None or question.lacks_steps:
                return None
            at, answered = time.monotonic(), await read_answer(inside, question, _MOST_ROWS)
        self._answers[key] = at, answered
        while len(self._answers) > _MOST_KEPT:
            self._answers.popitem(last=False)
        return answered


_KEPT = _Kept()


async def _read(inside: Inside, request: Request) -> Model:
    """Return the charts; the steps of the funnel are those of the link, else usual ones."""
    query = request.query_params
    asked = {name: query[name] for name in ("days", "by", "environment") if query.get(name)}
    asked = {"days": "14", **asked, "limit": str(_MOST_ROWS)}
    read_question({"saved": _TYPES, **asked})  # refused as a whole
    types = await _show(inside, *_of(_TYPES), asked)
    steps = query.get("steps") or _usual_steps(types.answered)
    charts = await asyncio.gather(
        *(
            _show(inside, *each, {**asked, **({"steps": steps} if each[1] == "funnel" else {})})
            for each in _GALLERY
        )
    )
    return {"charts": charts, "steps": steps, "is_usual": not query.get("steps")}


def _of(saved: str) -> tuple[str, str, tuple[str, ...]]:
    return next(each for each in _GALLERY if each[1] == saved)


def _usual_steps(types: Answered | None) -> str:
    """Return the types of most players: where nobody says the steps, something is to be seen."""
    counts: Counter[str] = Counter()
    for row in types.answer.rows if types else ():
        if row["event_type"] and "," not in row["event_type"]:
            counts[row["event_type"]] += row["players"]
    return ",".join(sorted(counts, key=lambda each: (-counts[each], each))[:_USUAL_STEPS])


async def _show(
    inside: Inside, title: str, saved: str, panels: tuple[str, ...], asked: Mapping[str, str]
) -> _Shown:
    asked = {"saved": saved, **asked}
    answered, refusal = None, ""
    try:
        answered = await _KEPT.ask(inside, asked)
    except Refused as exc:
        refusal = str(exc)
    return _Shown(title, saved, panels, urlencode(asked), answered, refusal)


async def _style(_: Inside, __: Request) -> Response:
    """Answer with the looks of all pictures, which `analytics query --chart` has, too."""
    return FileResponse(CHART_STYLE, headers={"Cache-Control": "no-cache"})


CHARTS = Page("charts", "Charts", _read, sources={"chart.css": _style})
