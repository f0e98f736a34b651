"""Asks the local BigQuery what only reads, in bounded time: a link must never change anything."""

import asyncio
import re

import aiohttp

from analytics_console.asked.answered import Answered, answered
from analytics_console.asked.question_forms import Question
from analytics_console.bounded_queries import ask
from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_SECONDS = 30  # with the wait for others; BigQuery stops a query before
_AT = re.compile(r"at \[(\d+):(\d+)\]")


async def read_answer(inside: Inside, question: Question, limit: int) -> Answered:
    """Return what a question is answered, `limit` rows at most; raises Refused.

    What is refused is said in BigQuery's words, with the line of the SQL that they point at.
    """
    parameters = question.rest_parameters()
    try:
        async with asyncio.timeout(_SECONDS):
            await _check(inside, question)
            return answered(await ask(inside, question.sql, parameters, limit))
    except TimeoutError:
        raise Refused(f"BigQuery does not answer within {_SECONDS} seconds", 504) from None
    except aiohttp.ClientError as exc:
        raise Refused(f"BigQuery did not answer: {exc}", 502) from exc
    except Refused as exc:
        raise Refused(f"{exc}{_pointer(str(exc), question.sql)}", exc.status) from exc


async def _check(inside: Inside, question: Question) -> None:
    """Raise Refused unless the statement is known to be a SELECT: a dry run tells."""
    project, dataset = (
        inside.variables[name] for name in ("GOOGLE_CLOUD_PROJECT", "BIGQUERY_DATASET")
    )
    query = {
        "query": question.sql,
        "useLegacySql": False,
        "defaultDataset": {"projectId": project, "datasetId": dataset},
        "parameterMode": "NAMED",
        "queryParameters": question.rest_parameters(),
    }
    url = f"{inside.own.warehouse}/bigquery/v2/projects/{project}/jobs"
    body = {"configuration": {"dryRun": True, "query": query}}
    async with inside.session.post(url, json=body) as response:
        job = await response.json()
    if error := job.get("error") or job["status"].get("errorResult"):
        raise Refused(error["message"])
    kind = job["statistics"]["query"]["statementType"]
    if kind != "SELECT":
        name = kind.replace("_STATEMENT", "").replace("_", " ")
        raise Refused(f"{name} may change something, and this page only reads: ask with SELECT")


def _pointer(message: str, sql: str) -> str:
    """Return the line at which a message points, and a mark below the place; or nothing."""
    if not (found := _AT.search(message)):
        return ""
    line, column = int(found[1]), int(found[2])
    lines = sql.split("\n")
    if line > len(lines):
        return ""
    return f"\n\n{lines[line - 1]}\n{' ' * (column - 1)}^"
