"""Contents that readers could take in different ways, and what all of them are to take.

An outcome is what becomes of each line: (`eventType`, `v`) of its row, or its letter's reason.
"""

import gzip
import json
import random
from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"
LINE = b'{"eventType":"a","v":1}\n'
ROW, NO_JSON, NO_OBJECT = ("a", 1), "invalid_line", "not_an_object"
CORRUPT = ["corrupt_gzip"]
UNKNOWN = "unknown"  # POST stores what does not begin with an event as it is
REFUSED = "refused"  # BigQuery's readers take nothing of a file with such a line


@dataclass(frozen=True)
class Case:
    """Where POST answers a reason, or stores something else, and BigQuery differs, it is said."""

    content: bytes
    outcomes: list
    posted: list | str | None = None
    bigquery: list | str | None = None

    @property
    def by_post(self):
        """What becomes of it when it is posted."""
        return self.outcomes if self.posted is None else self.posted

    @property
    def by_bigquery(self):
        """The types that BigQuery's own readers find, or REFUSED."""
        if self.bigquery is not None:
            return self.bigquery
        is_read = not any(isinstance(outcome, str) for outcome in self.outcomes)
        return [type_ for type_, _ in self.outcomes] if is_read else REFUSED


def value(token):
    return b'{"eventType":"a","v":%b}\n' % token


def nested(depth):
    """Return a line that nests so deeply, and its value."""
    array = b"[" * (depth - 1) + b"]" * (depth - 1)
    return value(array), array


def taken(token, v):
    return Case(value(token), [("a", v)])


def not_json(token):
    return Case(value(token), [NO_JSON], UNKNOWN)


def packed(content):
    """Return it in gzip, whose header is the same at any time: a clock can hold a line end."""
    return gzip.compress(content, mtime=0)


PACKED = packed(LINE)
EQUAL_NAMES = b'{"a":1,"\\u0061":2}'
# JSON says more than BigQuery's type JSON: there a number is its token, a lone surrogate U+FFFD.
KEPT = (
    *((b"-0", 0), (b"1E5", 1e5), (b"1.10", 1.1), (b"5e-324", 5e-324), (b"true", True)),
    *((b"9007199254740993", 2**53 + 1), (b"18446744073709551615", 2**64 - 1), (b"null", None)),
    *((b"1e400", "1e400"), (b"1E-400", "1E-400"), (b"18446744073709551616", f"{2**64}")),
    *((b"-9223372036854775809", f"-{2**63 + 1}"), (b"9" * 400, "9" * 400)),
    (b"0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    *((rb'"\"\\\/\b\f\n\r\t\u0041"', '"\\/\b\f\n\r\tA'), (rb'"\u0000\u001f"', "\0\x1f")),
    *((rb'"\ud83d\uDE00"', "\U0001f600"), (rb'"\\ud800"', r"\ud800"), (b'"\x7f"', "\x7f")),
    ('"\u2028\u0085\ufeff\u202e\uffff"'.encode(), "\u2028\x85\ufeff\u202e\uffff"),
    *((b'{"":1,"a.b":{"a":2},"A":3,"a":4}', {"": 1, "a.b": {"a": 2}, "A": 3, "a": 4}),),
    *((EQUAL_NAMES, {"a": 2}), (b'{"\\u0000":1}', {"\0": 1}), (b"[ ]", [])),
)
MARKED = ((rb'"\ud800"', "\ufffd"), (rb'"\udc00\ud800"', "\ufffd\ufffd"))
NOT_JSON = (
    *(b"01", b"-01", b"+1", b".5", b"1.", b"1e", b"0x10", b"1_0", b"NaN", b"-Infinity", b"nan"),
    *(b"True", b"'a'", b"[1,]", b'{"a":1,}', b"[,1]", b"1/*c*/", b"\x0b1", b"\xc2\xa01", b""),
    *(b'"a\0"', b'"\t"', b'"\x1f"', b'"\r"', b'"\\x41"', b'"\\u12"', b'"\\U00000041"', b"{a:1}"),
    *(b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', "\u0661".encode()),
)
CASES = {
    **{f"kept {token[:30]}": taken(token, v) for token, v in KEPT},
    # What BigQuery does with a lone surrogate is not documented: the load job here refuses it.
    **{f"marked {token}": taken(token, v) for token, v in MARKED},
    **{f"no JSON {token}": not_json(token) for token in NOT_JSON},
    "no last line end": Case(LINE + LINE.rstrip(), [ROW, ROW]),
    "a mark": Case(BOM + LINE, [ROW]),
    "two marks": Case(BOM * 2 + LINE, [NO_JSON], UNKNOWN),
    "a mark inside": Case(LINE + BOM + LINE, [ROW, NO_JSON]),
    "carriage returns": Case(LINE.replace(b"\n", b"\r\r\n") * 2, [ROW, ROW]),
    "carriage returns alone": Case(LINE.replace(b"\n", b"\r") * 2, [NO_JSON], UNKNOWN),
    "blank lines": Case(b"\n \n\r\n" + LINE + b"\n\t\n" + LINE, [ROW, ROW]),
    "a vertical tab": Case(LINE + b"\x0b\n", [ROW, NO_JSON]),
    "a wide space": Case(LINE + b"\xc2\xa0\n", [ROW, NO_JSON]),
    "a zero at the end": Case(LINE + b"\0", [ROW, NO_JSON]),
    "comments": Case(LINE + b"// c\n# c\n", [ROW, NO_JSON, NO_JSON]),
    "two on a line": Case(LINE.replace(b"\n", b" ") * 2, [NO_JSON], UNKNOWN),
    "over lines": Case(b'{"eventType":\n"a","v":1}', [NO_JSON, NO_JSON], [ROW]),
    "commas between": Case(LINE.rstrip() + b",\n" + LINE, [NO_JSON, ROW], UNKNOWN),
    "cut short": Case(LINE + LINE[:-2], [ROW, NO_JSON]),
    "no text": Case(LINE + b'{"eventType":"\xff"}\n' + LINE, [ROW, NO_JSON, ROW]),
    "UTF-16": Case(LINE.decode().encode("utf-16"), [NO_JSON, NO_JSON], UNKNOWN),
    "a scalar": Case(b"1\n", [NO_OBJECT]),
    "null": Case(b"null", [NO_OBJECT]),
    "an array": Case(b"[%b]" % LINE.rstrip(), [NO_OBJECT], [ROW]),
    "lines of others": Case(LINE + b'"a"\n[]\n' + LINE, [ROW, NO_OBJECT, NO_OBJECT, ROW]),
    "an empty array": Case(b"[]", [NO_OBJECT], "empty_batch"),
    "empty objects": Case(b"{}\n{}", [(None, None)] * 2),
    "our own wrapping": Case(b'{"_raw":"x"}\n{"_value":1}\n' + LINE, [(None, None)] * 2 + [ROW]),
    "an escaped name": Case(rb'{"event\u0054ype":"a","v":1}', [ROW]),
    # A column's name has no case for BigQuery, but a field of an event has; see `extra`.
    "snake case": Case(b'{"event_type":"a","v":1}', [ROW], None, [None]),
    # POST stores the last alone. What BigQuery takes of an object that others wrote is its own.
    "equal names": Case(b'{"v":0,"eventType":"a","v":1}', [ROW]),
    "250 deep": Case(nested(250)[0], [("a", ...)]),
    "251 deep": Case(nested(251)[0], [("a", ...)], "too_deep"),
    "500 deep": Case(nested(500)[0], [("a", ...)], "too_deep"),
    "501 deep": Case(nested(501)[0], [NO_JSON], "too_deep", ["a"]),  # its `v` is 500 deep
    "50,000 deep": Case(nested(50_000)[0], [NO_JSON], "too_deep"),
    "4.9 MB on a line": Case(value(b'"%b"' % (b"x" * 4_900_000)), [("a", ...)]),
    "9.9 MB on a line": Case(value(b'"%b"' % (b"x" * 9_900_000)), ["row_too_large"], None, ["a"]),
    "gzip": Case(PACKED, [ROW]),
    "gzip of a mark": Case(packed(BOM + LINE), [ROW]),
    "gzip behind a mark": Case(BOM + PACKED, [NO_JSON], UNKNOWN),
    "gzip of gzip": Case(packed(PACKED), [NO_JSON], UNKNOWN),
    "gzip in two members": Case(packed(LINE[:9]) + packed(LINE[9:]), [ROW]),
    "gzip with zeros": Case(PACKED + b"\0" * 9 + PACKED + b"\0", [ROW, ROW]),
    "gzip and an empty member": Case(PACKED + packed(b""), [ROW]),
    "gzip with a name": Case(PACKED[:3] + b"\x08" + PACKED[4:10] + b"n\0" + PACKED[10:], [ROW]),
    "gzip with a field": Case(PACKED[:3] + b"\x04" + PACKED[4:10] + b"\2\0ab" + PACKED[10:], [ROW]),
    "gzip with a reserved flag": Case(  # RFC 1952 has it refused; Python's own reader does not
        PACKED[:3] + b"\x20" + PACKED[4:], CORRUPT, "invalid_encoding", ["a"]
    ),
    # BigQuery would read it; to us it is what costs seconds and decodes to nothing.
    "an empty member first": Case(packed(b"") + PACKED, CORRUPT, "invalid_encoding", ["a"]),
    **{
        f"gzip {name}": Case(content, CORRUPT, "invalid_encoding")
        for name, content in {
            "cut short": PACKED[:-1],
            "without an end": PACKED[:-8],
            "with another checksum": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
            "with another length": PACKED[:-1] + b"\1",
            "and garbage": PACKED + b"garbage",
            "and zeros and garbage": PACKED + b"\0\0x",
            "and no more": PACKED[:2],
        }.items()
    },
}


def generate(lines, seed):
    """Return a case of one file: lines spoilt at random, judged by Python's own JSON."""
    dice = random.Random(seed)
    tokens = [*(token for token, _ in KEPT), *NOT_JSON]
    content, outcomes = [LINE], [ROW]
    while len(content) < lines:
        line = bytearray(value(b"[%b]" % b",".join(dice.choices(tokens, k=dice.randrange(3)))))
        if dice.random() < 0.5:
            at = dice.randrange(1, len(line) - 1)
            line[at : at + dice.randrange(3)] = dice.choice(tokens)
        text = bytes(line).replace(b"\n", b" ") + b"\n"
        outcome = judge(text)
        if outcome is not None:
            content.append(text)
            outcomes.append(outcome)
    return Case(b"".join(content), outcomes)


def judge(line):
    """Return what Python's JSON makes of an object's line; None where its type is no string."""
    try:
        event = json.loads(line.decode(), parse_constant=int)  # which no constant is
    except ValueError:
        return NO_JSON
    type_ = event.get("eventType")
    return (type_, ...) if isinstance(type_, str) else None
