"""What stored batches hold, read from Cloud Storage a few at a time."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import requests
from google.api_core.exceptions import (
    Forbidden,
    GoogleAPICallError,
    NotFound,
    RetryError,
    Unauthorized,
)
from google.auth.exceptions import TransportError
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY

_THREADS = 8
_SECONDS = 15.0  # of an attempt, and of all of them: Ctrl-C may have to wait as long
_RETRY = DEFAULT_RETRY.with_timeout(_SECONDS)
_NO_RIGHT = (Forbidden, Unauthorized)
_OF_THIS_ONE = (
    GoogleAPICallError,
    RetryError,
    TransportError,
    DataCorruption,
    requests.RequestException,
)


class Unreadable(Exception):
    """What an object holds cannot be shown; the message says why."""


class Contents:
    """Reads objects of one bucket; used as a context, it ends its threads."""

    def __init__(self, bucket: storage.Bucket) -> None:
        self._bucket = bucket
        self._threads = ThreadPoolExecutor(_THREADS)

    def __enter__(self) -> Self:
        """Begin; threads start when they are needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Start no reading any more."""
        self._threads.shutdown(cancel_futures=True)

    def read(self, names: Iterable[str]) -> Iterator[bytes | Unreadable]:
        """Yield what each object holds, in their order, or why that is not known.

        Raises GoogleAPICallError or GoogleAuthError for rights that are missing: no other would
        fare better.
        """
        return self._threads.map(self._read, names)

    def _read(self, name: str) -> bytes | Unreadable:
        try:
            content: bytes = self._bucket.blob(name).download_as_bytes(
                timeout=_SECONDS, retry=_RETRY
            )
        except NotFound:
            return Unreadable("it was deleted meanwhile")
        except _NO_RIGHT:
            raise
        except _OF_THIS_ONE as exc:
            return Unreadable(f"it could not be read: {exc}")
        return content
