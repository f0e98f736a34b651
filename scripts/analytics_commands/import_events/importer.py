"""Adapter: the three ways from Cloud Storage into BigQuery."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from uuid import uuid4

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound
from google.cloud import bigquery

from analytics_commands.foundation.terminal.ending import CommandFailed
from analytics_commands.import_events.import_source import TEMPORARY_TABLE, Source
from analytics_commands.import_events.source_configs import external_config, load_config

_SHOWN_ERRORS = 3


class Importer:
    """Imports into one dataset, `project.dataset`; every way raises CommandFailed."""

    def __init__(self, client: bigquery.Client, dataset: str) -> None:
        self._client = client
        self._dataset = dataset
        with _said_in_words(f"the dataset {dataset} cannot be read"):
            self.location = str(client.get_dataset(dataset).location)

    def query(self, source: Source, sql: str) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a query over the source, which it names `temporary_table`."""
        config = bigquery.QueryJobConfig(
            table_definitions={TEMPORARY_TABLE: external_config(source)}
        )
        with _said_in_words("the query failed"):
            for row in self._client.query_and_wait(sql, job_config=config, location=self.location):
                yield dict(row.items())

    def has_external(self, name: str) -> bool:
        """Return whether there is an external table of that name; of another kind is an error."""
        with _said_in_words(f"{name} cannot be read"):
            try:
                kind = self._client.get_table(f"{self._dataset}.{name}").table_type
            except NotFound:
                return False
        if kind != "EXTERNAL":
            raise CommandFailed(f"{name} is no external table but a {kind}: it is not replaced")
        return True

    def create_external(self, source: Source, name: str, *, replace: bool) -> str:
        """Create a permanent external table; returns its full name.

        `replace` deletes the table of that name before.
        """
        table = bigquery.Table(f"{self._dataset}.{name}")
        table.external_data_configuration = external_config(source)
        with _said_in_words(f"{name} was not created"):
            if replace:
                self._client.delete_table(table)
            try:
                self._client.create_table(table)
            except Conflict:
                raise CommandFailed(
                    f"there is a table {name}: --replace replaces an external one"
                ) from None
        return str(table)

    def load(self, source: Source, name: str) -> int:
        """Append the source to a native table; returns the number of rows, all of them or none.

        The job has an id of its own: loading the same again is meant, should it be asked for.
        """
        job_id = f"import_events_{uuid4().hex}"
        with _said_in_words("nothing was loaded"):
            try:
                job = self._client.load_table_from_uri(
                    list(source.uris),
                    f"{self._dataset}.{name}",
                    job_id=job_id,
                    location=self.location,
                    job_config=load_config(source),
                )
            except Conflict:  # the answer was lost: the job was started by an earlier attempt
                job = cast("bigquery.LoadJob", self._client.get_job(job_id, location=self.location))
            job.result()
        return int(job.output_rows)


@contextmanager
def _said_in_words(what: str) -> Iterator[None]:
    """Raise CommandFailed with what BigQuery says, without the request."""
    try:
        yield
    except GoogleAPICallError as exc:
        messages = dict.fromkeys(str(error.get("message")) for error in exc.errors)
        words = "; ".join(list(messages)[:_SHOWN_ERRORS]) or exc.message
        raise CommandFailed(f"{what}: {words}") from exc
