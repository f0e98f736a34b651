"""What the dataset's views show, and what deletes rows."""

from datetime import UTC, datetime, timedelta

from analytics_pipeline.errors import TransientError
from analytics_pipeline.object_names import parse_object_name, parse_uri

_BUFFERED = timedelta(minutes=90)


def is_any(value, wanted):
    return wanted is None or value == wanted


def order_of(row):
    return row.received_timestamp, row.inserted_timestamp, row.gcs_uri, row.line


def key_of(row):
    return row.analytics_environment, row.event_type, row.event_id


def visible(rows):
    """Return the rows that the view `events` shows: the first of each event on each day."""
    first = {}
    for row in rows:
        key = (row.received_date, *key_of(row))
        if key not in first or order_of(row) < order_of(first[key]):
            first[key] = row
    return list(first.values())


def open_dead_letters(letters):
    """Return the letters that the view `open_dead_letters` shows."""
    latest = {}
    for letter in letters:
        key = (letter.analytics_environment, letter.dead_letter_id)
        if key not in latest or written(letter) > written(latest[key]):
            latest[key] = letter
    return [letter for letter in latest.values() if letter.resolved_timestamp is None]


def written(letter):
    return letter.resolved_timestamp or letter.dead_lettered_timestamp


def delete_rows(table, doomed, now):
    """Delete rows of a table; refused as a whole where one of them is in the streaming buffer."""
    if any(row.streamed and now - row.streamed < _BUFFERED for row in doomed):
        raise TransientError("the statement would affect rows in the streaming buffer")
    gone = set(map(id, doomed))
    table[:] = [row for row in table if id(row) not in gone]
    return len(doomed)


def receipt_of(line):
    """Return a log line of the functions as the view `receipts` has it."""
    uri = line["object"]
    place = parse_object_name(parse_uri(uri)[1])
    received = line.get("received_timestamp")
    return place and {
        "logged_timestamp": datetime.fromisoformat(line["time"]),
        "event": line["event"],
        "gcs_uri": uri,
        "data_type": place.data_type,
        "analytics_environment": place.partition.analytics_environment,
        "event_category": place.partition.event_category,
        "received_timestamp": received and datetime.fromtimestamp(float(received), UTC),
        "event_count": line.get("event_count"),
    }
