"""What the pipeline has in the end: its own audit, and each tag counted where it must be."""

import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from analytics_soak.client_receipts import Counts

_TAG = re.compile(r"soak-\d+-\d+-\d+")
_ROWS = "SELECT player_id, COUNT(*) FROM events.events GROUP BY player_id"
_LETTERS = "SELECT payload FROM events.open_dead_letters"
# What is never loaded: its tags are counted in the objects.
_UNLOADED = (
    "data_type=unknown/",
    "data_type=json/analytics_environment=development/event_category=cold/",
)
_FOUND = "SELECT COUNT(DISTINCT player_id) FROM events.events"
_READERS = 4
_POLL_SECONDS = 0.2


def audit_when_settled(variables: Mapping[str, str], rows: int, patience: float) -> tuple[int, str]:
    """Audit once there are `rows`, and again until nothing is missing; returns what it printed.

    Before that, the exit code. `patience` in seconds is for both.
    """
    warehouse, until = _warehouse(variables), time.monotonic() + patience
    while next(iter(warehouse.query_and_wait(_FOUND)))[0] < rows and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    warehouse.close()
    while True:
        code, printed = _audit(variables)
        if code == 0 or time.monotonic() > until:
            return code, printed


def _audit(variables: Mapping[str, str]) -> tuple[int, str]:
    words = [f"{name}={value}" for name, value in variables.items()]
    command = [sys.executable, "-m", "analytics_commands", "audit", "--settle", "0m"]
    ended = subprocess.run(  # noqa: S603 - our own module
        ["env", *words, *command, "--no-sessions"],  # noqa: S607 - POSIX
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ("" if ended.returncode == 0 else ended.stderr)


def count_tags(variables: Mapping[str, str]) -> Counts:
    """Return how often each tag is in the rows, the dead letters and the unloaded objects.

    Rows without a tag count as the tag `None`.
    """
    warehouse = _warehouse(variables)
    rows = {str(tag): number for tag, number in warehouse.query_and_wait(_ROWS)}
    letters = _tags(payload for (payload,) in warehouse.query_and_wait(_LETTERS))
    warehouse.close()
    client = storage.Client(**_options(variables, "STORAGE_EMULATOR_HOST"))
    bucket = client.bucket(variables["BUCKET_NAME"])
    blobs = [blob for prefix in _UNLOADED for blob in client.list_blobs(bucket, prefix=prefix)]
    with ThreadPoolExecutor(_READERS) as readers:
        objects = _tags(readers.map(lambda blob: blob.download_as_bytes().decode(), blobs))
    client.close()
    return {"rows": rows, "letters": letters, "objects": objects}


def _warehouse(variables: Mapping[str, str]) -> bigquery.Client:
    return bigquery.Client(**_options(variables, "BIGQUERY_EMULATOR_HOST"))


def _options(variables: Mapping[str, str], endpoint: str) -> dict[str, Any]:
    """Return what makes a client of Google's speak to the pipeline."""
    return {
        "project": variables["GOOGLE_CLOUD_PROJECT"],
        "credentials": AnonymousCredentials(),
        "client_options": {"api_endpoint": variables[endpoint]},
    }


def _tags(texts: Iterable[str]) -> Counter[str]:
    """Return in how many of the texts each tag is; a text without any counts as itself."""
    return Counter(tag for text in texts for tag in set(_TAG.findall(text)) or {text})
