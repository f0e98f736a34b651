"""Which failures of Google's services may pass, and in which words they are told."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

import requests
import urllib3
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, RetryError
from google.auth.exceptions import GoogleAuthError

from analytics_pipeline.errors import TransientError

# Rights and tables that are missing, too: they are mended without touching what is loaded.
TRANSIENT = (
    *(GoogleAPIError, GoogleAuthError, requests.RequestException),
    *(urllib3.exceptions.HTTPError, TimeoutError),
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise TransientError, beginning with `what`, for a call of a library that fails."""
    try:
        yield
    except TRANSIENT as exc:
        raise TransientError(f"{what}: {_words(exc)}") from exc


def _words(exc: Exception) -> str:
    """Return what Google said, without the request; of a request given up on, why it failed."""
    while isinstance(exc, RetryError) and exc.cause is not None:
        exc = exc.cause
    said = exc.errors if isinstance(exc, GoogleAPICallError) else ()
    return "; ".join(str(error.get("message")) for error in said) or str(exc)


def is_schema_lag(message: str, columns: AbstractSet[str]) -> bool:
    """Return whether BigQuery does not know a column of ours yet: a change is on its way.

    It says `no such field: NAME.`, in a list or record with what stands around the name.
    """
    words = message.replace(":", " ").replace(".", " ").lower().split()
    return words[:3] == ["no", "such", "field"] and not columns.isdisjoint(words[3:])
