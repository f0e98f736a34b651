"""json_columns: JSON is changed only where BigQuery's JSON type would change or refuse it."""

import json
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from analytics_pipeline.json_text import split_object
from analytics_pipeline.load.json_columns import JsonFitter

WIDE = "12345678901234567890123"


def fit(text):
    """Return the value `text` as the member `x` of `extra`, and the paths that were adjusted."""
    extra = split_object(JsonFitter().fit_extra({"x": Raw(text)}))
    adjusted = json.loads(bytes(extra.get("_adjusted", b"[]")))
    return bytes(extra["x"]), adjusted


def fit_attributes(text):
    """Return the attributes, parsed, and the paths that were adjusted."""
    fitter = JsonFitter()
    return json.loads(bytes(fitter.fit_attributes(text))), fitter.adjusted


def nest(depth, inner=b"1"):
    """Return arrays nested `depth` deep."""
    return b"[" * depth + inner + b"]" * depth


class TestNumbers:
    @pytest.mark.parametrize(
        "token",
        [
            b"0", b"-1", b"0.1", b"1.10", b"-0.0", b"1e22", b"1E-7", b"123456789012345",
            b"9223372036854775807", b"-9223372036854775808", b"18446744073709551615",
            b"0.30000000000000004", b"100000000000000000000", b"1.7976931348623157e308", b"0e5",
            b"9007199254740993", b"5e-324",
        ],
        ids=bytes.decode,
    )  # fmt: skip
    def test_exact(self, token):
        """A number that int64, uint64 or a double holds stays that number."""
        text, adjusted = fit(token)

        assert Decimal(token.decode()) == Decimal(text.decode())
        assert [] == adjusted

    @pytest.mark.parametrize(
        "token",
        [
            b"18446744073709551616", b"-9223372036854775809", b"-9999999999999999999",
            b"3.14159265358979323846", b"0.1000000000000000055511151231257827", b"1e400",
            b"-1e400", b"1e-400", b"4.9e-324", b"1e-99999999999999999999", b"9" * 400,
            b"9" * 5000, b"9007199254740993.0", b"9.007199254740992", b"1E400",
        ],
        ids=lambda token: token.decode()[:24],
    )  # fmt: skip
    def test_inexact(self, token):
        """A number that would change becomes a string of its token, on record."""
        assert (b'"%b"' % token, ["extra.x"]) == fit(token)

    @pytest.mark.parametrize(
        "around",
        [
            *(b"[%b]", b"[ %b, 1.10 ]", b'["\\u00e9",%b]', b'["0e1%b",%b]', b'[-1,2.50,%b,"\\/"]'),
            *(b'["\\/",0.30000000000000004,%b]', b'["\\/","....................",%b]'),
            b'[1.50,"1.2.3.4.5.6.7.8.9.10.11.12",76561198000000001,%b]',
        ],
        ids=bytes.decode,
    )
    @pytest.mark.parametrize(
        ("token", "is_kept"),
        [
            (b"0.1", True),
            (b"0.30000000000000004", True),
            (b"0.123456789012345678", False),
            (b"1234567890.1234567", True),
            (b"1234567890123456.78", False),
            (b"1e-5", True),
            (b"1E400", False),
            (b"-1e-400", False),
            (b"9007199254740993e0", False),
            (b"76561198000000001", True),
            (b"18446744073709551616", False),
        ],
        ids=repr,
    )
    def test_in_any_text(self, token, is_kept, around):
        """However the text around is written, a number that would change is found."""
        fitted, adjusted = fit(around.replace(b"%b", token))

        assert is_kept == (adjusted == [])
        assert is_kept == (token.decode() not in json.loads(fitted))

    @given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1))
    def test_what_programs_write(self, number):
        """Any double or 64-bit integer that a program writes stays as it is."""
        text, adjusted = fit(json.dumps(number).encode())

        assert number == json.loads(text)
        assert [] == adjusted

    @given(
        st.from_regex(
            rb"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True
        )
    )
    def test_no_digit_is_lost(self, token):
        """Whatever the token, the column holds the number or the token."""
        value = json.loads(fit(token)[0], parse_float=Decimal)

        assert token.decode() == value or Decimal(token.decode()) == Decimal(value)


class TestStrings:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b'"\\ud83d\\ude00"', "😀"),
            (b'"\\u0000\\"\\\\"', '\0"\\'),
            (b'"99999999999999999999999"', "9" * 23),
            (b'"-9999999999999999999"', "-" + "9" * 19),
        ],
    )
    def test_kept(self, text, expected):
        """A string stays as it is, digits and pairs of surrogates too."""
        fitted, adjusted = fit(text)

        assert expected == json.loads(fitted)
        assert [] == adjusted

    def test_lone_surrogate(self):
        """A lone surrogate becomes U+FFFD, in values and in names."""
        fitted, adjusted = fit(b'{"a":["\\ud800x"],"\\udc00":1}')

        assert {"a": ["\ufffdx"], "\ufffd": 1} == json.loads(fitted)
        assert ["extra.x.a[0]", 'extra.x."\ufffd"'] == adjusted

    @pytest.mark.parametrize("beside", [b"1e400", b"9" * 400, b'"\\ud800"', nest(250)])
    @pytest.mark.parametrize("text", [b"true", b"false", b"null", b"1.5", b"-7", b'"false"'])
    def test_unchanged_neighbours(self, text, beside):
        """Whatever has to change, what stands beside it stays, each in its type."""
        fitted, adjusted = fit(b"[" + text + b"," + beside + b"]")

        assert fitted.startswith(b"[" + text + b",")
        assert 1 == len(adjusted)


class TestNesting:
    def test_deepest(self):
        """The 200th level is kept: `extra` itself is the first."""
        assert (nest(199), []) == fit(nest(199))

    def test_too_deep(self):
        """What is deeper becomes a string of its text, and nothing else changes."""
        fitted, adjusted = fit(nest(201, b'{"a": 1.10}'))

        assert nest(199, json.dumps('[[{"a": 1.10}]]').encode()) == fitted
        assert ["extra.x" + "[0]" * 199] == adjusted

    def test_objects_too_deep(self):
        """Objects are levels as arrays are."""
        fitted, _ = fit(b'{"a":' * 201 + b"1" + b"}" * 201)

        assert b'{"a":' * 199 + b'"{\\"a\\":{\\"a\\":1}}"' + b"}" * 199 == fitted

    def test_each_deep_value(self):
        """Of several values that are too deep each keeps its own text and place."""
        values = [nest(260, text) for text in (b"1.10", b'"]\\"["', b"1e400", b'{ "a":[] }')]
        fitted, adjusted = fit(b'[%b,%b,[],"[",{"a":%b},%b]' % tuple(values))

        held = [value[198:-198].decode() for value in values]
        value = json.loads(fitted)
        inner = [value[0], value[1], value[4]["a"], value[5]]
        levels = [198, 198, 197, 198]
        for index, level in enumerate(levels):
            for _ in range(level):
                (inner[index],) = inner[index]
        held[2] = values[2][197:-197].decode()
        assert held == inner
        assert [[], "["] == value[2:4]
        assert ["extra.x[0]", "extra.x[1]", "extra.x[4].a", "extra.x[5]"] == [
            path.removesuffix("[0]" * level) for path, level in zip(adjusted, levels, strict=True)
        ]

    def test_beside_a_deep_value(self):
        """Beside a value that is too deep everything else stays."""
        fitted, adjusted = fit(b'{"a":"\\u00e9","b":1.10,"c":{"d":null},"e":%b}' % nest(250))

        assert ["é", 1.1, {"d": None}] == [*json.loads(fitted).values()][:3]
        assert 1 == len(adjusted)

    def test_wide_number_at_the_bottom(self):
        """Paths lead down to the last level."""
        fitted, adjusted = fit(nest(199, WIDE.encode()))

        assert nest(199, f'"{WIDE}"'.encode()) == fitted
        assert ["extra.x" + "[0]" * 199] == adjusted


class TestObjects:
    def test_equal_names(self):
        """Of equal names the last counts, also inside; BigQuery would keep the first."""
        assert (b'{"a":2}', []) == fit(b'{"a":1,"a":2}')
        assert (b'{"a":2,"b":"1e400"}', ["extra.x.b"]) == fit(b'{"a":1,"a":2,"b":1e400}')

    def test_white_space(self):
        """White space between tokens is dropped, in strings it stays."""
        assert (b'{"a":[1," \\t"]}', []) == fit(b'{ "a" :\t[ 1 , " \\t" ] }')

    def test_unusual_names(self):
        """Names that are no identifiers are quoted in paths, as in GoogleSQL's JSONPath."""
        _, adjusted = fit(b'{"a b":{"c":[0,%b]},"q\\"":%b,"_d1":%b}' % ((WIDE.encode(),) * 3))

        assert ['extra.x."a b".c[1]', 'extra.x."q\\""', "extra.x._d1"] == adjusted

    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.text()
            | st.floats(allow_nan=False, allow_infinity=False),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
            max_leaves=8,
        )
    )
    def test_ordinary_json(self, value):
        """What needs no change comes back as it was."""
        fitted, adjusted = fit(json.dumps(value).encode())

        assert value == json.loads(fitted)
        assert [] == adjusted


class TestAttributes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b'"{}"', {}),
            (b'"{\\"a\\": [1, \\"b\\"]}"', {"a": [1, "b"]}),
            (b'" [1]\\n"', [1]),
            (b'{"a": 1}', {"a": 1}),
            (b"[1, 2]", [1, 2]),
            (b'"text"', "text"),
            (b'""', ""),
            (b'"5"', "5"),
            (b'"null"', "null"),
            (b'"{broken"', "{broken"),
            (b'"{} {}"', "{} {}"),
            (b'"[1e400"', "[1e400"),
            (b'"[NaN]"', "[NaN]"),
            (b'"[1e400,-Infinity]"', "[1e400,-Infinity]"),
            (b'"[\\\\ud800]"', "[\\ud800]"),
            (b"1.10", "1.10"),
            (b"true", "true"),
        ],
    )
    def test_held(self, text, expected):
        """An object or array counts, also as text; anything else is a string."""
        assert (expected, []) == fit_attributes(text)

    def test_null(self):
        """Null is no attributes."""
        assert JsonFitter().fit_attributes(b"null") is None

    @pytest.mark.parametrize(
        ("text", "expected", "path"),
        [
            (b'"{\\"a\\":[1e400]}"', {"a": ["1e400"]}, ".a[0]"),
            (b'{"a":[1e400]}', {"a": ["1e400"]}, ".a[0]"),
            (b'"{\\"a\\":\\"\\\\ud800\\"}"', {"a": "\ufffd"}, ".a"),
            (b'"\\ud800"', "\ufffd", ""),
            (b'"{\\"a\\":\\"\\ud800\\"}"', {"a": "\ufffd"}, ""),
        ],
    )
    def test_adjusted(self, text, expected, path):
        """What had to change is on record."""
        assert (expected, ["event_attributes" + path]) == fit_attributes(text)

    @pytest.mark.parametrize("depth", [200, 201, 500])
    def test_depth(self, depth):
        """Text nested up to 500 deep is parsed, what is below 200 levels stays text."""
        value, adjusted = fit_attributes(json.dumps(nest(depth).decode()).encode())

        for _ in range(200):
            (value,) = value
        assert (1 if depth == 200 else nest(depth - 200).decode()) == value
        assert (depth > 200) == len(adjusted)

    @pytest.mark.parametrize("depth", [501, 100_000])
    def test_too_deep(self, depth):
        """Text nested deeper stays text as a whole."""
        text = nest(depth).decode()

        assert (text, ["event_attributes"]) == fit_attributes(json.dumps(text).encode())


class TestExtra:
    def test_nothing(self):
        """Without members and adjusted paths there is no `extra`."""
        assert JsonFitter().fit_extra({}) is None

    def test_paths_of_attributes(self):
        """What was adjusted in the attributes is listed in `extra`, too."""
        fitter = JsonFitter()
        fitter.fit_attributes(b'{"a":1e400}')

        assert b'{"_adjusted":["event_attributes.a"]}' == bytes(fitter.fit_extra({}))

    def test_own_list_of_the_client(self):
        """A field of the client's that is called `_adjusted` stays, unless there is a list."""
        mine = Raw(b'"mine"')
        kept = JsonFitter().fit_extra({"_adjusted": mine})
        replaced = JsonFitter().fit_extra({"_adjusted": mine, "n": Raw(b"1e400")})

        assert b'{"_adjusted":"mine"}' == bytes(kept)
        assert {"_adjusted": ["extra.n", "extra._adjusted"], "n": "1e400"} == json.loads(
            bytes(replaced)
        )

    def test_long_list(self):
        """The list of paths is bounded, however many there are and however long."""
        _, many = fit(b"[" + b",".join([b"1e400"] * 20_000) + b"]")
        _, long = fit(b'{"%b":1e400,"b":1e400}' % (b"a" * 100_000))

        assert "extra.x[0]" == many[0]
        assert "…" == many[-1]
        assert 64_000 >= sum(map(len, many))
        assert ["…"] == long


class TestFootprint:
    @pytest.mark.parametrize(
        ("text", "most"),
        [
            (b"[" + b",".join([nest(150, b"1e400")] * 1_000) + b"]", 60),
            (b"".join(b"[" + b"1e400," * 700 for _ in range(190)) + b"1" + b"]" * 190, 40),
            (b"[" + b",".join([b"[]"] * 100_000) + b",1e400]", 60),
            (b"{" + b",".join(b'"%d":1' % n for n in range(80_000)) + b',"n":1e400}', 40),
            (b'["' + b"a" * 900_000 + b'",1e400]', 10),
            (b'["' + b"\\u0001" * 150_000 + b'",1e400]', 10),
            (b'["' + b"\\ud800" * 150_000 + b'"]', 10),
        ],
        ids=["nested", "at each level", "arrays", "members", "string", "controls", "surrogates"],
    )
    def test_peak(self, text, most):
        """The memory needed is a small multiple of the text, whatever its shape."""
        tracemalloc.start()
        try:
            fit(text)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

        assert most > peak / len(text)
