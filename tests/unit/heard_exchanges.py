"""Exchanges as the journal hears them, for tests of what is made of them."""

import json

from analytics_local_cloud.journal.exchanges import Exchange, Journal
from analytics_local_cloud.journal.traces import Traces

NAME = "data_type=json/analytics_environment=testing/event_category=function/s/20261128T1-5"


class Clock:
    """Tells the time that it is set to."""

    def __init__(self, now=1_000.0):
        self.now = now

    def __call__(self):
        return self.now


class Heard:
    """A journal, its traces, and what comes over the wires: each takes 10 ms, from `now` on."""

    def __init__(self):
        self.clock = Clock()
        self.journal = Journal()
        self.traces = Traces(self.journal, self.clock)

    def add(self, place, method="POST", path="/v1/event", query="", headers=None, **told):
        began = self.clock.now
        self.clock.now += 0.01
        told = {"status": 200, **told, "began": began, "ended": self.clock.now}
        self.journal.add(Exchange(place, method, path, query, headers or {}, **told))

    def sent(self, body, batch_id="b", count=1, **told):
        """Add a request that was accepted."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = json.dumps({"statusCode": 200, "batch_id": batch_id, "event_count": count})
        self.add("gateway", body=body, **{"answer": answer.encode(), **told})

    def stored(self, batch_id="b", count=1):
        """Add an object that was stored."""
        headers = {"x-goog-meta-batch_id": batch_id, "x-goog-meta-event_count": str(count)}
        self.add("storage", "PUT", f"/local-events/{NAME}", headers=headers)

    def inserted(self, *rows, table="events_function", refused=(), **told):
        """Add rows that were inserted, but for the `refused` ones."""
        errors = {"insertErrors": [{"index": index} for index in refused]}
        body = json.dumps({"rows": [{"json": row} for row in rows]}).encode()
        path = f"/bigquery/v2/projects/p/datasets/events/tables/{table}/insertAll"
        told = {"answer": json.dumps(errors).encode(), **told}
        self.add("warehouse", path=path, body=body, **told)

    def newest(self):
        """Return all traces, the newest first."""
        return list(self.traces.newest_first())


def row(line=1, batch_id="b", **values):
    """Return a row as `load` inserts it."""
    usual = {"analytics_environment": "testing", "event_category": "function"}
    return {"batch_id": batch_id, "line": str(line), **usual, **values}


def letter(line=1, batch_id="b", reason="invalid_line"):
    """Return a dead letter."""
    return {"batch_id": batch_id, "line": line, "reason": reason, "detail": "why"}
