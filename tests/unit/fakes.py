"""In-memory twins of the ports: they record what they were asked, and answer as told."""

import gzip
import json
from datetime import timedelta

import msgspec

from analytics_pipeline.ingest.ports import Acknowledgement
from analytics_pipeline.load.dead_letters import DeadLetter
from analytics_pipeline.load.failures import PermanentLoadError
from analytics_pipeline.stored_objects import Day


class FakeStore:
    """Keeps what is written (BatchStore) and returns what it holds (ObjectReader).

    `answers` are used up in order, the last one stays; `held` are the names that are listed.
    """

    def __init__(self):
        self.writes = []
        self.answers = [Acknowledgement.VERIFIED]
        self.held = set()
        self.contents = {}

    async def write_once(self, new):
        self.writes.append(new)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def holds(self, new):
        return new.name in self.held

    def read(self, ref, max_bytes):
        content = self.contents[ref]
        if isinstance(content, Exception):
            raise content
        if len(content) > max_bytes:
            raise PermanentLoadError("object_too_large", f"more than {max_bytes} bytes")
        return content


class FakeSigner:
    """Returns a URL that tells what was signed, or fails (UploadSigner)."""

    def __init__(self):
        self.failure = None

    def sign_upload(self, name, headers, valid_for):
        if self.failure:
            raise self.failure
        return f"https://signed/{name}?{json.dumps(headers)}&{valid_for}"


class FakeSink:
    """Keeps rows and dead letters (RowSink); `refuse(rows)` decides what to refuse."""

    def __init__(self):
        self.requests = []
        self.sizes = []
        self.letters = []
        self.letter_requests = []
        self.refuse = lambda _rows: []
        self.refuse_letters = lambda _letters: []

    @property
    def inserted(self):
        """The insert ids of all rows that were inserted, in order."""
        return [insert_id for request in self.requests for insert_id in request]

    def insert_rows(self, rows):
        refusals = self.refuse(rows)
        # As BigQuery does it: one refused row keeps all of its request out.
        self.requests.append([] if refusals else [row.insert_id for row in rows])
        self.sizes.append(sum(len(row.json) for row in rows))
        return refusals

    def insert_dead_letters(self, letters):
        refusals = self.refuse_letters(letters)
        if not refusals:
            self.letters += [msgspec.json.decode(row.json, type=DeadLetter) for row in letters]
            self.letter_requests.append([row.insert_id for row in letters])
        return refusals


def values(row):
    """Return the columns of a row that is being inserted."""
    return msgspec.json.decode(row.json)


class FakeLister:
    """Lists the stored objects it was given (ObjectLister)."""

    def __init__(self, *stored):
        self.stored = sorted(stored, key=lambda each: each.ref.name)

    def days(self, data_type, analytics_environment, event_category):
        wanted = (data_type, analytics_environment, event_category)
        return sorted({_day(each) for each in self.stored if _is_wanted(each, wanted)})[::-1]

    def objects(self, prefix):
        yield from (each for each in self.stored if each.ref.name.startswith(prefix))


class FakeLedger:
    """Knows entries by URI (LedgerReader); `asked` is what it was asked about."""

    def __init__(self, *entries):
        self.known = sorted(entries, key=lambda entry: entry.gcs_uri)
        self.asked = []

    def entries(self, selection, event_ds=None, *, slack=timedelta(days=1)):
        self.asked.append((selection, event_ds, slack))
        yield from self.known


class FakeBulk:
    """Keeps the rows of every load job (RowBulk); `failure` is raised instead, once or always."""

    def __init__(self):
        self.jobs = {}
        self.sizes = []
        self.seen_at = []
        self.failure = None

    def load_rows(self, rows, job_id, seen_at):
        if self.failure:
            raise self.failure
        rows.seek(0)
        sent = content = rows.read()
        if content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
        self.sizes.append((len(sent), len(content)))
        self.jobs[job_id] = [msgspec.json.decode(line) for line in content.splitlines()]
        self.seen_at.append(seen_at)


def _day(stored):
    partition = stored.place.partition
    return Day(partition.event_ds, partition.analytics_environment, partition.event_category)


def _is_wanted(stored, wanted):
    partition = stored.place.partition
    actual = (stored.place.data_type, partition.analytics_environment, partition.event_category)
    return all(value in {None, found} for value, found in zip(wanted, actual, strict=True))
