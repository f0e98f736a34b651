"""Pure: the id that a client gives an event, so that its copies in other batches are shown once.

No id of ours is one: those hold a slash.
"""

import re
from collections.abc import Mapping

import msgspec
from msgspec import Raw

_OWN_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
_STRING = msgspec.json.Decoder(str)


def read_own_id(event_id: Raw | None, members: Mapping[str, Raw]) -> str | None:
    """Return what identifies the event: the client's `eventId`, else its `messageId`.

    One counts that is a string of 8 to 128 of A-Z a-z 0-9 . _ : -
    """
    for value in (event_id, members.get("messageId")):
        if value is not None and (own := _read(value)):
            return own
    return None


def _read(value: Raw) -> str | None:
    try:
        text = _STRING.decode(value)
    except msgspec.DecodeError:  # no string, or one with a lone surrogate
        return None
    return text if _OWN_ID.fullmatch(text) else None
