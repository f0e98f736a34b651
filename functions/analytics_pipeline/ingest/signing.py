"""Adapter: V4 signed upload URLs, signed by IAM `signBlob`, so that no key file exists.

Importing google-cloud-storage costs more than the rest of `ingest` together, so `wiring` imports
this module on first use, off the event loop.
"""

import base64
from collections.abc import Mapping
from datetime import timedelta

import requests
from google.auth import crypt
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage
from google.oauth2 import service_account

from analytics_pipeline.errors import TransientError
from analytics_pipeline.ingest.identity import Identity

_TIMEOUT_SECONDS = 4.0


class IamSigner(crypt.Signer):
    """Signs bytes as `email` through the IAM credentials API (REST reference, `signBlob`)."""

    def __init__(self, identity: Identity, endpoint: str, email: str) -> None:
        self._identity = identity
        self._url = f"{endpoint}/v1/projects/-/serviceAccounts/{email}:signBlob"

    @property
    def key_id(self) -> None:
        """Google chooses the key."""
        return

    def sign(self, message: bytes | str) -> bytes:
        """Return the RSA-SHA256 signature of `message`; one round trip."""
        blob = message.encode() if isinstance(message, str) else message
        payload = {"payload": base64.b64encode(blob).decode()}
        headers = self._identity.authorization()
        answer = self._identity.http.post(
            self._url, json=payload, headers=headers, timeout=_TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        return base64.b64decode(answer.json()["signedBlob"])


class UrlSigner:
    """Signs URLs of one bucket as `email` (empty: the runtime's own); safe in several threads."""

    def __init__(
        self,
        identity: Identity,
        *,
        project: str,
        bucket: str,
        email: str,
        iam_endpoint: str,
        storage_endpoint: str,
    ) -> None:
        self._identity = identity
        self._project, self._bucket = project, bucket
        self._email = email
        self._iam_endpoint = iam_endpoint
        self._storage_endpoint = storage_endpoint

    def sign_upload(self, name: str, headers: Mapping[str, str], valid_for: timedelta) -> str:
        """Return a URL that admits one PUT of the object `name` with exactly `headers`.

        Raises TransientError when no signature could be had.
        """
        try:
            email = self._email or self._identity.email
            signer = IamSigner(self._identity, self._iam_endpoint, email)
            credentials = service_account.Credentials(signer, email, token_uri="")
            client = storage.Client(project=self._project, credentials=credentials)
            url: str = (
                client.bucket(self._bucket)
                .blob(name)
                .generate_signed_url(
                    version="v4",
                    method="PUT",
                    expiration=valid_for,
                    headers=dict(headers),  # the library changes the mapping it is given
                    api_access_endpoint=self._storage_endpoint,
                )
            )
        except (GoogleAuthError, requests.RequestException) as exc:
            raise TransientError("the upload URL could not be signed") from exc
        return url
