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
_OF_TYPE = 16
_WHOLE = 1000  # of what is not shortened
_SHORTEST = 8  # characters that are left of a text
_SHARE = 2 / 5  # of the width, for the last text


@dataclass(frozen=True, slots=True)
class _Part:
    """A text that may be shortened to `least` characters."""

    text: str
    style: str = ""
    least: int = _SHORTEST


def heading(labels: tuple[str, str], width: int) -> Text:
    """Return what stands above lines with these labels, in at most `width` characters."""
    text = Text(_printable("/".join(labels), width), "blue underline")
    text.truncate(width, overflow="ellipsis")
    return text


def narrow_line(
    line: Line, width: int, local: datetime, today: date, *, with_labels: bool = False
) -> Text:
    """Return the line in at most `width` characters of a terminal.

    `local` is when it was received, in the time zone of the person who looks; the day is shown
    unless it is `today`.
    """
    first = [
        replace(part, text=_printable(part.text, width))
        for part in _beginning(line, local, today, with_labels=with_labels)
        if part.text
    ]
    rest = visible(line.rest[:width]) if line.is_event else _printable(line.rest, width)
    fitted = _fit(first, rest, width)
    if not line.is_event:  # a URI, which begins as others do
        used = sum(cell_len(part.text + _GAP) for part in fitted)
        rest = _shorten(rest, max(width - used, _SHORTEST))
    text = Text(_GAP).join(Text(part.text, part.style) for part in [*fitted, _Part(rest)])
    text.truncate(width, overflow="ellipsis")
    return text


def _beginning(line: Line, local: datetime, today: date, *, with_labels: bool) -> Sequence[_Part]:
    """Return what stands before the attributes, or empty texts."""
    time = f"{local:%H:%M:%S}" if local.date() == today else f"{local:%m-%d %H:%M:%S}"
    number, name = line.facts
    return [
        _Part(time, "dim", _WHOLE),
        _Part(line.what, f"bold {_colour_of(line)}", _OF_TYPE),
        _Part(f"#{number}" if line.is_event and number else number, least=_WHOLE),
        _Part(name, least=_SHORTEST if line.is_event else _WHOLE),
        _Part("" if line.session == NO_SESSION else line.session, "dim"),
        _Part("/".join(line.labels) if with_labels and any(line.labels) else "", "blue"),
    ]


def _colour_of(line: Line) -> str:
    """Return the colour of lines of that type, always the same."""
    if not line.is_event and not any(line.labels):
        return _REFUSED
    return _COLOURS[crc32(line.what.encode(errors="replace")) % len(_COLOURS)]


def _printable(text: str, width: int) -> str:
    """Return the text as it may be printed; of a very long one, what may be seen of it."""
    return visible(text if len(text) <= 2 * width else text[:width] + text[-width:])


def _fit(parts: Sequence[_Part], rest: str, width: int) -> Sequence[_Part]:
    """Return the parts, the longest shortened as far as the rest needs their room."""
    room = width - len(_GAP) * len(parts) - min(cell_len(rest), int(width * _SHARE))
    lengths = [(cell_len(part.text), part.least) for part in parts]
    longest = width
    while longest > _SHORTEST and room < sum(
        min(length, max(longest, least)) for length, least in lengths
    ):
        longest -= 1
    return [replace(part, text=_shorten(part.text, max(longest, part.least))) for part in parts]


def _shorten(text: str, length: int) -> str:
    """Return the text without its middle if it is longer: ids often begin, or end, alike."""
    if cell_len(text) <= length:
        return text
    last = (length - 1) // 2
    end = set_cell_size(text[::-1], last)[::-1]
    return f"{set_cell_size(text, length - 1 - last)}\N{HORIZONTAL ELLIPSIS}{end}"
