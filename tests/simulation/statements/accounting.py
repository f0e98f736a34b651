"""The statements of `audit`, and of the ledger that other commands read, too."""

from collections import defaultdict
from datetime import datetime
from itertools import pairwise

from analytics_commands.audit import sessions
from analytics_commands.audit.reading import account_queries
from analytics_commands.foundation.accounts.ledger import ENTRIES_SQL
from simulation.statements.views import is_any, key_of, order_of, visible


def _entries(tables, *, first, last, environment, category, event_ds):
    def is_meant(each):
        day = each.event_ds
        return (
            is_any(each.analytics_environment, environment)
            and is_any(each.event_category, category)
            and (event_ds is None or (day and str(day)) == event_ds)
        )

    chosen = [r for r in tables.events if first <= r.received_date <= last and is_meant(r)]
    previous = {}
    latest = {}
    for row in sorted(chosen, key=lambda row: (row.received_date, *order_of(row))):
        previous[id(row)] = latest.get(key_of(row))
        latest[key_of(row)] = row.received_date
    found = defaultdict(lambda: ([], []))
    for row in chosen:
        found[row.gcs_uri, row.generation][0].append(row)
    for letter in tables.letters:
        day = letter.received_timestamp.date()
        if letter.dead_lettered_date >= first and first <= day <= last and is_meant(letter):
            found[letter.gcs_uri, letter.generation][1].append(letter)
    return [
        _entry(uri, generation, *found[uri, generation], previous)
        for uri, generation in sorted(found)
    ]


def _entry(uri, generation, rows, letters, previous):
    lines = {row.line for row in rows}
    some = (rows or letters)[0]
    day = some.event_ds
    seen = [(row, previous[id(row)]) for row in rows]
    return {
        "gcs_uri": uri,
        "generation": generation,
        "analytics_environment": some.analytics_environment,
        "event_category": some.event_category,
        "event_ds": datetime.fromisoformat(day).date() if isinstance(day, str) else day,
        "received": min(each.received_timestamp for each in [*rows, *letters]),
        "loaded": len(lines),
        "dead_lettered": len({each.line for each in letters if each.line} - lines),
        "lettered_as_whole": max([0, *(each.event_count for each in letters if not each.line)]),
        "rows": len(rows),
        "distinct_rows": len({(row.received_date, *key_of(row)) for row in rows}),
        "visible_rows": sum(day is None or day < row.received_date for row, day in seen),
        "later_copies": sum(day is not None and day < row.received_date for row, day in seen),
    }


def _known_since(tables, *, logged_since, logged_until):
    times = [r.logged_timestamp for r in tables.receipts]
    return [
        {"known_since": min((t for t in times if logged_since <= t < logged_until), default=None)}
    ]


def _count(tables, *, since, until, events, root):
    return [
        {
            "n": sum(
                since <= r.logged_timestamp < until
                and r.event in events
                and r.gcs_uri.startswith(root)
                for r in tables.receipts
            )
        }
    ]


def _accepted(tables, logged_since, logged_until, environment, category):
    found = {}
    for line in tables.receipts:
        if (
            logged_since <= line.logged_timestamp < logged_until
            and line.event in {"batch_stored", "batch_repeated"}
            and is_any(line.analytics_environment, environment)
            and is_any(line.event_category, category)
        ):
            moment = line.received_timestamp or line.logged_timestamp
            count, at = found.get(line.gcs_uri, (0, moment))
            found[line.gcs_uri] = max(count, line.event_count or 0), min(at, moment)
    return found


def _micros(moment):
    return round(moment.timestamp() * 1_000_000)


def _accounts(
    tables, *, root, since, until, environment, category,
    logged_since=None, logged_until=None, **entries,
):  # fmt: skip
    accepted = (
        _accepted(tables, logged_since, logged_until, environment, category) if logged_since else {}
    )
    held = _entries(tables, environment=environment, category=category, **entries)
    rows = []
    for entry in held:
        count, at = accepted.get(entry["gcs_uri"], (None, None))
        rows.append((entry["gcs_uri"], entry["generation"], count, at or entry["received"], entry))
    known = {entry["gcs_uri"] for entry in held}
    rows += [(uri, None, *accepted[uri], None) for uri in accepted if uri not in known]
    return [
        {
            "name": uri.removeprefix(root),
            "generation": generation,
            "accepted": count,
            "received": _micros(at),
            "loaded": entry and entry["loaded"],
            "oddities": entry and _oddities(entry),
        }
        for uri, generation, count, at, entry in sorted(
            rows, key=lambda row: (row[0], row[1] or "")
        )
        if uri.startswith(root) and since <= at < until
    ]


def _oddities(entry):
    names = ("dead_lettered", "lettered_as_whole", "rows", "distinct_rows", "visible_rows")
    numbers = [entry[name] for name in (*names, "later_copies")]
    is_plain = not (numbers[0] + numbers[1] + numbers[5]) and {entry["loaded"]} == set(numbers[2:5])
    return None if is_plain else " ".join(map(str, numbers))


def _uploads(tables, **_):
    del tables  # the world's clients upload no files
    return []


def _session_gaps(tables, *, first, last, since, settled, no_session, environment, category):
    found = defaultdict(list)
    for row in visible(tables.events):
        if (
            first <= row.received_date <= last
            and row.event_index is not None
            and row.session_id != no_session
            and is_any(row.analytics_environment, environment)
            and is_any(row.event_category, category)
        ):
            found[row.analytics_environment, row.session_id].append(row)
    gaps = []
    for (environment_, session), rows in sorted(found.items()):
        rows.sort(key=lambda r: (r.received_timestamp, r.gcs_uri, r.generation, r.line))
        indexes = [row.event_index for row in rows]
        distinct = len(set(indexes))
        reordered = sum(after < before for before, after in pairwise(indexes))
        is_odd = max(indexes) - min(indexes) + 1 > distinct or len(indexes) > distinct or reordered
        if is_odd and since <= max(row.received_timestamp for row in rows) < settled:
            gaps.append(
                {
                    "analytics_environment": environment_,
                    "session_id": session,
                    "lowest": min(indexes),
                    "highest": max(indexes),
                    "events": len(indexes),
                    "distinct_indexes": distinct,
                    "reordered": reordered,
                }
            )
    return gaps


TWINS = {
    f"{ENTRIES_SQL}ORDER BY gcs_uri, generation": _entries,
    account_queries._KNOWN_SINCE: _known_since,
    account_queries._COUNT: _count,
    account_queries._UPLOADS: _uploads,
    sessions._SQL: _session_gaps,
    **{
        account_queries._ACCOUNTS.format(accepted=accepted, held=ENTRIES_SQL): _accounts
        for accepted in (account_queries._ACCEPTED, account_queries._NOT_KNOWN)
    },
}
