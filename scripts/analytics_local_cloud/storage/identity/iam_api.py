"""IAM credentials: signatures of the local service account.

Source: Service Account Credentials REST reference, projects.serviceAccounts.signBlob.
"""

import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.storage_errors import (
    Invalid,
    NotFound,
    Unauthorized,
    Unsupported,
)
from analytics_local_cloud.storage.web.request_reading import read_json
from analytics_local_cloud.storage.web.served import served
from analytics_local_cloud.storage.web.storage_answers import json_answer

_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential."
    " See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


class IamApi:
    """Signs with `signer` for whoever shows the token that the metadata server hands out."""

    def __init__(self, signer: LocalSigner) -> None:
        self._signer = signer

    def routes(self) -> list[Route]:
        """Return where the methods are served."""
        path = "/v1/projects/-/serviceAccounts/{call:segment}"
        return [served("iamcredentials.projects.serviceAccounts.signBlob", path, self.sign, "POST")]

    async def sign(self, request: Request) -> Response:
        """Sign the payload as the account that the path names."""
        self._authenticate(request)
        email, _, method = request.path_params["call"].partition(":")
        if method != "signBlob":
            raise Unsupported(f"serviceAccounts.{method} is not supported here.")
        if email != self._signer.email:
            raise NotFound(f"Unknown service account: {email}; here is {self._signer.email}")
        try:
            payload = base64.b64decode((await read_json(request)).get("payload", ""), validate=True)
        except (binascii.Error, ValueError, TypeError) as exc:
            raise Invalid("payload: base64 is needed") from exc
        signature = base64.b64encode(self._signer.sign(payload)).decode()
        return json_answer({"keyId": self._signer.key_id, "signedBlob": signature})

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("authorization")
        if given is None:
            raise Unauthorized(
                f"Request is missing required authentication credential. {_EXPECTED}"
            )
        if given != f"Bearer {self._signer.access_token}":
            raise Unauthorized(f"Request had invalid authentication credentials. {_EXPECTED}")
