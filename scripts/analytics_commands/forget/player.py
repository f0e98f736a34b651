"""Pure: which lines of stored events are one player's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analytics_pipeline import json_text
from analytics_pipeline.json_text import TooDeep
from analytics_pipeline.load.column_values import read_string

_FIELDS = ("playerId", "player_id")
_WRAPS = "envelopeWraps"  # of a line in which ingest keeps what is no event
_BOM = b"\xef\xbb\xbf"
_EVENT_ID = re.compile(r"[0-9a-f]{32}/([0-9]+)")
_ESCAPED = frozenset('"\\/\b\f\n\r\t')  # may be written as an escape without a `u`
_QUOTE = rb'\\*"'  # in text within a string, quotes have backslashes before them
_SPACE = rb"(?:\s|\\+[nrt])*"


@dataclass(frozen=True, slots=True)
class TakenLine:
    """A player's line, counted from 0, and the position in its batch that its event id tells."""

    index: int
    position: int


@dataclass(frozen=True, slots=True)
class Parted:
    """A content without the player's lines. `mentions` counts lines left that hold the id."""

    content: bytes
    taken: Sequence[TakenLine]
    mentions: int


class Player:
    """One player, known by the value of `playerId` or `player_id`."""

    def __init__(self, player_id: str) -> None:
        """`player_id` is the string, or the text of a number exactly as it was sent."""
        self.id = player_id
        self._bytes = player_id.encode()
        # Without this no escape can stand for a character of the id.
        self.escape = "\\" if _ESCAPED & set(player_id) else "\\u"
        self._escape = self.escape.encode()
        self._field = _field_pattern(player_id)

    def is_mentioned(self, text: bytes) -> bool:
        """Whether the characters of the id occur, as they are."""
        return self._bytes in text

    def owns(self, line: bytes) -> bool:
        """Whether the line is an event of this player.

        A line that is no event is theirs if it holds such a field anywhere, escaped or not.
        """
        if not self._may_occur(line):
            return False
        try:
            line.decode()
            members = json_text.split_object(line.removeprefix(_BOM))
        except (UnicodeDecodeError, json_text.NotJson, TooDeep):
            return self._field.search(line) is not None
        values = [bytes(members[field]) for field in _FIELDS if field in members]
        if not values and _WRAPS in members:
            return self._field.search(line) is not None
        return any(read_string(value) == self.id for value in values)

    def part(self, content: bytes) -> Parted:
        """Take the player's lines out; every other byte stays."""
        if not self._may_occur(content):
            return Parted(content, (), 0)
        kept: list[bytes] = []
        taken: list[TakenLine] = []
        for index, line in enumerate(content.split(b"\n")):
            if self.owns(line):
                taken.append(TakenLine(index, _position_of(line, index)))
            else:
                kept.append(line)
        mentions = sum(map(self.is_mentioned, kept))
        return Parted(b"\n".join(kept) if taken else content, taken, mentions)

    def _may_occur(self, text: bytes) -> bool:
        """Whether the id can be in the text at all: the cheap test, which most texts end with."""
        return self._bytes in text or self._escape in text


def _position_of(line: bytes, index: int) -> int:
    """Return the position in the event's id, else the line's number."""
    try:
        event_id = read_string(bytes(json_text.split_object(line)["eventId"]))
    except (json_text.NotJson, TooDeep, KeyError):
        return index
    match = _EVENT_ID.fullmatch(event_id or "")
    return int(match[1]) if match else index


def _field_pattern(player_id: str) -> re.Pattern[bytes]:
    """Match a field with the id, in JSON that need not be whole, or be text within a string."""
    value = b"".join(map(_character_pattern, player_id))
    return re.compile(
        _QUOTE + rb"player(?:Id|_id)" + _QUOTE + _SPACE + b":" + _SPACE
        + b"(?:" + _QUOTE + value + _QUOTE + b"|" + value + rb"(?![\w.+\-]))"
    )  # fmt: skip


def _character_pattern(character: str) -> bytes:
    units = character.encode("utf-16-be").hex()
    escape = b"".join(
        rb"\\+u(?i:" + units[at : at + 4].encode() + b")" for at in range(0, len(units), 4)
    )
    backslashes = rb"\\*" if character in _ESCAPED else b""
    return b"(?:" + backslashes + re.escape(character.encode()) + b"|" + escape + b")"
