"""The steps of the tutorial, each a small experiment that fails when a promise does not hold."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5

import requests

from analytics_commands.demo.conversation import Tutorial, check

_SCALE_BATCHES, _SCALE_CLIENTS, _EVENTS_PER_BATCH = 200, 10, 4
_SESSION = "f58179a375290599dde17f7c6d546d78"


def see_a_row(tutorial: Tutorial) -> None:
    """Send one event and see it as a row."""
    event = '{"eventType":"level_up","playerId":"ann","level":7}'
    receipt = tutorial.post("/v1/event", event, event_category="function", session_id=_SESSION)
    mine = f"batch_id = '{receipt['batch_id']}'"
    waited = tutorial.wait_for(f"SELECT COUNT(*) FROM events.events WHERE {mine}", 1)
    tutorial.say(
        "200 means: one object in Cloud Storage, written once. That raised an event, which called"
        f" `load`; {waited:.2f} s later it is a row. A field without a column is in `extra`."
    )
    rows = tutorial.query(
        f"SELECT event_type, player_id, session_id, extra FROM events.events WHERE {mine}"
    )
    check(rows == [("level_up", "ann", _SESSION, {"level": 7})], "the row is not as it was sent")


def read_in_place(tutorial: Tutorial) -> None:
    """Send an event of the category `cold` and find it in place."""
    receipt = tutorial.post(
        "/v1/event",
        '{"message":"hello world"}',
        analytics_environment="testing",
        event_category="cold",
    )
    tutorial.say(
        "Only `function` is loaded. SQL reads all others where they are, through `events_gcs`:"
    )
    rows = tutorial.query(
        "SELECT analytics_environment, event_category, message FROM events.events_gcs"
        f" WHERE batchId = '{receipt['batch_id']}'"
    )
    check(rows == [("testing", "cold", "hello world")], "the stored event is not as it was sent")


def load_a_batch(tutorial: Tutorial) -> None:
    """Send a batch and wait for its rows."""
    events = [
        {
            "eventType": "level_up",
            "eventIndex": i,
            "playerId": "ann",
            "eventAttributes": {"level": i},
        }
        for i in range(_EVENTS_PER_BATCH)
    ]
    receipt = tutorial.post(
        "/v1/event", _compact(events), analytics_environment="testing", event_category="function"
    )
    mine = f"batch_id = '{receipt['batch_id']}'"
    waited = tutorial.wait_for(f"SELECT COUNT(*) FROM events.events WHERE {mine}", len(events))
    tutorial.say(f"{len(events)} rows were queryable {waited:.2f} s later.")
    rows = tutorial.query(
        "SELECT event_type, event_index, JSON_VALUE(event_attributes, '$.level') AS level"
        f" FROM events.events WHERE {mine} ORDER BY event_index"
    )
    check(rows[-1] == ("level_up", 3, "3"), "a row is not what was sent")


def retry_a_request(tutorial: Tutorial) -> None:
    """Send the same request twice, as if the first answer had been lost."""
    # A UUIDv7 (RFC 9562): it begins with the milliseconds of the time, here in hexadecimal digits.
    key = f"{time.time_ns() // 1_000_000:012x}7{uuid.uuid4().hex[13:]}"
    receipts = [
        tutorial.post(
            "/v1/event",
            '{"eventType":"purchase"}',
            headers={"idempotency-key": key},
            event_category="function",
        )
        for _ in range(2)
    ]
    check(receipts[0] == receipts[1], "the retry has another receipt")
    counts = "SELECT COUNT(*) FROM events.events_function WHERE event_type = 'purchase'"
    tutorial.wait_for(counts, 1)
    tutorial.say("The key names the object: the retry found it there, and has the same receipt.")


def send_wrong_input(tutorial: Tutorial) -> None:
    """Send what must be refused."""
    tutorial.post("/v1/event", '{"a":1}', expect=400, event_ds="tomorrow")
    tutorial.post("/v1/event", "[]", expect=400)
    tutorial.post("/v1/event", '{"a":1}', expect=400, key="not-the-key")


def keep_what_cannot_load(tutorial: Tutorial) -> None:
    """Send a batch of which one element is no event."""
    receipt = tutorial.post("/v1/event", '[{"eventType":"good"}, 42]', event_category="function")
    mine = f"batch_id = '{receipt['batch_id']}'"
    tutorial.wait_for(f"SELECT COUNT(*) FROM events.events WHERE {mine}", 1)
    tutorial.wait_for(f"SELECT COUNT(*) FROM events.open_dead_letters WHERE {mine}", 1)
    tutorial.query(f"SELECT line, reason, payload FROM events.open_dead_letters WHERE {mine}")


def upload_a_crash_dump(tutorial: Tutorial) -> None:
    """Upload a file, then try what must be refused."""
    dump = b"Segmentation fault (core dumped)\n"
    digest = base64.b64encode(md5(dump, usedforsecurity=False).digest()).decode()
    ticket = tutorial.post(
        "/v1/file",
        _compact({"content_type": "text/plain", "md5_digest": digest}),
        event_category="crashdump-worker",
        file_parent="parent",
        file_child="child",
    )
    tutorial.say("PUT to that URL, with exactly those headers, is answered")
    for body, expected, what in (
        (dump + b"!", 400, "a changed byte"),
        (dump, 200, "the dump"),
        (dump, 403, "the dump once more"),
    ):
        answer = requests.put(ticket["signed_url"], body, headers=ticket["headers"], timeout=30)
        tutorial.say(f"  {answer.status_code} for {what}")
        check(answer.status_code == expected, f"{answer.status_code} instead of {expected}")


def run_a_scale_test(tutorial: Tutorial) -> None:
    """Send many batches at once and count the rows."""
    events = [{"eventType": "scale_test", "eventIndex": i} for i in range(_EVENTS_PER_BATCH)]
    body = json.dumps(events)
    started = time.monotonic()
    with ThreadPoolExecutor(_SCALE_CLIENTS) as clients:
        statuses = list(clients.map(tutorial.send_quietly, [body] * _SCALE_BATCHES))
    seconds = time.monotonic() - started
    check(statuses == [200] * _SCALE_BATCHES, "a batch was not accepted")
    total = _SCALE_BATCHES * _EVENTS_PER_BATCH
    waited = tutorial.wait_for(
        "SELECT COUNT(*) FROM events.events WHERE event_type = 'scale_test'", total
    )
    tutorial.say(
        f"{_SCALE_BATCHES} batches of {_EVENTS_PER_BATCH} events from {_SCALE_CLIENTS} clients: "
        f"{_SCALE_BATCHES / seconds:.0f} batches/s, all rows queryable {waited:.1f} s later."
    )
    rows = tutorial.query(
        "SELECT a.n, COUNT(*) AS freq, a.n * COUNT(*) AS total_no_events FROM"
        " (SELECT batch_id, COUNT(*) AS n FROM events.events_function"
        " WHERE event_type = 'scale_test' GROUP BY 1) a GROUP BY 1"
    )
    check(rows == [(_EVENTS_PER_BATCH, _SCALE_BATCHES, total)], "lost or doubled events")


def audit(tutorial: Tutorial) -> None:
    """Ask whether anything of all that was lost."""
    out = tutorial.run("audit", "--settle", "0m")
    check("Nothing is lost" in out, "the audit does not say that nothing is lost")


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


STEPS: Mapping[str, Callable[[Tutorial], None]] = {
    "An event is stored before it is answered, and becomes a row": see_a_row,
    "Other categories stay in Cloud Storage, and are read in place": read_in_place,
    "A batch is one request, one object, and a row for each event": load_a_batch,
    "A retry with the same Idempotency-Key is counted once": retry_a_request,
    "Wrong input is refused by name, and nothing is stored for it": send_wrong_input,
    "What cannot become a row is kept with its reason": keep_what_cannot_load,
    "A crash dump goes straight to Cloud Storage through a signed URL": upload_a_crash_dump,
    "Under load nothing is lost and nothing doubled": run_a_scale_test,
    "Did we lose anything? What was accepted, stored and loaded is compared": audit,
}
