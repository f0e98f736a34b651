"""What must have come of a client's events: what was stored, and the rows."""

from collections import Counter, defaultdict

from conformance.broken import Broken


def check_stored(attempts, promised):
    """Check that each promised number was stored by some attempt; returns how many events were."""
    stored = {
        event["eventId"]: (event.get("eventAttributes") or {}).get("n")
        for attempt in attempts
        if attempt.stored
        for event in attempt.events
    }
    check_lost(promised, set(stored.values()))
    return len(stored)


def check_lost(promised, found):
    """Check that no promised number is missing."""
    lost = sorted(promised - found)
    if lost:
        raise Broken(f"{len(lost)} of {len(promised)} kept events are lost: n = {lost[:5]}, …")


def check_rows(rows, promised, possible, *, may_have_gaps=False):
    """Check that each promised number is one row, that no other is, and that indices have no gaps.

    `possible` are those that may be there; `may_have_gaps` is about sessions.
    """
    counts = Counter(row.n for row in rows if row.n is not None)
    doubled = sorted(n for n, count in counts.items() if count > 1)
    foreign = sorted(counts.keys() - possible)
    if doubled:
        raise Broken(f"{len(doubled)} events are doubled, among them n = {doubled[:5]}")
    check_lost(promised, counts.keys())
    if foreign:
        raise Broken(f"{len(foreign)} rows of events that it must not send: n = {foreign[:5]}, …")
    if not may_have_gaps:
        check_indices(rows)


def check_indices(rows):
    """Check that the indices of each session count from 0 without a gap [E1]."""
    sessions = defaultdict(list)
    for row in rows:
        sessions[row.session_id].append(row.event_index)
    for session, indices in sessions.items():
        if sorted(indices) != list(range(len(indices))):
            missing = sorted(set(range(max(indices) + 1)) - set(indices))
            raise Broken(
                f"eventIndex of session {session} is not 0 to {len(indices) - 1}: it lacks"
                f" {missing[:5]}, and ends with {max(indices)}"
            )
