"""Pure: lines that fit a terminal: what a person looks for comes first, and nothing hides the rest.

A line is a time and its texts, two spaces apart. Where it is too long, the texts before the last
one lose their middle, the longest first, until the last one has its share of the width.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zlib import crc32

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.tail.lines import Line
from analytics_pipeline.object_names import NO_SESSION

_GAP = "  "
_COLOURS = ("cyan", "green", "yellow", "blue", "magenta", "bright_cyan", "bright_green")
_REFUSED = "red"
_SHORTEST = 6  # characters that are left of a text
_SHARE = 2 / 5  # of the width, for the last text


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    style: str = ""
    is_whole: bool = False


def narrow_line(
    line: Line, width: int, labels: tuple[str, str] | None, local: datetime, today: date
) -> Text:
    """Return the line in at most `width` characters of a terminal.

    `labels` are shown unless they are None. `local` is when it was received, in the time zone of
    the person who looks; the day is shown unless it is `today`.
    """
    time = f"{local:%H:%M:%S}" if local.date() == today else f"{local:%m-%d %H:%M:%S}"
    number, name = line.facts
    first = [
        _Part(time, "dim", is_whole=True),
        _Part(line.what, f"bold {_colour_of(line)}"),
        _Part(f"#{number}" if line.is_event and number else number, is_whole=True),
        _Part(name, "" if line.is_event else "dim"),
        _Part("" if line.session == NO_SESSION else line.session, "dim"),
        _Part("/".join(labels) if labels else "", "blue"),
    ]
    shown = [replace(part, text=_printable(part.text, width)) for part in first if part.text]
    rest = visible(line.rest[:width])
    text = Text(_GAP).join(
        Text(part.text, part.style) for part in [*_fit(shown, rest, width), _Part(rest)]
    )
    text.truncate(width, overflow="ellipsis")
    return text


def _colour_of(line: Line) -> str:
    """Return the colour of lines of that type, always the same."""
    if not line.is_event and not any(line.labels):
        return _REFUSED
    return _COLOURS[crc32(line.what.encode(errors="replace")) % len(_COLOURS)]


def _printable(text: str, width: int) -> str:
    """Return the text as it may be printed; of a very long one, what may be seen of it."""
    return visible(text if len(text) <= 2 * width else text[:width] + text[-width:])


def _fit(parts: Sequence[_Part], rest: str, width: int) -> Sequence[_Part]:
    """Return the parts, shortened if the line would not fit the width."""
    lengths = [(cell_len(part.text), part.is_whole) for part in parts]
    gaps = len(_GAP) * len(parts)
    if sum(length for length, _ in lengths) + gaps + cell_len(rest) <= width:
        return parts
    room = width - gaps - min(cell_len(rest), int(width * _SHARE))
    longest = width
    while longest > _SHORTEST and room < sum(
        length if is_whole else min(length, longest) for length, is_whole in lengths
    ):
        longest -= 1
    return [
        part if part.is_whole else replace(part, text=_shorten(part.text, longest))
        for part in parts
    ]


def _shorten(text: str, length: int) -> str:
    """Return the text without its middle if it is longer: ids often begin, or end, alike."""
    if cell_len(text) <= length:
        return text
    last = (length - 1) // 2
    end = set_cell_size(text[::-1], last)[::-1]
    return f"{set_cell_size(text, length - 1 - last)}\N{HORIZONTAL ELLIPSIS}{end}"
