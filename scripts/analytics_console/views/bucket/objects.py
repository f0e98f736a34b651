"""Objects: what the bucket holds, folder by folder, and the beginning of each."""

from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from yarl import URL

from analytics_console.bounded_queries import ask, text
from analytics_console.pages import Model, Page
from analytics_console.refused import Refused
from analytics_console.views.bucket.previews import MOST_READ, Form, Preview, preview_of
from analytics_local_cloud.inside import Inside
from analytics_pipeline.object_names import object_uri, parse_object_name

_MOST_ENTRIES = 200
_CHUNK = 64 * 1024
_LISTED = "items(name,size,updated,contentType),prefixes,nextPageToken"
_FACTS = (
    *("size", "contentType", "contentEncoding", "timeCreated", "updated", "generation"),
    *("metageneration", "storageClass", "md5Hash", "crc32c"),
)
_ROWS = """
SELECT line, event_id, LEFT(event_type, 256) AS event_type, LEFT(player_id, 256) AS player_id,
  received_timestamp, inserted_timestamp, generation
FROM events_function
WHERE gcs_uri = @uri
ORDER BY line, inserted_timestamp
LIMIT 100
"""
_LETTERS = """
SELECT line, reason, LEFT(detail, 1000) AS detail, generation
FROM open_dead_letters
WHERE gcs_uri = @uri
ORDER BY line
LIMIT 100
"""
_AS_IT_IS: Mapping[str, str] = {"Accept-Encoding": "gzip"}  # else the storage undoes it


async def _read(inside: Inside, request: Request) -> Model:
    """Return a folder's entries, or with `?object=` what is known of that one."""
    query = request.query_params
    name, prefix = query.get("object", ""), query.get("prefix", "")
    where = name or prefix
    model = {"prefix": prefix, "object": name, "parts": _parts(where)}
    if name:
        return {**model, **await _one(inside, name, query.get("as", "pretty"))}
    listed = {"prefix": prefix, "delimiter": "/", "maxResults": _MOST_ENTRIES, "fields": _LISTED}
    if page := query.get("page"):
        listed["pageToken"] = page
    answer = await _get(inside, _objects(inside), listed)
    return {
        **model,
        "folders": answer.get("prefixes", ()),
        "objects": answer.get("items", ()),
        "next": answer.get("nextPageToken", ""),
    }


async def _one(inside: Inside, name: str, form: str) -> Model:
    """Return an object's metadata, its beginning, and what became of it in BigQuery."""
    if form not in get_args(Form):
        raise Refused(f"as: one of {', '.join(get_args(Form))}")
    resource = await _get(inside, _object(inside, name))
    uri = object_uri(inside.variables["BUCKET_NAME"], name)
    place = parse_object_name(name)
    has_rows = place is not None and place.data_type == "json"
    rows = await ask(inside, _ROWS, [text("uri", uri)]) if has_rows else None
    letters = await ask(inside, _LETTERS, [text("uri", uri)]) if has_rows else None
    return {
        "uri": uri,
        "size": int(resource["size"]),
        "properties": {key: resource[key] for key in _FACTS if key in resource},
        "metadata": resource.get("metadata", {}),
        "preview": await _preview(inside, resource, form),  # type: ignore[arg-type]
        "rows": rows and rows.rows,
        "letters": letters and letters.rows,
    }


async def _preview(inside: Inside, resource: Mapping[str, Any], form: Form) -> Preview:
    size = int(resource["size"])
    data = b""
    if size:
        async with _content(inside, resource, Range=f"bytes=0-{MOST_READ - 1}") as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise Refused(f"the storage answered {response.status}", response.status)
            data = await response.content.read(MOST_READ)
    return preview_of(data, size, form)


async def _download(inside: Inside, request: Request) -> Response:
    """Answer an object's bytes, as they are stored, as a file: never as a page of the console."""
    name = request.query_params.get("object", "")
    resource = await _get(inside, _object(inside, name))
    file_name = quote(name.rstrip("/").rpartition("/")[2] or "object", safe="")
    return StreamingResponse(
        _chunks(inside, resource),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{file_name}",
            "Content-Length": resource["size"],
        },
    )


async def _chunks(inside: Inside, resource: Mapping[str, Any]) -> AsyncIterator[bytes]:
    async with _content(inside, resource) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(_CHUNK):
            yield chunk


def _content(inside: Inside, resource: Mapping[str, Any], **headers: str) -> Any:  # noqa: ANN401 - aiohttp's
    """Return the request for the bytes of an object, of the version that was described."""
    query = urlencode({"alt": "media", "generation": resource["generation"]})
    return inside.session.get(
        URL(f"{_object(inside, resource['name'])}?{query}", encoded=True),
        headers={**_AS_IT_IS, **headers},
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(sock_read=60),
    )


async def _get(inside: Inside, url: str, query: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Return what the storage says; raises Refused with its words."""
    asked = URL(f"{url}?{urlencode(query or {})}", encoded=True)
    async with inside.session.get(asked) as response:
        body = await response.read()
    if response.status != HTTPStatus.OK:
        raise Refused(_words(body) or f"the storage answered {response.status}", response.status)
    return msgspec.json.decode(body)


def _words(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["error"]["message"])
    except (msgspec.DecodeError, UnicodeError, KeyError, TypeError):
        return ""


def _objects(inside: Inside) -> str:
    return f"{inside.own.storage}/storage/v1/b/{inside.variables['BUCKET_NAME']}/o"


def _object(inside: Inside, name: str) -> str:
    return f"{_objects(inside)}/{quote(name, safe='')}"


def _parts(name: str) -> Sequence[Mapping[str, str]]:
    """Return the folders that a name is in, each with its `key=value` apart and its `prefix`."""
    parts, prefix = [], ""
    for folder in name.split("/")[:-1]:
        prefix += f"{folder}/"
        key, equals, value = folder.rpartition("=")
        parts.append({"key": key + equals, "value": value, "prefix": prefix})
    return parts


OBJECTS = Page("objects", "Objects", _read, sources={"download": _download})
