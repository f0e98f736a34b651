"""The beginning of an object, as it is shown."""

import gzip
import json

import pytest

from analytics_console.views.bucket.previews import MOST_READ, preview_of


def shown(data, form="pretty"):
    """Return the preview of an object of which the first bytes were read."""
    return preview_of(data[:MOST_READ], len(data), form)


def test_lines_of_json_are_laid_out():
    """Each line is an event, over several lines, with every number as it is stored."""
    preview = shown(b'{"a":1.10}\n[1e400]\nno json\n')

    assert ['{\n  "a": 1.10\n}', "[\n  1e400\n]", "no json"] == preview.lines
    assert not preview.is_cut


def test_raw_lines():
    """Raw is what is stored, line by line."""
    assert ['{"a":1.10}', "", "x"] == shown(b'{"a":1.10}\n\nx', "raw").lines


def test_nothing():
    """An empty object has no lines."""
    assert [] == shown(b"").lines


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", b"\xc3"])
def test_bytes_that_are_no_text(data):
    """What is no text is bytes in hex, whatever was asked for."""
    preview = shown(data, "raw")

    assert "hex" == preview.form
    assert preview.lines[0].startswith(f"00000000  {data.hex(' ')} ")


def test_hex_shows_what_is_ascii():
    """A line has sixteen bytes, its offset before it, and its letters behind."""
    expected = "00000010  71 72 0a                                         qr."

    assert expected == shown(b"abcdefghijklmnopqr\n", "hex").lines[1]


def test_character_across_the_end_of_what_is_read():
    """A character of several bytes that is cut does not make bytes of a text."""
    preview = shown(b"x" * (MOST_READ - 1) + "ü".encode() + b"y")

    assert ("pretty", True) == (preview.form, preview.is_cut)
    assert ["x" * (MOST_READ - 1)] == preview.lines


def test_gzip_is_decoded():
    """An object that is gzip by its first bytes is shown as what was packed."""
    preview = shown(gzip.compress(b'{"a":1}\n', mtime=0), "raw")

    assert (['{"a":1}'], True, False) == (preview.lines, preview.is_gzip, preview.is_cut)


def test_gzip_bomb():
    """Of what gzip makes of a few bytes no more is shown than of any object."""
    preview = shown(gzip.compress(b"x" * 50_000_000, mtime=0), "raw")

    assert ["x" * MOST_READ] == preview.lines
    assert preview.is_cut


def test_broken_gzip():
    """What could be decoded before gzip breaks is shown, without any of it the bytes."""
    packed = gzip.compress(b"some text", mtime=0)

    assert ["some text"] == shown(packed[:-8], "raw").lines
    assert "hex" == shown(packed[:10] + b"\xff\xff\xff", "raw").form


def test_deep_json_stays_on_its_line():
    """Indentation never makes megabytes of an event."""
    line = json.dumps([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[list(range(9000))]]]]]]]]]]]]]]]]]]]]]]]]]]]]]])
    deeper = "[" * 30_000 + "]" * 30_000

    assert [line] == shown(line.encode()).lines
    assert [deeper] == shown(deeper.encode()).lines


def test_many_lines():
    """Of very many lines the first are shown, and that there are more."""
    preview = shown(b"{}\n" * 1000)

    assert (["{}"] * 500, True) == (preview.lines, preview.is_cut)
