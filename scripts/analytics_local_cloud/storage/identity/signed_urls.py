"""V4 signed URLs, verified (Cloud Storage guide, "Signatures" and "Canonical requests")."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from analytics_local_cloud.storage.identity.signer import LocalSigner
from analytics_local_cloud.storage.storage_errors import (
    Expired,
    Forbidden,
    Malformed,
    SignatureMismatch,
    Unsupported,
)

_ALGORITHM = "GOOG4-RSA-SHA256"
_SIGNATURE = "x-goog-signature"
_MAX_SECONDS = 7 * 24 * 3600
_TIME = "%Y%m%dT%H%M%SZ"
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


def is_signed(request: Request) -> bool:
    """Tell whether the request claims to carry a V4 signature; raises Unsupported for V2."""
    names = {name.lower() for name in request.query_params}
    if "googleaccessid" in names:
        raise Unsupported("Only V4 signed URLs are verified here.")
    return _SIGNATURE in names


def verify_signed_url(request: Request, signer: LocalSigner) -> None:
    """Return when the URL was signed by `signer` for this request and is still valid.

    Raises Malformed, Expired, Forbidden (another signer) or SignatureMismatch.
    """
    claim = _read_claim(request)
    for name in request.headers:
        if name.startswith("x-goog-") and name not in claim.signed_headers:
            raise _malformed(name, "the header was not signed")
    for name in claim.signed_headers:
        if name not in request.headers:
            raise _malformed(name, "Header was included in signedheaders, but not in the request.")
    if datetime.fromtimestamp(signer.clock(), UTC) > claim.signed_at + claim.valid_for:
        raise Expired(
            "Invalid argument.",
            Details=f"The provided token has expired. Request signature expired at: "
            f"{(claim.signed_at + claim.valid_for).isoformat()}",
        )
    if claim.email != signer.email:
        raise Forbidden("Access denied.", Details=f"{claim.email} is not known here.")
    host = request.headers.get("host", "")
    # Google has no ports: some of its clients sign the name alone, also where there is one.
    for name in (host.rpartition(":")[0] or host, host):
        canonical = canonical_request(request, claim.signed_headers, name)
        payload = claim.string_to_sign(canonical)
        if signer.verify(payload.encode(), claim.signature):
            break
    else:
        raise SignatureMismatch(
            "Access denied.",
            Details="The request signature we calculated does not match the signature you "
            "provided. Check your Google secret key and signing method.",
            StringToSign=payload,
            CanonicalRequest=canonical,
        )


def canonical_request(
    request: Request, signed_headers: Sequence[str], host: str | None = None
) -> str:
    """Return the text whose digest is signed, made of what was really requested.

    `host` is what stands for the host; None: what was sent.
    """
    query = sorted(
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in _query(request)
        if name.lower() != _SIGNATURE
    )
    sent = {name: ",".join(request.headers.getlist(name)) for name in signed_headers}
    if host is not None and "host" in sent:
        sent["host"] = host
    headers = (f"{name}:{' '.join(text.split())}" for name, text in sent.items())
    lines = (
        request.method,
        quote(unquote(request.scope["path"]), safe="/~"),
        "&".join(f"{name}={value}" for name, value in query),
        *headers,
        "",
        ";".join(signed_headers),
        request.headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD"),
    )
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the query parameters of a signed URL say."""

    email: str
    scope: str
    signed_at: datetime
    valid_for: timedelta
    signed_headers: tuple[str, ...]
    signature: bytes

    def string_to_sign(self, canonical: str) -> str:
        """Return what has to be signed for a canonical request."""
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        return f"{_ALGORITHM}\n{self.signed_at.strftime(_TIME)}\n{self.scope}\n{digest}"


def _read_claim(request: Request) -> _Claim:
    """Return the claim; raises Malformed naming the parameter that cannot be read."""
    query = {name.lower(): value for name, value in _query(request)}
    algorithm = query.get("x-goog-algorithm")
    if algorithm != _ALGORITHM:
        raise _malformed("x-goog-algorithm", f"{_ALGORITHM} is verified here")
    email, _, scope = query.get("x-goog-credential", "").partition("/")
    if not scope.endswith("/storage/goog4_request"):
        raise _malformed("x-goog-credential", "it must end with /storage/goog4_request")
    try:
        signed_at = datetime.strptime(query.get("x-goog-date", ""), _TIME).replace(tzinfo=UTC)
    except ValueError as exc:
        raise _malformed("x-goog-date", "a time such as 20260131T235959Z is needed") from exc
    seconds = query.get("x-goog-expires", "")
    if not seconds.isdecimal() or not 1 <= int(seconds) <= _MAX_SECONDS:
        raise _malformed("x-goog-expires", f"1 to {_MAX_SECONDS} seconds are possible")
    signature = query[_SIGNATURE]
    if not _HEX.fullmatch(signature):
        raise _malformed(_SIGNATURE, "hexadecimal digits are needed")
    return _Claim(
        email=email,
        scope=scope,
        signed_at=signed_at,
        valid_for=timedelta(seconds=int(seconds)),
        signed_headers=tuple(query.get("x-goog-signedheaders", "").split(";")),
        signature=bytes.fromhex(signature),
    )


def _query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.url.query, keep_blank_values=True)


def _malformed(parameter: str, details: str) -> Malformed:
    return Malformed(
        "Your request has a malformed header.", ParameterName=parameter, Details=details
    )
