"""The proof that a deployment works: an event in, its row out, a file up.

A new key, right or trigger is not known everywhere for some minutes (API Gateway answers 400 or
403, functions 403 or 503), so every step is repeated until it succeeds or its time is over.
"""

import base64
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any, TypeVar

import requests
from rich.console import Console

from analytics_commands.deploy.waiting import NotYet, Patience, repeat
from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.terminal.ending import CommandFailed

T = TypeVar("T")

_REQUEST_SECONDS = 30.0
_OK, _SERVER_ERROR = 200, 500
_NOT_YET = {400, 401, 403, 404, 429}  # of the gateway, or of storage: a key or a right on its way
_SHOWN = 200  # characters of an answer
_EVENT = {"eventType": "deploy_smoke_test", "eventIndex": 0}
_FILE = b"uploaded by the smoke test\n"
_UPLOAD = {
    "content_type": "text/plain",
    "md5_digest": base64.b64encode(md5(_FILE, usedforsecurity=False).digest()).decode(),
    "size": len(_FILE),
}
_ONE = [{"n": "1"}]


@dataclass(frozen=True)
class Target:
    """What is tested, and the label its events get."""

    project_id: str
    gateway_url: str
    dataset: str
    api_key: str
    analytics_environment: str

    def url(self, path: str) -> str:
        """Return the URL of a route, with the key."""
        return (
            f"{self.gateway_url}{path}?key={self.api_key}&event_category=function"
            f"&analytics_environment={self.analytics_environment}"
        )

    def row_query(self, batch_id: str) -> tuple[str, ...]:
        """Return the command that counts the rows of a batch."""
        view = f"`{self.project_id}.{self.dataset}.events`"
        return (
            *("bq", f"--project_id={self.project_id}", "--format=json", "query"),
            *("--use_legacy_sql=false", f"--parameter=batch_id:STRING:{batch_id}"),
            f"SELECT COUNT(*) AS n FROM {view} WHERE batch_id = @batch_id",  # noqa: S608 - our names
        )


class SmokeTest:
    """Sends one event and one file to a deployment."""

    def __init__(
        self, target: Target, commands: Commands, patience: Patience, console: Console
    ) -> None:
        self._target = target
        self._commands = commands
        self._patience = patience
        self._console = console

    def run(self) -> None:
        """Run all steps in their order; raises CommandFailed."""
        with requests.Session() as http:
            # No Idempotency-Key: should a repeated request be stored twice, each has its own row.
            receipt = self._repeat(
                "an event is accepted", lambda: self._post(http, "event", _EVENT)
            )
            self._repeat("its row is in BigQuery", lambda: self._find_row(receipt["batch_id"]))
            ticket = self._repeat("an upload is granted", lambda: self._post(http, "file", _UPLOAD))
            self._repeat("the file is in Cloud Storage", lambda: _put(http, ticket))

    def _repeat(self, title: str, attempt: Callable[[], T]) -> T:
        return repeat(title, attempt, self._patience, self._console)

    def _post(self, http: requests.Session, route: str, body: dict[str, Any]) -> dict[str, Any]:
        url = self._target.url(f"/v1/{route}")
        answer = http.post(url, json=body, timeout=_REQUEST_SECONDS)
        _check(answer)
        accepted: dict[str, Any] = answer.json()
        return accepted

    def _find_row(self, batch_id: str) -> None:
        command = self._target.row_query(batch_id)
        printed = self._commands.read(*command, example=json.dumps(_ONE))
        # The first `bq` of an account greets before it answers.
        if not printed or json.loads(printed.splitlines()[-1]) != _ONE:
            raise NotYet("not there")


def rehearse(target: Target) -> None:
    """Print what the smoke test does, as commands."""
    post = ("curl", "--request", "POST", "--data")
    for command in (
        (*post, json.dumps(_EVENT), target.url("/v1/event")),
        target.row_query("BATCH_ID"),
        (*post, json.dumps(_UPLOAD), target.url("/v1/file")),
        ("curl", "--request", "PUT", "--header", "HEADERS", "--upload-file", "FILE", "SIGNED_URL"),
    ):
        print(shlex.join(command))


def _put(http: requests.Session, ticket: Mapping[str, Any]) -> None:
    _check(
        http.put(ticket["signed_url"], _FILE, headers=ticket["headers"], timeout=_REQUEST_SECONDS)
    )


def _check(answer: requests.Response) -> None:
    """Raise NotYet where time may help, CommandFailed where it cannot."""
    status = answer.status_code
    if status == _OK:
        return
    said = f"{status} {answer.text[:_SHOWN]}"
    if status >= _SERVER_ERROR or (status in _NOT_YET and not _names_a_reason(answer)):
        raise NotYet(said)
    raise CommandFailed(f"the deployment refused the smoke test: {said}")


def _names_a_reason(answer: requests.Response) -> bool:
    """Tell a refusal of our function, which is final, from the gateway's for a new key."""
    try:
        return "reason" in answer.json()
    except requests.JSONDecodeError:
        return False
