"""The metadata server as google-auth asks it (Compute Engine guide, "About VM metadata")."""

import base64
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.storage_errors import Forbidden, Invalid, NotFound
from analytics_local_cloud.storage.web.storage_answers import json_answer

_ROOT = "/computeMetadata/v1"
_HEADER = "metadata-flavor"
_FLAVOR = {_HEADER: "Google"}
_TOKEN_SECONDS = 3600
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


class MetadataServer:
    """Describes the machine's service account, which is `signer`'s."""

    def __init__(self, signer: LocalSigner) -> None:
        self._signer = signer

    def routes(self) -> list[Route]:
        """Return where the metadata is served."""
        account = f"{_ROOT}/instance/service-accounts/{{account:segment}}"
        values: dict[str, Callable[[Request], object]] = {
            f"{_ROOT}/project/project-id": lambda _: self._signer.project,
            f"{_ROOT}/universe/universe-domain": lambda _: "googleapis.com",
            f"{account}/": self._account,
            f"{account}/email": lambda _: self._signer.email,
            f"{account}/token": self._token,
            f"{account}/identity": self._identity,
        }
        return [
            Route("/", self.ping, methods=["GET"]),
            Route(f"{_ROOT}/", self.ping, methods=["GET"]),
            *(Route(path, _endpoint(value), methods=["GET"]) for path, value in values.items()),
        ]

    async def ping(self, _request: Request) -> Response:
        """Answer that this is a metadata server."""
        return PlainTextResponse("computeMetadata/\n", headers=_FLAVOR)

    def _account(self, request: Request) -> object:
        self._check(request)
        return {"aliases": ["default"], "email": self._signer.email, "scopes": _SCOPES}

    def _token(self, request: Request) -> object:
        self._check(request)
        token = self._signer.access_token
        return {"access_token": token, "expires_in": _TOKEN_SECONDS, "token_type": "Bearer"}

    def _identity(self, request: Request) -> str:
        """Return an ID token for the audience asked for."""
        self._check(request)
        audience = request.query_params.get("audience")
        if not audience:
            raise Invalid("non-empty audience parameter required")
        now = int(self._signer.clock())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": audience,
            "azp": self._signer.email,
            "sub": self._signer.email,
            "email": self._signer.email,
            "email_verified": True,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
        }
        header = {"alg": "RS256", "kid": self._signer.key_id, "typ": "JWT"}
        signed = b".".join(_encode(msgspec.json.encode(part)) for part in (header, claims))
        return b".".join((signed, _encode(self._signer.sign(signed)))).decode()

    def _check(self, request: Request) -> None:
        account = request.path_params["account"]
        if account not in {"default", self._signer.email}:
            raise NotFound(f"Unknown service account: {account}")


def _endpoint(value: Callable[[Request], object]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        """Answer text, or JSON; raises Forbidden without the header that all clients send."""
        if request.headers.get(_HEADER) != _FLAVOR[_HEADER]:
            raise Forbidden("Missing required header: Metadata-Flavor: Google")
        found = value(request)
        if isinstance(found, str):
            return PlainTextResponse(found, headers=_FLAVOR)
        return json_answer(found, headers=_FLAVOR)

    return answer


def _encode(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
