"""Cloud Logging's `entries:list` on a real socket (REST reference, entries.list; query language).

Of the query language it knows AND, OR, NOT, parentheses and comparisons; it refuses all else.
"""

import json
import re
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse

_FIELDS = {"resourceNames", "filter", "orderBy", "pageSize", "pageToken"}
_STRING = r'"(?:[^"\\]|\\.)*"'
_COMPARISON = re.compile(
    rf"(?P<field>[\w.]+)(?P<how>>=|<|=|:)(?P<value>{_STRING}|\({_STRING}(?: OR {_STRING})*\)|\*)"
)


class CloudLoggingServer:
    """An ASGI application; `entries` are LogEntry resources of one project.

    `answers` are given, in order, before any entry. A page has at most `limit` entries, and the
    first one none where `is_slow`: then the search has found nothing yet.
    """

    def __init__(self, project="project"):
        self.entries = []
        self.answers = []
        self.limit = 1000
        self.is_slow = False
        self.bodies = []
        self.tokens = []
        self._name = f"projects/{project}"

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        assert (request.method, request.url.path) == ("POST", "/v2/entries:list")
        self.tokens.append(request.headers.get("authorization"))
        self.bodies.append(json.loads(await request.body()))
        answer = self.answers.pop(0) if self.answers else self._list(self.bodies[-1])
        await answer(scope, receive, send)

    def log(self, time, resource="cloud_run_revision", **fields):
        """Add an entry with these fields."""
        entry = {"resource": {"type": resource}, "timestamp": time, "jsonPayload": fields}
        self.entries.append(entry)

    def _list(self, body):
        start, _, asked = body.get("pageToken", "0").partition(" ")
        size = body.get("pageSize", 50)
        if set(body) - _FIELDS or not 0 < size <= 1000:
            return refusal(400, "INVALID_ARGUMENT", f"cannot read {body}")
        try:
            condition = _Filter(body.get("filter", ""))
        except ValueError as exc:
            return refusal(400, "INVALID_ARGUMENT", f"Unreadable filter: {exc}")
        if asked not in {"", _identity(body)}:
            return refusal(400, "INVALID_ARGUMENT", "page_token: another request's")
        if body.get("resourceNames") != [self._name]:
            return refusal(403, "PERMISSION_DENIED", "Permission denied for all log views")
        found = [entry for entry in self.entries if condition.holds(entry)]
        found.sort(key=lambda entry: _time(entry["timestamp"]))
        if body.get("orderBy") == "timestamp desc":
            found.reverse()
        first = 0 if start in {"0", "begun"} else int(start)
        if self.is_slow and start == "0":
            return JSONResponse({"nextPageToken": f"begun {_identity(body)}"})
        last = first + min(size, self.limit)
        page = {"entries": found[first:last]} if found else {}
        more = {"nextPageToken": f"{last} {_identity(body)}"} if last < len(found) else {}
        return JSONResponse(page | more)


def refusal(status, name, message):
    """Return an error as Google's APIs word it."""
    return JSONResponse({"error": {"code": status, "message": message, "status": name}}, status)


class _Filter:
    """One filter of the query language: NOT binds closest, then OR, then AND."""

    def __init__(self, text):
        self._rest = text
        self.holds = self._all() if text else lambda _: True
        if self._rest:
            raise ValueError(self._rest)

    def _all(self):
        parts = self._joined(self._any, " AND ")
        return lambda entry: all(holds(entry) for holds in parts)

    def _any(self):
        parts = self._joined(self._one, " OR ")
        return lambda entry: any(holds(entry) for holds in parts)

    def _joined(self, read, word):
        parts = [read()]
        while self._take(word):
            parts.append(read())
        return parts

    def _one(self):
        if self._take("NOT "):
            negated = self._one()
            return lambda entry: not negated(entry)
        if self._take("("):
            inner = self._all()
            if not self._take(")"):
                raise ValueError(self._rest)
            return inner
        match = _COMPARISON.match(self._rest)
        if match is None:
            raise ValueError(self._rest)
        self._rest = self._rest[match.end() :]
        return _comparison(**match.groupdict())

    def _take(self, word):
        found = self._rest.startswith(word)
        self._rest = self._rest.removeprefix(word)
        return found


def _comparison(field, how, value):
    """Return a predicate; text is compared whatever its case."""
    values = [json.loads(each) for each in re.findall(_STRING, value)]

    def holds(entry):
        actual = entry
        for name in field.split("."):
            actual = actual.get(name) if isinstance(actual, dict) else None
        if actual is None or value == "*":
            return actual is not None
        if how in {">=", "<"}:
            (bound,) = values
            return (_time(actual) >= _time(bound)) is (how == ">=")
        compare = str.__eq__ if how == "=" else str.__contains__
        return any(compare(str(actual).lower(), each.lower()) for each in values)

    return holds


def _identity(body):
    return json.dumps({key: value for key, value in body.items() if key != "pageToken"})


def _time(text):
    return datetime.fromisoformat(text)
