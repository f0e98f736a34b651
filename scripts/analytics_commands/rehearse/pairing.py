"""Pure: what two revisions made of the lines of one object, side by side."""

import math
from collections.abc import Iterator
from itertools import chain

import msgspec

Pair = tuple[bytes | None, bytes | None]

_REST = math.inf


class _Place(msgspec.Struct):
    line: int | None = None


_read_place = msgspec.json.Decoder(_Place).decode


def pair(before: Iterator[bytes], now: Iterator[bytes]) -> Iterator[Pair]:
    """Yield what both made of each line, in order; None for one that has nothing of it.

    Outcomes are those of `row_worker`, encoded: one without a line stands for each line that only
    the other one has. Of an object in which neither has a line, both come once.
    """
    left, right = next(before, None), next(now, None)
    while left is not None and right is not None:
        left_line, right_line = (0.0, 0.0) if left == right else (_line(left), _line(right))
        if left_line < right_line:
            yield left, right if right_line == _REST else None
            left = next(before, None)
        elif left_line > right_line:
            yield left if left_line == _REST else None, right
            right = next(now, None)
        else:
            yield left, right
            left, right = next(before, None), next(now, None)
    yield from ((each, None) for each in _lines(left, before))
    yield from ((None, each) for each in _lines(right, now))


def _lines(first: bytes | None, others: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the outcomes of lines among those that are left."""
    if first is not None:
        yield from (each for each in chain([first], others) if _line(each) != _REST)


def _line(outcome: bytes) -> float:
    line = _read_place(outcome).line
    return _REST if line is None else line
