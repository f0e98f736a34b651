"""Pure: what the gateway answered to a request, and under which key the request can be repeated."""

from typing import Any
from urllib.parse import parse_qs

import msgspec

from analytics_local_cloud.journal.exchanges import Exchange

_OK = 200


def idempotency_key(exchange: Exchange) -> str:
    """Return the idempotency key of a request, "" where it has none."""
    by_query = parse_qs(exchange.query).get("batch_key", [""])[0]
    return exchange.headers.get("idempotency-key") or by_query


def read_answer(exchange: Exchange) -> dict[str, Any]:
    """Return what the answer says, nothing where it is no JSON object."""
    try:
        return msgspec.json.decode(exchange.answer, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


def why_broken(exchange: Exchange) -> str:
    """Return why an answer says nothing."""
    if exchange.status == _OK:
        return "its answer broke off"
    return exchange.answer[:300].decode(errors="replace") or "the connection broke, unanswered"
