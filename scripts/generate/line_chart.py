"""Lines over two logarithmic axes, as SVG that needs no program to be drawn again."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 130, 40, 50
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")  # told apart by colour-blind
_STYLE = (
    "text{font:13px sans-serif;fill:#57606a}.t{font-weight:bold}"
    ".g{stroke:#8c959f;stroke-opacity:.3}path{fill:none;stroke-width:2}"
)


@dataclass(frozen=True)
class Line:
    """A named line through points, both of whose numbers are above 0."""

    name: str
    points: Sequence[tuple[float, float]]


def draw_chart(title: str, x_title: str, lines: Sequence[Line]) -> str:
    """Return the picture; both axes have a mark at every power of ten."""
    xs, ys = zip(*(point for line in lines for point in line.points), strict=True)
    across = _Axis.around(xs, _LEFT, _WIDTH - _RIGHT)
    upwards = _Axis.around(ys, _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)} over {escape(x_title)}</title><style>{_STYLE}</style>",
        _text(_LEFT, _TOP - 18, title, css="t"),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, x_title, anchor="middle"),
        *_grid(across, upwards),
    ]
    for line, colour in zip(lines, _COLOURS, strict=False):
        places = [(across.place(x), upwards.place(y)) for x, y in line.points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path stroke="{colour}" d="M{path}"/>')
        parts.append(_text(places[-1][0] + 8, places[-1][1] + 4, line.name))
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True)
class _Axis:
    """Powers of ten from `first` to `last`, drawn from `start` to `end`."""

    first: int
    last: int
    start: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        return cls(first, max(last, first + 1), start, end)

    def place(self, value: float) -> float:
        share = (math.log10(value) - self.first) / (self.last - self.first)
        return self.start + share * (self.end - self.start)

    def marks(self) -> Iterator[tuple[float, str]]:
        for power in range(self.first, self.last + 1):
            yield self.place(10.0**power), f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def _grid(across: _Axis, upwards: _Axis) -> Iterator[str]:
    for x, mark in across.marks():
        yield f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{upwards.end}" y2="{upwards.start}"/>'
        yield _text(x, upwards.start + 18, mark, anchor="middle")
    for y, mark in upwards.marks():
        yield f'<line class="g" x1="{across.start}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(across.start - 8, y + 4, mark, anchor="end")


def _text(x: float, y: float, text: str, *, css: str = "", anchor: str = "start") -> str:
    of_class = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{of_class}>{escape(text)}</text>'
