"""Retry tests: a list of faults for each method, played one by one to whoever sends the test's id.

Source: googleapis/storage-testbench, README, "Retry Test API".
"""

import secrets
from dataclasses import dataclass
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from analytics_local_cloud.storage.faults.playing import Fault, parse_fault, play
from analytics_local_cloud.storage.storage_errors import NotFound, Unsupported
from analytics_local_cloud.storage.web.paths import RETRY_TESTS
from analytics_local_cloud.storage.web.request_reading import (
    decode_json,
    read_as,
    read_body,
)
from analytics_local_cloud.storage.web.served import Endpoint
from analytics_local_cloud.storage.web.served_methods import METHODS
from analytics_local_cloud.storage.web.storage_answers import json_answer

_SERVICE_ACCOUNT = {"storage.serviceaccount.get": "storage.projects.serviceAccount.get"}


@dataclass(frozen=True, slots=True)
class RetryTest:
    """A test and the faults that were not played yet, by method."""

    id: str
    waiting: dict[str, list[Fault]]

    @property
    def resource(self) -> dict[str, Any]:
        """The test as its API answers it."""
        instructions = {method: [f.text for f in faults] for method, faults in self.waiting.items()}
        is_completed = not any(instructions.values())
        return {
            "id": self.id,
            "instructions": instructions,
            "transport": "HTTP",
            "completed": is_completed,
        }


class _Request(Struct):
    """The body that makes a test."""

    instructions: dict[str, list[str]]
    transport: str = "HTTP"


class RetryTests:
    """The tests there are, which are forgotten with the process."""

    def __init__(self) -> None:
        self._tests: dict[str, RetryTest] = {}

    def routes(self) -> list[Route]:
        """Return where tests are made, looked at and removed."""
        return [
            Route(f"/{RETRY_TESTS}", self.create, methods=["POST"]),
            Route(f"/{RETRY_TESTS}/{{id:segment}}", self.get, methods=["GET"]),
            Route(f"/{RETRY_TESTS}/{{id:segment}}", self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        """Make a test; raises Invalid, or Unsupported for a method or a fault."""
        body = read_as(decode_json(await read_body(request)), _Request)
        if body.transport != "HTTP":
            raise Unsupported("The local storage does not support gRPC.")
        waiting = {
            method: [parse_fault(text) for text in texts]
            for method, texts in body.instructions.items()
        }
        for method in waiting:
            if _SERVICE_ACCOUNT.get(method, method) not in METHODS:
                raise Unsupported(f"The local storage does not support {method}.")
        test = RetryTest(secrets.token_hex(16), waiting)
        self._tests[test.id] = test
        return json_answer(test.resource)

    async def get(self, request: Request) -> Response:
        """Answer a test, with what was not played yet."""
        return json_answer(self._find(request.path_params["id"]).resource)

    async def delete(self, request: Request) -> Response:
        """Forget a test."""
        test = self._find(request.path_params["id"])
        del self._tests[test.id]
        return PlainTextResponse(f"Deleted {test.id}")

    async def answer(
        self, test_id: str, method: str, request: Request, endpoint: Endpoint
    ) -> Response:
        """Answer a request, with the next fault of its method if there is one.

        Raises NotFound for the test, and what `endpoint` raises.
        """
        names = {method.replace("xml.", "storage.")}
        names |= {alias for alias, name in _SERVICE_ACCOUNT.items() if name == method}
        for name, faults in self._find(test_id).waiting.items():
            if name in names and faults:
                return await play(faults, request, endpoint)
        return await endpoint(request)

    def _find(self, test_id: str) -> RetryTest:
        if test_id not in self._tests:
            raise NotFound(f"No such retry test: {test_id}")
        return self._tests[test_id]
