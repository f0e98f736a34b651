"""The steps of the tutorial, each a small experiment that fails when a promise does not hold."""

import base64
import json
import shlex
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import Any
from urllib.parse import urlencode

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from rich.console import Console
from rich.table import Table

_QUERYABLE_WITHIN_SECONDS = 15.0
_POLL_SECONDS = 0.02
_SCALE_BATCHES, _SCALE_CLIENTS, _EVENTS_PER_BATCH = 200, 10, 4
_SHOWN = 200  # characters of a body
_SESSION = "f58179a375290599dde17f7c6d546d78"


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
        self._console.print(text)

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
        headers = {"content-type": "application/json", **(headers or {})}
        query = urlencode({"key": self._variables["API_KEY"], **parameters})
        url = f"{self._variables['ANALYTICS_URL']}{path}?{query}"
        options = " ".join(f"--header {shlex.quote(f'{n}: {v}')}" for n, v in headers.items())
        shown = data if len(data) < _SHOWN else data[:_SHOWN] + "…"
        self._console.print(
            f'[cyan]$ curl --request POST {options} --data {shlex.quote(shown)} \\\n    "{url}"'
        )
        answer = self._http.post(url, data=data.encode(), headers=headers, timeout=30)
        self._console.print(f"  {answer.status_code} {answer.text[:500]}", markup=False)
        check(answer.status_code == expect, f"{answer.status_code} instead of {expect}")
        body: dict[str, Any] = answer.json()
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
            quoted = '"' + sql.replace("$", "\\$") + '"'  # SQL has its own single quotes
            self._console.print(f"[cyan]$ bq query --use_legacy_sql=false {quoted}")
            table = Table(*columns)
            for row in rows:
                table.add_row(*(json.dumps(v) if isinstance(v, dict) else str(v) for v in row))
            self._console.print(table)
        return rows

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


def store_an_event(tutorial: Tutorial) -> None:
    """Send an event of the category `cold` and find it in place."""
    receipt = tutorial.post(
        "/v1/event",
        '{"message":"hello world"}',
        analytics_environment="testing",
        event_category="cold",
        session_id=_SESSION,
    )
    tutorial.say(
        "200 means: one object in Cloud Storage, written once. Category `cold` stays there, and\n"
        "SQL can read it in place through the external table `events_gcs`:"
    )
    rows = tutorial.query(
        "SELECT analytics_environment, event_category, message FROM events.events_gcs"
        f" WHERE batchId = '{receipt['batch_id']}'"
    )
    check(rows == [("testing", "cold", "hello world")], "the stored event is not as it was sent")


def load_a_batch(tutorial: Tutorial) -> None:
    """Send a batch and wait for its rows."""
    events = [
        {
            "eventType": "level_up",
            "eventIndex": i,
            "playerId": "ann",
            "eventAttributes": {"level": i},
        }
        for i in range(_EVENTS_PER_BATCH)
    ]
    receipt = tutorial.post(
        "/v1/event", json.dumps(events), analytics_environment="testing", event_category="function"
    )
    mine = f"batch_id = '{receipt['batch_id']}'"
    waited = tutorial.wait_for(f"SELECT COUNT(*) FROM events.events WHERE {mine}", len(events))
    tutorial.say(
        f"Writing the object raised an event, which called `load`: {len(events)} rows were "
        f"queryable {waited:.2f} s later."
    )
    rows = tutorial.query(
        "SELECT event_type, event_index, JSON_VALUE(event_attributes, '$.level') AS level"
        f" FROM events.events WHERE {mine} ORDER BY event_index"
    )
    check(rows[-1] == ("level_up", 3, "3"), "a row is not what was sent")


def retry_a_request(tutorial: Tutorial) -> None:
    """Send the same request twice."""
    for _ in range(2):
        tutorial.post(
            "/v1/event",
            '{"eventType":"purchase"}',
            headers={"idempotency-key": "order-4711-attempt"},
            event_category="function",
        )
    counts = "SELECT COUNT(*) FROM events.{} WHERE event_type = 'purchase'"
    tutorial.wait_for(counts.format("events_function"), 2)
    ((once,),) = tutorial.query(counts.format("events"))
    check(once == 1, f"the view shows the purchase {once} times")
    tutorial.say("Both were stored (the first answer might have been lost), the view shows one.")


def send_wrong_input(tutorial: Tutorial) -> None:
    """Send what must be refused."""
    tutorial.post("/v1/event", '{"a":1}', expect=400, event_ds="tomorrow")
    tutorial.post("/v1/event", "[]", expect=400)
    tutorial.post("/v1/event", '{"a":1}', expect=400, key="not-the-key")


def keep_what_cannot_load(tutorial: Tutorial) -> None:
    """Send a batch of which one element is no event."""
    receipt = tutorial.post("/v1/event", '[{"eventType":"good"}, 42]', event_category="function")
    mine = f"batch_id = '{receipt['batch_id']}'"
    tutorial.wait_for(f"SELECT COUNT(*) FROM events.events WHERE {mine}", 1)
    tutorial.wait_for(f"SELECT COUNT(*) FROM events.open_dead_letters WHERE {mine}", 1)
    tutorial.query(f"SELECT line, reason, payload FROM events.open_dead_letters WHERE {mine}")


def upload_a_crash_dump(tutorial: Tutorial) -> None:
    """Upload a file, then try what must be refused."""
    dump = b"Segmentation fault (core dumped)\n"
    digest = base64.b64encode(md5(dump, usedforsecurity=False).digest()).decode()
    ticket = tutorial.post(
        "/v1/file",
        json.dumps({"content_type": "text/plain", "md5_digest": digest}),
        event_category="crashdump-worker",
        file_parent="parent",
        file_child="child",
    )
    tutorial.say(f"Then PUT to the URL, with exactly those headers; {ticket['object']}:")
    for body, expected, what in (
        (dump + b"!", 400, "a changed byte"),
        (dump, 200, "the dump"),
        (dump, 403, "the dump once more"),
    ):
        answer = requests.put(ticket["signed_url"], body, headers=ticket["headers"], timeout=30)
        tutorial.say(f"  {answer.status_code} for {what}")
        check(answer.status_code == expected, f"{answer.status_code} instead of {expected}")


def run_a_scale_test(tutorial: Tutorial) -> None:
    """Send many batches at once and count the rows."""
    events = [{"eventType": "scale_test", "eventIndex": i} for i in range(_EVENTS_PER_BATCH)]
    body = json.dumps(events)
    started = time.monotonic()
    with ThreadPoolExecutor(_SCALE_CLIENTS) as clients:
        statuses = list(clients.map(tutorial.send_quietly, [body] * _SCALE_BATCHES))
    seconds = time.monotonic() - started
    check(statuses == [200] * _SCALE_BATCHES, "a batch was not accepted")
    total = _SCALE_BATCHES * _EVENTS_PER_BATCH
    waited = tutorial.wait_for(
        "SELECT COUNT(*) FROM events.events WHERE event_type = 'scale_test'", total
    )
    tutorial.say(
        f"{_SCALE_BATCHES} batches of {_EVENTS_PER_BATCH} events from {_SCALE_CLIENTS} clients: "
        f"{_SCALE_BATCHES / seconds:.0f} batches/s, all rows queryable {waited:.1f} s later."
    )
    rows = tutorial.query(
        "SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events FROM"
        " (SELECT batch_id, COUNT(*) AS n FROM events.events_function"
        " WHERE event_type = 'scale_test' GROUP BY 1) a GROUP BY 1"
    )
    check(rows == [(_EVENTS_PER_BATCH, _SCALE_BATCHES, total)], "lost or doubled events")


STEPS: Mapping[str, Callable[[Tutorial], None]] = {
    "An event is stored before it is answered": store_an_event,
    "Category `function` streams into BigQuery": load_a_batch,
    "A retry with the same Idempotency-Key is counted once": retry_a_request,
    "Wrong input is refused by name, and nothing is stored for it": send_wrong_input,
    "What cannot become a row is kept with its reason": keep_what_cannot_load,
    "A crash dump goes straight to Cloud Storage through a signed URL": upload_a_crash_dump,
    "Under load nothing is lost and nothing doubled": run_a_scale_test,
}
