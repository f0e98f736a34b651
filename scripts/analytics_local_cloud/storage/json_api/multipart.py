"""A `multipart/related` upload: JSON metadata, then the content, which is streamed.

The content ends at the delimiter that ends the body (RFC 2046, 5.1.1), so it may hold the
boundary's text anywhere.
"""

from collections.abc import AsyncIterator, Callable
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from analytics_local_cloud.storage.storage_errors import Invalid
from analytics_local_cloud.storage.web.request_reading import decode_json

_MAX_HEAD_BYTES = 1024 * 1024
_SPARE = 16  # white space and line ends that may follow the last delimiter


def parse_boundary(content_type: str) -> bytes:
    """Return the delimiter that a Content-Type announces; raises Invalid."""
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_maintype() != "multipart" or not boundary:
        raise Invalid("A multipart upload needs the Content-Type multipart/related; boundary=...")
    return b"--" + boundary.strip("'").encode()  # gcloud puts it into single quotes


class RelatedBody:
    """Reads the two parts of `chunks`, in order."""

    def __init__(self, chunks: AsyncIterator[bytes], delimiter: bytes) -> None:
        self._chunks = chunks
        self._delimiter = delimiter
        self._buffer = b""
        self._line_end = b"\r\n"

    async def read_metadata(self) -> tuple[dict[str, Any], str | None]:
        """Return the JSON of the first part, and the second one's Content-Type; raises Invalid."""
        await self._read_until(self._delimiter)
        first_line = await self._read_until(b"\n")
        if not first_line.endswith(b"\r"):  # some clients write bare line feeds
            self._line_end = b"\n"
        self._buffer = self._line_end + self._buffer
        await self._read_until(self._line_end * 2)
        metadata = await self._read_until(self._line_end + self._delimiter)
        head = await self._read_until(self._line_end * 2)
        headers = HeaderParser().parsestr(head.lstrip().decode("latin-1"))
        return decode_json(metadata), headers.get("content-type")

    async def read_content(self, write: Callable[[bytes], None]) -> None:
        """Pass the second part's bytes to `write`; raises Invalid when its end is missing."""
        end = self._line_end + self._delimiter + b"--"
        held = len(end) + _SPARE
        while await self._read_more():
            if len(self._buffer) > held:
                write(self._buffer[:-held])
                self._buffer = self._buffer[-held:]
        content, found, rest = self._buffer.rpartition(end)
        if not found or rest.strip():
            raise Invalid("The multipart body does not end with its delimiter.")
        write(content)

    async def _read_until(self, mark: bytes) -> bytes:
        """Return what precedes `mark`, and skip both."""
        while mark not in self._buffer:
            if len(self._buffer) > _MAX_HEAD_BYTES or not await self._read_more():
                raise Invalid("The multipart body holds no two parts.")
        before, _, self._buffer = self._buffer.partition(mark)
        return before

    async def _read_more(self) -> bool:
        chunk = await anext(self._chunks, b"")
        self._buffer += chunk
        return bool(chunk)
