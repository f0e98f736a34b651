"""Pure: a chart as lines of a terminal, at most 80 columns wide."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from analytics_commands.query.charts.chart import Chart, Number, shown

WIDTH = 80
_LONGEST_NAME = 30
_LEAST_CELL = 8  # columns of a number in a heat map
_EIGHTHS, _SHADES = "▁▂▃▄▅▆▇█", " ░▒▓█"
_ASCII_EIGHTHS, _ASCII_SHADES = "_.:-=+*#", " .:*#"


def draw(chart: Chart, encoding: str) -> Iterator[str]:
    """Yield the lines, of characters that the encoding has."""
    is_rich = _can_encode(_EIGHTHS + _SHADES, encoding)
    if chart.heat:
        return _draw_heat(chart, _SHADES if is_rich else _ASCII_SHADES)
    if chart.is_time:
        return _draw_lines(chart, _EIGHTHS if is_rich else _ASCII_EIGHTHS)
    return _draw_bars(chart, "█" if is_rich else "#")


def _draw_lines(chart: Chart, marks: str) -> Iterator[str]:
    """Yield a line for each series, each panel from 0 to the highest value of its own."""
    lines = [
        (f"{panel.title} {name}".strip(), panel.highest, values)
        for panel in chart.panels
        for name, values in panel.series.items()
    ]
    width = _name_width([title for title, *_ in lines])
    room = WIDTH - width - max(len(_last(values)) for *_, values in lines) - 2
    labels = chart.labels[-room:]
    yield f"{labels[0]} to {labels[-1]}"
    for title, highest, values in lines:
        line = "".join(_mark(value, highest, marks) for value in values[-room:])
        yield f"{set_cell_size(title, width)} {line} {_last(values)}".rstrip()


def _draw_bars(chart: Chart, block: str) -> Iterator[str]:
    """Yield a bar for each label, of the first panel."""
    panel = chart.panels[0]
    (values,) = panel.series.values()
    width = _name_width(chart.labels)
    room = WIDTH - width - max(len(shown(value)) for value in values) - 2
    yield set_cell_size(panel.title, min(cell_len(panel.title), WIDTH))
    for label, value in zip(chart.labels, values, strict=True):
        bar = block * round(room * _share(value, panel.highest))
        yield f"{set_cell_size(label, width)} {bar} {shown(value)}".rstrip()


def _draw_heat(chart: Chart, shades: str) -> Iterator[str]:
    """Yield a row for each label: what is no heat as numbers, what is shaded by its height."""
    width = _name_width(chart.labels)
    values = (value for panel in chart.panels for value in panel.series[""])
    cell = max(_LEAST_CELL, *(len(shown(value)) + 3 for value in values))
    panels = chart.panels[: (WIDTH - width) // cell]
    yield " " * width + "".join(f" {panel.title[: cell - 1]:>{cell - 1}}" for panel in panels)
    highest = max(panel.highest for panel in chart.panels if panel.title in chart.heat)
    for row, label in enumerate(chart.labels):
        line = set_cell_size(label, width)
        for panel in panels:
            value = panel.series[""][row]
            mark = _mark(value, highest, shades) if panel.title in chart.heat else " "
            line += f" {mark}{shown(value):>{cell - 2}}"
        yield line.rstrip()


def _mark(value: Number, highest: float, marks: str) -> str:
    """Return the mark for a value; a space for None."""
    if value is None:
        return " "
    return marks[min(int(_share(value, highest) * len(marks)), len(marks) - 1)]


def _share(value: Number, highest: float) -> float:
    return max(value or 0, 0) / highest if highest else 0


def _last(values: Sequence[Number]) -> str:
    known = [value for value in values if value is not None]
    return f"{shown(known[-1])} (at most {shown(max(known))})" if known else ""


def _name_width(names: Sequence[str]) -> int:
    return min(max(map(cell_len, names)), _LONGEST_NAME)


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
