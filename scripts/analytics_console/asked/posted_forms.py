"""The fields of a form that a page posts: urlencoded, as browsers do without JavaScript."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from analytics_console.refused import Refused

_MOST_BYTES = 1024 * 1024
_TOO_LARGE = 413


async def read_form(request: Request) -> Mapping[str, str]:
    """Return the fields; of several of a name the last one. Raises Refused for what is no form."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise Refused(f"a form of more than {_MOST_BYTES:,} bytes", _TOO_LARGE)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except (UnicodeError, ValueError) as exc:
        raise Refused(f"the form cannot be read: {exc}") from exc
