"""Pure: a picture of a page with 256 colours at most, as PNG: a third of what browsers write."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_COLOURS = 256
_CHANNELS = {2: 3, 6: 4}  # bytes of a pixel, by the colour type: with and without transparency
_SUB, _UP, _AVERAGE = 1, 2, 3  # and 4, Paeth's, the last of PNG's filters
Rows = list[list[bytes]]


def shrink_png(picture: bytes) -> bytes:
    """Return the same picture in its most frequent colours; the others become the nearest."""
    rows = read_png(picture)
    counted = Counter(pixel for row in rows for pixel in row)
    palette = [colour for colour, _ in counted.most_common(_MOST_COLOURS)]
    places = {colour: _nearest(colour, palette) for colour in counted}
    lines = b"".join(b"\0" + bytes(places[pixel] for pixel in row) for row in rows)
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    chunks = {b"IHDR": header, b"PLTE": b"".join(palette), b"IDAT": zlib.compress(lines, 9)}
    return _SIGNATURE + b"".join(map(_chunk, chunks, chunks.values())) + _chunk(b"IEND", b"")


def read_png(picture: bytes) -> Rows:
    """Return the rows of a PNG, as browsers write it, each pixel as red, green and blue."""
    chunks = list(_read_chunks(picture))
    width, height, _, kind = struct.unpack(">IIBB", chunks[0][1][:10])
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    pixel = _CHANNELS[kind]
    stride = width * pixel
    line, rows = bytearray(stride), []
    for start in range(0, height * (stride + 1), stride + 1):
        line = _unfilter(data[start], data[start + 1 : start + 1 + stride], line, pixel)
        rows.append([bytes(line[at : at + 3]) for at in range(0, stride, pixel)])
    return rows


def _unfilter(kind: int, filtered: bytes, above: bytearray, pixel: int) -> bytearray:
    """Return a line of bytes: of each, the guess of the filter was taken away."""
    if not kind:
        return bytearray(filtered)
    line = bytearray(filtered)
    for at, byte in enumerate(filtered):
        left, corner = (line[at - pixel], above[at - pixel]) if at >= pixel else (0, 0)
        guess = _guess(kind, left, above[at], corner)
        line[at] = (byte + guess) & 0xFF
    return line


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == _SUB:
        return left
    if kind == _UP:
        return up
    if kind == _AVERAGE:
        return (left + up) // 2
    near = left + up - corner
    return min((left, up, corner), key=lambda each: abs(near - each))


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    """Return the place of the colour in a palette that differs least."""

    def distance(place: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[place], strict=True))

    return min(range(len(palette)), key=distance)


def _read_chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
