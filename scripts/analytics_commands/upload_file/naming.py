"""Pure: what a file is called in Cloud Storage, and of what type it is."""

import mimetypes
import re

UNKNOWN = "unknown"
_MAX_LENGTH = 256
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")  # what POST /v1/file takes for a segment
_ANY_BYTES = "application/octet-stream"
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


def make_segment(name: str) -> str:
    """Return `name` as a `file_parent` or `file_child`: each character that is not taken is `_`.

    One that is too long loses its middle, so that its ending stays.
    """
    segment = _UNFIT.sub("_", name)
    if len(segment) > _MAX_LENGTH:
        half = _MAX_LENGTH // 2
        segment = segment[:half] + segment[-half:]
    return UNKNOWN if segment in {"", ".", ".."} else segment


def guess_content_type(name: str) -> str:
    """Return the media type that the name's ending stands for; of a compressed file, its own."""
    content_type, encoding = mimetypes.guess_type(name)
    if encoding is not None:
        return _COMPRESSED.get(encoding, _ANY_BYTES)
    return content_type or _ANY_BYTES
