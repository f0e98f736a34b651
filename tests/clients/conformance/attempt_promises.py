"""What a client must have done, judged by its attempts."""

import email.utils
import re
from collections import defaultdict
from datetime import datetime

from conformance.broken import Broken

_MOST_REFUSALS = 5  # of a batch: a person may have asked for some, and a kill for others
MOST_EVENTS, MOST_BYTES = 500, 512 * 1024
_UUID7 = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}", re.IGNORECASE
)
_EVENT_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")


def check_attempts(attempts, *, are_gone, is_shared):
    """Check what holds in any weather, of the attempts with events.

    `are_gone` is whether the client says that its outbox is empty; `is_shared` whether several
    processes sent at a time.
    """
    batches = batches_of(attempts)
    for attempt in attempts:
        if attempt.is_read:
            check_form(attempt)
    check_retries(attempts)
    check_one_batch_each(batches)
    if are_gone:
        for key, its in batches.items():
            check_ending(key, its)
    if not is_shared:
        check_patience(attempts)


def batches_of(attempts):
    """Return the attempts that were read by their key."""
    batches = defaultdict(list)
    for attempt in attempts:
        if attempt.is_read:
            batches[attempt.key].append(attempt)
    return batches


def check_retries(attempts):
    """Check that what is sent again may be, and is the same."""
    for key, its in batches_of(attempts).items():
        check_repeats(key, its)
        check_refusals(key, its)


def check_form(attempt):
    """Check one request by itself [B1][B4][C1]."""
    if not attempt.key or not _UUID7.fullmatch(attempt.key):
        raise Broken(f"{attempt}: its Idempotency-Key is no UUIDv7")
    try:
        clock = datetime.fromisoformat(attempt.sent_at or "")
    except ValueError:
        clock = None
    if clock is None or not attempt.sent_at.endswith("Z"):
        raise Broken(f"{attempt}: sent_at is {attempt.sent_at!r}, no time in ISO 8601 with Z")
    if len(attempt.events) > MOST_EVENTS or len(attempt.decoded) > MOST_BYTES:
        size = f"{len(attempt.events)} events, {len(attempt.decoded)} bytes"
        raise Broken(f"{attempt}: the batch is too large: {size}")
    for event in attempt.events:
        check_event(event)


def check_event(event):
    """Check the fields that a client gives each event [E1][E2][E3]."""
    wanted = f"{event.get('sessionId')}.{event.get('eventIndex')}"
    if event.get("eventId") != wanted or not _EVENT_ID.fullmatch(wanted):
        raise Broken(f"eventId is {event.get('eventId')!r}, not sessionId.eventIndex: {wanted!r}")
    try:
        has_zone = datetime.fromisoformat(event.get("eventTimestamp")).tzinfo is not None
    except (TypeError, ValueError):
        has_zone = False
    if not has_zone:
        raise Broken(f"eventTimestamp is no time in ISO 8601: {event.get('eventTimestamp')!r}")


def check_repeats(key, attempts):
    """Check that a retry is the same request: one key, one body, the same parameters [B2]."""
    first = attempts[0]
    for again in attempts[1:]:
        if again.decoded != first.decoded:
            raise Broken(
                f"two bodies under one key: {again} has {len(again.events)} events, and"
                f" {first} had {len(first.events)}"
            )
        if again.parameters != first.parameters:
            raise Broken(f"{again} has other URL parameters than {first}: {key} is another request")


def check_refusals(key, attempts):
    """Check that what was refused for what it is came again only when a person asked [A5][A7]."""
    large = [each for each in attempts if each.status == 413]
    if len({each.life for each in large}) < len(large) and len(attempts[0].events) > 1:
        raise Broken(f"{key} was answered 413, and came again as large as before: {large[-1]}")
    refused = [each for each in attempts if is_refusal(each)]
    if len(refused) > _MOST_REFUSALS:
        raise Broken(
            f"a batch that is refused with a reason was sent {_MOST_REFUSALS + 1} times: park it;"
            f" {refused[-1]}"
        )


def is_refusal(attempt):
    """Tell whether the batch was refused for what it is, not for the key or the moment."""
    return attempt.status == 413 or (attempt.status in {400, 415} and attempt.reason is not None)


def check_ending(key, attempts):
    """Check that a batch that is no longer in the outbox was acknowledged, or refused [A1]."""
    if not any(each.acknowledged or is_refusal(each) for each in attempts):
        raise Broken(f"{key} is gone from the outbox without an acknowledgement: {attempts[-1]}")


def check_one_batch_each(batches):
    """Check that an event is in one batch, unless that batch was refused whole [B3]."""
    homes = defaultdict(list)
    for key, attempts in batches.items():
        if not any(map(is_refusal, attempts)):
            for event in attempts[0].events:
                homes[event["eventId"]].append(key)
    for event_id, keys in homes.items():
        if len(keys) > 1:
            raise Broken(
                f"event {event_id} was sent under {len(keys)} keys, {' and '.join(keys[:2])}:"
                " a retry needs the key of its first attempt"
            )


def check_patience(attempts):
    """Check that no attempt came before the time that Retry-After had told [A4]."""
    for told in attempts:
        if told.retry_after is None or told.answered is None:
            continue
        until = told.answered + seconds_of(told.retry_after, told)
        for early in attempts:
            if early.life == told.life and told.answered < early.started < until - 0.01:
                raise Broken(
                    f"{early} came {early.started - told.answered:.2f} s after {told} had been"
                    f" answered `Retry-After: {told.retry_after}`"
                )


def seconds_of(retry_after, told):
    """Return how long a client has to wait."""
    if retry_after.isdigit():
        return int(retry_after)
    asked = email.utils.parsedate_to_datetime(retry_after).timestamp()
    return asked - told.answered_at
