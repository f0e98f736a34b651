"""events: a body is split into events."""

import base64
import json

import pytest

from analytics_pipeline import json_text
from analytics_pipeline.ingest.events import BodyLimits, split_body
from analytics_pipeline.ingest.refusals import (
    BodyTooLarge,
    EmptyBatch,
    Overloaded,
    TooDeep,
    TooManyEvents,
    TooManyValues,
)

LIMITS = BodyLimits(max_json_values=1000, max_events=10, max_stored_bytes=100_000)
HUGE = BodyLimits(max_json_values=1000, max_events=10, max_stored_bytes=1_000_000)
# Longer than what is taken apart at one look: the same grammar on the other way.
PADDING = b" " * 64 * 1024
LONG_PADDING = b" " * 1024 * 1024


def split(body, limits=LIMITS):
    """Return the texts of the events, and what each wraps if any, or None."""
    events = split_body(body, limits)
    if events is None:
        return None
    return [
        (json_text.join_object(each.members), each.wraps)
        if each.wraps
        else json_text.join_object(each.members)
        for each in events
    ]


class TestSplitBody:
    @pytest.mark.parametrize("padding", [b"", PADDING], ids=["short", "long"])
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"a":1}', [b'{"a":1}']),
            (b'[{"a":1},{"b":2}]', [b'{"a":1}', b'{"b":2}']),
            (b'\xef\xbb\xbf{"a":1}', [b'{"a":1}']),
            (b'\xef\xbb\xbf \n{"a":1}\n', [b'{"a":1}']),
            (
                b'[1,"x",null,[2],{"a":3}]',
                [(b'{"_value":%b}' % v, "value") for v in (b"1", b'"x"', b"null", b"[2]")]
                + [b'{"a":3}'],
            ),
            (b"42", [(b'{"_value":42}', "value")]),
            (b"null", [(b'{"_value":null}', "value")]),
            (b'{"a":\n1\n}', [b'{"a":1}']),
            (b'{"_raw":"x"}', [b'{"_raw":"x"}']),
            (b'[{"_value":1}]', [b'{"_value":1}']),
            (b'{"a":"\\ud800"}', [b'{"a":"\\ud800"}']),
            (b'[{"a":"\\ud800"}]', [b'{"a":"\\ud800"}']),
        ],
        ids=str,
    )
    def test_one_value(self, body, expected, padding):
        """An object is an event, an array one event per element, what is no object is wrapped."""
        assert expected == split(body + padding)

    @pytest.mark.parametrize("padding", [b"", b"\n" + PADDING], ids=["short", "long"])
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
            (b'\xef\xbb\xbf{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}']),
            (b'\n \n{"a":1}\r\n\r\n{"b":2}', [b'{"a":1}', b'{"b":2}']),
            (b'{"a":1}\nnope\r\n', [b'{"a":1}', (b'{"_raw":"nope"}', "line")]),
            (b'{"a":1}\n{"b":\n', [b'{"a":1}', (b'{"_raw":"{\\"b\\":"}', "line")]),
            (
                b'{"a":1}\n[2]\n3\n{"_raw":4}',
                [
                    *(b'{"a":1}', (b'{"_value":[2]}', "value"), (b'{"_value":3}', "value")),
                    b'{"_raw":4}',
                ],
            ),
            (b'{"a":1}\r{"b":2}\n{"c":3}', None),
            (b'{"a":1}\n\xe2\x80\xa8\n', [b'{"a":1}', (b'{"_raw":"\xe2\x80\xa8"}', "line")]),
            (b'{"a":1}\nx\r\r\n', [b'{"a":1}', (b'{"_raw":"x\\r"}', "line")]),
            (b'{"a":1}\n\xef\xbb\xbf{}', [b'{"a":1}', (b'{"_raw":"\xef\xbb\xbf{}"}', "line")]),
            (b'{"a":1}\n{"b":"\\ud800"}', [b'{"a":1}', b'{"b":"\\ud800"}']),
        ],
        ids=[
            *("two", "mark", "blank-lines", "text", "cut-line", "values", "lone-cr-is-no-end"),
            *("u2028", "one-cr-is-dropped", "mark-within", "surrogate"),
        ],
    )
    def test_lines(self, body, expected, padding):
        r"""From an object on the first line on, each line is an event; only \n ends a line."""
        assert expected == split(body + padding)

    @pytest.mark.parametrize("line", [b"\xff", b'{"a":"\xff"}', b"x\xe2\x82", b"\xff" * 70_000])
    def test_line_that_is_not_utf8(self, line):
        """Such a line is kept as text beside its exact bytes; the lines around it are events."""
        first, (text, wraps), last = split(b'{"a":1}\n' + line + b'\r\n{"b":2}', HUGE)

        expected = {"_raw": line.decode(errors="replace"), "_base64": base64.b64encode(line)}
        assert (b'{"a":1}', "line", b'{"b":2}') == (first, wraps, last)
        assert {**expected, "_base64": expected["_base64"].decode()} == json.loads(text)

    @pytest.mark.parametrize("padding", [b"", PADDING], ids=["short", "long"])
    @pytest.mark.parametrize(
        "body",
        [
            *(b"hello", b'"cut', b"a,b\n1,2", b'{"a":1', b"[1", b'{"a":"\xff"}', b"\xff\xfe"),
            *(b"NaN", b'{"a":"\xff"}\n{}', b'{,}\n{"a":1}', b'[{}]\n{"a":1}', b'"x"\n{}', b"{}{}"),
            *(b'{"a":1},{"b":2}', b"\xef\xbb\xbf\xef\xbb\xbf{}", b"\x0b"),
        ],
        ids=str,
    )
    def test_neither(self, body, padding):
        """What is neither JSON nor begins with a line of it is left alone."""
        assert split(body + padding) is None

    @pytest.mark.parametrize(
        "body", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"[]", b" [ ] ", b"[" + PADDING + b"]"]
    )
    def test_empty(self, body):
        """A body without an event is refused."""
        with pytest.raises(EmptyBatch):
            split(body)

    @pytest.mark.parametrize("padding", [b"", PADDING], ids=["short", "long"])
    @pytest.mark.parametrize("separator", [b",", b"\n"], ids=["array", "lines"])
    def test_number_of_events(self, separator, padding):
        """As many events as the limit pass, one more is refused."""

        def body(count):
            content = separator.join([b"{}"] * count)
            return (b"[" + content + b"]" if separator == b"," else content) + padding

        assert 10 == len(split(body(10)))
        with pytest.raises(TooManyEvents):
            split(body(11))

    @pytest.mark.parametrize("padding", [b"", b"\n" + PADDING], ids=["short", "long"])
    @pytest.mark.parametrize(
        ("body", "count"),
        [
            (lambda count: b'{"a":[' + b"0," * (count - 3) + b"0]}", 1000),
            (lambda count: b'[{"a":[' + b"[],{}," * (count // 2 - 2) + b"0]}]", 1000),
            (
                lambda count: b'{"a":[' + b"0," * (count - 504) + b"0]}\n[" + b"1," * 499 + b"1]",
                1000,
            ),
            (lambda count: b"{}\nx\n[" + b"1," * (count - 3) + b"1]", 1000),
        ],
        ids=["object", "array", "two-lines", "lines-and-junk"],
    )
    def test_number_of_values(self, body, count, padding):
        """As many JSON values as the limit pass, however many lines they are on; more do not."""
        assert split(body(count) + padding)
        with pytest.raises(TooManyValues):
            split(body(count + 2) + padding)

    @pytest.mark.parametrize("start", [b'{"log":"', b'["', b'{"a":1}\n{"log":"'])
    def test_commas_in_a_string(self, start):
        """One string is one value, whatever is in it."""
        end = b'"]' if start.startswith(b"[") else b'"}'

        assert split(start + b",[{" * 5000 + end)

    def test_commas_in_other_text(self):
        """Text that is no JSON may hold any number of commas."""
        assert split(b"a,b" * 5000) is None
        assert split(b'{"a":[' + b"[],{}," * 400) is None

    def test_admission(self):
        """The values of a long body are announced before they are built, and may be refused."""
        announced = []
        split_body(b'[{"a":[1,2]},{}]' + LONG_PADDING, LIMITS, announced.append)

        assert [7] == announced  # never fewer than there are

        def refuse(_):
            raise Overloaded("full")

        with pytest.raises(Overloaded):
            split_body(b"{}" + LONG_PADDING, LIMITS, refuse)

    @pytest.mark.parametrize("padding", [b"", PADDING], ids=["short", "long"])
    @pytest.mark.parametrize(
        ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"]
    )
    def test_depth(self, opening, closing, padding):
        """250 levels pass, 251 are refused, also on a later line and under a repeated name."""
        assert split(opening * 250 + b"1" + closing * 250 + padding)
        for prefix in (b"", b"{}\n"):
            with pytest.raises(TooDeep):
                split(prefix + opening * 251 + b"1" + closing * 251 + padding)
        with pytest.raises(TooDeep):
            split(b'{"b":' + opening * 250 + b"1" + closing * 250 + b',"b":1}' + padding)

    @pytest.mark.parametrize("prefix", [b"", b"{}\n"])
    def test_endless_nesting(self, prefix):
        """Nesting that no parser can follow is refused, on a line of its own too."""
        with pytest.raises(TooDeep):
            split(prefix + b"[" * 100_000)

    def test_line_that_grows(self):
        """Control characters grow sixfold when kept as text: what is too long is not built."""
        limits = BodyLimits(max_json_values=10, max_events=10, max_stored_bytes=1_000_000)
        assert split(b"{}\n" + b"\x01" * 160_000, limits)

        with pytest.raises(BodyTooLarge):
            split(b"{}\n" + b"\x01" * 170_000, limits)
