"""The event as the bucket has it: a line of its object."""

from http import HTTPStatus
from urllib.parse import quote

import aiohttp

from analytics_console.refused import Refused
from analytics_local_cloud.inside import Inside

_MOST_READ = 8 * 1024 * 1024
_SECONDS = aiohttp.ClientTimeout(total=10)


async def read_stored_line(inside: Inside, name: str, line: int) -> str:
    """Return a line of an object, all of it for 0; raises Refused with why it cannot be read."""
    url = f"{inside.own.storage}/{inside.variables['BUCKET_NAME']}/{quote(name)}"
    read, is_whole = b"", True
    try:
        async with inside.session.get(url, timeout=_SECONDS) as answer:
            if answer.status != HTTPStatus.OK:
                raise Refused(f"the storage answers {answer.status}: {(await answer.text())[:300]}")
            async for piece in answer.content.iter_any():
                read += piece
                is_whole = len(read) <= _MOST_READ and not 0 < line <= read.count(b"\n")
                if not is_whole:
                    break
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise Refused(f"the storage does not answer: {exc or type(exc).__name__}") from None
    lines = read.split(b"\n") if line else [read]
    if len(lines) < line or (len(lines) == line and not is_whole):
        raise Refused(f"the line is not in the first {len(read):,} bytes of the object")
    return lines[max(line, 1) - 1].decode(errors="replace")
