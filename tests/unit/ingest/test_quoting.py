"""quoting: text of any kind as a JSON string."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_pipeline.ingest.quoting import is_utf8, quote, quote_json
from analytics_pipeline.ingest.refusals import BodyTooLarge

WINDOW = 64 * 1024


class TestIsUtf8:
    @pytest.mark.parametrize("text", [b"", b"x", "é€😀".encode(), "€".encode() * WINDOW])
    def test_utf8(self, text):
        """Any UTF-8 is, wherever a character falls."""
        assert is_utf8(text)

    @pytest.mark.parametrize("text", [b"\xff", "€".encode()[:2], "€".encode() * WINDOW + b"\xe2"])
    def test_anything_else(self, text):
        """A wrong byte, or a character cut short, is not."""
        assert not is_utf8(text)

    def test_memory(self):
        """One emoji in a long text does not make it four times as long."""
        text = b"x" * 3_000_000 + "😀".encode()
        tracemalloc.start()
        try:
            assert is_utf8(text)
            assert tracemalloc.get_traced_memory()[1] < len(text) // 4
        finally:
            tracemalloc.stop()


class TestQuote:
    @given(st.binary(max_size=30), st.integers(min_value=0, max_value=20))
    def test_any_bytes(self, text, before):
        """The string means the text, with U+FFFD for what is not UTF-8, wherever a window ends."""
        long = b"x" * (WINDOW - before) + text

        assert text.decode(errors="replace") == json.loads(quote(text, 10**6))
        assert long.decode(errors="replace") == json.loads(quote(long, 10**6))

    def test_size(self):
        """A string as long as the limit passes; beyond it nothing is built."""
        text = b"\x01" * 1_000_000
        assert 6_000_002 == len(quote(text, 6_000_002))

        tracemalloc.start()
        try:
            with pytest.raises(BodyTooLarge):
                quote(text, 1_000_000)
            assert tracemalloc.get_traced_memory()[1] < 4_000_000
        finally:
            tracemalloc.stop()


class TestQuoteJson:
    @given(
        st.recursive(
            st.none() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ),
        st.integers(min_value=0, max_value=20),
        st.sampled_from([None, "\t", 1]),
    )
    def test_any_value(self, value, before, indent):
        """The string is the one that `quote` makes, wherever a window ends."""
        for ensure_ascii in (True, False):
            text = json.dumps(value, indent=indent, ensure_ascii=ensure_ascii).encode()
            long = b"[%b]\r\n" % text.rjust(WINDOW - before)

            assert quote(text, 10**6) == quote_json(text, 10**6)
            assert quote(long, 10**6) == quote_json(long, 10**6)

    def test_size(self):
        """A string as long as the limit passes; beyond it nothing is built."""
        text = b'"%b"' % (b'\\"' * 1_000_000)
        assert 4_000_006 == len(quote_json(text, 4_000_006))

        tracemalloc.start()
        try:
            with pytest.raises(BodyTooLarge):
                quote_json(text, 1_000_000)
            assert tracemalloc.get_traced_memory()[1] < 4_000_000
        finally:
            tracemalloc.stop()
