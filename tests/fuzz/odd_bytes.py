"""Bodies as a hostile or a broken client sends them: JSON, almost JSON, gzip, almost gzip."""

import gzip
import json

from hypothesis import strategies as st

TOKENS = (
    *("-0", "1E400", "0.10", "9" * 40, "01", "NaN", "-Infinity", "tru", "null", '"', "'", "//"),
    *(r'"\ud800"', r'"\udc00\ud83d\ude00"', r'"\u0000"', r'"\\ud800"', r'"\u202e"', "\ufeff"),
    *("\0", "\r\n", "\n", "\r", "\v", "\u2028", "\xa0", ",", ":", "[", "]", "{", "}", "[" * 300),
    *('{"eventType":"a"}', '{"eventId":"abcdefgh","eventAttributes":{"a":[1]}}', '{"_raw":1}'),
    *('{"receivedTimestamp":1,"EVENT_ID":2,"envelopeWraps":"line"}', '{"":{"":[]}}', "[]", "{}"),
)
_NAMES = st.sampled_from(["eventType", "eventTimestamp", "eventAttributes", "batch_id", "a.b", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=9) | st.sampled_from([2**64, "\ud800", "2026-01-01", "{}"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(_NAMES | st.text(st.characters(), max_size=3), inner, max_size=4),
    max_leaves=9,
)  # fmt: skip
_EVENTS = st.dictionaries(_NAMES, VALUES, max_size=5)
_JSON = st.builds(json.dumps, VALUES | _EVENTS | st.lists(_EVENTS, max_size=4), indent=st.none())
_LINES = st.lists(_JSON | st.sampled_from(TOKENS), min_size=1, max_size=6).map("\n".join)
_PIECES = st.lists(st.sampled_from(TOKENS) | _JSON, min_size=1, max_size=8).map("".join)
TEXTS = (_JSON | _LINES | _PIECES).map(lambda text: text.encode(errors="surrogatepass"))


@st.composite
def spoilt(draw, contents):
    """Replace some bytes of what may have been good."""
    content = bytearray(draw(contents))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content)


_MEMBERS = st.lists(
    st.builds(gzip.compress, TEXTS | st.binary(max_size=99), mtime=st.just(0))
    | st.sampled_from([b"\0", b"\0" * 9, b"x"]),
    max_size=4,
).map(b"".join)
GZIP = spoilt(_MEMBERS.map(lambda members: members or gzip.compress(b"{}", mtime=0)))
BODIES = TEXTS | spoilt(TEXTS) | GZIP | st.binary(max_size=99)
