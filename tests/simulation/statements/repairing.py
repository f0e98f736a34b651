"""The statements of `reconcile`."""

from collections import Counter, defaultdict
from datetime import UTC, datetime

from analytics_pipeline.reconcile import listed_objects, receipts, repeats
from simulation.statements.views import delete_rows, key_of
from simulation.warehouse import LetterRow

_RECEIVED_ONCE = ("object_loaded", "object_dead_lettered", "object_gone")
_FIRST = datetime(1, 1, 1, tzinfo=UTC)


def _unloaded(tables, *, since, until, category):
    due = []
    for uri, lines in tables.receipts_by_uri():
        if lines[0].event_category != category:
            continue
        counts, times, failures = [0], [], 0
        for line in lines:
            if line.logged_timestamp < since:
                continue
            if line.event == "batch_stored":
                counts.append(line.event_count)
                times.append(line.received_timestamp)
            elif line.event in _RECEIVED_ONCE:
                break
            failures += line.event == "repair_failed"
        else:
            if max(counts) > 0 and min(times) < until:
                due.append((failures, min(times), uri, max(counts)))
    oldest = min((received for _, received, _, _ in due), default=None)
    return [
        {"gcs_uri": uri, "event_count": count, "received": received, "oldest": oldest}
        for _, received, uri, count in sorted(due)
    ]


def _held_lines(tables, first, last, batch_ids=None):
    """Return lines by batch, and the batches that have a letter of the whole."""
    lines, wholes = defaultdict(set), Counter()
    for row in tables.events:
        if first <= row.received_date <= last and (batch_ids is None or row.batch_id in batch_ids):
            lines[row.batch_id].add(row.line)
    for letter in tables.letters:
        if letter.dead_lettered_date >= first and (
            batch_ids is None or letter.batch_id in batch_ids
        ):
            lines[letter.batch_id].add(letter.line)
            wholes[letter.batch_id] += letter.line == 0
    return lines, wholes


def _held(tables, *, first, last, batch_ids):
    lines, wholes = _held_lines(tables, first, last, set(batch_ids))
    return [
        {"batch_id": batch_id, "events": len(found), "is_lettered": wholes[batch_id] > 0}
        for batch_id, found in lines.items()
    ]


def _reached(tables, *, night):
    names = defaultdict(list)
    for row in tables.listed:
        if row.listed_date == night:
            names[row.prefix].append(row.gcs_uri)
    return [
        {"prefix": prefix, "gcs_uri": None if None in uris else max(uris)}
        for prefix, uris in names.items()
    ]


def _lacking(tables, *, night, since, first, last):
    lines, wholes = _held_lines(tables, first, last)
    failures, told = Counter(), {}
    for receipt in tables.receipts:
        if receipt.logged_timestamp < since:
            continue
        if receipt.event == "repair_failed":
            failures[receipt.gcs_uri] += 1
        elif receipt.event in {"object_loaded", "object_dead_lettered"}:
            moment = receipt.logged_timestamp
            told[receipt.gcs_uri] = max(told.get(receipt.gcs_uri, moment), moment)
    listed = {
        (row.gcs_uri, row.generation, row.batch_id, row.event_count, row.created_timestamp)
        for row in tables.listed
        if row.listed_date == night and row.gcs_uri is not None
    }
    found = []
    for uri, generation, batch_id, count, created in listed:
        was_told = uri in told and created is not None and told[uri] >= created
        is_short = count is None or len(lines[batch_id]) < count
        if is_short and not wholes[batch_id] and not was_told:
            found.append((failures[uri], created or _FIRST, uri, generation))
    return [{"gcs_uri": uri, "generation": text} for _, _, uri, text in sorted(found)]


def _days_of_events(tables, first, last):
    days = defaultdict(set)
    for row in tables.events:
        if first <= row.received_date <= last:
            days[key_of(row)].add(row.received_date)
    return days


def _are_any(tables, *, first, last):
    days = defaultdict(set)
    for (_, _, event_id), found in _days_of_events(tables, first, last).items():
        days[event_id] |= found
    return [{"event_id": event_id} for event_id, found in days.items() if len(found) > 1][:1]


def _later_copies(tables, first, last, until):
    days = _days_of_events(tables, first, last)
    return [
        row
        for row in tables.events
        if first <= row.received_date <= last
        and row.inserted_timestamp < until
        and row.received_date > min(days[key_of(row)])
    ]


def _note(tables, *, first, last, until, now):
    noted = {each.dead_letter_id for each in tables.letters if each.reason == "repeated"}
    made = {}
    for row in _later_copies(tables, first, last, until):
        letter_id = f"{row.batch_id}/{row.line - 1}"
        if letter_id not in noted:
            made[letter_id, row.gcs_uri, row.generation] = LetterRow(
                dead_letter_id=letter_id,
                gcs_uri=row.gcs_uri,
                generation=row.generation,
                analytics_environment=row.analytics_environment,
                event_category=row.event_category,
                event_ds=row.event_ds.isoformat() if row.event_ds else "",
                batch_id=row.batch_id,
                line=row.line,
                event_count=1,
                reason="repeated",
                detail=row.event_id,
                received_timestamp=row.received_timestamp,
                dead_lettered_date=now.date(),
                dead_lettered_timestamp=now,
                resolved_timestamp=now,
                resolution="repeated",
            )
    tables.letters += made.values()
    return len(made)


def _remove(tables, *, first, last, until, at):
    return delete_rows(tables.events, _later_copies(tables, first, last, until), at)


TWINS = {
    receipts._UNLOADED: _unloaded,
    receipts._HELD: _held,
    listed_objects._REACHED: _reached,
    listed_objects._LACKING: _lacking,
    repeats._ARE_ANY: _are_any,
    repeats._NOTE: _note,
    repeats._REMOVE: _remove,
}
