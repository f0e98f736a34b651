"""Listing objects: prefix, delimiter, pages (JSON API reference, Objects: list)."""

import base64
import binascii
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from analytics_local_cloud.storage.disk.blobs import Blobs
from analytics_local_cloud.storage.metadata import StoredObject
from analytics_local_cloud.storage.objects.buckets import find_bucket
from analytics_local_cloud.storage.objects.globs import compile_glob
from analytics_local_cloud.storage.objects.object_rows import scan_objects
from analytics_local_cloud.storage.storage_errors import Invalid, Unsupported

_MAX_PAGE = 1000
_SCHEME = "gs://"


@dataclass(frozen=True, slots=True)
class Listing:
    """What to list: names from `start` (inclusive) to `end` (exclusive) that begin with `prefix`.

    With a `delimiter`, names that have it after the prefix are rolled up into common prefixes;
    with `include_trailing`, what ends there is an object, too. `glob` has to match whole names.
    `token` continues after an earlier page; `limit` counts objects and prefixes.
    """

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    token: str = ""
    limit: int = _MAX_PAGE
    glob: str = ""
    include_trailing: bool = False


@dataclass(slots=True)
class Page:
    """Objects and common prefixes by name; `token` continues, None at the end."""

    objects: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    token: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object and the local file with its bytes, `size` of them."""

    uri: str
    path: Path
    size: int
    content_encoding: str | None


def list_objects(connection: sqlite3.Connection, bucket: str, listing: Listing) -> Page:
    """Return one page of a bucket's objects.

    Raises NoBucket, Invalid for the token or the glob, Unsupported for a glob over folders.
    """
    find_bucket(connection, bucket)
    if listing.glob and listing.delimiter:
        raise Unsupported("The local storage does not support matchGlob with a delimiter.")
    page = Page()
    cursor: str | None = max(listing.start, _decode_token(listing.token))
    while cursor is not None:
        cursor = _fill(connection, bucket, listing, cursor, page)
    return page


def _fill(
    connection: sqlite3.Connection, bucket: str, listing: Listing, cursor: str, page: Page
) -> str | None:
    """Add what follows `cursor`, up to and with one common prefix; returns where to go on."""
    limit = min(listing.limit or _MAX_PAGE, _MAX_PAGE)
    admits = compile_glob(listing.glob or "**").match
    for stored in scan_objects(connection, bucket, cursor, listing.prefix):
        if listing.end and stored.name >= listing.end:
            return None
        if not admits(stored.name):
            continue
        if len(page.objects) + len(page.prefixes) >= limit:
            page.token = base64.urlsafe_b64encode(stored.name.encode()).decode()
            return None
        common = _common_prefix(stored.name, listing)
        if common is None:
            page.objects.append(stored)
        else:
            page.prefixes.append(common)
            if listing.include_trailing and stored.name == common:
                page.objects.append(stored)
            return common[:-1] + chr(ord(common[-1]) + 1)
    return None


def _common_prefix(name: str, listing: Listing) -> str | None:
    if not listing.delimiter:
        return None
    found = name.find(listing.delimiter, len(listing.prefix))
    return None if found < 0 else name[: found + len(listing.delimiter)]


def _decode_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, UnicodeDecodeError) as exc:
        raise Invalid(f"Invalid page token: {token}") from exc


def expand(connection: sqlite3.Connection, blobs: Blobs, uri: str) -> list[StoredFile]:
    """Return the files of the objects that match `gs://bucket/name`, by name.

    The name may hold one `*`, which stands for any text, `/` included (BigQuery REST reference,
    sourceUris). Raises Invalid for anything else.
    """
    bucket, _, pattern = uri.removeprefix(_SCHEME).partition("/")
    if not uri.startswith(_SCHEME) or not pattern or "*" in bucket or pattern.count("*") > 1:
        raise Invalid(f"Not a Cloud Storage URI with at most one *: {uri}")
    prefix, star, suffix = pattern.partition("*")
    shortest = len(prefix) + len(suffix)
    return [
        StoredFile(
            uri=f"{_SCHEME}{bucket}/{stored.name}",
            path=blobs.path(stored.generation),
            size=stored.size,
            content_encoding=stored.content_encoding,
        )
        for stored in scan_objects(connection, bucket, "", prefix)
        if stored.name.endswith(suffix)
        and (len(stored.name) >= shortest if star else stored.name == pattern)
    ]
