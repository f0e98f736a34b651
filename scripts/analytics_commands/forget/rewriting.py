"""Writes an object again without a player's lines, unless somebody else changed it meanwhile."""

import gzip
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from hashlib import md5

import requests
from google.api_core.exceptions import GoogleAPIError, PreconditionFailed
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from analytics_commands.forget.parts import Outcome, Part
from analytics_commands.forget.player import Parted, Player
from analytics_commands.forget.reading import Contents, Decoded
from analytics_commands.forget.searching import SearchedObject
from analytics_pipeline.errors import TransientError
from analytics_pipeline.load.failures import ObjectGone
from analytics_pipeline.stored_objects import (
    FORGOTTEN_COUNT,
    REWRITTEN_AT,
    REWRITTEN_FROM,
    StoredObject,
)

KIND = "lines of objects"
_KEPT_FIELDS = (
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "custom_time",
)


class Rewriter:
    """Takes one player out of objects of a bucket; `clock` returns the time in UTC."""

    def __init__(
        self,
        bucket: storage.Bucket,
        contents: Contents,
        player: Player,
        clock: Callable[[], datetime],
    ) -> None:
        self._bucket = bucket
        self._contents = contents
        self._player = player
        self._clock = clock

    def rewrite(self, searched: SearchedObject) -> Part:
        """Rewrite an object at exactly the generation that was searched.

        One of which nothing remains stays as an empty object: its name and its counts are what an
        audit compares. A failure is an outcome, not an error.
        """
        stored = searched.stored
        try:
            self._write(stored, self._contents.read(stored))
        except (ObjectGone, PreconditionFailed):
            problem = "it was changed or deleted meanwhile: run it again"
        except (TransientError, GoogleAPIError, GoogleAuthError, requests.RequestException) as exc:
            problem = " ".join(str(exc).split())
        else:
            return Part(KIND, stored.ref.uri, searched.lines, Outcome.DELETED)
        return Part(KIND, stored.ref.uri, searched.lines, Outcome.FAILED, problem)

    def _write(self, stored: StoredObject, decoded: Decoded) -> None:
        parted = self._player.part(decoded.content)
        generation = int(stored.ref.generation)
        old = self._bucket.get_blob(stored.ref.name, generation=generation)
        if old is None:
            raise ObjectGone(stored.ref.uri)
        new = self._bucket.blob(stored.ref.name)
        for name in _KEPT_FIELDS:
            value = getattr(old, name)
            if value is not None:
                setattr(new, name, value)
        new.metadata = new_metadata(stored, parted, self._clock())
        content = parted.content
        if decoded.is_gzip:
            content = gzip.compress(content, mtime=0)
        new.upload_from_string(
            content, content_type=old.content_type, if_generation_match=generation
        )


def new_metadata(stored: StoredObject, parted: Parted, now: datetime) -> dict[str, str]:
    """Return the metadata of a rewritten object: what it had, corrected."""
    taken = len(parted.taken)
    left = sum(1 for line in parted.content.split(b"\n") if line.strip())
    count = left if stored.event_count is None else max(0, stored.event_count - taken)
    digest = md5(parted.content, usedforsecurity=False).digest()
    known = dict(stored.metadata)
    if stored.own_received is None:  # it is created anew now
        known["received_timestamp"] = f"{stored.created.timestamp():.6f}"
    if not stored.is_rewritten:  # else it says so itself, or nobody knows
        known[REWRITTEN_FROM] = stored.ref.generation
    return {
        **known,
        "event_count": str(count),
        "content_md5": b64encode(digest).decode(),
        FORGOTTEN_COUNT: str(stored.forgotten_count + taken),
        REWRITTEN_AT: now.isoformat(timespec="seconds"),
    }
