"""What BigQuery answers a test; the local one, by Google's own client."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

_TYPES = {bool: "BOOL", int: "INT64", float: "FLOAT64", str: "STRING"}


Parameter = str | int | float


def query_rows(
    variables: Mapping[str, str], query: str, parameters: Mapping[str, Parameter]
) -> list[dict[str, Any]]:
    """Return the rows of a query by column; raises google.api_core's errors, and TypeError."""
    project = variables["GOOGLE_CLOUD_PROJECT"]
    config = bigquery.QueryJobConfig(
        default_dataset=f"{project}.{variables['BIGQUERY_DATASET']}",
        query_parameters=[
            bigquery.ScalarQueryParameter(name, _type(name, value), value)
            for name, value in parameters.items()
        ],
    )
    client = bigquery.Client(
        project,
        AnonymousCredentials(),
        client_options={"api_endpoint": variables["BIGQUERY_EMULATOR_HOST"]},
    )
    with closing(client):
        return [dict(row) for row in client.query_and_wait(query, job_config=config)]


def _type(name: str, value: object) -> str:
    if type(value) not in _TYPES:
        known = ", ".join(each.__name__ for each in _TYPES)
        raise TypeError(f"{name}={value!r} is no parameter of a query: {known}")
    return _TYPES[type(value)]
