"""Rows that nobody was heard to write, such as those of load jobs: BigQuery is asked for them."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from analytics_local_cloud.inside import Inside
from analytics_local_cloud.journal.trace_forms import Trace
from analytics_local_cloud.local_api.seen_traces import pending

_TABLE = "events_function"
_LATE_SECONDS = 2.0
_MOST_BATCHES = 100
_SQL = (
    "SELECT TO_JSON_STRING(loaded) AS found FROM events_function AS loaded"
    " WHERE batch_id IN UNNEST(@batches) LIMIT 1000"
)


class LateRows:
    """Looks for the rows of events that are stored for a while, at most once in a while."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._looked = 0.0

    async def look(self) -> None:
        """Tell the traces of rows that are there, if it is time to look."""
        now = time.time()
        if now - self._looked < _LATE_SECONDS:
            return
        self._looked = now
        late = [each for each in pending(self._traces()) if now - each.at > _LATE_SECONDS]
        if late:
            batches = list(dict.fromkeys(each.batch_id for each in late))[:_MOST_BATCHES]
            self._inside.traces.rows_seen(_TABLE, await self._ask(batches), time.time())

    def _traces(self) -> Sequence[Trace]:
        return tuple(self._inside.traces.newest_first())

    async def _ask(self, batches: Sequence[str]) -> list[dict[str, Any]]:
        variables = self._inside.variables
        project = variables["GOOGLE_CLOUD_PROJECT"]
        dataset = {"projectId": project, "datasetId": variables["BIGQUERY_DATASET"]}
        strings = {"type": "ARRAY", "arrayType": {"type": "STRING"}}
        values = {"arrayValues": [{"value": batch} for batch in batches]}
        body = {
            "query": _SQL,
            "useLegacySql": False,
            "defaultDataset": dataset,
            "parameterMode": "NAMED",
            "queryParameters": [
                {"name": "batches", "parameterType": strings, "parameterValue": values}
            ],
        }
        url = f"{self._inside.own.warehouse}/bigquery/v2/projects/{project}/queries"
        async with self._inside.session.post(url, json=body) as response:
            if response.status != HTTPStatus.OK:  # a fault that is on; there is a next time
                return []
            answer = await response.json()
        return [msgspec.json.decode(row["f"][0]["v"]) for row in answer.get("rows", ())]
