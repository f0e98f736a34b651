"""json_text: JSON taken apart without touching its tokens."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.json_text import NotJson, TooDeep

LONE_SURROGATE = b'"\\ud800"'

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class TestCheckValue:
    @pytest.mark.parametrize(
        "text", [b"1", b' "x" ', b"null", b"[1,2]", b'{"a":1}', LONE_SURROGATE, b"1e400"]
    )
    def test_json(self, text):
        """One RFC 8259 value passes, whatever its kind."""
        json_text.check_value(text)

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"01",
            b"1.",
            b"[1,]",
            b"1 2",
            b"tru",
            b'"\x01"',
            b"{'a':1}",
            b'{"a"}',
            # the same defects where the slower way has to find them
            LONE_SURROGATE + b" 1",
            b"[NaN," + LONE_SURROGATE + b"]",
            b'{"a":' + LONE_SURROGATE + b",}",
        ],
    )
    def test_not_json(self, text):
        """Anything else is refused, also beside a lone surrogate."""
        with pytest.raises(NotJson):
            json_text.check_value(text)

    @pytest.mark.parametrize("first", [b"", LONE_SURROGATE + b","], ids=["fast", "exact"])
    def test_endless_nesting(self, first):
        """Nesting that no parser can follow is refused as too deep, not with a crash."""
        with pytest.raises(TooDeep):
            json_text.check_value(b"[" + first + b"[" * 100_000 + b"]" * 100_001)

    @given(st.binary(max_size=30))
    def test_agrees_with_the_standard_library(self, text):
        """What counts as JSON is what the standard library takes, but for NaN and Infinity."""
        try:
            source = text.decode()
            json.loads(source, parse_constant=lambda _: json.loads("x"))
            expected = True
        except UnicodeDecodeError:
            return
        except ValueError:
            expected = False

        assert expected == _is_json(text)


class TestSplitObject:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"{}", {}),
            (b'{"a":1.10}', {"a": b"1.10"}),
            (b'{"a":1E400, "b":-0}', {"a": b"1E400", "b": b"-0"}),
            (b'{"n":' + b"1" * 40 + b"}", {"n": b"1" * 40}),
            (b'{"n":' + b"1" * 5000 + b"}", {"n": b"1" * 5000}),
            (b'{"a":1,"a":2}', {"a": b"2"}),
            (b'{ "a" : [1, 2] , "b" : {"c": "d"} }', {"a": b"[1, 2]", "b": b'{"c": "d"}'}),
            (b'{"a":"\\u00e9\\n"}', {"a": b'"\\u00e9\\n"'}),
        ],
    )
    @pytest.mark.parametrize("surrogate", [False, True], ids=["fast", "exact"])
    def test_keeps_every_token(self, text, expected, surrogate):
        """Each value keeps its own text, whichever way it is split."""
        if surrogate:
            comma = b"," if expected else b""
            text = text.rstrip()[:-1] + comma + b'"s":' + LONE_SURROGATE + b"}"
            expected = {**expected, "s": LONE_SURROGATE}

        members = json_text.split_object(text)

        assert expected == {name: bytes(value) for name, value in members.items()}

    def test_not_an_object(self):
        """Another kind of value is refused."""
        for text in (b"[1]", b"[" + LONE_SURROGATE + b"]", b"1"):
            with pytest.raises(NotJson):
                json_text.split_object(text)

    @given(st.dictionaries(st.text(), json_values))
    def test_round_trip(self, event):
        """Joining what was split gives the same object on one line."""
        text = json.dumps(event, indent=1).encode()

        joined = json_text.join_object(json_text.split_object(text))

        assert b"\n" not in joined
        assert event == json.loads(joined)


class TestSplitArray:
    def test_elements(self):
        """Each element keeps its own text."""
        elements = json_text.split_array(b'[ 1.0 ,{"a": 2},"x"]')

        assert [b"1.0", b'{"a": 2}', b'"x"'] == [bytes(element) for element in elements]

    def test_elements_beside_a_lone_surrogate(self):
        """Each element keeps its own text on the exact way too."""
        elements = json_text.split_array(b" [ 1.0 , " + LONE_SURROGATE + b" , [ ] ] ")

        assert [b"1.0", LONE_SURROGATE, b"[ ]"] == [bytes(element) for element in elements]


class TestJoinObject:
    def test_name_with_a_lone_surrogate(self):
        """A name that UTF-8 cannot hold stays an escape."""
        assert b'{"\\udc00":1}' == json_text.join_object({"\udc00": Raw(b"1")})

    def test_line_breaks(self):
        """Line breaks between tokens become spaces; those inside strings are escapes anyway."""
        joined = json_text.join_object({"a": Raw(b'[1,\r\n"x\\n"]')})

        assert b'{"a":[1,  "x\\n"]}' == joined


class TestIsDeeperThan:
    @pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_limit(self, opening, closing):
        """Exactly the limit passes, one level more does not."""
        assert not json_text.is_deeper_than(30, opening * 30 + b"1" + closing * 30)
        assert json_text.is_deeper_than(30, opening * 31 + b"1" + closing * 31)

    def test_wide_is_not_deep(self):
        """Many brackets side by side, or inside strings, are not nesting."""
        wide = b"[" + b",".join([b'[{}, "]]\\"["]'] * 100) + b"]"

        assert not json_text.is_deeper_than(3, wide)
        assert json_text.is_deeper_than(2, wide)


def _is_json(text):
    try:
        json_text.check_value(text)
    except NotJson:
        return False
    return True
