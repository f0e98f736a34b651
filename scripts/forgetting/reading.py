"""Reads stored objects whole, however large they are and whatever they are called."""

import threading
from contextlib import nullcontext
from dataclasses import replace

import requests
from google.api_core.exceptions import GoogleAPIError, NotFound
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone, PermanentLoadError
from analytics_pipeline.load.object_rows import read_content
from analytics_pipeline.load.ports import ObjectReader
from analytics_pipeline.object_names import ObjectRef
from analytics_pipeline.stored_objects import StoredObject

_SMALL_BYTES = 1_000_000  # the functions' reader gives up after seconds
_LARGE_BYTES = 8_000_000  # one at a time, so that memory stays flat


class PatientReader:
    """Reads through the client library, which takes its time and addresses every name."""

    def __init__(self, bucket: storage.Bucket) -> None:
        self._bucket = bucket

    def read(self, ref: ObjectRef) -> bytes:
        """Return the content as it is stored, at exactly that generation (ports.ObjectReader)."""
        blob = self._bucket.blob(ref.name, generation=int(ref.generation))
        try:
            content: bytes = blob.download_as_bytes(raw_download=True)
        except NotFound as exc:
            raise ObjectGone(f"{ref.uri}#{ref.generation}") from exc
        except (GoogleAPIError, GoogleAuthError, requests.RequestException) as exc:
            raise TransientError(f"reading {ref.uri} failed: {exc}") from exc
        return content


class Contents:
    """Decoded contents, for several threads."""

    def __init__(self, quick: ObjectReader, patient: ObjectReader) -> None:
        self._quick = quick
        self._patient = patient
        self._one_large = threading.Lock()

    def read(self, stored: StoredObject) -> bytes:
        """Return the decoded content of exactly that generation.

        Raises PermanentLoadError for what cannot be decoded, ObjectGone, or TransientError.
        """
        # A recorded MD5 that is wrong does not keep a player out of the object.
        unverified = replace(stored, metadata={})
        with self._one_large if stored.size > _LARGE_BYTES else nullcontext():
            if stored.size <= _SMALL_BYTES:
                try:
                    return read_content(self._quick, unverified)
                except PermanentLoadError as exc:
                    if exc.reason != "unreadable_name":
                        raise
            return read_content(self._patient, unverified)
