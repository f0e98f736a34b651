"""Pure: the beginning of an object as a person reads it: lines of JSON or text, or bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analytics_console.rendering import pretty
from analytics_pipeline.gunzip import MAGIC, CorruptGzip, Gunzip

MOST_READ = 64 * 1024  # of an object, and of what gzip makes of that
_MOST_LINES = 500
_MOST_DUMPED = 4096
_DUMPED_IN_LINE = 16
_MOST_GROWTH = 4  # of a line that is laid out; deep JSON would become megabytes of indentation

Form = Literal["pretty", "raw", "hex"]


@dataclass(frozen=True)
class Preview:
    """What an object begins with; `is_cut` says that more is in it.

    `form` is how it is shown: bytes that are no text are "hex", whatever was asked for.
    """

    form: Form
    lines: Sequence[str]
    is_gzip: bool
    is_cut: bool


def preview_of(data: bytes, size: int, form: Form) -> Preview:
    """Return the preview of an object of `size` bytes, of which `data` are the first."""
    decoded = _decoded(data) if data.startswith(MAGIC) else b""
    is_gzip = bool(decoded)
    content = decoded or data
    is_cut = len(data) < size or len(content) > MOST_READ
    content = content[:MOST_READ]
    text = None if form == "hex" else _text(content, is_cut=is_cut)
    if text is None:
        lines = _dump(content[:_MOST_DUMPED])
        return Preview("hex", lines, is_gzip, is_cut or len(content) > _MOST_DUMPED)
    lines = text.removesuffix("\n").split("\n") if text else []
    is_cut = is_cut or len(lines) > _MOST_LINES
    lines = lines[:_MOST_LINES]
    return Preview(
        form, [_laid_out(line) for line in lines] if form == "pretty" else lines, is_gzip, is_cut
    )


def _decoded(data: bytes) -> bytes:
    """Return what the beginning of gzip begins with, a piece more than is shown at most."""
    content = b""
    try:
        for piece in Gunzip().decode(data):
            content += piece
            if len(content) > MOST_READ:
                break
    except CorruptGzip:
        pass  # what came before is what there is to see, else the bytes as they are
    return content


def _text(content: bytes, *, is_cut: bool) -> str | None:
    """Return bytes as text, without a character that was cut; None where they are none."""
    try:
        text = content.decode()
    except UnicodeDecodeError as exc:
        if not is_cut or exc.reason != "unexpected end of data":
            return None
        text = content[: exc.start].decode()
    return None if "\0" in text else text


def _laid_out(line: str) -> str:
    text = pretty(line)
    return text if len(text) <= _MOST_GROWTH * len(line) + 1000 else line


def _dump(content: bytes) -> list[str]:
    """Return lines of offset, bytes, and those of them that are ASCII."""
    lines = []
    for at in range(0, len(content), _DUMPED_IN_LINE):
        part = content[at : at + _DUMPED_IN_LINE]
        ascii_text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)  # noqa: PLR2004
        lines.append(f"{at:08x}  {part.hex(' '):<{3 * _DUMPED_IN_LINE}} {ascii_text}")
    return lines
