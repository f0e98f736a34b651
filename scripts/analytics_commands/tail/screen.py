"""Lines on stdout: in colour and cut to its width on a terminal, whole elsewhere."""

import sys

from rich.console import Console
from rich.text import Text

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.tail.lines import Line

_GAP = "  "
_STYLES = ("dim", "cyan", "blue", "dim", "bold", "", "green", "")


class Screen:
    """Prints one line after the other on stdout, where `console` is, too; each at once."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console = console
        self._as_json = as_json

    def show(self, line: Line) -> None:
        """Print the line; raises BrokenPipeError once nobody reads."""
        if self._as_json:
            if line.json is not None:
                sys.stdout.buffer.write(line.json + b"\n")
                sys.stdout.buffer.flush()
        elif self._console.is_terminal:
            self._console.print(self._shorten(line), no_wrap=True)
        else:
            sys.stdout.write(_GAP.join(map(visible, line.columns)) + "\n")
            sys.stdout.flush()

    def _shorten(self, line: Line) -> Text:
        width = self._console.width
        columns = (visible(column[:width]) for column in line.columns)
        text = Text(_GAP).join(map(Text, columns, _STYLES))
        text.truncate(width, overflow="ellipsis")
        return text
