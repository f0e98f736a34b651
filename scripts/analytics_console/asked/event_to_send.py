"""Pure: an event that a form, or a link, describes."""

from collections.abc import Mapping
from dataclasses import dataclass

_USUAL = """\
{
  "eventType": "level_up",
  "playerId": "ann",
  "sessionId": "SESSION",
  "eventIndex": 0,
  "eventAttributes": {"level": 7, "boss": true}
}"""


@dataclass(frozen=True)
class EventToSend:
    """A body for `POST /v1/event`, as it was written, with what goes into its URL and header."""

    category: str
    environment: str
    event: str
    key: str

    @property
    def query(self) -> dict[str, str]:
        """The parameters of its URL, without the API key; what is empty is the server's choice."""
        told = {"event_category": self.category, "analytics_environment": self.environment}
        return {name: value for name, value in told.items() if value}

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its request."""
        return {"Idempotency-Key": self.key} if self.key else {}


def read_event(fields: Mapping[str, str], session: str) -> EventToSend:
    """Return what the fields describe, else a usual event, the first of its `session`.

    Nothing is checked: the gateway's words are better.
    """
    return EventToSend(
        fields.get("category", "function").strip(),
        fields.get("environment", "testing").strip(),
        fields.get("event") or _USUAL.replace("SESSION", session),
        fields.get("idempotency_key", "").strip(),
    )
