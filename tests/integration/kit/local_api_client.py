"""Asks the local pipeline's own API, about an environment that no other test uses."""

from pipeline_client import unique

FUNCTION = {"event_category": "function"}


def level_up(**fields):
    """Return an event."""
    return {"eventType": "level_up", "playerId": "ann", "level": 3, **fields}


class Api:
    """A client of the API, in an environment that no other test uses."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.environment = unique("kit")
        self.since = self.ask("/reset")[1]["revision"]  # what was refused before is others'

    def call(self, method, path, body=None, **arguments):
        """Send a request; returns its status and answer."""
        url = self.pipeline.url(f"/_local{path}")
        response = self.pipeline.http.request(method, url, json=body, timeout=60, **arguments)
        return response.status_code, response.json()

    def ask(self, path, **body):
        """POST, about this environment since the test began."""
        since = {"since": self.since} if path != "/reset" else {}
        return self.call("POST", path, {"environment": self.environment, **since, **body})

    def seen(self, what, **query):
        """Return the good or the bad, of this environment, since the test began."""
        query = {"environment": self.environment, "since": self.since, **query}
        status, seen = self.call("GET", f"/{what}", params=query)
        assert 200 == status, seen
        return seen

    def send(self, *events, **parameters):
        """Send events of the category `function`."""
        return self.pipeline.send(
            list(events), analytics_environment=self.environment, **FUNCTION, **parameters
        )
