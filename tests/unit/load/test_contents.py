"""contents: one grammar for what is in an object, whoever wrote it."""

import gzip
from functools import partial

import pytest
from fakes import FakeStore
from stored import make_stored

from analytics_pipeline.load import contents
from analytics_pipeline.load.contents import Content, Line, memory_of, open_content
from analytics_pipeline.load.failures import PermanentLoadError

BOM = b"\xef\xbb\xbf"


def lines(raw, **metadata):
    """Return number and payload of the lines in an object's bytes."""
    return [(line.number, line.payload) for line in Content(make_stored(**metadata), raw).lines()]


@pytest.mark.parametrize("encode", [bytes, partial(gzip.compress, mtime=0)], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [(1, b"a")]),
        (b"a\n", [(1, b"a")]),
        (b"a\r\nb\r\n", [(1, b"a"), (2, b"b")]),
        (b"a\r\r\n", [(1, b"a\r")]),
        (b"a\rb\n", [(1, b"a\rb")]),
        (b"\n \t\r\n\na\n\n", [(4, b"a")]),
        (BOM + b"a\nb", [(1, b"a"), (2, b"b")]),
        (BOM + BOM + b"a", [(1, BOM + b"a")]),
        (b"a\n" + BOM + b"b", [(1, b"a"), (2, BOM + b"b")]),
        (BOM + b"\na", [(2, b"a")]),
        (b"a\x0bb\x0c\x85\xe2\x80\xa8c\n", [(1, b"a\x0bb\x0c\x85\xe2\x80\xa8c")]),
        (b"\xff\n\xfe", [(1, b"\xff"), (2, b"\xfe")]),
        (b"\x0b\n\x0c", [(1, b"\x0b"), (2, b"\x0c")]),
    ],
    ids=repr,
)
def test_grammar(encode, content, expected):
    """Lines are told apart the same way, compressed or not, however the object is labelled."""
    assert expected == lines(encode(content))
    assert expected == lines(encode(content), encoding="gzip")


def test_members():
    """Gzip may have several members, and padding after the last."""
    raw = gzip.compress(b"a\nb", mtime=0) + gzip.compress(b"c\n", mtime=0) + bytes(512)

    assert [(1, b"a"), (2, b"bc")] == lines(raw)


@pytest.mark.parametrize("encode", [bytes, partial(gzip.compress, mtime=0)], ids=["plain", "gzip"])
def test_long_line(monkeypatch, encode):
    """Of a line that is too long its beginning is kept, and the next line is found."""
    monkeypatch.setattr(contents, "MAX_LINE_BYTES", 600_000)
    monkeypatch.setattr(contents, "_HEAD_BYTES", 5)
    raw = encode(b"x" * 600_000 + b"\n" + b"y" * 1_500_000 + b"\nz\n" + b"w" * 600_001)

    first, *rest = Content(make_stored(), raw).lines()

    assert (600_000, False) == (len(first.payload), first.is_cut)
    assert [Line(2, b"yyyyy", True), Line(3, b"z"), Line(4, b"wwwww", True)] == rest


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "compress"])
def test_encoding(encoding):
    """An encoding that no reader knows is for ever."""
    with pytest.raises(PermanentLoadError, match="unsupported_encoding"):
        open_content(FakeStore(), make_stored(encoding=encoding))


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "GZIP", "x-gzip", " gzip "])
def test_known_encoding(encoding):
    """Names of encodings are taken in any letter case; what the bytes are decides."""
    store, stored = FakeStore(), make_stored(encoding=encoding)
    store.contents[stored.ref] = gzip.compress(b"a", mtime=0)

    assert [Line(1, b"a")] == list(open_content(store, stored).lines())


@pytest.mark.parametrize("raw", [gzip.compress(b"a", mtime=0)[:-1], b"\x1f\x8bno gzip"])
def test_corrupt(raw):
    """What begins as gzip and is none, or is cut short, is for ever."""
    with pytest.raises(PermanentLoadError, match="corrupt_gzip"):
        lines(raw)


@pytest.mark.parametrize("recorded", ["AAAA", "no base64!", "ж", "", "A" * 5000])
def test_unreadable_digest(recorded):
    """A digest that is none says nothing."""
    assert [(1, b"a")] == lines(b"a", content_md5=recorded)


def test_memory():
    """What an object may take grows with its bytes, up to what is made of it at a time."""
    small, large = (memory_of(make_stored(size=size)) for size in (100, 64_000_000))

    assert (200_100, 104_000_000) == (small, large)
