"""How records look: a table that fits, or a block for each of them."""

import pytest

from analytics_commands.foundation.terminal.tables import lay_out
from analytics_commands.foundation.terminal.wording import counted

DAYS = [
    {"environment": "testing", "events_missing": 1234567, "dead_letters": 0, "day": "2026-03-01"},
    {"environment": "production", "events_missing": 5, "dead_letters": 0, "day": "2026-03-02"},
]
LONG = "gs://bucket/data_type=json/event_ds=2026-03-01/a.json"


def laid_out(width, records=DAYS, **choices):
    """Return the lines that the records become."""
    return list(lay_out(records, width, **choices))


class TestTable:
    def test_fits(self):
        """Names stand as they are, text to the left, numbers to the right and in thousands."""
        assert [
            "environment  events_missing  dead_letters  day",
            "-----------  --------------  ------------  ----------",
            "testing           1,234,567             0  2026-03-01",
            "production                5             0  2026-03-02",
        ] == laid_out(53)

    def test_without_what_says_nothing(self):
        """A column that may be left out is, if the table is too wide and all of it is 0."""
        assert [
            "environment  events_missing  day",
            "-----------  --------------  ----------",
            "testing           1,234,567  2026-03-01",
            "production                5  2026-03-02",
            "0 or empty throughout: dead_letters",
        ] == laid_out(52, optional={"dead_letters", "events_missing"})

    def test_broken_names(self):
        """Names that are wider than what is below them are broken after an underscore."""
        assert [
            "               events_    dead_",
            "environment    missing  letters  day",
            "-----------  ---------  -------  ----------",
            "testing      1,234,567        0  2026-03-01",
            "production           5        0  2026-03-02",
        ] == laid_out(43)

    def test_heading(self):
        """A column that takes too much room stands above the rows that share it."""
        records = [{"object": LONG, "line": line, "reason": "no_json"} for line in (1, 2)]
        records.append(records[0] | {"object": "gs://bucket/b"})

        assert [
            "line  reason",
            "----  -------",
            f"object: {LONG}",
            "   1  no_json",
            "   2  no_json",
            "",
            "object: gs://bucket/b",
            "   1  no_json",
        ] == laid_out(30, records, heading="object")

    @pytest.mark.parametrize("zeros", [{}, {"dead_letters": 0}])
    def test_text_gives_way(self, zeros):
        """Text is broken between words before names are; what has no spaces never is."""
        text = "How many players come back How many players come back"
        records = [{"name_of_all": "retention", "answers": text, **zeros}]
        left_out = ["0 or empty throughout: dead_letters"] if zeros else []

        for width in (41, 42):
            dashes = "-" * (width - 13)
            assert [
                "name_of_all  answers",
                f"-----------  {dashes}",
                "retention    How many players come back",
                "             How many players come back",
                *left_out,
            ] == laid_out(width, records, optional=zeros)

    @pytest.mark.parametrize(
        ("values", "cells"),
        [
            ([1234567, None], ["1,234,567", ""]),
            ([0.5, 1234567.25, 1 / 3], ["         0.5", "1,234,567.25", "    0.333333"]),
            ([float("inf"), float("nan"), 1e300], ["   inf", "   nan", "1e+300"]),
            ([True, False], ["true", "false"]),
            (["7", "1234"], ["7", "1234"]),
            (["a\x1b[2Jb", "[b] :smile:"], [r"a\x1b[2Jb", "[b] :smile:"]),
            (["日本", "é"], ["日本", "é"]),
        ],
    )
    def test_values(self, values, cells):
        """Numbers are told in full, text as it is, and nothing that a terminal would obey."""
        assert cells == laid_out(80, [{"n": value} for value in values])[2:]

    def test_wide_characters(self):
        """What a terminal shows two columns wide counts as two."""
        records = [{"a": "日本", "b": "x"}, {"a": "é", "b": "y"}]

        assert ["a     b", "----  -", "日本  x", "é     y"] == laid_out(80, records)

    def test_ascii(self):
        """Where letters are missing from the encoding, columns stand below each other still."""
        lines = laid_out(80, [{"ü": "é", "b": 1}, {"ü": "e", "b": 2}], encoding="ascii")

        assert [r"\xfc  b", "----  -", r"\xe9  1", "e     2"] == lines


class TestBlocks:
    def test_too_wide(self):
        """Where no table fits, each record is a block, a line for each column."""
        assert [
            "environment     testing",
            "events_missing  1,234,567",
            "day             2026-03-01",
            "",
            "environment     production",
            "events_missing  5",
            "day             2026-03-02",
            "0 or empty throughout: dead_letters",
        ] == laid_out(33, optional={"dead_letters"})

    def test_text(self):
        """Text is broken between words; what has none is one line, to be copied."""
        records = [{"object": LONG, "detail": "it was replaced since it was listed"}]

        assert [
            f"object  {LONG}",
            "detail  it was replaced since it",
            "        was listed",
        ] == laid_out(32, records)


@pytest.mark.parametrize("width", [1, 20, 40, 60, 80, 200])
def test_nothing_is_cut(width):
    """Whatever the width, every value is there, and only what has no spaces is wider."""
    values = {"a_long_name": 10**12, "b": "word " * 9 + "end", "c": LONG, "d": None, "e": -0.5}
    lines = laid_out(width, [values] * 3)
    text = " ".join(" ".join(lines).split())

    assert 3 == text.count(f"{10**12:,}") == text.count(LONG) == text.count("end")
    assert all(len(line) <= max(width, 37) for line in lines if LONG not in line)


@pytest.mark.parametrize(
    ("expected", "number", "words"),
    [
        ("1 event", 1, ["event"]),
        ("0 events", 0, ["event"]),
        ("1,234 events", 1234, ["event"]),
        ("1 batch is", 1, ["batch is", "batches are"]),
        ("2 batches are", 2, ["batch is", "batches are"]),
    ],
)
def test_counted(expected, number, words):
    """A number and what it counts read right, for one of it, too."""
    assert expected == counted(number, *words)
