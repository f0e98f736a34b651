"""google_http: in whose name the functions speak to Google's services."""

import google.auth
import urllib3
from google.auth.credentials import AnonymousCredentials

from analytics_pipeline.load.google_http import new_http


def test_runtime_identity(monkeypatch):
    """Without credentials it is the runtime's own, for all of Google Cloud."""
    asked = []
    own = AnonymousCredentials()
    monkeypatch.setattr(
        google.auth, "default", lambda scopes: asked.append(scopes) or (own, "project")
    )

    http = new_http(None, anonymous=False)

    assert own is http.http.credentials
    assert [["https://www.googleapis.com/auth/cloud-platform"]] == asked


def test_given_identity():
    """Credentials that are given are used."""
    own = AnonymousCredentials()

    assert own is new_http(own, anonymous=False).http.credentials


def test_local_services():
    """Local services are asked without any."""
    assert isinstance(new_http(None, anonymous=True), urllib3.PoolManager)


def test_requests_are_passed_on():
    """What is asked for is what is sent, whoever speaks."""

    class Recorder:
        def urlopen(self, *arguments, **options):
            return arguments, options

    http = new_http(AnonymousCredentials(), anonymous=False)
    http.http = Recorder()

    assert (("POST", "/x"), {"body": b"y"}) == http.urlopen("POST", "/x", body=b"y")


def test_proxy(monkeypatch):
    """A proxy of the environment is used, as Google's own clients use it."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")

    http = new_http(AnonymousCredentials(), anonymous=False)

    assert "proxy.example" == http.http.http.proxy.host
