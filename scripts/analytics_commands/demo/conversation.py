"""A conversation with a running pipeline, printed as it goes: requests, queries, commands."""

import json
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from rich.console import Console
from rich.table import Table

from analytics_commands.demo.transcript import WIDTH, answer, bq_query, curl

_QUERYABLE_WITHIN_SECONDS = 15.0
_POLL_SECONDS = 0.02


class StepFailed(Exception):
    """A step did not show what it promises."""


class Tutorial:
    """Talks to a running pipeline and prints the conversation."""

    def __init__(self, variables: Mapping[str, str], console: Console) -> None:
        self._variables = variables
        self._console = console
        self._http = requests.Session()
        self._warehouse = bigquery.Client(
            project=variables["GOOGLE_CLOUD_PROJECT"],
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": variables["BIGQUERY_EMULATOR_HOST"]},
        )

    def say(self, text: str) -> None:
        """Print an explanation."""
        self._console.print(textwrap.fill(text, WIDTH), markup=False)

    def post(
        self,
        path: str,
        data: str,
        *,
        expect: int = 200,
        headers: Mapping[str, str] | None = None,
        **parameters: str,
    ) -> dict[str, Any]:
        """POST as the curl line that is printed; returns the answer, which must be `expect`."""
        self._console.print(curl(path, data, parameters, headers or {}), style="cyan", markup=False)
        query = urlencode({"key": self._variables["API_KEY"], **parameters})
        url = f"{self._variables['ANALYTICS_URL']}{path}?{query}"
        given = self._http.post(url, data=data.encode(), headers=headers, timeout=30)
        self._console.print(answer(given.status_code, given.text), markup=False)
        check(given.status_code == expect, f"{given.status_code} instead of {expect}")
        body: dict[str, Any] = given.json()
        return body

    def send_quietly(self, data: str) -> int:
        """POST one batch of category `function`; returns the status."""
        url = f"{self._variables['ANALYTICS_URL']}/v1/event"
        parameters = {"key": self._variables["API_KEY"], "event_category": "function"}
        return self._http.post(url, data=data, params=parameters, timeout=30).status_code

    def query(self, sql: str, *, show: bool = True) -> list[tuple[Any, ...]]:
        """Run a query, print it with its rows, and return the rows."""
        result = self._warehouse.query_and_wait(sql)
        columns = [field.name for field in result.schema]
        rows = [row.values() for row in result]
        if show:
            self._console.print(bq_query(sql), style="cyan", markup=False)
            table = Table(*columns)
            for row in rows:
                table.add_row(*(json.dumps(v) if isinstance(v, dict) else str(v) for v in row))
            self._console.print(table, soft_wrap=False)
        return rows

    def run(self, *arguments: str) -> str:
        """Run a command on the pipeline, print it with its output; returns that."""
        self._console.print(f"$ analytics {shlex.join(arguments)}", style="cyan", markup=False)
        variables = [f"{name}={value}" for name, value in self._variables.items()]
        result = subprocess.run(  # noqa: S603 - our own module
            ["env", *variables, sys.executable, "-m", "analytics_commands", *arguments],  # noqa: S607 - POSIX
            capture_output=True,
            text=True,
            check=False,
        )
        self._console.print(result.stdout.rstrip(), markup=False)
        check(result.returncode == 0, f"it ended with {result.returncode}: {result.stderr}")
        return result.stdout

    def wait_for(self, sql: str, expected: int) -> float:
        """Wait until the query counts `expected`; returns the seconds that took."""
        started = time.monotonic()
        while True:
            ((count,),) = self.query(sql, show=False)
            waited = time.monotonic() - started
            if count == expected:
                return waited
            check(count < expected, f"{count} rows instead of {expected}: {sql}")
            check(waited < _QUERYABLE_WITHIN_SECONDS, f"only {count} of {expected} rows: {sql}")
            time.sleep(_POLL_SECONDS)


def check(held: bool, complaint: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise StepFailed with the complaint unless the promise held."""
    if not held:
        raise StepFailed(complaint)
