"""What an answer to a batch means: the one table of the protocol."""

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from enum import Enum
from http import HTTPStatus
from typing import Any

_LONGEST_PAUSE = 3600.0  # seconds; a server that asks for more is asked again sooner
_REFUSED_KEY = frozenset({401, 403, 404})
_PASSING = frozenset({408, 425, 429})


class Verdict(Enum):
    """What to do with the batch."""

    ACKNOWLEDGED = "it is stored: delete it"
    RETRY = "nobody knows, or not now: send the same again"
    SPLIT = "too large: send its halves"
    HALT = "the key or the address is refused: everything waits"
    PARK = "refused for what it is: a person looks at it"


@dataclass(frozen=True)
class Answer:
    """An answer of HTTP; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Judgement:
    """A verdict, with the reason and the message of the server, and the pause it asks for."""

    verdict: Verdict
    reason: str = ""
    message: str = ""
    pause: float = 0.0


def judge(answer: Answer, sent: int, now: float) -> Judgement:
    """Judge the answer to a batch of `sent` events; `now` is the device's clock."""
    told = _object(answer.body)
    reason, message = told.get("reason"), str(told.get("message", ""))
    reason = reason if isinstance(reason, str) else ""
    verdict = _verdict(answer.status, told.get("event_count"), sent, reason)
    return Judgement(verdict, reason, message, pause_asked(answer.headers, now))


def _verdict(status: int, counted: object, sent: int, reason: str) -> Verdict:
    if status == HTTPStatus.OK:
        stored = counted == sent and not isinstance(counted, bool)
        return Verdict.ACKNOWLEDGED if stored else Verdict.RETRY
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Verdict.SPLIT if sent > 1 else Verdict.PARK
    if (
        status in _PASSING
        or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return Verdict.RETRY
    if status in _REFUSED_KEY or not reason:  # what has no reason was not said by the pipeline
        return Verdict.HALT
    return Verdict.PARK


def pause_asked(headers: Mapping[str, str], now: float) -> float:
    """Return the seconds of a `Retry-After`, which is a number or a date; 0 where there is none.

    A date is compared with the server's own, where it says it: the device's clock may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST_PAUSE)
    until = _date(text)
    if until is None:
        return 0.0
    since = _date(headers.get("date", ""))
    return min(max(until - (now if since is None else since), 0.0), _LONGEST_PAUSE)


def _date(text: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
