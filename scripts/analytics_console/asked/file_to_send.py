"""Sends a file as clients do: asks for a signed URL, and puts the file there."""

import base64
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import IO

from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

MOST_BYTES = 50_000_000
_IN_MEMORY = 1_000_000
_TOO_LARGE = 413


@dataclass(frozen=True)
class Place:
    """Where a file goes: its type, its category, and the two last parts of its name, or ""."""

    content_type: str
    category: str
    environment: str
    parent: str
    child: str


@dataclass(frozen=True)
class Uploaded:
    """What came of it: the status of the step that was the last, and what it said."""

    status: int
    answer: str


async def send_file(inside: Inside, parts: AsyncIterator[bytes], place: Place) -> Uploaded:
    """Upload what comes in parts; raises Refused for what is too large."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
        digest, size = hashlib.md5(usedforsecurity=False), 0
        async for part in parts:
            size += len(part)
            if size > MOST_BYTES:
                raise Refused(f"a file of more than {MOST_BYTES:,} bytes", _TOO_LARGE)
            digest.update(part)
            file.write(part)
        file.seek(0)
        ticket = {
            "content_type": place.content_type or "application/octet-stream",
            "md5_digest": base64.b64encode(digest.digest()).decode(),
            "size": size,
        }
        return await _put(inside, ticket, place, file)


async def _put(
    inside: Inside, ticket: dict[str, object], place: Place, file: IO[bytes]
) -> Uploaded:
    query = {
        "event_category": place.category,
        "analytics_environment": place.environment,
        "file_parent": place.parent,
        "file_child": place.child,
    }
    told = {name: text for name, text in query.items() if text}
    url, key = f"{inside.own.gateway}/v1/file", inside.variables["API_KEY"]
    async with inside.session.post(url, json=ticket, params={"key": key, **told}) as response:
        if not response.ok:
            return Uploaded(response.status, await response.text())
        issued = await response.json()
    headers = {**issued["headers"], "Content-Length": str(ticket["size"])}
    async with inside.session.put(issued["signed_url"], data=file, headers=headers) as response:
        said = issued["object"] if response.ok else await response.text()
        return Uploaded(response.status, said)
