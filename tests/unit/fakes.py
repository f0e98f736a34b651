"""In-memory twins of the ports: they record what they were asked, and answer as told."""

import json

from analytics_pipeline.ports import Acknowledgement


class FakeStore:
    """Keeps what is written (BatchStore) and returns what it holds (ObjectReader)."""

    def __init__(self):
        self.writes = []
        self.answer = Acknowledgement.VERIFIED
        self.contents = {}

    async def write_once(self, name, content, content_type, metadata):
        self.writes.append((name, content, content_type, metadata))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def read(self, ref):
        content = self.contents[ref]
        if isinstance(content, Exception):
            raise content
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
        self.letters = []
        self.refuse = lambda _rows: []
        self.letters_failure = None

    @property
    def inserted(self):
        """The insert ids of all rows that were inserted, in order."""
        return [insert_id for request in self.requests for insert_id in request]

    def insert_rows(self, rows):
        refusals = self.refuse(rows)
        refused = {refusal.index for refusal in refusals}
        # As BigQuery does it: one refused row keeps all of its request out.
        kept = [] if refused else [row.insert_id for row in rows]
        self.requests.append(kept)
        return refusals

    def insert_dead_letters(self, letters):
        if self.letters_failure:
            raise self.letters_failure
        self.letters += letters
