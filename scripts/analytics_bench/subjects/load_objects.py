"""Loads objects, phase by phase, under callgrind: `load_objects.py PLAN`.

PLAN is a JSON file: {"variant": "ours" or "plain", "library": the path of dump_counters, or null,
"phases": [[the data of finalized events], …]}. The counters are dumped before the first phase and
after each; the CPU seconds of each phase are printed as a JSON array.
"""

import ctypes
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_Load = Callable[[Mapping[str, Any]], None]
_FIELDS = {
    "event_type": "eventType",
    "session_id": "sessionId",
    "build_version": "buildVersion",
    "player_id": "playerId",
    "event_index": "eventIndex",
    "batch_id": "batchId",
    "event_id": "eventId",
    "analytics_environment": "analyticsEnvironment",
    "event_source": "eventSource",
    "event_attributes": "eventAttributes",
}


def ours() -> _Load:
    """Return what `load` does with an event."""
    from analytics_pipeline.load import wiring  # noqa: PLC0415 - only one variant is imported

    return wiring.loader().handle


def plain() -> _Load:
    """Return what most would write first: Google's clients, and a row for each line."""
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
    from google.cloud import bigquery, storage  # noqa: PLC0415

    bucket = storage.Client("bench").bucket("bench")
    warehouse = bigquery.Client("bench", credentials=AnonymousCredentials())

    def load(data: Mapping[str, Any]) -> None:
        lines = bucket.blob(data["name"]).download_as_bytes().splitlines()
        rows = [_row(json.loads(line), data) for line in lines]
        ids = [row["event_id"] for row in rows]
        errors = warehouse.insert_rows_json("bench.events.events_function", rows, row_ids=ids)
        if errors:
            raise RuntimeError(errors)

    return load


def _row(event: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with the columns that `load` fills, as plainly as that can be done."""
    received = event.pop("receivedTimestamp")
    row = {column: event.pop(name, None) for column, name in _FIELDS.items()}
    row |= {
        "event_timestamp": event.pop("eventTimestamp") / 1000,
        "received_timestamp": received,
        "received_date": time.strftime("%Y-%m-%d", time.gmtime(received)),
        "inserted_timestamp": time.time(),
        "gcs_uri": f"gs://{data['bucket']}/{data['name']}",
        "generation": data["generation"],
        "extra": json.dumps(event) if event else None,
    }
    return row


def main() -> None:
    """Run the plan."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    load = {"ours": ours, "plain": plain}[plan["variant"]]()
    library = plan["library"]
    dump = ctypes.CDLL(library).dump_counters if library else lambda: None
    seconds = []
    dump()
    for objects in plan["phases"]:
        begun = time.process_time()
        for data in objects:
            load(data)
        seconds.append(time.process_time() - begun)
        dump()
    print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
