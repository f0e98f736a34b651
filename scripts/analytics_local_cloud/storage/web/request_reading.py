"""What both APIs read from a request: preconditions, JSON bodies, checksums."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from analytics_local_cloud.storage.objects.conditions import Conditions
from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.web.served import check_body

_Kind = TypeVar("_Kind")
_MAX_BODY_BYTES = 10 * 1024 * 1024


def json_conditions(request: Request, prefix: str = "if") -> Conditions:
    """Return the preconditions of a JSON API call; `ifSource` is the prefix for a copy's source."""
    query = request.query_params
    return Conditions(
        **_header_conditions(request),
        generation=read_number(query, "generation" if prefix == "if" else "sourceGeneration"),
        if_generation_match=read_number(query, f"{prefix}GenerationMatch"),
        if_generation_not_match=read_number(query, f"{prefix}GenerationNotMatch"),
        if_metageneration_match=read_number(query, f"{prefix}MetagenerationMatch"),
        if_metageneration_not_match=read_number(query, f"{prefix}MetagenerationNotMatch"),
    )


def xml_conditions(request: Request, *, may_overwrite: bool = True) -> Conditions:
    """Return the preconditions of an XML API call."""
    return Conditions(
        **_header_conditions(request),
        generation=read_number(request.query_params, "generation"),
        if_generation_match=read_number(request.headers, "x-goog-if-generation-match"),
        if_metageneration_match=read_number(request.headers, "x-goog-if-metageneration-match"),
        may_overwrite=may_overwrite,
    )


def copy_source_conditions(request: Request) -> Conditions:
    """Return what must hold for the source of a copy in the XML API."""
    headers, prefix = request.headers, "x-goog-copy-source"
    return Conditions(
        generation=read_number(headers, f"{prefix}-generation"),
        if_generation_match=read_number(headers, f"{prefix}-if-generation-match"),
        if_metageneration_match=read_number(headers, f"{prefix}-if-metageneration-match"),
    )


def _header_conditions(request: Request) -> dict[str, Any]:
    """Return the preconditions of HTTP itself; none where the method does not take them."""
    return {
        raw.decode().replace("-", "_"): _seconds(text) if raw.endswith(b"since") else _tags(text)
        for raw, text in request.scope["headers"]
        if raw.startswith(b"if-")
    }


def _tags(header: bytes) -> tuple[str, ...]:
    tags = (tag.strip() for tag in header.decode("latin-1").split(","))
    return tuple(tag.removeprefix("W/").strip('"') for tag in tags)


def _seconds(header: bytes) -> int | None:
    """Return the time in an HTTP date; None for anything else, which HTTP has ignored."""
    try:
        return int(parsedate_to_datetime(header.decode("latin-1")).timestamp())
    except ValueError:
        return None


def read_number(values: Mapping[str, str], name: str) -> int | None:
    """Return a non-negative integer parameter, None when absent; raises Invalid."""
    text = values.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise Invalid(f"Invalid value for {name}: {text}")
    return int(text)


async def read_json(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, an empty body as an empty one.

    Raises Invalid, and Unsupported for a field that the request's method does not take.
    """
    body = decode_json(await read_body(request))
    check_body(request, body)
    return body


async def read_body(request: Request) -> bytes:
    """Return a body that describes something; raises Invalid for more than 10 MiB."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MAX_BODY_BYTES:
            raise Invalid("Request payload size exceeds the limit.")
    return bytes(content)


def read_as(body: Mapping[str, Any], kind: type[_Kind]) -> _Kind:
    """Return a body as what it should be; raises Invalid, which names what it is instead."""
    try:
        return msgspec.convert(body, kind, strict=False)  # 64-bit numbers are sent as text
    except msgspec.ValidationError as exc:
        raise Invalid(f"Parse Error: {exc}") from exc


def decode_json(content: bytes) -> dict[str, Any]:
    """Return the JSON object in `content`; raises Invalid."""
    try:
        return msgspec.json.decode(content or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise Invalid(f"Parse Error: {exc}") from exc


def parse_hashes(header: str) -> dict[str, str]:
    """Return the checksums of an `x-goog-hash` header by their algorithm."""
    pairs = (part.strip().partition("=") for part in header.split(",") if part.strip())
    return {algorithm: digest for algorithm, _, digest in pairs}
