"""One way of speaking to Google's services over HTTP: rights, connections and second tries.

It is urllib3's own: `requests` around it costs as much again, for every object.
"""

from functools import cached_property
from typing import Any, cast
from urllib.request import getproxies

import certifi
import google.auth
import urllib3
from google.auth.credentials import Credentials
from google.auth.transport.urllib3 import AuthorizedHttp

TIMEOUT = urllib3.Timeout(connect=4.0, read=10.0)  # of one answer, and of one piece of it
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_CONNECTIONS = 96  # side by side: what a reader of many objects uses
# Of requests that may be sent again: reads, and inserts with ids. A body that breaks off is not
# asked for again here, but by whoever delivers the event again.
_RETRY = urllib3.Retry(
    total=3,
    read=1,
    backoff_factor=0.2,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=False,  # which may be hours
)


def new_http(credentials: Credentials | None, *, anonymous: bool) -> urllib3.PoolManager:
    """Return what speaks in the name of the credentials; without any, in the runtime's own.

    An `anonymous` one has none: local services ask for none.
    """
    if anonymous:
        return urllib3.PoolManager(maxsize=_CONNECTIONS, retries=_RETRY)
    return cast("urllib3.PoolManager", _Authorized(credentials))


class _Authorized:
    """A pool that puts a token into each request; nothing is asked for before the first."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials

    def urlopen(self, method: str, url: str, **options: Any) -> Any:  # noqa: ANN401 - urllib3's own
        """Send a request as urllib3 does; raises GoogleAuthError, too."""
        return self.http.urlopen(method, url, **options)

    @cached_property
    def http(self) -> AuthorizedHttp:
        options: dict[str, Any] = {"maxsize": _CONNECTIONS, "retries": _RETRY}
        options["ca_certs"] = certifi.where()
        proxy = getproxies().get("https")
        pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        credentials = self._credentials
        if credentials is None:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        return AuthorizedHttp(credentials, http=pool)
