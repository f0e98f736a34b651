"""The figures beside those of an earlier run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import TextWrapper

from analytics_commands.foundation.terminal.output import visible
from analytics_commands.scale_test.report.figures import Figures
from analytics_commands.scale_test.report.report_data import ReportData
from analytics_commands.scale_test.report.texts import Shown, list_figures

_INDENTED = TextWrapper(width=80, initial_indent="  ", subsequent_indent="    ")


@dataclass(frozen=True)
class Change:
    """One figure now and before."""

    now: Shown
    before: Shown

    @property
    def percent(self) -> str:
        """How much it changed, nothing where that is no part of what it was."""
        if not self.before.value or self.now.value is None:
            return ""
        return f"{(self.now.value / self.before.value - 1) * 100:+,.1f} %"


def compare(figures: Figures, earlier: ReportData) -> Iterator[Change]:
    """Yield the figures that both runs have, but for what was nothing both times."""
    for shown in list_figures(figures):
        before = earlier.values.get(shown.name)
        if shown.value is not None and before is not None and (shown.value or before):
            yield Change(shown, replace(shown, value=before))


def describe_comparison(figures: Figures, earlier: ReportData) -> list[str]:
    """Return lines for a terminal."""
    rows = [("", "now", "before", "change")]
    rows += [(c.now.title, c.now.text, c.before.text, c.percent) for c in compare(figures, earlier)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    about = (f"{earlier.run}, {earlier.started}", earlier.load, earlier.machine)
    return [
        "compared with:",
        *(line for text in about for line in _INDENTED.wrap(visible(text))),
        *("  ".join(_padded(row, widths)).rstrip() for row in rows),
    ]


def _padded(row: tuple[str, ...], widths: list[int]) -> Iterator[str]:
    """Yield the title, then the numbers, right-aligned."""
    yield row[0].ljust(widths[0])
    for text, width in zip(row[1:], widths[1:], strict=True):
        yield text.rjust(width)
