"""One way of speaking to Google's services over HTTP: rights, connections and second tries."""

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter
from urllib3 import Retry

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_CONNECTIONS = 32  # side by side: what a reader of many objects uses
# Of requests that may be sent again: reads, and inserts with ids. A body that breaks off is not
# asked for again here, but by whoever delivers the event again.
_RETRY = Retry(
    total=3,
    read=1,
    backoff_factor=0.2,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=False,  # which may be hours
)


def new_session(credentials: Credentials | None, *, anonymous: bool) -> requests.Session:
    """Return a session, for several threads; without credentials, with the runtime's own.

    An `anonymous` one has none: local services ask for none. Raises GoogleAuthError.
    """
    session = requests.Session() if anonymous else AuthorizedSession(credentials or _default())
    adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=_RETRY)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def _default() -> Credentials:
    credentials: Credentials
    credentials, _ = google.auth.default(scopes=[_SCOPE])
    return credentials
