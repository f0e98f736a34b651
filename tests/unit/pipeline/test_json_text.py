"""json_text: JSON taken apart without touching its tokens."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from analytics_pipeline import json_text
from analytics_pipeline.json_text import NotJson, Shape, TooDeep

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
            # the same defects beside a lone surrogate, which is marked first
            LONE_SURROGATE + b" 1",
            b"[NaN," + LONE_SURROGATE + b"]",
            b'{"a":' + LONE_SURROGATE + b",}",
        ],
    )
    def test_not_json(self, text):
        """Anything else is refused, also beside a lone surrogate."""
        with pytest.raises(NotJson):
            json_text.check_value(text)

    @pytest.mark.parametrize("first", [b"", LONE_SURROGATE + b","], ids=["plain", "marked"])
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
    @pytest.mark.parametrize("surrogate", [False, True], ids=["plain", "marked"])
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


class TestSplitObjects:
    def test_members(self):
        """The members of all objects come at once, each value with its own text."""
        objects = json_text.split_objects(b'[{"a":1.0},{}]')

        assert [{"a": b"1.0"}, {}] == [
            {name: bytes(value) for name, value in members.items()} for members in objects
        ]

    @pytest.mark.parametrize(
        "text", [b"[1]", b'{"a":1}', b'[{"a":1}', b"[" + b"[" * 10_000, b'[{"a":"\\ud800"}]']
    )
    def test_anything_else(self, text):
        """What is no array of objects, or would need a second look, is left to the other ways."""
        with pytest.raises((NotJson, TooDeep)):
            json_text.split_objects(text)


class TestLoneSurrogates:
    @pytest.mark.parametrize(
        "token",
        [
            b'"\\ud800"',
            b'"\\uDC00x"',
            b'"\\udc00\\ud800"',
            b'"\\ud800\\ud800\\udc00\\udc00"',
            b'"\\uD83D\\uDE00\\udfff"',
            b'"\\\\ud800\\\\\\ud801"',
            b'"\\ud800\\n\\udc00\\u0041"',
            b'"\\ud8"' + b',"\\ud800"',
        ],
    )
    def test_tokens(self, token):
        """Every lone one comes back byte for byte, in values and names, pairs and look-alikes too.

        What only begins like an escape is no JSON.
        """
        text = b'{"list":[' + token + b"]," + token + b":" + token + b"}"
        try:
            name = json.loads(token)
        except ValueError:
            with pytest.raises(NotJson):
                json_text.split_object(text)
            return

        members = json_text.split_object(text)

        assert {"list": b"[" + token + b"]", name: token} == {
            name: bytes(value) for name, value in members.items()
        }
        assert json.loads(text) == json.loads(json_text.join_object(members))

    @given(
        st.lists(
            st.sampled_from(
                ["\\ud800", "\\uDC00", "\\uD83D\\uDE00", "\\\\", "\\n", "é", "\\\\ud800", "x" * 10]
            ),
            max_size=30,
        ),
        st.integers(min_value=0, max_value=80),
    )
    def test_any_place(self, parts, shift):
        """Tokens come back wherever in a long text they stand."""
        token = f'"{"".join(parts)}"'.encode()
        long = b'"' + b"x" * (64 * 1024 - shift) + token[1:]
        text = b'["\\ud800",' + long + b"," + token + b"]"

        assert [b'"\\ud800"', long, token] == [
            bytes(element) for element in json_text.split_array(text)
        ]

    def test_pair_at_every_place(self):
        """A pair is not torn apart, wherever in a long text it stands."""
        for shift in range(40):
            long = b'"' + b"x" * (64 * 1024 - shift) + b'\\ud83d\\ude00"'

            *_, name = json_text.split_object(b'{"\\ud800":1,' + long + b":2}")

            assert json.loads(long) == name

    def test_zero_bytes(self):
        """What stands for a backslash in between is never taken for one."""
        with pytest.raises(NotJson):
            json_text.check_value(b'["\0\0","\\ud800"]')

    def test_names_in_other_letters(self):
        """Of equal names the last counts, however their surrogates are spelled."""
        members = json_text.split_object(b'{"\\ud8ff":1,"\\uD8fF":2}')

        assert {"\ud8ff": b"2"} == {name: bytes(value) for name, value in members.items()}


class TestJoinObject:
    def test_name_with_a_lone_surrogate(self):
        """A name that UTF-8 cannot hold stays an escape."""
        assert b'{"\\udc00":1}' == json_text.join_object({"\udc00": Raw(b"1")})

    def test_line_breaks(self):
        """Line breaks between tokens become spaces; those inside strings are escapes anyway."""
        joined = json_text.join_object({"a": Raw(b'[1,\r\n"x\\n"]')})

        assert b'{"a":[1,  "x\\n"]}' == joined


class TestMeasure:
    @pytest.mark.parametrize(
        ("text", "depth", "values"),
        [
            (b"1", 0, 1),
            (b'"[,{"', 0, 1),
            (b'""', 0, 1),
            (b"[]", 1, 1),
            (b" [ \n ] ", 1, 1),
            (b'[""]', 1, 2),
            (b'["a", "b\\"", "\\\\"]', 1, 4),
            (b'{"a":{},"b":[{}, [ ]]}', 3, 5),
            (b'{",":{"[":[1,2,"]"]}}', 3, 6),
        ],
    )
    def test_shape(self, text, depth, values):
        """Each value counts once, empty ones too; what stands in a string counts for nothing."""
        assert Shape(depth, values) == json_text.measure(text)

    @given(json_values, st.integers(min_value=0, max_value=40))
    def test_any_place(self, value, shift):
        """The shape is exact wherever in a long text the value stands."""
        text = b" " * (64 * 1024 - shift) + json.dumps(value, indent=shift % 2 or None).encode()

        assert _shape(value) == json_text.measure(text)

    def test_every_place_of_a_backslash(self):
        """No escape is torn apart, however its backslashes fall."""
        for count in range(1, 8):
            text = b'["' + b"x" * (64 * 1024 - 5 - count) + b"\\\\" * count + b'\\"[,", [] ]'

            assert Shape(2, 3) == json_text.measure(text)

    @given(json_values)
    def test_before_each_value(self, value):
        """A value but the first follows one of three marks: to count them is never too low."""
        text = json.dumps(value, separators=(",", ":")).encode()
        values = json_text.measure(text).values

        assert 1 + json_text.count_up_to(10_000, text, *json_text.BEFORE_VALUE) >= values
        assert len(text) + 1 >= 2 * values


class TestCountUpTo:
    @given(
        st.binary(max_size=50),
        st.integers(min_value=0, max_value=60),
        st.sets(st.binary(max_size=1, min_size=1)),
    )
    def test_count(self, text, limit, marks):
        """All marks are counted, up to one more than the limit."""
        expected = sum(map(text.count, marks))

        assert min(expected, limit + 1) == json_text.count_up_to(limit, text, *marks)


SIZE = 3_000_000
BRACKETS = b"," + b"[]," * 300 + b"1]"


class TestMemory:
    @pytest.mark.parametrize(
        ("text", "sizes"),
        [
            (b'["' + b"x" * SIZE + b'"' + BRACKETS, 0.5),
            (b'["' + b'\\"\\\\' * (SIZE // 4) + b'"' + BRACKETS, 0.5),
            (b'["' + b"\\" * SIZE + b'"' + BRACKETS, 0.5),
            (b'["' + b"[{,}]" * (SIZE // 5) + b'"' + BRACKETS, 0.5),
            (b"[" + b"[]," * (SIZE // 3) + b"1]", 0.5),
            (b"[" + b'"",' * (SIZE // 3) + b"1]", 0.5),
            (b'["' + b"\\ud800" * (SIZE // 6) + b'"' + BRACKETS, 4),
            (b'["' + b"\\ud83d\\ude00" * (SIZE // 12) + b'\\ud800"' + BRACKETS, 2),
            (b'["\\ud800' + b"\\\\" * (SIZE // 2) + b'"' + BRACKETS, 5),
        ],
        ids=[
            *("string", "escapes", "backslashes", "brackets-in-a-string", "brackets", "strings"),
            *("lone-surrogates", "pairs-and-a-lone-one", "lone-one-and-backslashes"),
        ],
    )
    def test_depth(self, text, sizes):
        """Looking at a text takes no more memory than a few times its size, whatever it holds."""
        tracemalloc.start()
        try:
            assert not json_text.is_deeper_than(250, text)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert peak <= sizes * SIZE


class TestIsDeeperThan:
    @pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_limit(self, opening, closing):
        """Exactly the limit passes, one level more does not."""
        assert not json_text.is_deeper_than(30, opening * 30 + b"1" + closing * 30)
        assert json_text.is_deeper_than(30, opening * 31 + b"1" + closing * 31)

    def test_endless_nesting(self):
        """What no parser can follow is deeper than any limit."""
        assert json_text.is_deeper_than(30, b"[" * 100_000 + b"]" * 100_000)

    def test_wide_is_not_deep(self):
        """Many brackets side by side, or inside strings, are not nesting."""
        wide = b"[" + b",".join([b'[{}, "]]\\"["]'] * 100) + b"]"

        assert not json_text.is_deeper_than(3, wide)
        assert json_text.is_deeper_than(2, wide)


def _shape(value):
    """Return the shape of a parsed value."""
    if not isinstance(value, list | dict):
        return Shape(0, 1)
    inner = [_shape(each) for each in (value.values() if isinstance(value, dict) else value)]
    return Shape(
        1 + max((each.depth for each in inner), default=0),
        1 + sum(each.values for each in inner),
    )


def _is_json(text):
    try:
        json_text.check_value(text)
    except NotJson:
        return False
    return True
