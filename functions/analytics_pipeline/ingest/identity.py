"""Adapter: the runtime's own service account, as the metadata server tells it.

google-auth's AuthorizedSession would also look up regional access boundaries on the internet, in
the background, whatever endpoint is called; so tokens are applied here.
"""

import threading
import time

import requests
from google.auth import compute_engine, transport
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request

# The storage client's own token lacks the scope that signBlob asks for.
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_TIMEOUT_SECONDS = 3.0


class Identity:
    """Requests in the account's name; safe in several threads."""

    def __init__(self) -> None:
        self.http = requests.Session()
        self._credentials = compute_engine.Credentials(scopes=[_SCOPE])
        self._lock = threading.Lock()
        self._failure: GoogleAuthError | None = None
        self._failed_at = 0.0

    @property
    def email(self) -> str:
        """The account's e-mail address."""
        self.authorization()
        email: str = self._credentials.service_account_email
        return email

    def authorization(self) -> dict[str, str]:
        """Return the headers of a request in the account's name.

        Raises GoogleAuthError; whoever waited for an attempt that failed fails with it.
        """
        asked_at = time.monotonic()
        with self._lock:
            if not self._credentials.valid:
                if self._failure and self._failed_at > asked_at:
                    raise self._failure
                self._refresh()
        return {"Authorization": f"Bearer {self._credentials.token}"}

    def _refresh(self) -> None:
        try:
            self._credentials.refresh(_OneAttempt())
        except GoogleAuthError as exc:
            self._failure, self._failed_at = exc, time.monotonic()
            raise


class _OneAttempt(Request):
    """Asks the metadata server once: google-auth would go on for 15 s, with a thread held."""

    def __call__(self, *args: object, **kwargs: object) -> transport.Response:
        """Send the request; what google-auth would try again is raised as a RefreshError."""
        try:
            answer: transport.Response = super().__call__(  # type: ignore[no-untyped-call]
                *args, **{**kwargs, "timeout": _TIMEOUT_SECONDS}
            )
        except TransportError as exc:
            raise RefreshError("the metadata server cannot be reached") from exc
        if answer.status in transport.DEFAULT_RETRYABLE_STATUS_CODES:
            raise RefreshError(f"the metadata server answered {answer.status}")
        return answer
