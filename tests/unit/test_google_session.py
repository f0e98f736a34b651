"""google_session: in whose name the functions speak to Google's services."""

import google.auth
from google.auth.credentials import AnonymousCredentials
from google.auth.transport.requests import AuthorizedSession

from analytics_pipeline.load.google_session import new_session


def test_runtime_identity(monkeypatch):
    """Without credentials it is the runtime's own, for all of Google Cloud."""
    asked = []
    own = AnonymousCredentials()
    monkeypatch.setattr(
        google.auth, "default", lambda scopes: asked.append(scopes) or (own, "project")
    )

    session = new_session(None, anonymous=False)

    assert own is session.credentials
    assert [["https://www.googleapis.com/auth/cloud-platform"]] == asked


def test_given_identity():
    """Credentials that are given are used."""
    own = AnonymousCredentials()

    assert own is new_session(own, anonymous=False).credentials


def test_local_services():
    """Local services are asked without any."""
    assert not isinstance(new_session(None, anonymous=True), AuthorizedSession)
