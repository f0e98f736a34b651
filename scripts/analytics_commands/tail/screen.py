"""Lines on stdout: in colour and cut to its width on a terminal, whole elsewhere."""

import sys
from collections.abc import Callable
from datetime import datetime, tzinfo

from rich.console import Console

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.tail.lines import Line
from analytics_commands.tail.narrow_lines import heading, narrow_line
from analytics_pipeline.clock import now as utc_now

_GAP = "  "


class Screen:
    """Prints one line after the other on stdout, where `console` is, too; each at once.

    On a terminal the time is of `zone`, None for that of the machine, and labels are in every line,
    or above those that have the same.
    """

    def __init__(
        self,
        console: Console,
        *,
        as_json: bool,
        all_labels: bool = False,
        zone: tzinfo | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._console = console
        self._as_json = as_json
        self._all_labels = all_labels
        self._zone = zone
        self._clock = clock
        self._labels = ("", "")  # of the last line that had any

    def show(self, line: Line) -> None:
        """Print the line; raises BrokenPipeError once nobody reads."""
        if self._as_json:
            sys.stdout.buffer.write(line.json + b"\n")
            sys.stdout.buffer.flush()
        elif self._console.is_terminal:
            self._show_narrow(line)
        else:
            sys.stdout.write(_GAP.join(map(visible, line.columns)) + "\n")
            sys.stdout.flush()

    def _show_narrow(self, line: Line) -> None:
        width = self._console.width
        if not self._all_labels and any(line.labels) and line.labels != self._labels:
            self._labels = line.labels
            self._console.print(heading(line.labels, width), no_wrap=True)
        local = line.received.astimezone(self._zone)
        today = self._clock().astimezone(self._zone).date()
        text = narrow_line(line, width, local, today, with_labels=self._all_labels)
        self._console.print(text, no_wrap=True)
