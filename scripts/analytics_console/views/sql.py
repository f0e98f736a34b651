"""SQL: saved queries and one's own, as a table, as a picture and as CSV; each is a link."""

import io

from starlette.requests import Request
from starlette.responses import Response

from analytics_commands.query.delimited import write_csv
from analytics_commands.query.saved_queries import read_saved_queries
from analytics_console.asked.answered import records_of
from analytics_console.asked.question_forms import MOST_ROWS, read_question
from analytics_console.asked.read_only import read_answer
from analytics_console.pages import Model, Page
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_MOST_SHOWN = 1000


async def _read(inside: Inside, request: Request) -> Model:
    """Return the question of a link and its answer; the page shows a refusal beside the question.

    A program that asks for the twin is refused.
    """
    saved = [(each.name, each.description) for each in read_saved_queries().values()]
    model = {"saved": saved, "most_rows": MOST_ROWS, "question": None, "answered": None}
    try:
        question = read_question(request.query_params)
        model["question"] = question
        if question and not question.lacks_steps:
            model["answered"] = await read_answer(inside, question, _MOST_SHOWN)
    except Refused as exc:
        if request.url.path.endswith(".json"):
            raise
        return {**model, "error": str(exc)}
    return {**model, "error": ""}


async def _rows_as_csv(inside: Inside, request: Request) -> Response:
    """Answer with the rows as `analytics query --csv` writes them."""
    question = read_question(request.query_params)
    if question is None or question.lacks_steps:
        raise Refused("say what to ask: saved=NAME or sql=SELECT…, with the steps of a funnel")
    found = await read_answer(inside, question, MOST_ROWS)
    file = io.StringIO()
    write_csv(records_of(found.answer), file)
    name = question.name or "query"
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


SQL = Page("sql", "SQL", _read, sources={"rows.csv": _rows_as_csv})
