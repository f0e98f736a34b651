"""What Terraform creates in the cloud, created here: bucket, dataset, tables, views."""

import json
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import aiohttp

from analytics_pipeline import object_names
from analytics_pipeline.schemas import SCHEMAS

_ALREADY_THERE = {409, 412}
_DAY_MS = 86_400_000


class ResourceRefused(Exception):
    """A local service refused to create a resource; the message is its answer."""


class Resources:
    """Creates what does not exist yet, and completes what does, through public APIs."""

    def __init__(
        self, session: aiohttp.ClientSession, storage_url: str, warehouse_url: str, project: str
    ) -> None:
        self._session = session
        self._storage = f"{storage_url}/storage/v1"
        self._uploads = f"{storage_url}/upload/storage/v1"
        self._datasets = f"{warehouse_url}/bigquery/v2/projects/{project}/datasets"
        self._project = project

    async def create_all(self, bucket: str, dataset: str) -> None:
        """Create the bucket, its first object, the dataset, its tables and views."""
        await self._post(f"{self._storage}/b", {"name": bucket}, project=self._project)
        await self._write_keep_object(bucket)
        reference = {"projectId": self._project, "datasetId": dataset}
        await self._post(self._datasets, {"datasetReference": reference, "location": "EU"})
        for table, layout in _read_json(SCHEMAS / "partitioning.json").items():
            await self._create_table(dataset, table, _partitioned(table, layout))
        for path in sorted(SCHEMAS.glob("*.sql")):
            await self._create_table(dataset, path.stem, self._view(dataset, path))
        await self._create_table(dataset, "events_gcs", external_table(bucket))

    async def _create_table(self, dataset: str, table: str, resource: dict[str, object]) -> None:
        reference = {"projectId": self._project, "datasetId": dataset, "tableId": table}
        tables = f"{self._datasets}/{dataset}/tables"
        if not await self._post(tables, {"tableReference": reference, **resource}):
            # Of an earlier version: columns that were added since are added, as Terraform does.
            changes = {
                name: value for name, value in resource.items() if name in {"schema", "view"}
            }
            if changes:
                await self._send("PATCH", f"{tables}/{table}", changes)

    def _view(self, dataset: str, path: Path) -> dict[str, object]:
        template = Template(path.read_text())
        query = template.substitute(project=self._project, dataset=dataset)
        return {"view": {"query": query, "useLegacySql": False}}

    async def _write_keep_object(self, bucket: str) -> None:
        """BigQuery refuses an external table over an empty prefix."""
        name = quote(object_names.KEEP_OBJECT, safe="")
        url = f"{self._uploads}/b/{bucket}/o?uploadType=media&ifGenerationMatch=0&name={name}"
        async with self._session.post(url, data=b"") as answer:
            if not answer.ok and answer.status not in _ALREADY_THERE:
                raise ResourceRefused(f"{answer.status}: {await answer.text()}")

    async def _post(self, url: str, body: dict[str, object], **query: str) -> bool:
        """Return whether it was created, and not there before."""
        return await self._send("POST", url, body, **query)

    async def _send(self, method: str, url: str, body: dict[str, object], **query: str) -> bool:
        async with self._session.request(method, url, json=body, params=query) as answer:
            if not answer.ok and answer.status not in _ALREADY_THERE:
                raise ResourceRefused(f"{url}: {answer.status}: {await answer.text()}")
            return answer.ok


def external_table(bucket: str) -> dict[str, object]:
    """Return the resource of `events_gcs`: every stored JSON event, read straight from GCS."""
    return {
        "externalDataConfiguration": {
            "sourceFormat": "NEWLINE_DELIMITED_JSON",
            "sourceUris": [f"gs://{bucket}/data_type=json/*"],
            "ignoreUnknownValues": True,
            "schema": {"fields": _read_json(SCHEMAS / "events_gcs.json")},
            "hivePartitioningOptions": {
                "mode": "CUSTOM",
                "sourceUriPrefix": f"gs://{bucket}/{object_names.HIVE_PREFIX}",
            },
        }
    }


def _partitioned(table: str, layout: dict[str, Any]) -> dict[str, object]:
    days = layout["keep_days"]
    expiration = {"expirationMs": str(days * _DAY_MS)} if days else {}
    partitioning = {"type": "DAY", "field": layout["partition_column"], **expiration}
    clustering = {"clustering": {"fields": layout["clustering"]}} if layout["clustering"] else {}
    fields = _read_json(SCHEMAS / f"{table}.json")
    return {"schema": {"fields": fields}, "timePartitioning": partitioning, **clustering}


def _read_json(path: Path) -> Any:  # noqa: ANN401 - as json.loads
    return json.loads(path.read_text())
